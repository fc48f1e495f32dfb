"""A grid of directions, fine where the photo looks and coarser elsewhere, on which depth is solved once for both."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.geometry import PerspectiveCamera, angles_from_direction, direction_from_angles


@dataclass(frozen=True)
class AngularGrid:
    """Azimuths of columns and elevations of rows; neighbours in a column stand above each other in the world.

    Attributes:
        azimuth: radians, of column centres, falling from pi to -pi, shape `(C,)`.
        elevation: radians, of row centres, falling from pi/2 to -pi/2, shape `(R,)`.
    """

    azimuth: NDArray[np.float64]
    elevation: NDArray[np.float64]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.elevation), len(self.azimuth)

    @property
    def column_widths(self) -> NDArray[np.float64]:
        """Radians that every column covers, shape `(C,)`; together 2 pi."""
        nxt = np.append(self.azimuth[1:], self.azimuth[0] - 2.0 * np.pi)
        previous = np.append(self.azimuth[-1] + 2.0 * np.pi, self.azimuth[:-1])
        return 0.5 * (previous - nxt)

    def directions(self) -> NDArray[np.float64]:
        """Unit vectors through the cells' centres, shape `(R, C, 3)`."""
        return direction_from_angles(self.azimuth[None, :], self.elevation[:, None])

    def cells(self, direction: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Fractional column in [-1, C] and row in [0, R - 1] of directions, where the first cell's centre is 0."""
        azimuth, elevation = angles_from_direction(direction)
        columns = len(self.azimuth)
        around = np.concatenate([[self.azimuth[-1] + 2 * np.pi], self.azimuth, [self.azimuth[0] - 2 * np.pi]])
        u = np.interp(-azimuth, -around, np.arange(-1.0, columns + 1.0))
        v = np.interp(-elevation, -self.elevation, np.arange(len(self.elevation), dtype=float))
        return u.astype(np.float32), v.astype(np.float32)


def _spaced(start: float, stop: float, fine: tuple[float, float], fine_step: float, step: float) -> NDArray[np.float64]:
    """Centres of cells from `start` up to `stop`, of `fine_step` inside `fine` and `step` outside."""
    low, high = max(fine[0], start), min(fine[1], stop)
    edges = [np.array([start])]
    for a, b, size in ((start, low, step), (low, high, fine_step), (high, stop, step)):
        if b - a > 1e-9:
            edges.append(np.linspace(a, b, max(2, int(np.ceil((b - a) / size)) + 1))[1:])
    joined = np.concatenate(edges)
    return 0.5 * (joined[1:] + joined[:-1])


def _sees(camera: PerspectiveCamera, direction: NDArray[np.float64]) -> bool:
    u, v, _ = camera.project(direction)
    return bool(0.0 <= u < camera.width and 0.0 <= v < camera.height)


def photo_grid(camera: PerspectiveCamera, fine_columns: int, step: float) -> AngularGrid:
    """A grid with about `fine_columns` columns across the photo and cells of `step` radians elsewhere."""
    rays = camera.ray_directions()
    border = np.concatenate([rays[0], rays[-1], rays[:, 0], rays[:, -1]])
    azimuth, elevation = angles_from_direction(border)
    sees_zenith, sees_nadir = (_sees(camera, np.array([0.0, 0.0, z])) for z in (1.0, -1.0))
    top = np.pi / 2 if sees_zenith else float(elevation.max())
    bottom = -np.pi / 2 if sees_nadir else float(elevation.min())
    side = np.pi if sees_zenith or sees_nadir else float(np.abs(azimuth).max())
    fine_step = min(step, max(camera.horizontal_fov / fine_columns, 1e-4))
    pi = np.pi
    falling_azimuth = -_spaced(-pi, pi, (-side, side), min(step, max(fine_step, side / fine_columns)), step)
    falling_elevation = -_spaced(-pi / 2, pi / 2, (-top, -bottom), fine_step, step)
    return AngularGrid(falling_azimuth, falling_elevation)


def look_up(values: NDArray[Any], u: NDArray[np.floating], v: NDArray[np.floating], interpolation: int) -> NDArray[Any]:
    """Sample an array whose left and right edges touch at fractional columns and rows (first centre at 0)."""
    padded = np.concatenate([values[:, -2:], values, values[:, :2]], axis=1)
    return cv2.remap(
        padded, u.astype(np.float32) + 2.0, v.astype(np.float32), interpolation, borderMode=cv2.BORDER_REPLICATE
    )
