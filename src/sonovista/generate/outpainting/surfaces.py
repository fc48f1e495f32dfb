"""What the surfaces of a room look like where the photo does not show them."""

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.outpainting.beams import lay_beams
from sonovista.generate.outpainting.boards import is_wood, lay_boards
from sonovista.generate.outpainting.box import BACK, CEILING, FLOOR, LEFT, RIGHT, Box, corner_shade
from sonovista.generate.outpainting.furnishing import SKIRTING, Palette, furnish
from sonovista.generate.outpainting.projection import sample_points
from sonovista.generate.outpainting.random_phase import look_up_tile, random_phase, widest_square
from sonovista.generate.outpainting.rug import lay_rug
from sonovista.generate.outpainting.source import OVERSAMPLING, Source
from sonovista.geometry import PerspectiveCamera, elevation_of

Float = NDArray[Any]

SHADES = (1.0, 1.0, 1.0, 0.93, 0.97, 0.9)
"""How bright each surface is drawn; walls that meet must differ, or their corner would not be seen."""

LEVELS = 4
"""Levels of detail of a wall, each half as fine as the one before it."""

ROUGHEST_WALL, ROUGHEST_FLOOR = 0.05, 0.08
"""Standard deviation of a surface's grain over its brightness, at most: what is rougher is a pattern, not a grain."""

CEILING_GRAIN = 0.35
"""Of the wall's grain, on the ceiling."""

ELSEWHERE = np.array([1.7, 0.9, 0.0])
"""Camera heights by which a second layer of grain is moved, lest both be mirror images of each other."""

FULL = 0.4
"""Of a wall's length that things take: a room of wood that is fuller has beams overhead."""

STEEP = -0.1
"""Radians: floor that is seen less steeply than this tells nothing of its grain."""

CLEARANCE = 0.12
"""Radians beside the photo where nothing is drawn, lest it meet what the photo cuts."""


def paint_surfaces(
    source: Source,
    box: Box,
    surface: NDArray[np.int64],
    points: NDArray[np.float64],
    rng: np.random.Generator,
) -> Float:
    """The room without what the photo shows: floor, ceiling, furnished walls, shade in the corners.

    Args:
        source: the photo.
        box: the room.
        surface: which of its surfaces every ray meets, shape `(H, W)`.
        points: and where, shape `(H, W, 3)`.
        rng: every random choice.

    Returns:
        RGB in [0, 1], shape `(H, W, 3)`.
    """
    wall, ceiling, mask = _colours(source)
    # Streams of their own: another grain of the floor is not to move the furniture.
    rng, floor_rng, furniture_rng, ceiling_rng = rng.spawn(4)
    grain = _grain(source, mask, wall, rng)
    palette, fullness = _palette(source, wall, rng)
    doorway = (BACK, LEFT, RIGHT)[int(rng.integers(3))]
    out = np.zeros((*surface.shape, 3), np.float32)
    # The floor is the first of the surfaces: what it is of decides what lies overhead.
    usual, wooden = wall, False
    for index in range(6):
        there = surface == index
        if not there.any():
            continue
        p = points[there]
        shade = corner_shade(box, p, index)[:, None] * SHADES[index]
        if index == FLOOR:
            floor, roughness = _floor(source, p, floor_rng)
            usual = floor.mean(axis=0)
            wooden = is_wood(usual)
            if wooden:
                lay_boards(floor, p, 1024 * source.scale / np.pi, roughness, floor_rng)
            if floor_rng.uniform() < 1.5 * fullness:
                lay_rug(floor, box, p, 1024 * source.scale / np.pi, palette, floor_rng)
            out[there] = floor * shade
        elif index == CEILING:
            density = 1024 * source.scale / np.pi / box.ceiling
            # A wall's grain may run up and down; overhead no direction is its own.
            across = p[:, [1, 0, 2]] + ELSEWHERE
            texture = 0.5 * (_laid_out(grain, density, source, p) + _laid_out(grain, density, source, across))
            overhead = ceiling + CEILING_GRAIN * texture
            if wooden and fullness > FULL and not (source.share("ceiling") > 0.5).mean() > 0.01:
                lay_beams(overhead, box, p, 1024 * source.scale / np.pi, usual, ceiling_rng)
            out[there] = overhead * shade
        else:
            distance, length = box.extent(index)
            density = OVERSAMPLING * 1024 * source.scale / np.pi / max(distance, 1.0)
            picture = _plain_wall(source, box, (length, density), wall, grain, palette, rng)
            _furnish_wall(picture, source, box, index, density, fullness, palette, furniture_rng, index == doorway)
            along = box.along(index, p)
            out[there] = _look_at(picture, density, source, p, along, box, distance) * shade
    return np.clip(out, 0.0, 1.0)


