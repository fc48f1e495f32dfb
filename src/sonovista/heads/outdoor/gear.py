"""Gear: things put together of wheels, tubes, boxes and drums, as stand in halls, yards and streets."""

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonovista.heads.outdoor.shapes import Look, Shapes, frame

PAINTS = (
    (0.02, 0.02, 0.02),
    (0.25, 0.25, 0.26),
    (0.5, 0.5, 0.5),
    (0.4, 0.03, 0.03),
    (0.04, 0.1, 0.35),
    (0.4, 0.3, 0.05),
)


def draw_look(rng: np.random.Generator, textures: int) -> Look:
    """A paint, dull or bright, on one of the textures."""
    base = np.array(PAINTS[rng.integers(len(PAINTS))]) if rng.random() < 0.6 else rng.uniform(0.02, 0.9, 3)
    tint = tuple(float(c) for c in 2.0 * base * np.exp(rng.normal(0, 0.3)))
    return Look(int(rng.integers(textures)), float(10 ** rng.uniform(-1.0, 1.0)), tint)


def wheel(shapes: Shapes, rng: np.random.Generator, centre: ArrayLike, axle: NDArray, radius: float, look: Look,
          metal: Look) -> None:  # fmt: skip
    """A tyre of short limbs around an axle, with spokes or a disc and a hub; metres."""
    centre = np.asarray(centre, float)
    axes = frame(axle / np.linalg.norm(axle))
    thick = radius * rng.uniform(0.05, 0.2)
    count = 18
    turns = 2 * np.pi * np.arange(count + 1) / count
    rim = centre + (radius - thick) * (np.cos(turns)[:, None] * axes[:, 1] + np.sin(turns)[:, None] * axes[:, 2])
    for a, b in pairwise(rim):
        shapes.limb(a, b, thick, look)
    shapes.ellipsoid(centre, axes, (1.5 * thick, 0.15 * radius, 0.15 * radius), metal)
    if rng.random() < 0.3:
        shapes.ellipsoid(centre, axes, (0.3 * thick + 0.003, 0.85 * radius, 0.85 * radius), metal)
        return
    for point in rim[: -1 : int(rng.integers(1, 5))]:
        shapes.limb(centre, point, radius * rng.uniform(0.012, 0.04), metal)


def vehicle(shapes: Shapes, rng: np.random.Generator, foot: NDArray, size: float, textures: int, yaw: float) -> None:
    """Two wheels in a line or four, tubes between them, a body, a bar across and a seat; `size` is its half length."""
    c, s = np.cos(yaw), np.sin(yaw)
    rubber, metal, paint, other = (draw_look(rng, textures) for _ in range(4))

    def at(x: float, y: float, z: float) -> NDArray:
        return foot + size * np.array([c * x - s * y, s * x + c * y, z])

    radius = rng.uniform(0.15, 0.42)
    across = np.array([-s, c, 0.0])
    sides = (0.0,) if rng.random() < 0.6 else (-0.3, 0.3)
    hubs = [(x, y) for x in (-0.68, 0.68) for y in sides]
    for x, y in hubs:
        lean = across + 0.25 * rng.normal() * np.array([c, s, 0.0]) * (x > 0)
        wheel(shapes, rng, at(x, y, radius), lean, radius * size, rubber, metal)
    high = radius + rng.uniform(0.25, 0.7)
    joints = [
        np.array([rng.uniform(-0.7, 0.7), 0.0, rng.uniform(radius, high)]) for _ in range(int(rng.integers(4, 9)))
    ]
    for x, y in hubs:
        for k in rng.choice(len(joints), 2, replace=False):
            shapes.limb(at(x, y, radius), at(*joints[k]), size * rng.uniform(0.012, 0.05), metal)
    for _ in range(int(rng.integers(3, 12))):
        a, b = (joints[k] + rng.normal(0, 0.03, 3) for k in rng.choice(len(joints), 2, replace=False))
        shapes.limb(at(*a), at(*b), size * rng.uniform(0.012, 0.06), metal if rng.random() < 0.5 else paint)
    axes = frame(np.array([c, s, 0.0]))
    for _ in range(int(rng.integers(2, 7))):
        x, z = rng.uniform(-0.5, 0.5), rng.uniform(radius, high)
        semi = size * np.array([rng.uniform(0.08, 0.35), rng.uniform(0.05, 0.16), rng.uniform(0.05, 0.18)])
        if rng.random() < 0.6:
            shapes.ellipsoid(at(x, rng.normal(0, 0.05), z), axes, semi, paint if rng.random() < 0.6 else other)
        else:
            shapes.prism(
                at(x, 0.0, z), (semi[0], semi[1], semi[2]), yaw, other, rng.uniform(0, 0.4), rng.uniform(0, 0.4)
            )
    bar = at(rng.uniform(0.3, 0.6), 0.0, high + rng.uniform(0.0, 0.2))
    wide = size * rng.uniform(0.2, 0.45) * across
    shapes.limb(bar - wide, bar + wide, 0.02 * size, metal)
    shapes.limb(bar, at(0.68, 0.0, radius), 0.03 * size, metal)


