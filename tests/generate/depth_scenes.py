"""Worlds of planes and boxes whose depth is known: rooms, boards on the ground, street canyons, by ray casting."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.outpainting.protocol import Panorama
from sonovista.generate.regions.protocol import REGION_CLASSES, RegionClass, RegionMap
from sonovista.geometry.equirectangular import pixel_directions

END_OF_WORLD = 100.0
KINDS = ("room", "boards", "street")
_COLOURS: dict[str, tuple[int, int, int]] = {
    "sky": (150, 190, 235),
    "vegetation": (60, 105, 45),
    "grass": (95, 150, 60),
    "ground": (150, 130, 105),
    "building": (185, 120, 95),
    "wall": (215, 205, 190),
    "floor": (140, 95, 60),
    "ceiling": (240, 240, 236),
    "object": (60, 60, 130),
}


@dataclass(frozen=True)
class Box:
    """A box on the ground, seen from outside, or from inside where it is the room."""

    centre: tuple[float, float]
    size: tuple[float, float, float]
    yaw: float
    name: RegionClass
    inside: bool = False


@dataclass(frozen=True)
class World:
    """Boxes on a ground plane, seen from the origin at `camera_height` above it."""

    kind: str
    camera_height: float
    ground: RegionClass
    boxes: tuple[Box, ...]
    calibration: Calibration


@dataclass(frozen=True)
class Rendering:
    """A picture of a world: RGB, metres along rays (inf for sky), and its regions."""

    pixels: NDArray[np.uint8]
    depth: NDArray[np.float64]
    regions: RegionMap


def make_world(kind: str, seed: int) -> World:
    """A random world of `kind`; its camera's height is between 1.3 and 1.8 m."""
    rng = np.random.default_rng([KINDS.index(kind), seed])
    height = float(rng.uniform(1.3, 1.8))
    pitch, roll, fov = np.radians([rng.uniform(-12, 8), rng.uniform(-3, 3), rng.uniform(45, 80)])
    calibration = Calibration(float(pitch), float(roll), float(fov), 1.0, 1.0, 1.0, "known")
    boxes: list[Box] = []
    ground: RegionClass = "ground"
    if kind == "room":
        ground = "floor"
        length, width = rng.uniform(3.5, 8.0, 2)
        yaw = rng.uniform(0, np.pi / 2)
        off = rng.uniform(-0.25, 0.25, 2) * (length, width)
        turned = (off[0] * np.cos(yaw) - off[1] * np.sin(yaw), off[0] * np.sin(yaw) + off[1] * np.cos(yaw))
        boxes.append(Box(turned, (length, width, float(rng.uniform(2.3, 3.1))), float(yaw), "wall", inside=True))
        reach = 0.5 * min(length, width) - 0.6 - float(np.abs(off).max())
        for angle in rng.uniform(-np.pi, np.pi, int(rng.integers(0, 4))):
            r = max(1.1, reach)
            depth, across = rng.uniform(0.3, 0.6, 2)
            size = (float(depth), float(across), float(rng.uniform(0.5, 1.5)))
            boxes.append(Box((r * np.cos(angle), r * np.sin(angle)), size, float(angle), "object"))
    elif kind == "boards":
        ground = "grass"
        for _ in range(int(rng.integers(8, 16))):
            angle, r = rng.uniform(-np.pi, np.pi), np.exp(rng.uniform(np.log(2.5), np.log(30.0)))
            name: RegionClass = ("vegetation", "building", "object")[int(rng.integers(3))]
            size = (0.15, float(rng.uniform(0.8, 4.0)), float(rng.uniform(1.0, 5.0)))
            turn = float(angle + rng.uniform(-0.7, 0.7))
            boxes.append(Box((float(r * np.cos(angle)), float(r * np.sin(angle))), size, turn, name))
    else:
        yaw = rng.uniform(-0.5, 0.5)
        for side in (-1.0, 1.0):
            x, gap = -60.0, float(rng.uniform(3.5, 8.0))
            while x < 60.0:
                length = float(rng.uniform(8.0, 25.0))
                across = side * (gap + 5.0 + float(rng.uniform(0.0, 1.5)))
                along = x + 0.5 * length
                place = (along * np.cos(yaw) - across * np.sin(yaw), along * np.sin(yaw) + across * np.cos(yaw))
                boxes.append(Box(place, (length, 10.0, float(rng.uniform(5.0, 16.0))), float(yaw), "building"))
                x += length + (float(rng.uniform(2.0, 5.0)) if rng.random() < 0.3 else 0.0)
    return World(kind, height, ground, tuple(boxes), calibration)


