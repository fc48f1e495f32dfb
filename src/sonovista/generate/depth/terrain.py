"""The ground: a plane under the camera, tilted up in directions where it is seen to rise above the horizon."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sonovista.generate.depth.grid import AngularGrid

RIDGE_DISTANCE = 30.0
"""Metres to the upper end of ground that rises above the horizon."""


def wrapped_components(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int32], int]:
    """Four-connected components of a mask whose left and right edges touch.

    Returns:
        Component of every cell, shape of the mask, 0 for background; and how many there are.
    """
    labels = np.empty(mask.shape, np.int32)
    count = int(np.asarray(ndimage.label(mask, output=labels)))
    pairs = np.unique(np.stack([labels[:, 0], labels[:, -1]], axis=1), axis=0)
    pairs = pairs[(pairs > 0).all(axis=1)]
    parent = np.arange(count + 1)
    for a, b in pairs:
        a, b = _root(parent, a), _root(parent, b)
        parent[max(a, b)] = min(a, b)
    roots = np.array([_root(parent, i) for i in range(count + 1)])
    kept, renumbered = np.unique(roots, return_inverse=True)
    return renumbered.astype(np.int32)[labels], len(kept) - 1


def _root(parent: NDArray[np.int_], i: int) -> int:
    while parent[i] != i:
        i = int(parent[i])
    return i


def cyclic_quantile(values: NDArray[np.floating], half_width: int, quantile: float) -> NDArray[np.float64]:
    """A running quantile around a circle, shape `(C,)`, that passes NaN over; NaN where a whole window is."""
    count = len(values)
    half_width = min(half_width, (count - 1) // 2)
    window = (np.arange(count)[:, None] + np.arange(-half_width, half_width + 1)) % count
    ordered = np.sort(values[window], axis=1)  # NaN sorts last
    valid = (~np.isnan(ordered)).sum(axis=1)
    index = np.floor(quantile * np.maximum(valid - 1, 0) + 0.5).astype(int)
    return np.where(valid > 0, ordered[np.arange(count), index], np.nan)


def angular_smooth(values: NDArray[np.floating], widths: NDArray[np.floating], sigma: float) -> NDArray[np.float64]:
    """Gaussian smoothing around the circle of columns, `(C,)`, of unequal `widths`; these and `sigma` in radians."""
    fine = max(64, int(np.ceil(2 * np.pi / (sigma / 4.0))))
    place = np.cumsum(widths) - 0.5 * widths
    at = (np.arange(fine) + 0.5) * (2 * np.pi / fine)
    even = np.interp(at, place, values, period=2 * np.pi)
    smooth = ndimage.gaussian_filter1d(even, sigma * fine / (2 * np.pi), mode="wrap")
    return np.interp(place, at, smooth, period=2 * np.pi)


def fill_cyclic(values: NDArray[np.floating], default: float) -> NDArray[np.float64]:
    """Linear interpolation over NaN around the circle, shape `(C,)`; `default` where nothing is known."""
    known = np.flatnonzero(np.isfinite(values))
    if len(known) == 0:
        return np.full(len(values), default)
    return np.interp(np.arange(len(values)), known, values[known], period=len(values))


def connected_ground(grid: AngularGrid, flat: NDArray[np.bool_], trusted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Flat cells, `(R, C)`, connected to the ground underfoot, as far down as it was seen: no snow patch in a cliff."""
    lowest_seen = grid.elevation[np.flatnonzero(trusted.any(axis=1)).max(initial=0)]
    underfoot = max(-0.15, float(np.tan(lowest_seen)) + 0.08)
    labels, count = wrapped_components(flat)
    if count == 0:
        return flat
    tangent = np.broadcast_to(np.tan(grid.elevation)[:, None], flat.shape)
    lowest = ndimage.minimum(np.where(trusted, tangent, 1.0), labels, np.arange(1, count + 1))
    lowest_anywhere = ndimage.minimum(tangent, labels, np.arange(1, count + 1))
    low = (np.asarray(lowest) < underfoot) | (np.asarray(lowest_anywhere) < -0.3)
    return np.concatenate([[False], low])[labels]


def rising_tangent(grid: AngularGrid, sheet: NDArray[np.bool_], trusted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Tangent of the elevation to which connected ground rises in every column, 0 or more, shape `(C,)`.

    A column where something near hides the ground, or of which nothing was seen, takes the slope of its neighbours.
    """
    tangent = np.tan(grid.elevation)
    evidence = sheet & trusted
    top = np.where(evidence.any(axis=0), tangent[np.argmax(evidence, axis=0)], np.nan)
    half = max(1, round(np.radians(4.0) / float(np.median(grid.column_widths))))
    rise = np.where(trusted.any(axis=0), cyclic_quantile(top, half, 0.7), np.nan)
    return angular_smooth(np.clip(fill_cyclic(rise, 0.0), 0.0, 0.7), grid.column_widths, np.radians(3.0))


def ground_closeness(
    grid: AngularGrid, camera_height: float, rise: NDArray[np.floating], reach: float
) -> NDArray[np.float64]:
    """Inverse horizontal distance in 1/m of the ground along every cell's ray, shape `(R, C)`.

    A plane whose tangent of slope is `rise` in every column has `1 / r = (rise - tan(elevation)) / camera_height`;
    a hyperbola bends that towards `1 / reach` at its horizon, so that it stays finite and keeps falling.
    """
    # Ground that is seen to rise ends at a near ridge rather than at the horizon.
    ridge = (camera_height / RIDGE_DISTANCE) * np.clip(rise / 0.05, 0.0, 1.0)
    plane = ((rise + ridge)[None, :] - np.tan(grid.elevation)[:, None]) / camera_height
    floor = 1.0 / reach
    # The root leaves what is near as it is, to (floor / plane)^2, and never crosses zero.
    return np.maximum(0.5 * (plane + np.sqrt(plane**2 + 4.0 * (0.6 * floor) ** 2)), 0.8 * floor)
