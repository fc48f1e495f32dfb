"""The box that fits around a panorama's surfaces."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonovista.scene.mesh import TriangleMesh

_FACING = 0.9  # cosine between a triangle's normal and the wall's for it to belong to it: 26 degrees
_UPRIGHT = 0.3  # largest vertical part of the normal of what stands
_KERNEL = 0.03  # of a wall's distance, within which surfaces count as one
_FEWEST = 20  # triangles that make a wall


@dataclass(frozen=True)
class FittedBox:
    """A box about the world's origin.

    Attributes:
        yaw: radians, in [-pi / 4, pi / 4): of its x axis.
        low: metres in the box's own axes to the walls -x, -y, -z, all negative, shape `(3,)`.
        high: likewise to +x, +y, +z, all positive.
    """

    yaw: float
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @property
    def R_box_world(self) -> NDArray[np.float64]:
        """Takes world vectors to the box's axes, shape `(3, 3)`."""
        c, s = np.cos(self.yaw), np.sin(self.yaw)
        return np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])

    @property
    def centre(self) -> NDArray[np.float64]:
        """Metres in the world, shape `(3,)`."""
        return 0.5 * (self.low + self.high) @ self.R_box_world

    def hit(self, directions: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.float64]]:
        """Where rays from the origin meet the walls.

        Args:
            directions: unit vectors in the world, shape `(..., 3)`.

        Returns:
            Metres, the wall (-x, +x, -y, +y, -z, +z as 0 to 5), and the cosine of incidence, shape `(...)` each.
        """
        local = directions @ self.R_box_world.T
        with np.errstate(divide="ignore"):
            reach = np.where(local > 0.0, self.high, self.low) / np.where(np.abs(local) < 1e-12, 1e-12, local)
        reach = np.abs(reach)
        axis = reach.argmin(axis=-1)
        along = np.take_along_axis(local, axis[..., None], -1)[..., 0]
        return reach.min(axis=-1), 2 * axis + (along > 0.0), np.abs(along)


def fit_box(mesh: TriangleMesh) -> FittedBox | None:
    """Fit a box to the surfaces around the origin: each wall is where most surface faces its way.

    Args:
        mesh: of what is seen from the world's origin.

    Returns:
        The box, or None where a side shows no surface.
    """
    corners = mesh.vertices[mesh.triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(normals, axis=1)
    normals /= np.maximum(area, 1e-30)[:, None]
    yaw = _manhattan_yaw(normals, area)
    if yaw is None:
        return None
    turned = FittedBox(yaw, np.zeros(3), np.zeros(3)).R_box_world
    normals, middles = normals @ turned.T, corners.mean(axis=1) @ turned.T
    walls = np.empty((2, 3))
    for axis in range(3):
        for side, sign in enumerate((-1.0, 1.0)):
            mine = (np.abs(normals[:, axis]) > _FACING) & (sign * middles[:, axis] > 0.1)
            if mine.sum() < _FEWEST:
                return None
            walls[side, axis] = sign * _most_surface(sign * middles[mine, axis], area[mine])
    return FittedBox(yaw, walls[0], walls[1])


def _manhattan_yaw(normals: NDArray[np.float64], area: NDArray[np.float64]) -> float | None:
    """Yaw to which, up to quarter turns, the most upright surface faces."""
    upright = np.abs(normals[:, 2]) < _UPRIGHT
    if upright.sum() < _FEWEST:
        return None
    angle = 4.0 * np.arctan2(normals[upright, 1], normals[upright, 0])
    weight = area[upright]
    bins = 360  # of a quarter of a degree
    count = np.bincount(((angle / (2.0 * np.pi)) % 1.0 * bins).astype(int) % bins, weight, minlength=bins)
    around = np.hanning(25)  # +-3 degrees
    smooth = np.convolve(np.tile(count, 3), around, mode="same")[bins : 2 * bins]
    peak = (smooth.argmax() + 0.5) * 2.0 * np.pi / bins
    off = np.angle(np.exp(1j * (angle - peak)))
    near = np.abs(off) < 4.0 * np.radians(3.0)
    yaw = (peak + float(np.average(off[near], weights=weight[near]))) / 4.0
    return float((yaw + np.pi / 4) % (np.pi / 2) - np.pi / 4)


def _most_surface(distance: NDArray[np.float64], area: NDArray[np.float64]) -> float:
    """The distance at which the most surface lies."""
    place = np.log(distance)
    low = place.min()
    bins = int((place.max() - low) / (_KERNEL / 4.0)) + 1
    count = np.bincount(((place - low) / (_KERNEL / 4.0)).astype(int), area, minlength=bins)
    smooth = np.convolve(count, np.hanning(9), mode="same") if bins >= 9 else count
    peak = low + (smooth.argmax() + 0.5) * _KERNEL / 4.0
    near = np.abs(place - peak) < _KERNEL
    return float(np.average(distance[near], weights=area[near]))
