"""Furniture made of boxes: each function adds one piece to a room's surfaces."""

import numpy as np
from numpy.typing import ArrayLike

from sonovista.simulate.rooms.surfaces import Finish, Surfaces


class Builder:
    """Adds boxes in a piece's own axes (x to its front, y to its left, z up, origin on the floor at its centre).

    Args:
        surfaces: to add to.
        facing: quarter turns, left positive, from +x of the direction in which the front looks.
    """

    def __init__(self, surfaces: Surfaces, facing: int) -> None:
        self.surfaces = surfaces
        self._cosine, self._sine = ((1, 0), (0, 1), (-1, 0), (0, -1))[facing % 4]

    def _world(self, x: float, y: float) -> tuple[float, float]:
        return self._cosine * x - self._sine * y, self._sine * x + self._cosine * y

    def box(
        self,
        low: tuple[float, float, float],
        high: tuple[float, float, float],
        finish: Finish,
        top: Finish | None = None,
    ) -> None:
        """Add a box by two of its corners, metres, own axes."""
        ax, ay = self._world(low[0], low[1])
        bx, by = self._world(high[0], high[1])
        self.surfaces.add_box((min(ax, bx), min(ay, by), low[2]), (max(ax, bx), max(ay, by), high[2]), finish, top)

    def front(self, x: float, y: tuple[float, float], z: tuple[float, float], finish: Finish) -> None:
        """Add an upright rectangle that looks to the front; its texture stands the right way up."""
        ax, ay = self._world(x, y[1])
        bx, by = self._world(x, y[0])
        faces = (*self._world(x + 1.0, 0.0), z[0])
        self.surfaces.add((ax, ay, z[1]), (bx - ax, by - ay, 0.0), (0.0, 0.0, z[0] - z[1]), finish, faces)

    def leaf(self, corner: ArrayLike, edge_u: ArrayLike, edge_v: ArrayLike, finish: Finish) -> None:
        """Add a rectangle at any angle, lit from above."""
        self.surfaces.add(corner, edge_u, edge_v, finish, (*np.asarray(corner)[:2], float(np.asarray(corner)[2]) + 1.0))

    def footprint(self, depth: float, width: float, height: float) -> None:
        """Say where nobody can stand."""
        ax, ay = self._world(-0.5 * depth, -0.5 * width)
        bx, by = self._world(0.5 * depth, 0.5 * width)
        self.surfaces.footprints.append((min(ax, bx), max(ax, bx), min(ay, by), max(ay, by), height))


def table(build: Builder, rng: np.random.Generator, finish: Finish, cloth: Finish) -> tuple[float, float]:
    """A table with four legs and a few things on it; its depth and width, metres."""
    depth, width, height = rng.uniform(0.7, 1.1), rng.uniform(0.9, 1.9), rng.uniform(0.42, 0.78)
    x, y, leg = 0.5 * depth, 0.5 * width, rng.uniform(0.04, 0.08)
    build.box((-x, -y, height - 0.05), (x, y, height), finish, cloth if rng.random() < 0.3 else None)
    for sx in (-1, 1):
        for sy in (-1, 1):
            cx, cy = sx * (x - leg), sy * (y - leg)
            build.box((cx - leg / 2, cy - leg / 2, 0.0), (cx + leg / 2, cy + leg / 2, height - 0.05), finish)
    for _ in range(int(rng.integers(1, 5))):
        w, h = rng.uniform(0.06, 0.3), rng.uniform(0.03, 0.35)
        cx, cy = rng.uniform(-x + w, x - w), rng.uniform(-y + w, y - w)
        tint = tuple(rng.uniform(0.2, 1.2, 3).tolist())
        build.box(
            (cx - w / 2, cy - w / 2, height), (cx + w / 2, cy + w / 2, height + h), Finish(cloth.texture, 0.5, tint)
        )
    build.footprint(depth, width, height)
    return depth, width


def chair(build: Builder, rng: np.random.Generator, finish: Finish, cloth: Finish) -> tuple[float, float]:
    """A chair with a back; its depth and width, metres."""
    side, seat, back = rng.uniform(0.42, 0.52), rng.uniform(0.42, 0.48), rng.uniform(0.8, 1.05)
    half = 0.5 * side
    build.box((-half, -half, seat - 0.05), (half, half, seat), finish, cloth)
    build.box((-half, -half, seat), (-half + 0.05, half, back), finish)
    for sx in (-1, 1):
        for sy in (-1, 1):
            cx, cy = sx * (half - 0.03), sy * (half - 0.03)
            build.box((cx - 0.02, cy - 0.02, 0.0), (cx + 0.02, cy + 0.02, seat - 0.05), finish)
    build.footprint(side, side, back)
    return side, side


def sofa(build: Builder, rng: np.random.Generator, finish: Finish, cloth: Finish) -> tuple[float, float]:
    """A sofa with arms, a back and cushions; its depth and width, metres."""
    depth, width = rng.uniform(0.8, 1.0), rng.uniform(1.4, 2.4)
    seat, arm, back = rng.uniform(0.38, 0.46), rng.uniform(0.55, 0.68), rng.uniform(0.75, 0.95)
    x, y = 0.5 * depth, 0.5 * width
    build.box((-x, -y, 0.0), (x, y, seat), cloth)
    build.box((-x, -y, seat), (-x + 0.22, y, back), cloth)
    for sy in (-1, 1):
        low, high = sorted((sy * y, sy * (y - 0.18)))
        build.box((-x, low, seat), (x, high, arm), cloth)
    for _ in range(int(rng.integers(0, 4))):
        cy = rng.uniform(-y + 0.4, y - 0.4)
        tint = tuple(rng.uniform(0.4, 1.6, 3).tolist())
        build.box((-x + 0.22, cy - 0.2, seat), (-x + 0.36, cy + 0.2, seat + 0.38), Finish(cloth.texture, 0.4, tint))
    build.footprint(depth, width, back)
    return depth, width


