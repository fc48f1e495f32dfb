"""A scene seen by a camera: the picture, the distance along every ray, and what is sky."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.heads.outdoor import rasterise
from sonovista.heads.outdoor.ground import NO_WATER, RADII
from sonovista.heads.outdoor.scenes import Scene
from sonovista.heads.outdoor.shapes import Look
from sonovista.heads.outdoor.texturing import look_up, texture_points
from sonovista.heads.outdoor.weather import defocus, develop, sky_colour, through_haze


@dataclass
class Buffers:
    """What rays meet: depth along the axis `(h, w)`, normals, index, place in a cut-out."""

    depth: NDArray[np.float64]
    normal: NDArray[np.float64]
    index: NDArray[np.int64]
    texel: NDArray[np.float64]

    @staticmethod
    def empty(height: int, width: int) -> "Buffers":
        """Nothing but sky."""
        return Buffers(
            np.full((height, width), 1e9),
            np.zeros((height, width, 3)),
            np.full((height, width), rasterise.SKY, np.int64),
            np.zeros((height, width, 2)),
        )


def draw_shapes(scene: Scene, rotation: NDArray, position: NDArray, focal: float, low: float, into: Buffers) -> None:
    """Draw all shapes of a scene over what is there."""
    s = scene.shapes
    view = (np.ascontiguousarray(rotation), position, focal, low, into.depth, into.normal, into.index)
    if s.centres:
        keep = np.array([look.keep for look in s.looks])
        rasterise.draw_ellipsoids(np.stack(s.centres), np.stack(s.inverses), np.array(s.radii), keep, 0, *view)
    first = len(s.centres)
    if s.poly_centres:
        bodies = np.stack(s.poly_centres), np.stack(s.poly_planes), np.array(s.poly_counts), np.array(s.poly_radii)
        rasterise.draw_polyhedra(*bodies, first, *view)
    first += len(s.poly_centres)
    if s.cut_centres:
        alpha = (scene.cutouts[..., 3] / 255.0).astype(np.float32)
        cut = np.stack(s.cut_centres), np.stack(s.cut_edges), np.array(s.cut_sizes), alpha, np.array(s.cut_which)
        rasterise.draw_cutouts(*cut, first, *view, into.texel)


def ray_grid(rotation: NDArray, focal: float, height: int, width: int) -> NDArray[np.float64]:
    """Rays of unit depth, shape `(h, w, 3)`."""
    u = (np.arange(width) + 0.5 - 0.5 * width) / focal
    v = (np.arange(height) + 0.5 - 0.5 * height) / focal
    local = np.stack([np.broadcast_to(u, (height, width)), np.broadcast_to(v[:, None], (height, width)),
                      np.ones((height, width))], axis=-1)  # fmt: skip
    return np.asarray(local @ rotation.T, np.float64)


def render(
    scene: Scene,
    rotation: NDArray,
    position: NDArray,
    focal: float,
    size: tuple[int, int],
    rng: np.random.Generator,
    polar: tuple[NDArray, NDArray] | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Radiance, linear RGB `(h, w, 3)`, and metres along rays `(h, w)`, infinite in the sky.

    Args:
        scene: to be seen.
        rotation: camera to world, `(3, 3)`.
        position: metres, `(3,)`.
        focal: pixels.
        size: height and width.
        rng: of stars and ripples.
        polar: the ground around the position, where it is known already.
    """
    polar = scene.ground.polar(position) if polar is None else polar
    buffers = _cast(scene, polar, rotation, position, focal, size)
    colour, distance = _shade(scene, buffers, rotation, position, focal, rng)
    water = buffers.index == rasterise.WATER
    if water.any():
        level = scene.ground.water
        below = position * [1, 1, -1] + [0, 0, 2 * level]
        flipped = rotation * np.array([1.0, 1.0, -1.0])[:, None]
        mirror = _cast(scene, polar, flipped, below, focal, size)
        reflected, _ = _shade(scene, mirror, flipped, below, focal, rng)
        rays = ray_grid(rotation, focal, *size)
        colour = _water(scene, colour, reflected, rays, distance, water, rng)
    return colour, distance


