"""Lists of solid shapes, and things made of them: trees, animals, people, boulders, houses."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

MOST_PLANES = 10
GREENS = ((0.10, 0.19, 0.04), (0.06, 0.12, 0.03), (0.22, 0.24, 0.06), (0.30, 0.16, 0.04), (0.13, 0.22, 0.08))
FURS = ((0.30, 0.18, 0.09), (0.08, 0.06, 0.05), (0.75, 0.72, 0.68), (0.45, 0.36, 0.24), (0.20, 0.20, 0.21))


@dataclass(frozen=True)
class Look:
    """A texture, metres of its repeat, tint of linear RGB, share that is there, metres between windows (0: none)."""

    texture: int
    repeat: float
    tint: tuple[float, ...]
    keep: float = 1.0
    windows: float = 0.0


@dataclass
class Shapes:
    """Growing lists of ellipsoids, convex polyhedra and cut-outs."""

    centres: list[NDArray] = field(default_factory=list)
    inverses: list[NDArray] = field(default_factory=list)
    radii: list[float] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    poly_centres: list[NDArray] = field(default_factory=list)
    poly_planes: list[NDArray] = field(default_factory=list)
    poly_counts: list[int] = field(default_factory=list)
    poly_radii: list[float] = field(default_factory=list)
    poly_looks: list[Look] = field(default_factory=list)
    cut_centres: list[NDArray] = field(default_factory=list)
    cut_edges: list[NDArray] = field(default_factory=list)
    cut_sizes: list[tuple[float, float]] = field(default_factory=list)
    cut_which: list[int] = field(default_factory=list)

    def ellipsoid(self, centre: ArrayLike, axes: NDArray, semi: ArrayLike, look: Look) -> None:
        """Add one by its centre, its axes in columns `(3, 3)` and its semi-axes, metres."""
        semi = np.maximum(np.asarray(semi, float), 1e-3)
        self.centres.append(np.asarray(centre, float))
        self.inverses.append((axes / semi).T)
        self.radii.append(float(semi.max()))
        self.looks.append(look)

    def limb(self, start: ArrayLike, end: ArrayLike, thickness: float, look: Look) -> None:
        """Add a long ellipsoid between two points; `thickness` is its radius, metres."""
        start, end = np.asarray(start, float), np.asarray(end, float)
        along = end - start
        length = float(np.linalg.norm(along)) + 1e-9
        self.ellipsoid(0.5 * (start + end), frame(along / length), (0.56 * length, thickness, thickness), look)

    def polyhedron(self, centre: ArrayLike, planes: ArrayLike, radius: float, look: Look) -> None:
        """Add one by planes `(P, 4)` in the world, `normal . p <= offset` inside."""
        planes = np.asarray(planes, float)
        padded = np.zeros((MOST_PLANES, 4))
        padded[: len(planes)] = planes
        self.poly_centres.append(np.asarray(centre, float))
        self.poly_planes.append(padded)
        self.poly_counts.append(len(planes))
        self.poly_radii.append(radius)
        self.poly_looks.append(look)

    def prism(self, base: ArrayLike, half: tuple[float, float, float], yaw: float, look: Look, taper: float = 0.0,
              along: float = 0.0) -> None:  # fmt: skip
        """Add a box that stands on `base`; `taper` and `along` lean its sides in, by the tangent, as roofs do."""
        x, y, z = half
        c, s = np.cos(yaw), np.sin(yaw)
        base = np.asarray(base, float)
        planes = []
        for axis, reach, lean in ((np.array([c, s, 0.0]), x, along), (np.array([-s, c, 0.0]), y, taper)):
            for sign in (-1.0, 1.0):
                normal = sign * axis + np.array([0.0, 0.0, lean])
                length = np.linalg.norm(normal)
                planes.append([*(normal / length), (normal @ base + reach) / length])
        planes.append([0.0, 0.0, 1.0, base[2] + 2 * z])
        planes.append([0.0, 0.0, -1.0, -base[2]])
        self.polyhedron(base + np.array([0.0, 0.0, z]), planes, float(np.sqrt(x * x + y * y + z * z)), look)

    def cutout(self, base: ArrayLike, edge: NDArray, width: float, height: float, which: int) -> None:
        """Add an upright picture that stands on `base`, centred, along the horizontal unit vector `edge`."""
        self.cut_centres.append(np.asarray(base, float) + np.array([0.0, 0.0, 0.5 * height]))
        self.cut_edges.append(np.asarray(edge, float))
        self.cut_sizes.append((width, height))
        self.cut_which.append(which)


def frame(x: NDArray) -> NDArray:
    """A rotation whose first column is the unit vector `x`."""
    helper = np.array([0.0, 0.0, 1.0]) if abs(x[2]) < 0.9 else np.array([1.0, 0.0, 0.0])
    y = np.cross(helper, x)
    y /= np.linalg.norm(y)
    return np.stack([x, y, np.cross(x, y)], axis=1)


def drawn_colour(rng: np.random.Generator, choices: tuple, spread: float = 0.3) -> tuple[float, ...]:
    """One of the colours, made lighter or darker and a little another, by `spread`; linear RGB."""
    base = np.array(choices[rng.integers(len(choices))])
    return tuple(float(c) for c in 2.0 * base * np.exp(rng.normal(0, spread, 3) * [0.5, 0.5, 0.5] + rng.normal(0, 0.3)))


def tree(shapes: Shapes, rng: np.random.Generator, foot: NDArray, height: float, texture: int, bark: int) -> None:
    """A broadleaf, a conifer or a bare tree that stands on `foot`."""
    trunk = Look(bark, 1.0, drawn_colour(rng, ((0.16, 0.11, 0.07), (0.3, 0.27, 0.24), (0.08, 0.06, 0.05))))
    kind = rng.choice(["broad", "conifer", "bare", "bush"], p=[0.5, 0.25, 0.1, 0.15])
    thick = height * rng.uniform(0.015, 0.04)
    leaves = Look(texture, rng.uniform(0.3, 1.5), drawn_colour(rng, GREENS), keep=float(rng.uniform(0.35, 0.9)))
    lean = rng.normal(0, 0.05, 2) * height
    top = foot + np.array([lean[0], lean[1], height])
    if kind != "bush":
        shapes.limb(foot - [0, 0, 0.1 * height], top if kind != "broad" else foot + 0.7 * (top - foot), thick, trunk)
    if kind == "conifer":
        width = height * rng.uniform(0.12, 0.28)
        for level in np.linspace(0.12, 0.97, int(rng.integers(7, 16))):
            reach = width * (1.02 - level) * rng.uniform(0.85, 1.15) + 0.01 * height
            shapes.ellipsoid(foot + level * (top - foot), np.eye(3), (reach, reach, 0.09 * height), leaves)
        return
    if kind == "bare":
        for _ in range(int(rng.integers(12, 40))):
            start = foot + rng.uniform(0.25, 0.95) * (top - foot)
            away = rng.normal(size=3) * [1, 1, 0.4] + [0, 0, 0.4]
            end = start + away / np.linalg.norm(away) * height * rng.uniform(0.08, 0.35)
            shapes.limb(start, end, thick * rng.uniform(0.12, 0.4), trunk)
        return
    low = 0.0 if kind == "bush" else rng.uniform(0.15, 0.5)
    spread = height * (rng.uniform(0.4, 0.8) if kind == "bush" else rng.uniform(0.18, 0.4))
    for _ in range(int(rng.integers(12, 45))):
        direction = rng.normal(size=3)
        direction /= np.linalg.norm(direction)
        middle = foot + np.array([lean[0], lean[1], (0.5 * (1 + low)) * height])
        at = middle + direction * rng.uniform(0.3, 0.9) * np.array([spread, spread, 0.5 * (1 - low) * height])
        size = rng.uniform(0.2, 0.45) * min(spread, 0.5 * height)
        bright = tuple(t * float(np.exp(0.2 * direction[2] + rng.normal(0, 0.12))) for t in leaves.tint)
        look = Look(texture, leaves.repeat, bright, leaves.keep)
        shapes.ellipsoid(at, np.eye(3), size * rng.uniform(0.6, 1.3, 3), look)


def animal(shapes: Shapes, rng: np.random.Generator, foot: NDArray, height: float, texture: int, yaw: float) -> None:
    """A four-legged animal or a bird, of solid ellipsoids; `height` is its shoulder's, metres."""
    coat = Look(texture, height * rng.uniform(0.3, 1.5), drawn_colour(rng, FURS))
    other = Look(texture, coat.repeat, drawn_colour(rng, FURS)) if rng.random() < 0.3 else coat
    c, s = np.cos(yaw), np.sin(yaw)

    def at(x: float, y: float, z: float) -> NDArray:
        return foot + height * np.array([c * x - s * y, s * x + c * y, z])

    bird = rng.random() < 0.35
    length, girth = rng.uniform(0.45, 0.8), rng.uniform(0.17, 0.3)
    belly = 0.62 if not bird else rng.uniform(0.3, 0.7)
    tilt = rng.uniform(0.1, 0.8) if bird else 0.0
    shapes.limb(at(-length, 0, belly - tilt * length), at(length, 0, belly + tilt * length), height * girth, coat)
    if bird:
        shapes.limb(at(0.7 * length, 0, belly), at(length + 0.05, 0, 1.1), height * rng.uniform(0.07, 0.15), coat)
        shapes.ellipsoid(at(length + 0.1, 0, 1.15), np.eye(3), height * 0.14 * np.array([1.1, 1, 0.9]), coat)
        shapes.limb(at(length + 0.18, 0, 1.14), at(length + 0.45, 0, 1.08), height * 0.03, other)
        shapes.limb(at(-0.6 * length, 0, belly), at(-1.6 * length, 0, belly - 0.2), height * 0.08, other)
        legs = [(0.0, 0.08), (0.0, -0.08)]
    else:
        neck = rng.uniform(0.15, 0.5)
        head = at(length + 0.25, 0, 0.8 + neck)
        shapes.limb(at(0.75 * length, 0, 0.7), head, height * rng.uniform(0.1, 0.18), coat)
        shapes.limb(head - height * np.array([0.1 * c, 0.1 * s, 0]), head + height * np.array([0.3 * c, 0.3 * s, -0.1]),
                    height * 0.12, coat)  # fmt: skip
        for side in (-1, 1):
            ear = head + height * np.array([-s * 0.08 * side, c * 0.08 * side, 0.0])
            shapes.limb(ear, ear + height * np.array([0, 0, rng.uniform(0.1, 0.3)]), height * 0.035, coat)
            if rng.random() < 0.3:
                for k in range(3):
                    tip = ear + height * rng.normal([0, side * 0.15, 0.4], 0.12)
                    shapes.limb(ear + np.array([0, 0, 0.1 * height * k]), tip, height * 0.02, other)
        shapes.limb(at(-length, 0, 0.7), at(-length - 0.25, 0, rng.uniform(0.3, 0.9)), height * 0.05, coat)
        legs = [(a * 0.8 * length, b * 0.7 * girth) for a in (-1, 1) for b in (-1, 1)]
    for x, y in legs:
        step = rng.normal(0, 0.06)
        shapes.limb(at(x, y, belly), at(x + step, y, 0.0), height * rng.uniform(0.035, 0.07), other if bird else coat)