def _plain_wall(
    source: Source,
    box: Box,
    extent: tuple[float, float],
    colour: Float,
    grain: Float,
    palette: Palette,
    rng: np.random.Generator,
) -> Float:
    """A wall from the front with its grain, a skirting and a moulding under the ceiling, shape `(h, w, 3)`."""
    length, density = extent
    height, width = round((1.0 + box.ceiling) * density), round(length * density)
    size = grain.shape[0]
    shift = rng.integers(size, size=2)
    rows, columns = np.mod(np.arange(height) + shift[0], size), np.mod(np.arange(width) + shift[1], size)
    up = np.linspace(1.02, 0.9, height, dtype=np.float32)[:, None, None]
    picture = (colour * up + grain[rows][:, columns]).astype(np.float32)
    skirting, line = max(round(SKIRTING * density), 2), max(round(0.008 * density), 1)
    picture[-skirting:] = 0.5 * picture[-skirting:] + 0.5 * palette.trim
    picture[-skirting : -skirting + line] *= 1.15
    picture[-skirting - line : -skirting] *= 0.75
    picture[-2 * line :] *= 0.5
    moulding = skirting // 2
    picture[:moulding] = 0.5 * picture[:moulding] + 0.5 * palette.trim
    picture[moulding : moulding + line] *= 0.78
    return picture


def _furnish_wall(
    picture: Float,
    source: Source,
    box: Box,
    wall: int,
    density: float,
    fullness: float,
    palette: Palette,
    rng: np.random.Generator,
    door: bool,
) -> None:
    along = (np.arange(picture.shape[1]) + 0.5) / density
    half = np.arctan(0.5 * source.camera.width / source.camera.focal_length / np.cos(_steepest(source)))
    free = np.abs(box.azimuths(wall, along)) > half + CLEARANCE
    furnish(picture, density, free, fullness, palette, rng, door)


def _steepest(source: Source) -> float:
    return float(min(np.abs(source.elevation).max(), np.radians(60.0)))


def _look_at(
    picture: Float,
    density: float,
    source: Source,
    points: NDArray[np.float64],
    along: NDArray[np.float64],
    box: Box,
    distance: float,
) -> Float:
    """A wall as seen at its points, shape `(N, 3)`, no finer than the panorama can show."""
    away = np.linalg.norm(points, axis=1)
    # Obliquely seen lengths shrink in one direction; the level of detail is that of the mean of both.
    seen = 1024 * source.scale / np.pi / away * np.sqrt(np.maximum(distance / away, 0.05))
    level = np.clip(np.log2(density / (seen * OVERSAMPLING)), 0.0, LEVELS - 1.0)
    u, v = along * density, (box.ceiling - points[:, 2]) * density
    fine = np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.6 * OVERSAMPLING), np.float32)
    out = np.zeros((points.shape[0], 3), np.float32)
    for index in range(LEVELS):
        weight = np.clip(1.0 - np.abs(level - index), 0.0, 1.0).astype(np.float32)
        used = weight > 0.0
        if used.any():
            factor = fine.shape[1] / picture.shape[1], fine.shape[0] / picture.shape[0]
            values = sample_points(fine, u[used] * factor[0] - 0.5, v[used] * factor[1] - 0.5, cv2.BORDER_REPLICATE)
            out[used] += values * weight[used][:, None]
        if min(fine.shape[:2]) < 4:
            break
        fine = np.asarray(cv2.pyrDown(fine), np.float32)
    return out