def _cast(
    scene: Scene, polar: tuple[NDArray, NDArray], rotation: NDArray, position: NDArray, focal: float,
    size: tuple[int, int],
) -> Buffers:  # fmt: skip
    buffers, (heights, normals), water = Buffers.empty(*size), polar, scene.ground.water
    view = np.ascontiguousarray(rotation), position, focal, buffers.depth, buffers.normal, buffers.index
    rasterise.draw_terrain(heights, RADII, normals, water, *view)
    draw_shapes(scene, rotation, position, focal, max(water, NO_WATER), buffers)
    return buffers


def _looks_by_index(scene: Scene) -> list[Look]:
    return [*scene.shapes.looks, *scene.shapes.poly_looks, *(Look(0, 1.0, (1, 1, 1)) for _ in scene.shapes.cut_which)]


def _shade(
    scene: Scene, buffers: Buffers, rotation: NDArray, position: NDArray, focal: float, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    size = buffers.depth.shape
    rays = ray_grid(rotation, focal, *size)
    length = np.linalg.norm(rays, axis=-1)
    sky = buffers.index == rasterise.SKY
    distance = np.where(sky, np.inf, buffers.depth * length)
    colour = np.zeros((*size, 3), np.float32)
    colour[sky] = sky_colour(scene.weather, rays[sky] / length[sky][:, None], scene.noise, rng)
    hit = ~sky
    if hit.any():
        points = position + rays[hit] * buffers.depth[hit][:, None]
        normal, index = buffers.normal[hit], buffers.index[hit]
        albedo = albedo_of(scene, points, normal, index, distance[hit], focal)
        first = len(scene.shapes.centres) + len(scene.shapes.poly_centres)
        cut = index >= first
        if cut.any():
            which = np.array(scene.shapes.cut_which)[index[cut] - first]
            texel = buffers.texel[hit][cut].astype(int)
            albedo[cut] = (scene.cutouts[which, texel[:, 0], texel[:, 1], :3] / np.float32(255.0)) ** 2.2
        lit = albedo * light_on(scene, points, normal, index, cut)
        colour[hit] = through_haze(lit.astype(np.float32), distance[hit], scene.weather)
    return colour, distance


def albedo_of(
    scene: Scene, points: NDArray, normal: NDArray, index: NDArray, distance: NDArray, focal: float
) -> NDArray:
    """Linear RGB `(N, 3)` of points on the ground (index below 0) or on the shapes that `index` names."""
    looks = _looks_by_index(scene)
    ground = index < 0
    which = np.full(len(points), len(looks))
    which[~ground] = index[~ground]
    steep = normal[:, 2] + 0.12 * look_up(scene.noise, points[:, :1] * 0.5, points[:, 1:2] * 0.5)[:, 0] < 0.75
    which[ground & steep] = len(looks) + 1
    half, direction = scene.road
    if half:
        winding = half * look_up(scene.noise, points[:, :1] * 0.3, points[:, 1:2] * 0.3)[:, 0]
        bend = 0.0 if scene.kind == "street" else winding
        across = np.abs(-np.sin(direction) * points[:, 0] + np.cos(direction) * points[:, 1] + bend)
        which[ground & (across < half)] = len(looks) + 2
    looks = [*looks, *scene.soils]
    texture = np.array([look.texture for look in looks])[which]
    repeat = np.array([look.repeat for look in looks])[which]
    # What is far is textured coarsely too: grass becomes fields.
    grown = np.where(ground, np.maximum(1.0, np.abs(distance / 25.0) ** 0.7), 1.0)
    out = np.empty((len(points), 3), np.float32)
    offset = (which * 0.37) % 1.0
    texture_points(points, normal, distance / focal, texture, repeat * grown, offset, scene.levels, out)
    tint = np.array([look.tint for look in looks], np.float32)[which]
    out = out * tint
    patches = look_up(scene.noise, points[:, :1] * 0.15, points[:, 1:2] * 0.15)
    out = out * np.where(ground[:, None], np.exp(0.22 * patches), 1.0)
    if scene.snow:
        white = (normal[:, 2] > 0.55) & (patches[:, 0] + 2.2 * scene.snow > 0.6)
        out = np.where(white[:, None], np.array([0.85, 0.88, 0.95]), out)
    return _windows(scene, np.array([look.windows for look in looks])[which], points, normal, out)


def _windows(scene: Scene, spacing: NDArray, points: NDArray, normal: NDArray, albedo: NDArray) -> NDArray:
    wall = (spacing > 0) & (np.abs(normal[:, 2]) < 0.3)
    if not wall.any():
        return albedo
    p, n, gap = points[wall], normal[wall], spacing[wall]
    across = (-n[:, 1] * p[:, 0] + n[:, 0] * p[:, 1]) / gap
    up = (p[:, 2] + 0.6) / 3.0
    pane = (np.abs(across % 1 - 0.5) < 0.24) & (np.abs(up % 1 - 0.55) < 0.25)
    chance = (np.floor(across) * 12.9898 + np.floor(up) * 78.233) % 1.0
    glass = np.where((chance < 0.35)[:, None] & scene.weather.night, 18.0 * np.array([1.0, 0.75, 0.4]), 0.04)
    albedo = albedo.copy()
    albedo[wall] = np.where(pane[:, None], glass, albedo[wall])
    return albedo


def light_on(scene: Scene, points: NDArray, normal: NDArray, index: NDArray, cut: NDArray) -> NDArray:
    """Light that falls on points with these normals, `(N, 3)`; `index` names the shape of each, `cut` the cut-outs."""
    weather = scene.weather
    facing = np.clip(normal @ weather.sun, 0.0, 1.0)
    shadow = np.where(index < 0, _shadows(scene, points), 1.0)
    shadow[cut] = 0.6
    upward = (0.65 + 0.35 * normal[:, 2])[:, None]
    light = weather.ambient * upward + weather.sunlight * (facing * shadow)[:, None] * 0.8
    for lamp in scene.lamps if weather.night else ():
        away = lamp[:3] - points
        square = (away**2).sum(axis=1) + 0.05
        cosine = np.clip((away * normal).sum(axis=1) / np.sqrt(square), 0.05, 1.0)
        light = light + (cosine / square)[:, None] * lamp[3:]
    return light


def _shadows(scene: Scene, points: NDArray, cells: int = 512, metres: float = 0.25) -> NDArray:
    """Share of sunlight on the ground, `(N,)`."""
    soft = shadow_map(scene, cells, metres) if scene.shadows is None else scene.shadows
    u, v = np.round(points[:, 0] / metres + cells / 2), np.round(points[:, 1] / metres + cells / 2)
    inside = (u >= 0) & (v >= 0) & (u < cells) & (v < cells)
    at = np.where(inside, v, 0).astype(int), np.where(inside, u, 0).astype(int)
    return np.where(inside, soft[at], 1.0)


def shadow_map(scene: Scene, cells: int = 512, metres: float = 0.25) -> NDArray[np.float32]:
    """Share of sunlight around the origin: shapes are thrown along the sun onto the plane below them, as ellipses."""
    canvas = np.ones((cells, cells), np.uint8)
    sun = scene.weather.sun
    lean = -sun[:2] / max(sun[2], 0.15)
    s = scene.shapes
    for centre, radius in [*zip(s.centres, s.radii, strict=True), *zip(s.poly_centres, s.poly_radii, strict=True)]:
        foot = float(scene.ground.height(centre[:1, None], centre[1:2, None])[0, 0]) if len(s.centres) < 400 else 0.0
        at = (centre[:2] + lean * max(centre[2] - foot, 0.0)) / metres + cells / 2
        if (at > -50).all() and (at < cells + 50).all():
            reach = 0.75 * radius / metres
            axes = (int(reach * np.hypot(1.0, np.linalg.norm(lean))), int(max(reach, 1)))
            angle = float(np.degrees(np.arctan2(lean[1], lean[0])))
            cv2.ellipse(canvas, (int(at[0]), int(at[1])), axes, angle, 0, 360, 0, -1)
    return np.asarray(cv2.GaussianBlur(canvas.astype(np.float32), (0, 0), 1.0), np.float32)


def _water(
    scene: Scene, colour: NDArray, reflected: NDArray, rays: NDArray, distance: NDArray, water: NDArray,
    rng: np.random.Generator,
) -> NDArray[np.float32]:  # fmt: skip
    height, width = water.shape
    metres = np.where(water, np.minimum(distance, 1e4), 1.0)
    length = np.linalg.norm(rays, axis=-1)
    x, y = rays[..., 0] / length * metres, rays[..., 1] / length * metres
    wave = 10 ** rng.uniform(-0.5, 1.0)
    ripple = look_up(scene.noise, x * 8 / wave, y * 8 / wave) * np.clip(30.0 / metres, 0.05, 1.0)
    strong = rng.choice([0.0, 3.0, 12.0])
    u = np.arange(width, dtype=np.float32)[None, :] + np.float32(0.4 * strong) * ripple
    v = np.arange(height, dtype=np.float32)[:, None] + np.float32(strong) * ripple
    mirrored = cv2.remap(reflected, u.astype(np.float32), v.astype(np.float32), cv2.INTER_LINEAR,
                         borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
    cosine = np.clip(-rays[..., 2] / length, 0.0, 1.0)
    fresnel = (0.04 + 0.96 * (1 - cosine) ** 5)[..., None]
    fresnel = np.maximum(fresnel, rng.choice([0.05, 0.3, 0.6]))
    tone = np.array([0.03, 0.07, 0.08]) * rng.uniform(0.2, 3.0) * (scene.weather.ambient + 0.3 * scene.weather.sunlight)
    foam = (ripple > 1.6) * rng.choice([0.0, 0.4]) * scene.weather.ambient.mean()
    surface = mirrored * fresnel + tone * (1 - fresnel) + foam[..., None]
    return np.where(water[..., None], surface, colour).astype(np.float32)


def photograph(
    colour: NDArray[np.float32],
    distance: NDArray[np.float64],
    night: bool,
    size: tuple[int, int],
    rng: np.random.Generator,
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """The developed picture and the distance at half its size; sky is infinite.

    Args:
        colour: linear RGB, shape `(h, w, 3)`, larger than the picture.
        distance: metres, shape `(h, w)`.
        night: whether to expose for the night.
        size: height and width of the picture, even.
        rng: of the camera.
    """
    if rng.random() < 0.35:
        middle = distance[distance.shape[0] // 3 :, distance.shape[1] // 4 : -distance.shape[1] // 4]
        middle = middle[np.isfinite(middle)]
        if len(middle):
            focus = float(np.quantile(middle, 0.2))
            strength = focus * 10 ** rng.uniform(0.3, 1.4)
            colour = defocus(colour, np.minimum(distance, 1e5), focus, float(strength))
    small = np.asarray(cv2.resize(colour, size[::-1], interpolation=cv2.INTER_AREA), np.float32)
    picture = develop(np.nan_to_num(small, nan=0.0), rng, night)
    rows, columns = (
        ((np.arange(n // 2) + 0.5) * (full / (n // 2))).astype(int)
        for n, full in zip(size, distance.shape, strict=True)
    )
    return picture, distance[np.ix_(rows, columns)].astype(np.float32)