def person(shapes: Shapes, rng: np.random.Generator, foot: NDArray, texture: int, yaw: float) -> None:
    """Someone who stands, of solid ellipsoids, about 1.7 m tall."""
    height = rng.uniform(1.1, 1.9)
    cloth, trousers = (Look(texture, 0.6, tuple(rng.uniform(0.02, 1.2, 3).tolist())) for _ in range(2))
    skin = Look(texture, 2.0, drawn_colour(rng, ((0.45, 0.28, 0.2), (0.2, 0.12, 0.08), (0.33, 0.2, 0.13))))
    c, s = np.cos(yaw), np.sin(yaw)

    def at(x: float, y: float, z: float) -> NDArray:
        return foot + height * np.array([c * x - s * y, s * x + c * y, z])

    for side in (-1, 1):
        shapes.limb(at(0, 0.05 * side, 0.5), at(rng.normal(0, 0.07), 0.06 * side, 0.0), 0.045 * height, trousers)
        hand = at(rng.normal(0.05, 0.1), side * rng.uniform(0.12, 0.25), rng.uniform(0.42, 0.8))
        shapes.limb(at(0, 0.11 * side, 0.8), hand, 0.03 * height, cloth)
    shapes.ellipsoid(at(0, 0, 0.66), frame(np.array([c, s, 0.0])), height * np.array([0.075, 0.12, 0.2]), cloth)
    shapes.ellipsoid(at(0, 0, 0.92), np.eye(3), height * np.array([0.055, 0.055, 0.075]), skin)


