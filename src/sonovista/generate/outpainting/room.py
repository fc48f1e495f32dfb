"""Indoors: a plain room in the shape of a box around the viewer, in the photo's own colours."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.outpainting.blending import Canvas, fill_smoothly, paste
from sonovista.generate.outpainting.noise import fractal_noise
from sonovista.generate.outpainting.projection import sample_points
from sonovista.generate.outpainting.source import Source
from sonovista.geometry.equirectangular import pixel_directions

Float = NDArray[Any]

FLOOR, CEILING, FRONT, BACK, LEFT, RIGHT = range(6)
SHADES = (1.0, 1.0, 1.0, 0.93, 0.97, 0.9)
"""How bright each surface is drawn; walls that meet must differ, or their corner would not be seen."""

LIGHT_REACH = np.radians(40.0)
"""How far, roughly, around the photo its surfaces keep the light that the photo's edge shows."""


@dataclass(frozen=True)
class Box:
    """A room in units of the camera's height above the floor, walls at right angles to the axes.

    Attributes:
        front: distance of the wall ahead.
        back: of the wall behind.
        left: of the wall to the left.
        right: of the wall to the right.
        ceiling: height of the ceiling above the camera.
    """

    front: float
    back: float
    left: float
    right: float
    ceiling: float

    def meet(self, rays: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Which surface rays meet, shape `(...)`, and where, shape `(..., 3)`."""
        with np.errstate(divide="ignore"):
            x, y, z = (np.where(rays[..., i] == 0, 1e-12, rays[..., i]) for i in range(3))
            distances = np.stack(
                [-1.0 / z, self.ceiling / z, self.front / x, -self.back / x, self.left / y, -self.right / y]
            )
        distances[distances <= 0] = np.inf
        surface = distances.argmin(axis=0)
        nearest = np.take_along_axis(distances, surface[None], axis=0)[0]
        return surface, rays * nearest[..., None]


def fit_box(source: Source) -> Box:
    """The room's proportions from where the photo's floor ends and its ceiling begins, else usual ones."""
    camera = source.camera
    half = 0.5 * camera.horizontal_fov
    floor = (source.share("floor") > 0.5) & (source.elevation < -0.03)
    ceiling = (source.share("ceiling") > 0.5) & (source.elevation > 0.05)
    front = 2.6
    if floor.mean() > 0.01:
        front = float(np.clip(1.0 / np.tan(-np.percentile(source.elevation[floor], 97)), 1.2, 6.0))
    top = 0.75
    if ceiling.mean() > 0.01:
        top = float(np.clip(front * np.tan(np.percentile(source.elevation[ceiling], 3)), 0.5, 3.0))
    else:
        # The photo shows wall up to its upper edge: the ceiling is higher.
        top = float(np.clip(front * np.tan(float(source.elevation[0].max()) + 0.12), top, 2.0))
    side = float(np.clip(front * np.tan(half) + 0.25, 1.3, 5.0))
    return Box(front, max(0.75 * front, 1.4), side, side, top)


def complete_room(source: Source, canvas: Canvas, observed: NDArray[np.bool_], rng: np.random.Generator) -> Float:
    """Walls, ceiling and floor around the photo; returns RGB in [0, 1], shape `(H, 2H, 3)`."""
    height = observed.shape[0]
    box = fit_box(source)
    surface, points = box.meet(pixel_directions(height))
    room = _paint(source, box, surface, points, rng)
    seen_ceiling = float((source.share("ceiling") > 0.5).mean()) > 0.01
    _lay_around(canvas, room, observed, surface, seen_ceiling, source.scale)
    return canvas.pixels


def _paint_floor(source: Source, points: NDArray[np.float64], rng: np.random.Generator) -> Float:
    """Colours of points of the floor, `(N, 3)` in camera heights: the photo's floor, its light and shadows taken out.

    Its texture is one of random phase (Galerne, Gousseau and Morel 2011): it has the photo's spectrum and colours, and
    no patches whose edges could show.
    """
    share = source.share("floor") * (1.0 - source.uniqueness)
    if (share > 0.5).mean() < 0.01:
        share = np.clip(-source.elevation, 0.0, 0.2) * (1.0 - source.uniqueness) + 1e-3
    whole = (share > 0.5 * share.max()).astype(np.uint8)
    # Feet and shadows at the rims of things are no floor.
    rim = 2 * max(round(6 * source.scale), 1) + 1
    mask = cv2.erode(whole, np.ones((rim, rim), np.uint8))
    if mask.sum() < 50:
        mask = whole if whole.sum() >= 50 else np.ones_like(whole)
    weight = mask.astype(np.float32)
    sigma = 16 * source.scale
    low = cv2.GaussianBlur(source.pixels * weight[..., None], (0, 0), sigma)
    low /= np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma), 1e-3)[..., None]
    usual = np.median(source.pixels[mask > 0], axis=0).astype(np.float32)
    relief = (source.pixels / np.maximum(low, 0.03) - 1.0).clip(-0.6, 0.6) * usual
    top, left, size = _widest_square(mask)
    square = (slice(top, top + size), slice(left, left + size))
    tile = random_phase(relief[square].astype(np.float32), max(round(512 * source.scale), 2 * size), rng)
    # As many pixels for a camera height as the photo has where the square lies.
    density = source.camera.focal_length * np.sin(np.clip(-float(source.elevation[square].mean()), 0.1, 1.2))
    u, v = (np.mod(points[:, axis] * density, tile.shape[0]) + 1.0 for axis in (1, 0))
    texture = sample_points(np.pad(tile, ((1, 2), (1, 2), (0, 0)), mode="wrap"), u, v)
    return np.clip(usual + texture, 0.0, 1.0).astype(np.float32)


def _widest_square(mask: NDArray[Any]) -> tuple[int, int, int]:
    """Row, column and size of a square about as wide as fits into a mask that is not empty."""
    framed = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    distance = cv2.distanceTransform(framed, cv2.DIST_C, 3)[1:-1, 1:-1]
    row, column = np.unravel_index(int(distance.argmax()), mask.shape)
    reach = max(int(distance[row, column]) - 1, 0)
    return int(row) - reach, int(column) - reach, 2 * reach + 1


def random_phase(patch: Float, size: int, rng: np.random.Generator) -> Float:
    """A texture that tiles, with a patch's spectrum, colours and variance, and random phases.

    Args:
        patch: shape `(h, w, 3)`, not larger than `size`.
        size: of the texture in pixels.
        rng: every random choice.

    Returns:
        Shape `(size, size, 3)`, of mean zero.
    """
    height, width = patch.shape[:2]
    centred = patch - patch.mean(axis=(0, 1))
    taper = np.outer(np.hanning(height + 2)[1:-1], np.hanning(width + 2)[1:-1])[..., None]
    spectrum = np.fft.rfft2(centred * taper, (size, size), axes=(0, 1))
    noise = np.fft.rfft2(rng.normal(size=(size, size)))
    phase = noise / np.maximum(np.abs(noise), 1e-12)
    spectrum[0, 0] = 0.0
    # One phase for all channels, so that colours stay as they go together.
    texture = np.fft.irfft2(spectrum * phase[..., None], (size, size), axes=(0, 1))
    return (texture * (float(centred.std()) / max(float(texture.std()), 1e-9))).astype(np.float32)


def _paint(
    source: Source, box: Box, surface: NDArray[np.int64], points: NDArray[np.float64], rng: np.random.Generator
) -> Float:
    """The room without what the photo shows: colours by height, a wall's fine texture, shade in the corners."""
    wall, ceiling, detail = _colours(source, rng)
    out = np.zeros((*surface.shape, 3), np.float32)
    for index in range(6):
        mask = surface == index
        if not mask.any():
            continue
        p = points[mask]
        shade = _corner_shade(box, p, index)[:, None] * SHADES[index]
        if index == FLOOR:
            out[mask] = _paint_floor(source, p, rng) * shade
            continue
        if index == CEILING:
            out[mask] = ceiling * shade + 0.6 * _look_up(detail, p[:, 0], p[:, 1], source, box)
            continue
        along = p[:, 1] if index in (FRONT, BACK) else p[:, 0]
        height = (p[:, 2] + 1.0) / (1.0 + box.ceiling)
        light = (0.9 + 0.12 * height)[:, None]
        texture = _look_up(detail, along + 3.7 * index, p[:, 2], source, box)
        out[mask] = wall * light * shade + texture
    return np.clip(out, 0.0, 1.0)


def _colours(source: Source, rng: np.random.Generator) -> tuple[Float, Float, Float]:
    """Colour of the walls, of the ceiling, and the fine texture of the walls as a tileable picture around zero."""
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
    detail = _plaster(source, mask, rng)
    return wall.astype(np.float32), np.clip(ceiling, 0.0, 0.97).astype(np.float32), detail


def _plainest(source: Source, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The third of a mask with the least texture: panels, shelves and windows are no pattern for whole walls."""
    size = 2 * max(round(8 * source.scale), 2) + 1
    grey = source.pixels.mean(axis=2)
    inside = cv2.blur(mask.astype(np.float32), (size, size))
    spread = cv2.blur(grey**2, (size, size)) - cv2.blur(grey, (size, size)) ** 2 + (1.0 - inside)
    return mask & (spread <= np.percentile(spread[mask], 33))


def _plaster(source: Source, mask: NDArray[np.bool_], rng: np.random.Generator) -> Float:
    """Grain as strong as that of the photo's plainest wall, a tile of shape `(size, size, 3)` around zero."""
    size = max(round(512 * source.scale), 64)
    grey = source.pixels.mean(axis=2)
    rough = grey - cv2.GaussianBlur(grey, (0, 0), 6 * source.scale)
    strength = float(np.clip(np.median(np.abs(rough[mask])) * 1.5, 0.004, 0.03))
    noise = fractal_noise(rng, (size, size), 5 * source.scale, 2)
    noise += 0.15 * fractal_noise(rng, (size, size), 60 * source.scale, 2)
    return np.repeat((noise * strength / float(noise.std()))[..., None], 3, axis=2).astype(np.float32)


def _look_up(detail: Float, along: NDArray[np.float64], up: NDArray[np.float64], source: Source, box: Box) -> Float:
    """The texture on a wall; it is mirrored from tile to tile, so that tiles join."""
    density = 1024 * source.scale / np.pi / box.front
    size = detail.shape[0]

    def fold(value: NDArray[np.float64]) -> NDArray[Any]:
        phase = np.mod(value * density, 2.0 * (size - 1))
        return np.where(phase > size - 1, 2.0 * (size - 1) - phase, phase).astype(np.float32)

    u, v = fold(along + 20.0), fold(up + 20.0)
    return sample_points(detail, u, v)


def _corner_shade(box: Box, points: NDArray[np.float64], surface: int) -> Float:
    """Less light reaches the corners: darker within about half a camera height of another surface."""
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    gaps = {
        "x": np.minimum(box.front - x, box.back + x),
        "y": np.minimum(box.left - y, box.right + y),
        "z": np.minimum(1.0 + z, box.ceiling - z),
    }
    own = "z" if surface in (FLOOR, CEILING) else "x" if surface in (FRONT, BACK) else "y"
    shade = np.ones(x.shape)
    for axis, gap in gaps.items():
        if axis != own:
            shade *= 1.0 - 0.22 * np.exp(-np.maximum(gap, 0.0) / 0.3)
    return shade.astype(np.float32)


def _towards(difference: Float, known: NDArray[np.bool_]) -> Float:
    """A difference that is known in places, broadly continued around them and dying away, same shape."""
    height, width = known.shape
    size = (max(width // 4, 2), max(height // 4, 2))
    weight = cv2.resize(known.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    small = cv2.resize(difference * known[..., None], size, interpolation=cv2.INTER_AREA)
    sigma = max(np.radians(2.0) / np.pi * size[1], 0.5)
    total = cv2.GaussianBlur(weight, (0, 0), sigma)
    near = total > 0.02
    small = cv2.GaussianBlur(small, (0, 0), sigma) / np.maximum(total, 1e-4)[..., None]
    small = np.clip(small, -0.5, 0.5).astype(np.float32)
    distance = cv2.distanceTransform((~near).astype(np.uint8), cv2.DIST_L2, 5) * np.float32(np.pi / size[1])
    fill_smoothly(small, near)
    small = cv2.GaussianBlur(small, (0, 0), sigma) * np.exp(-((distance / LIGHT_REACH) ** 1.5))[..., None]
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def _lay_around(
    canvas: Canvas, room: Float, observed: NDArray[np.bool_], surface: NDArray[np.int64], lit: bool, scale: float
) -> None:
    """Lay the painted room around the photo; near it each surface takes on the light of the photo's edge."""
    height = observed.shape[0]
    strip = canvas.filled & ~observed
    floor = surface == FLOOR
    for own in (floor, surface > CEILING, *([surface == CEILING] if lit else [])):
        if (strip & own).sum() >= 50:
            change = _towards(canvas.pixels - room, strip & own)
            if own is not floor:
                # Walls take on the light, and less the colour, of what happens to hang at the photo's edge.
                change = 0.25 * change + 0.75 * change.mean(axis=2, keepdims=True)
            room = room + change * own[..., None]
    room = np.clip(room, 0.0, 1.0)
    rows, columns = np.flatnonzero(canvas.filled.any(axis=1)), np.flatnonzero(canvas.filled.any(axis=0))
    margin = round(40 * scale)
    top, bottom = max(rows[0] - margin, 0), min(rows[-1] + margin, height)
    left, right = max(columns[0] - margin, 0), min(columns[-1] + margin, 2 * height)
    outside = np.ones(observed.shape, bool)
    outside[top:bottom, left:right] = False
    canvas.pixels[outside] = room[outside]
    window = (slice(top, bottom), slice(left, right))
    paste(canvas, top, left, room[window], ~observed[window], scale, nodes=6000)
    canvas.filled[outside] = True
