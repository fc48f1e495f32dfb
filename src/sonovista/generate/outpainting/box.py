"""A room in the shape of a box around the viewer."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float = NDArray[Any]

FLOOR, CEILING, FRONT, BACK, LEFT, RIGHT = range(6)


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

    def extent(self, wall: int) -> tuple[float, float]:
        """How far away a wall is, and how long it is."""
        if wall in (FRONT, BACK):
            return (self.front if wall == FRONT else self.back), self.left + self.right
        return (self.left if wall == LEFT else self.right), self.front + self.back

    def along(self, wall: int, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """How far points of a wall lie from its left end as seen from within, shape `(...)`."""
        if wall in (FRONT, BACK):
            return self.left - points[..., 1] if wall == FRONT else points[..., 1] + self.right
        return points[..., 0] + self.back if wall == LEFT else self.front - points[..., 0]

    def azimuths(self, wall: int, along: NDArray[np.float64]) -> NDArray[np.float64]:
        """In which direction points of a wall lie, radians, shape `(...)`."""
        if wall in (FRONT, BACK):
            x = np.full(along.shape, self.front if wall == FRONT else -self.back)
            y = self.left - along if wall == FRONT else along - self.right
        else:
            x = along - self.back if wall == LEFT else self.front - along
            y = np.full(along.shape, self.left if wall == LEFT else -self.right)
        return np.arctan2(y, x)


def corner_shade(box: Box, points: NDArray[np.float64], surface: int) -> Float:
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