def _palette(source: Source, wall: Float, rng: np.random.Generator) -> tuple[Palette, float]:
    """Colours for what is drawn, and how full walls should be: as full as the photo is of things."""
    share = source.share("object")
    things = share > 0.5
    pick = things if things.mean() > 0.02 else np.ones(things.shape, bool)
    colours = _sample(cv2.GaussianBlur(source.pixels, (0, 0), max(1.5 * source.scale, 0.5)), pick, 64, rng)
    bodies = _sample(cv2.GaussianBlur(source.pixels, (0, 0), max(8.0 * source.scale, 1.0)), pick, 64, rng)
    # Furniture is neither black nor burnt out.
    bright = bodies.mean(axis=1)
    low, high = np.percentile(bright, (25, 75))
    bodies = bodies[(bright >= low) & (bright <= high)]
    white = float(np.percentile(source.pixels.mean(axis=2), 95))
    trim = 0.5 * wall + 0.5 * white * wall / max(float(wall.max()), 0.05)
    fullness = float(np.clip(0.1 + 2.2 * things.mean(), 0.0, 0.95))
    return Palette(colours, bodies, np.clip(trim, 0.02, 0.95).astype(np.float32)), fullness


def _sample(picture: Float, mask: NDArray[np.bool_], count: int, rng: np.random.Generator) -> Float:
    pixels = picture[mask]
    return np.clip(pixels[rng.integers(len(pixels), size=count)], 0.02, 0.97).astype(np.float32)


def _colours(source: Source) -> tuple[Float, Float, NDArray[np.bool_]]:
    """Colours of the walls and of the ceiling, and where the photo shows plain wall."""
    walls = source.share("wall", "building") * (1.0 - source.uniqueness)
    mask = walls > 0.5
    if mask.mean() < 0.01:
        mask = (source.elevation > -0.05) & (source.uniqueness < 0.6)
    if not mask.any():
        mask = np.ones(mask.shape, bool)
    whole = source.pixels[mask].mean(axis=0)
    mask = _plainest(source, mask)
    colours = source.pixels[mask]
    bright = colours.mean(axis=1)
    # Windows and shadows are darker than the plaster between them; the room's light is that of all of them.
    wall = 0.5 * np.median(colours[bright >= np.percentile(bright, 55)], axis=0) + 0.5 * whole
    # Floor and furniture throw their colour onto the walls, more than onto a window between them.
    room = source.pixels.reshape(-1, 3).mean(axis=0)
    tint = np.clip(room / max(float(room.mean()), 0.02), 0.6, 1.5)
    wall = wall * tint**0.5
    light = float(np.percentile(source.pixels[mask].mean(axis=1), 85))
    above = source.share("ceiling") > 0.5
    if above.mean() > 0.01:
        ceiling = np.median(source.pixels[above], axis=0)
    else:
        ceiling = 0.5 * wall * light / max(float(wall.mean()), 0.05) + 0.5 * np.clip(light * 1.1, 0.0, 0.95)
    return wall.astype(np.float32), np.clip(ceiling, 0.0, 0.97).astype(np.float32), mask