def render(world: World, directions: NDArray[np.float64]) -> Rendering:
    """Cast a ray through every direction, shape `(h, w, 3)`."""
    shape = directions.shape[:2]
    rays = directions.reshape(-1, 3)
    nearest = np.full(len(rays), END_OF_WORLD)
    owner = np.zeros(len(rays), np.int32)
    names: list[str] = ["sky", world.ground]
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(rays[:, 2] < 0, -world.camera_height / rays[:, 2], np.inf)
        owner[t < nearest], nearest = 1, np.minimum(nearest, t)
        for box in world.boxes:
            t, face = _hit(box, rays, world.camera_height)
            if box.inside:
                names += ["wall", "wall", "floor", "ceiling"]
                index = len(names) - 4 + face
            else:
                names.append(box.name)
                index = np.full(len(rays), len(names) - 1)
            closer = t < nearest
            owner[closer], nearest[closer] = index[closer], t[closer]
    points = rays * nearest[:, None]
    depth = np.where(owner == 0, np.inf, nearest).reshape(shape)
    probabilities = np.zeros((len(names), len(REGION_CLASSES)), np.float32)
    probabilities[np.arange(len(names)), [REGION_CLASSES.index(name) for name in names]] = 1.0
    regions = RegionMap(owner.reshape(shape), probabilities, 1.0 if world.kind == "room" else 0.0)
    return Rendering(_colours(points, owner, names).reshape(*shape, 3), depth, regions)


def _hit(box: Box, rays: NDArray[np.float64], camera_height: float) -> tuple[NDArray[np.float64], NDArray[np.int_]]:
    """Distance to a box along rays (inf where missed), and the face: 0 and 1 walls, 2 floor, 3 ceiling."""
    c, s = np.cos(-box.yaw), np.sin(-box.yaw)
    turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    d = rays @ turn.T
    low = turn @ np.array([-box.centre[0], -box.centre[1], 0.0]) + np.array([0.0, 0.0, camera_height])
    half = 0.5 * np.array(box.size)
    low[2] -= half[2]  # the camera in the box's own frame
    t1, t2 = (-half - low) / d, (half - low) / d
    enter, leave = np.minimum(t1, t2), np.maximum(t1, t2)
    if box.inside:
        axis = leave.argmin(axis=1)
        return leave.min(axis=1), np.where(axis == 2, np.where(d[:, 2] > 0, 3, 2), axis)
    first = enter.max(axis=1)
    hit = (first < leave.min(axis=1)) & (first > 0)
    return np.where(hit, first, np.inf), np.zeros(len(rays), int)


def _colours(points: NDArray[np.float64], owner: NDArray[np.int32], names: list[str]) -> NDArray[np.uint8]:
    base = np.array([_COLOURS[name] for name in names], float)
    # Neighbours of the same class differ in shade, and all but the sky carry a texture that is fixed in the world.
    shade = 1.0 + 0.12 * np.sin(2.4 * np.arange(len(names)))
    waves = np.array([[7.1, 3.3, 5.7], [-4.9, 8.3, 6.1], [13.0, -11.0, 17.0]])
    texture = np.sin(points @ waves.T).sum(axis=1) / 3.0
    amount = np.where(owner == 0, 0.0, 0.12)
    return np.clip(base[owner] * (shade[owner] * (1.0 + amount * texture))[:, None], 0, 255).astype(np.uint8)


def render_both(world: World, height: int = 256, photo: tuple[int, int] = (320, 240)) -> tuple[Rendering, Rendering]:
    """The whole panorama, and the photo inside it."""
    camera = world.calibration.camera(*photo)
    return render(world, pixel_directions(height)), render(world, camera.ray_directions())


def as_panorama(rendering: Rendering) -> Panorama:
    """A rendered panorama, all of it seen."""
    return Panorama(rendering.pixels, np.ones(rendering.depth.shape, bool))


def absolute_relative_error(estimate: NDArray[np.float32], truth: NDArray[np.float64]) -> float:
    """Mean of `|estimate - truth| / truth` over what is not sky."""
    solid = np.isfinite(truth)
    return float(np.mean(np.abs(estimate[solid] - truth[solid]) / truth[solid]))


def twenty_worlds() -> list[World]:
    """Seven rooms, seven fields of boards, six streets."""
    return [make_world(KINDS[i % 3], i // 3) for i in range(20)]