def house(shapes: Shapes, rng: np.random.Generator, foot: NDArray, half: tuple[float, float], yaw: float, wall: int,
          roof: int) -> None:  # fmt: skip
    """A house, block or tower with a flat, gabled, hipped or domed roof, windows in its walls."""
    floors = int(rng.choice([1, 2, 3, 4, 6, 12], p=[0.15, 0.3, 0.2, 0.15, 0.12, 0.08]))
    height = 3.0 * floors + rng.uniform(0, 1.5)
    look = Look(wall, rng.uniform(1.5, 6.0), drawn_colour(rng, ((0.4, 0.35, 0.3), (0.35, 0.2, 0.14), (0.5, 0.5, 0.48))),
                windows=float(rng.uniform(1.8, 3.6)) if rng.random() < 0.85 else 0.0)  # fmt: skip
    foot = foot - np.array([0, 0, 1.0])
    shapes.prism(foot, (half[0], half[1], 0.5 * (height + 1)), yaw, look)
    top = foot + np.array([0, 0, height + 1])
    cover = Look(roof, 1.5, drawn_colour(rng, ((0.3, 0.13, 0.08), (0.15, 0.15, 0.17), (0.2, 0.17, 0.12))))
    kind = rng.choice(["flat", "gable", "hip", "dome"], p=[0.35, 0.35, 0.2, 0.1])
    if kind == "dome":
        shapes.ellipsoid(
            top, np.eye(3), min(half) * rng.uniform(0.5, 1.0) * np.array([1, 1, rng.uniform(0.8, 1.6)]), cover
        )
    elif kind != "flat":
        lean = rng.uniform(0.7, 2.0)
        rise = half[1] * 1.08 / lean
        hip = lean * half[0] / half[1] if kind == "hip" else 0.0
        shapes.prism(top, (half[0] * 1.05, half[1] * 1.08, 0.5 * rise), yaw, cover, lean, hip)