def _plainest(source: Source, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The third of a mask with the least texture: panels, shelves and windows are no pattern for whole walls."""
    size = 2 * max(round(8 * source.scale), 2) + 1
    grey = source.pixels.mean(axis=2)
    inside = cv2.blur(mask.astype(np.float32), (size, size))
    spread = cv2.blur(grey**2, (size, size)) - cv2.blur(grey, (size, size)) ** 2 + (1.0 - inside)
    return mask & (spread <= np.percentile(spread[mask], 33))


def _relief(
    pixels: Float, mask: NDArray[np.uint8], colour: Float, sigma: float, roughest: float
) -> tuple[Float, float]:
    """What a surface has beyond its light and shadows, scaled to its colour.

    Args:
        pixels: of the photo, RGB, shape `(h, w, 3)`.
        mask: where it shows the surface, shape `(h, w)`.
        colour: of the surface, shape `(3,)`.
        sigma: pixels over which light and shadows vary at least.
        roughest: of the standard deviation over the brightness, the most.

    Returns:
        RGB around zero, shape `(h, w, 3)`, and its usual standard deviation: marks and edges of things do not count.
    """
    weight = mask.astype(np.float32)
    grey = pixels.mean(axis=2)
    low = cv2.GaussianBlur(grey * weight, (0, 0), sigma) / np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma), 1e-3)
    rough = (grey / np.maximum(low, 0.03) - 1.0) * (mask > 0)
    usual = 1.48 * float(np.median(np.abs(rough[mask > 0])))
    rough = np.clip(rough, -3.0 * usual, 3.0 * usual)
    deviation = min(usual, roughest) * float(colour.mean())
    return (rough[..., None] * colour).astype(np.float32), deviation


def _grain(source: Source, mask: NDArray[np.bool_], colour: Float, rng: np.random.Generator) -> Float:
    """The grain of the photo's own wall as fine as the photo shows it, a tile `(size, size, 3)` around zero."""
    closed = np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)), np.uint8)
    relief, deviation = _relief(source.pixels, closed, colour, 6 * source.scale, ROUGHEST_WALL)
    top, left, size = widest_square(closed)
    tile = random_phase(relief[top : top + size, left : left + size], max(round(512 * source.scale), size), rng)
    return tile * (deviation / max(float(tile.std()), 1e-6))


def _floor(source: Source, points: NDArray[np.float64], rng: np.random.Generator) -> tuple[Float, float]:
    """Colours of points of the floor, `(N, 3)` in camera heights: the photo's floor, its light and shadows taken out.
    And the standard deviation of its grain over its brightness.

    The floor is seen from above first, so that its texture shrinks with distance as a floor's does.
    """
    share = source.share("floor") * (1.0 - source.uniqueness)
    if (share > 0.5).mean() < 0.01:
        share = np.clip(-source.elevation, 0.0, 0.2) * (1.0 - source.uniqueness) + 1e-3
    whole = np.asarray(share > 0.5 * share.max(), np.uint8)
    # Feet and shadows at the rims of things are no floor.
    rim = 2 * max(round(6 * source.scale), 1) + 1
    mask = np.asarray(cv2.erode(whole, np.ones((rim, rim), np.uint8)), np.uint8)
    if mask.sum() < 50:
        mask = whole if whole.sum() >= 50 else np.ones_like(whole)
    usual = np.median(source.pixels[mask > 0], axis=0).astype(np.float32)
    # Mottling as the photo shows it from afar, and the grain that shows from nearer than the photo was taken.
    looks = [_magnified(source, mask, 1.0)]
    finest = _magnified(source, mask, np.inf)
    if finest.factor > 1.1:
        looks.append(finest)
    texture, deviation = np.zeros((len(points), 3), np.float32), 0.0
    for look in looks:
        relief, deviation = _relief(
            look.pixels, look.mask, usual, 10 * source.scale * np.sqrt(look.factor), ROUGHEST_FLOOR
        )
        patch, density = _from_above(look, relief)
        tile = random_phase(patch, max(round(512 * source.scale), max(patch.shape[:2])), rng)
        tile *= deviation / max(float(tile.std()), 1e-6)
        texture += _laid_out(tile, density, source, points)
    floor = np.clip(usual + texture, 0.0, 1.0).astype(np.float32)
    return floor, deviation / max(float(usual.mean()), 0.02)