def bed(build: Builder, rng: np.random.Generator, finish: Finish, cloth: Finish) -> tuple[float, float]:
    """A bed with its head at the back; its depth and width, metres."""
    depth, width, height = 2.05, rng.uniform(0.9, 1.8), rng.uniform(0.4, 0.6)
    x, y = 0.5 * depth, 0.5 * width
    build.box((-x, -y, 0.0), (x, y, height - 0.2), finish)
    build.box((-x + 0.03, -y + 0.02, height - 0.2), (x - 0.02, y - 0.02, height), cloth)
    build.box((-x, -y, 0.0), (-x + 0.06, y, rng.uniform(0.8, 1.2)), finish)
    pillow = Finish(cloth.texture, 3.0, (1.6, 1.6, 1.6))
    build.box((-x + 0.1, -0.4 * width, height), (-x + 0.5, 0.4 * width, height + 0.12), pillow)
    build.footprint(depth, width, height)
    return depth, width


def bookshelf(build: Builder, rng: np.random.Generator, finish: Finish, books: Finish) -> tuple[float, float]:
    """Shelves with a board behind and rows of books; its depth and width, metres."""
    depth, width, height = rng.uniform(0.28, 0.4), rng.uniform(0.7, 1.8), rng.uniform(0.9, 2.2)
    x, y = 0.5 * depth, 0.5 * width
    rows = max(2, int(height / rng.uniform(0.3, 0.42)))
    build.box((-x, -y, 0.0), (-x + 0.02, y, height), finish)
    for sy in (-1, 1):
        low, high = sorted((sy * y, sy * (y - 0.025)))
        build.box((-x, low, 0.0), (x, high, height), finish)
    step = height / rows
    for row in range(rows + 1):
        build.box((-x, -y, row * step - 0.0125), (x, y, row * step + 0.0125), finish)
    for row in range(rows):
        if rng.random() < 0.85:
            low, high = row * step + 0.0125, (row + 1) * step - 0.0125
            build.front(x - rng.uniform(0.03, 0.1), (-y + 0.025, y - 0.025), (low, high), books)
    build.footprint(depth, width, height)
    return depth, width


def cabinet(build: Builder, rng: np.random.Generator, finish: Finish, front: Finish) -> tuple[float, float]:
    """A cupboard or a chest of drawers with things on top; its depth and width, metres."""
    depth, width, height = rng.uniform(0.4, 0.6), rng.uniform(0.6, 1.8), rng.uniform(0.6, 2.1)
    x, y = 0.5 * depth, 0.5 * width
    build.box((-x, -y, 0.0), (x, y, height), finish)
    doors = max(1, round(width / 0.5))
    for k in range(doors):
        a, b = -y + k * width / doors + 0.01, -y + (k + 1) * width / doors - 0.01
        build.front(x + 0.012, (a, b), (0.05, height - 0.03), front)
    if height < 1.2:
        for _ in range(int(rng.integers(0, 4))):
            w, h = rng.uniform(0.08, 0.3), rng.uniform(0.1, 0.45)
            cy = rng.uniform(-y + w, max(y - w, -y + w + 0.01))
            tint = tuple(rng.uniform(0.2, 1.4, 3).tolist())
            build.box((-w / 2, cy - w / 2, height), (w / 2, cy + w / 2, height + h), Finish(front.texture, 0.5, tint))
    build.footprint(depth, width, height)
    return depth, width


def plant(build: Builder, rng: np.random.Generator, pot: Finish, leaves: Finish) -> tuple[float, float]:
    """A pot with leaves, which are small tilted rectangles; its depth and width, metres."""
    side, height = rng.uniform(0.25, 0.4), rng.uniform(0.7, 1.7)
    half, pot_height = 0.5 * side, rng.uniform(0.25, 0.45)
    build.box((-half, -half, 0.0), (half, half, pot_height), pot)
    build.box((-0.02, -0.02, pot_height), (0.02, 0.02, 0.8 * height), pot)
    for _ in range(24):
        size = rng.uniform(0.1, 0.25)
        direction = rng.normal(size=3)
        direction /= np.linalg.norm(direction)
        other = np.cross(direction, rng.normal(size=3))
        other *= 0.5 * size / np.linalg.norm(other)
        corner = (*rng.uniform(-0.6 * side, 0.6 * side, 2), rng.uniform(pot_height, height))
        green = (rng.uniform(0.3, 0.7), rng.uniform(0.8, 1.3), rng.uniform(0.2, 0.5))
        build.leaf(corner, size * direction, other, Finish(leaves.texture, 0.5, green))
    build.footprint(side, side, height)
    return side, side


ALONG_WALLS = ("sofa", "bookshelf", "bookshelf", "cabinet", "cabinet", "bed", "table", "plant", "chair")
PIECES = {
    "table": table,
    "chair": chair,
    "sofa": sofa,
    "bed": bed,
    "bookshelf": bookshelf,
    "cabinet": cabinet,
    "plant": plant,
}
