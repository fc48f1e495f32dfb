"""A room's surfaces: textured rectangles, and boxes made of them."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Finish:
    """How a surface looks.

    Attributes:
        texture: index into the room's textures.
        repeat: metres after which the texture begins again; 0 stretches it once over the whole rectangle.
        tint: factor of the texture's linear RGB.
        emission: radiance that the surface adds to what it reflects, as a factor of its colour; lamps and windows.
    """

    texture: int
    repeat: float = 1.0
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    emission: float = 0.0


@dataclass(frozen=True)
class Rectangle:
    """`corner + a edge_u + b edge_v` for a, b in [0, 1], metres, world frame; `normal` points to its lit side."""

    corner: NDArray[np.float64]
    edge_u: NDArray[np.float64]
    edge_v: NDArray[np.float64]
    normal: NDArray[np.float64]
    finish: Finish


@dataclass
class Surfaces:
    """A growing list of rectangles and of the boxes on the floor in which nobody can stand."""

    rectangles: list[Rectangle] = field(default_factory=list)
    footprints: list[tuple[float, float, float, float, float]] = field(default_factory=list)
    """x and y from and to, and the height of the top, metres; of furniture."""

    def add(self, corner: ArrayLike, edge_u: ArrayLike, edge_v: ArrayLike, finish: Finish, faces: ArrayLike) -> None:
        """Add a rectangle; `faces` is any point on the side that is lit."""
        corner, u, v = (np.asarray(a, float) for a in (corner, edge_u, edge_v))
        normal = np.cross(u, v)
        normal /= np.linalg.norm(normal)
        if normal @ (np.asarray(faces, float) - corner) < 0.0:
            normal = -normal
        self.rectangles.append(Rectangle(corner, u, v, normal, finish))

    def add_box(self, low: ArrayLike, high: ArrayLike, finish: Finish, top: Finish | None = None) -> None:
        """Add the six faces of a box with its edges along the axes; `top` is the finish of its upper face."""
        low, high = np.asarray(low, float), np.asarray(high, float)
        x, y, z = np.diag(high - low)
        for corner, u, v, outward in (
            (low, x, z, -y),
            (low + y, x, z, y),
            (low, y, z, -x),
            (low + x, y, z, x),
            (low, x, y, -z),
        ):
            self.add(corner, u, v, finish, corner + outward)
        self.add(low + z, x, y, top or finish, low + 2.0 * z)

    def add_all(self, others: "Surfaces", x: float, y: float) -> None:
        """Add what another list holds, moved over the floor by metres."""
        move = np.array([x, y, 0.0])
        self.rectangles += [replace(r, corner=r.corner + move) for r in others.rectangles]
        self.footprints += [(a + x, b + x, c + y, d + y, top) for a, b, c, d, top in others.footprints]

    def mesh(self) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Vertices in metres, `(4 R, 3)`, and triangles, `(2 R, 3)`: two for each rectangle, in order."""
        corner = np.array([r.corner for r in self.rectangles])
        u = np.array([r.edge_u for r in self.rectangles])
        v = np.array([r.edge_v for r in self.rectangles])
        vertices = np.stack([corner, corner + u, corner + u + v, corner + v], axis=1).reshape(-1, 3)
        first = 4 * np.arange(len(corner), dtype=np.int32)[:, None]
        near, far = np.array([0, 1, 3]), np.array([1, 2, 3])
        triangles = np.stack([first + near, first + far], axis=1).reshape(-1, 3)
        return vertices, triangles.astype(np.int32)