def rack(shapes: Shapes, rng: np.random.Generator, foot: NDArray, size: float, textures: int, yaw: float) -> None:
    """Shelves on posts, or a bench, with boxes, bottles and drums on every board; `size` is its height."""
    c, s = np.cos(yaw), np.sin(yaw)
    board, frame_look = draw_look(rng, textures), draw_look(rng, textures)
    wide, deep = size * rng.uniform(0.3, 0.9), size * rng.uniform(0.12, 0.3)

    def at(x: float, y: float, z: float) -> NDArray:
        return foot + np.array([c * x - s * y, s * x + c * y, z])

    for x in (-wide, wide):
        for y in (-deep, deep):
            shapes.limb(at(x, y, 0.0), at(x, y, size), 0.015 * size + 0.01, frame_look)
    levels = int(rng.integers(1, 5))
    step = size / levels
    for k in range(levels):
        low = (k + 1) * step if levels == 1 else k * step + 0.05
        shapes.prism(at(0.0, 0.0, low), (wide, deep, 0.01 + 0.005 * size), yaw, board)
        x = -wide
        while x < 0.9 * wide:
            broad = wide * rng.uniform(0.06, 0.3)
            tall = step * rng.uniform(0.15, 0.85)
            put(shapes, rng, at(x + broad, deep * rng.uniform(-0.5, 0.4), low), (broad * 0.9, tall), textures, yaw)
            x += 2 * broad * rng.uniform(1.0, 1.6)


def put(shapes: Shapes, rng: np.random.Generator, foot: NDArray, size: tuple[float, float], textures: int,
        yaw: float) -> None:  # fmt: skip
    """A box, a drum or a ball of this half width and height that stands there; metres."""
    broad, tall = size
    look = draw_look(rng, textures)
    kind = rng.random()
    if kind < 0.5:
        half = (broad, broad * rng.uniform(0.4, 1.2), 0.5 * tall)
        shapes.prism(foot, half, yaw + rng.normal(0, 0.15), look, rng.uniform(0, 0.15) * (rng.random() < 0.4))
    elif kind < 0.8:  # eight-sided drums and bottles
        turns = 2 * np.pi * np.arange(8) / 8 + yaw
        taper = rng.uniform(0.0, 0.3) * broad / max(tall, 0.05)
        normals = np.stack([np.cos(turns), np.sin(turns), np.full(8, taper)], axis=1)
        length = np.linalg.norm(normals, axis=1)
        planes = np.column_stack([normals / length[:, None], (normals @ foot + broad) / length])
        ends = [[0.0, 0.0, 1.0, foot[2] + tall], [0.0, 0.0, -1.0, -foot[2]]]
        middle = foot + np.array([0.0, 0.0, 0.5 * tall])
        shapes.polyhedron(middle, np.vstack([planes, ends]), float(np.hypot(1.1 * broad, 0.5 * tall)), look)
    else:
        shapes.ellipsoid(foot + np.array([0, 0, 0.5 * tall]), np.eye(3), (broad, broad, 0.5 * tall), look)


def heap(shapes: Shapes, rng: np.random.Generator, foot: NDArray, size: float, textures: int, yaw: float) -> None:
    """Boxes and drums beside and on each other, a pole or a board leant against them; `size` is how far they spread."""
    for _ in range(int(rng.integers(2, 9))):
        at = foot + size * np.array([*rng.normal(0, 0.6, 2), 0.0])
        low = 0.0
        for _ in range(int(rng.integers(1, 4))):
            broad, tall = size * rng.uniform(0.1, 0.35), size * rng.uniform(0.1, 0.6)
            put(shapes, rng, at + np.array([0, 0, low]), (broad, tall), textures, yaw + rng.normal(0, 0.3))
            low += tall
    for _ in range(int(rng.integers(0, 4))):
        start = foot + size * np.array([*rng.normal(0, 0.6, 2), 0.0])
        end = start + size * np.array([*rng.normal(0, 0.4, 2), rng.uniform(0.8, 2.5)])
        shapes.limb(start, end, size * rng.uniform(0.01, 0.04), draw_look(rng, textures))


def gear(shapes: Shapes, rng: np.random.Generator, foot: NDArray, textures: int) -> float:
    """Any of the three at any turn; about how high it stands, metres."""
    yaw = float(rng.uniform(-np.pi, np.pi))
    kind = rng.random()
    if kind < 0.45:
        size = float(rng.uniform(0.4, 1.2))
        vehicle(shapes, rng, foot, size, textures, yaw)
        return 0.9 * size
    if kind < 0.75:
        size = float(rng.uniform(0.7, 2.0))
        rack(shapes, rng, foot, size, textures, yaw)
        return size
    size = float(rng.uniform(0.25, 0.8))
    heap(shapes, rng, foot, size, textures, yaw)
    return size