def _laid_out(tile: Float, density: float, source: Source, points: NDArray[np.float64]) -> Float:
    """A texture that tiles, laid on floor or ceiling at points `(N, 3)` in camera heights, no finer than can be shown.

    Where a pixel of the panorama holds many of the tile's, the tile's own mean is seen there: sampled it would draw
    rings.
    """
    away = np.linalg.norm(points, axis=1)
    # Seen obliquely, lengths shrink along the line of sight; the level of detail is the coarsest of both.
    seen = 1024 * source.scale / np.pi / away * np.maximum(np.abs(points[:, 2]) / away, 0.02)
    level = np.clip(np.log2(np.maximum(density / seen, 1.0)), 0.0, LEVELS)
    out = np.zeros((len(points), 3), np.float32)
    fine = tile
    for index in range(LEVELS):
        # Beyond the last level nothing is left but the mean, which is zero.
        used = np.abs(level - index) < 1.0
        if used.any():
            u, v = (points[used, axis] * density * fine.shape[0] / tile.shape[0] for axis in (1, 0))
            weight = (1.0 - np.abs(level[used] - index)).astype(np.float32)
            out[used] += look_up_tile(fine, u, v) * weight[:, None]
        half = (max(fine.shape[1] // 2, 1),) * 2
        fine = np.asarray(cv2.resize(fine, half, interpolation=cv2.INTER_AREA), np.float32)
    return out


@dataclass(frozen=True)
class _Look:
    """The photo as fine as its floor is seen from where one stands: pixels, floor, camera, and by how much finer."""

    pixels: Float
    mask: NDArray[np.uint8]
    camera: PerspectiveCamera
    factor: float


def _magnified(source: Source, mask: NDArray[np.uint8], most: float) -> _Look:
    """The photo magnified until its floor has the pixels that the panorama shows underfoot, by `most` at most."""
    wanted = OVERSAMPLING * 1024 * source.scale / np.pi
    has = _density(source.camera, source.elevation[(mask > 0) & (source.elevation < STEEP)])
    most = max(min(most, source.photo_camera.width / source.camera.width), 1.0)
    factor = float(np.clip(wanted / max(has, 1e-3), 1.0, most))
    size = round(source.camera.width * factor), round(source.camera.height * factor)
    shrinks = size[0] < source.photo_camera.width
    pixels = cv2.resize(source.photo, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    finer = cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST)
    camera = replace(source.camera, width=size[0], height=size[1])
    return _Look(pixels.astype(np.float32) / 255.0, np.asarray(finer, np.uint8), camera, factor)


def _density(camera: PerspectiveCamera, elevation: NDArray[np.floating]) -> float:
    """Pixels for a camera height of floor that is seen at these elevations, where it is nearest; 0 of none."""
    if elevation.size < 50:
        return 0.0
    return float(camera.focal_length * np.sin(np.percentile(-elevation, 90)) ** 1.5)


def _from_above(look: _Look, relief: Float) -> tuple[Float, float]:
    """A square of the photo's floor as seen from above, and its pixels for a camera height."""
    camera, mask = look.camera, look.mask
    rays = camera.ray_directions()
    elevation = elevation_of(rays)
    floor = (mask > 0) & (elevation < STEEP)
    density = _density(camera, elevation[floor])
    if density > 0.0:
        places = rays[floor][:, :2] / -rays[floor][:, 2:]
        low, high = np.percentile(places, 2, axis=0), np.percentile(places, 98, axis=0)
        count = np.clip(((high - low) * density).astype(int), 1, 2048)
        x = (low[0] + (np.arange(count[0]) + 0.5) / density)[:, None]
        y = (low[1] + (np.arange(count[1]) + 0.5) / density)[None, :]
        grid = np.stack([np.broadcast_to(x, tuple(count)), np.broadcast_to(y, tuple(count)), -np.ones(count)], axis=-1)
        u, v, depth = camera.project(grid)
        u, v = (np.where(depth > 1e-3, value - 0.5, -1e4).astype(np.float32) for value in (u, v))
        seen = cv2.remap(mask, u, v, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT)
        if seen.any():
            top, left, size = widest_square(seen)
            if size >= 12:
                flat = cv2.remap(relief, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
                return np.asarray(flat[top : top + size, left : left + size], np.float32), density
    top, left, size = widest_square(mask)
    square = (slice(top, top + size), slice(left, left + size))
    density = camera.focal_length * np.sin(np.clip(-float(elevation[square].mean()), 0.1, 1.2))
    return relief[square], float(density)
