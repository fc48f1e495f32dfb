"""A box around the camera, fitted to where walls meet the floor: the room of an indoor photo.

A Manhattan box as in V. Hedau, D. Hoiem, D. Forsyth, "Recovering the spatial layout of cluttered rooms" (ICCV 2009),
with the camera inside and the vertical known.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.depth.grid import AngularGrid
from sonovista.generate.depth.materials import Material


@dataclass(frozen=True)
class Room:
    """A box room.

    Attributes:
        yaw: radians, of the first wall's normal, in [0, pi / 2).
        walls: metres to the walls at yaw, yaw + 90, yaw + 180 and yaw + 270 degrees, shape `(4,)`.
        floor: metres below the camera.
        ceiling: metres above the camera.
    """

    yaw: float
    walls: NDArray[np.float64]
    floor: float
    ceiling: float

    def horizontal_distance(self, azimuth: NDArray[np.floating]) -> NDArray[np.float64]:
        """Metres over the floor to the wall in directions of `azimuth`."""
        facing = np.cos(azimuth[..., None] - self.yaw - np.arange(4) * (np.pi / 2))
        return np.where(facing > 1e-6, self.walls / np.maximum(facing, 1e-6), np.inf).min(axis=-1)

    def closeness(self, grid: AngularGrid) -> NDArray[np.float64]:
        """Inverse horizontal distance, 1/m, of the box along every cell's ray, shape `(R, C)`."""
        tangent = np.tan(grid.elevation)[:, None]
        wall = 1.0 / self.horizontal_distance(grid.azimuth)[None, :]
        return np.maximum(wall, np.maximum(-tangent / self.floor, tangent / self.ceiling))


def fit_room(
    grid: AngularGrid,
    material: NDArray[np.uint8],
    trust: NDArray[np.floating],
    camera_height: float,
    default_wall: float,
    default_ceiling: float,
) -> Room:
    """Fit the box to the boundary of walls and floor, then its ceiling to that of walls and ceiling.

    Args:
        grid: the directions.
        material: of every cell, shape `(R, C)`.
        trust: weight of every cell as evidence, shape `(R, C)`: what was seen counts more than what was completed.
        camera_height: metres above the floor.
        default_wall: metres to a wall of which nothing is seen.
        default_ceiling: metres of the ceiling above the camera where its edge is not seen.
    """
    tangent = np.tan(grid.elevation)
    wall, flat = material == Material.BUILT, material == Material.FLAT
    meets = wall[:-1] & flat[1:]
    row, column = np.nonzero(meets)
    edge = 0.5 * (tangent[row] + tangent[row + 1])
    good = edge < -camera_height / 14.0
    row, column, edge = row[good], column[good], edge[good]
    weight = trust[row, column] * grid.column_widths[column]
    r = camera_height / -edge
    best: tuple[float, float, NDArray[np.float64]] = (np.inf, 0.0, np.full(4, default_wall))
    if weight.sum() > np.radians(3.0):
        for yaw in np.radians(np.arange(0.0, 90.0, 2.0)):
            cost, walls = _fit_walls(grid.azimuth[column], r, weight, float(yaw), default_wall)
            # Of equal fits the room square to the photo is the likelier.
            cost += 0.01 * float(np.sin(2 * yaw))
            if cost < best[0]:
                best = (cost, float(yaw), walls)
    _, yaw, walls = best
    walls = _behind_floor(grid, flat & (trust >= trust.max()), camera_height, yaw, walls)
    room = Room(yaw, walls, camera_height, default_ceiling)
    return Room(yaw, walls, camera_height, _ceiling(grid, material, trust, room))


def _fit_walls(
    azimuth: NDArray[np.floating], r: NDArray[np.floating], weight: NDArray[np.floating], yaw: float, default: float
) -> tuple[float, NDArray[np.float64]]:
    """Distances of the four walls by alternating between assigning points to walls and weighted medians."""
    facing = np.cos(azimuth[:, None] - yaw - np.arange(4) * (np.pi / 2))
    offset = r[:, None] * facing
    walls = np.full(4, default)
    side = facing.argmax(axis=1)
    reach = np.full(facing.shape, np.inf)
    for _ in range(6):
        for k in range(4):
            mine = side == k
            enough = weight[mine].sum() > np.radians(2.0)
            walls[k] = np.clip(_weighted_median(offset[mine, k], weight[mine]), 0.8, 14.0) if enough else default
        with np.errstate(divide="ignore"):
            reach = np.where(facing > 0.05, walls / np.maximum(facing, 0.05), np.inf)
        side = reach.argmin(axis=1)
    error = np.minimum(np.abs(np.log(reach.min(axis=1) / r)), 0.5)
    return float((error * weight).sum() / weight.sum()), walls


def _behind_floor(
    grid: AngularGrid, seen_floor: NDArray[np.bool_], camera_height: float, yaw: float, walls: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Push the walls back until nearly all of the floor that is seen lies before them."""
    row, column = np.nonzero(seen_floor)
    tangent = np.tan(grid.elevation[row])
    low = tangent < -camera_height / 14.0
    r = camera_height / -tangent[low]
    offset = r[:, None] * np.cos(grid.azimuth[column[low]][:, None] - yaw - np.arange(4) * (np.pi / 2))
    out = walls.copy()
    for k in range(4):
        ahead = offset[:, k] > 0.5 * walls[k]
        if ahead.sum() > 50:
            out[k] = max(out[k], float(np.quantile(offset[ahead, k], 0.98)))
    return out


def _weighted_median(values: NDArray[np.floating], weight: NDArray[np.floating]) -> float:
    order = np.argsort(values)
    total = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(total, 0.5 * total[-1])])


def _ceiling(grid: AngularGrid, material: NDArray[np.uint8], trust: NDArray[np.floating], room: Room) -> float:
    """Height of the ceiling above the camera by where it meets the walls."""
    tangent = np.tan(grid.elevation)
    meets = (material[:-1] == Material.CEILING) & (material[1:] == Material.BUILT)
    row, column = np.nonzero(meets)
    height = 0.5 * (tangent[row] + tangent[row + 1]) * room.horizontal_distance(grid.azimuth[column])
    weight = trust[row, column] * grid.column_widths[column]
    if weight.sum() < np.radians(5.0):
        return room.ceiling
    return float(np.clip(_weighted_median(height, weight), 0.7, 3.5))
