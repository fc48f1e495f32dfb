"""Smooth inside surfaces, sharp at their edges; and the way from the grid back to pixels."""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sonovista.generate.depth.grid import AngularGrid, look_up


def smooth_surfaces(
    values: NDArray[np.float64],
    confidence: NDArray[np.float64],
    across: NDArray[np.float64],
    down: NDArray[np.float64],
    strength: float,
    rounds: int = 2,
) -> NDArray[np.float64]:
    """Weighted least squares along rows and columns by turns (Min et al. 2014, "Fast Global Image Smoothing", sec. 3).

    Args:
        values: shape `(R, C)`; the left and right edges touch.
        confidence: of every value, shape `(R, C)`.
        across: how much each cell is tied to the next in its row, in [0, 1], shape `(R, C)`; the last column to the
            first.
        down: how much each cell is tied to the one below, shape `(R - 1, C)`.
        strength: of the smoothing, in cells squared.
        rounds: of rows and columns.
    """
    pad = min(48, values.shape[1] // 2)
    numerator = np.concatenate([values[:, -pad:], values, values[:, :pad]], axis=1)
    weight = np.concatenate([confidence[:, -pad:], confidence, confidence[:, :pad]], axis=1)
    ties = np.concatenate([across[:, -pad:], across, across[:, :pad]], axis=1)[:, :-1]
    ties_down = np.concatenate([down[:, -pad:], down, down[:, :pad]], axis=1)
    numerator = numerator * weight
    for k in range(rounds):
        amount = strength * 1.5 * 4.0 ** (rounds - 1 - k) / (4.0**rounds - 1.0)
        both = np.stack([numerator, weight])
        both = np.moveaxis(_tridiagonal(np.moveaxis(both, 2, 0), (amount * ties).T[:, None, :]), 0, 2)
        both = np.moveaxis(_tridiagonal(np.moveaxis(both, 1, 0), (amount * ties_down)[:, None, :]), 0, 1)
        numerator, weight = both
    return (numerator / np.maximum(weight, 1e-12))[:, pad:-pad]


def _nearest(mask: NDArray[np.bool_]) -> NDArray[np.int_]:
    """Row and column of the nearest cell inside a mask, shape `(2, R, C)`."""
    indices = ndimage.distance_transform_edt(~mask, return_distances=False, return_indices=True)
    return np.asarray(indices, np.int_)


def join_border(
    grid: AngularGrid, log_r: NDArray[np.float64], seen: NDArray[np.bool_], standing: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Carry the step at the photo's border outward, so that it fades instead of standing there as an edge.

    Args:
        grid: the directions.
        log_r: log horizontal distance, shape `(R, C)`.
        seen: the cells inside the photo, which stay as they are.
        standing: the cells that may move: neither ground nor sky.
    """
    if not seen.any() or seen.all():
        return log_r
    row, column = _nearest(seen)
    # One cell outward of every cell of the border, the nearest unseen one.
    outward = _nearest(~seen)
    inner = log_r[row, column]
    out_row, out_column = outward[0][row, column], outward[1][row, column]
    valid = standing[row, column] & standing[out_row, out_column]
    step = np.where(valid, inner - log_r[out_row, out_column], 0.0)
    d_azimuth = np.abs(np.angle(np.exp(1j * (grid.azimuth[None, :] - grid.azimuth[column]))))
    d_elevation = np.abs(grid.elevation[:, None] - grid.elevation[row])
    fade = np.exp(-np.hypot(d_azimuth * np.cos(grid.elevation)[:, None], d_elevation) / np.radians(12.0))
    step = cv2.GaussianBlur(step, (0, 0), 4.0)
    return np.where(standing & ~seen, log_r + fade * step, log_r)


def _tridiagonal(right: NDArray[np.float64], ties: NDArray[np.float64]) -> NDArray[np.float64]:
    """Solve `(1 + L) x = right` along the first axis by the Thomas algorithm; `L` is the path's Laplacian by `ties`."""
    right = np.ascontiguousarray(right)
    count = len(right)
    upper = np.empty((count - 1, *ties.shape[1:]))
    out = np.empty_like(right)
    diagonal = 1.0 + ties[0]
    upper[0] = -ties[0] / diagonal
    out[0] = right[0] / diagonal
    for i in range(1, count):
        diagonal = 1.0 + ties[i - 1] + (ties[i] if i < count - 1 else 0.0) + ties[i - 1] * upper[i - 1]
        out[i] = (right[i] + ties[i - 1] * out[i - 1]) / diagonal
        if i < count - 1:
            upper[i] = -ties[i] / diagonal
    for i in range(count - 2, -1, -1):
        out[i] -= upper[i] * out[i + 1]
    return out


def joint_upsample(
    values: NDArray[np.float32],
    labels: NDArray[np.uint8],
    colours: NDArray[np.uint8],
    u: NDArray[np.float32],
    v: NDArray[np.float32],
    pixel_labels: NDArray[np.uint8],
    pixel_colours: NDArray[np.uint8],
    colour_sigma: float,
    taps: int = 4,
) -> NDArray[np.float32]:
    """Joint bilateral upsampling (Kopf et al. 2007) from the grid to pixels.

    Every pixel mixes the cells around its place, those that are of its own material and colour before all others.

    Args:
        values: of the grid, shape `(R, C)`.
        labels: materials of the grid, shape `(R, C)`.
        colours: RGB of the grid, shape `(R, C, 3)`.
        u: column of every pixel's ray in the grid, shape `(h, w)`.
        v: row likewise.
        pixel_labels: materials of the pixels, shape `(h, w)`.
        pixel_colours: RGB, shape `(h, w, 3)`.
        colour_sigma: levels out of 255 at which a cell's colour counts as another's.
        taps: cells along each axis that are mixed, even.
    """
    out = np.empty(u.shape, np.float32)
    packed = np.dstack([colours, labels])
    band = max(1, 2**18 // u.shape[1])  # rows at a time: what is worked on stays in the cache
    for start in range(0, len(u), band):
        rows = slice(start, start + band)
        own = np.dstack([pixel_colours[rows], pixel_labels[rows]])
        out[rows] = _mix_cells(values, packed, u[rows], v[rows], own, colour_sigma, taps)
    return out


def _mix_cells(
    values: NDArray[np.float32],
    packed: NDArray[np.uint8],
    u: NDArray[np.float32],
    v: NDArray[np.float32],
    own: NDArray[np.uint8],
    colour_sigma: float,
    taps: int,
) -> NDArray[np.float32]:
    """One band of `joint_upsample`; the fourth channel of `packed` and `own` is the material."""
    total = np.zeros(u.shape, np.float32)
    weights = np.full(u.shape, 1e-9, np.float32)
    whole_u, whole_v = np.floor(u), np.floor(v)
    # Levels of 255 summed over the three channels, to a weight.
    falloff = (np.exp(-((np.arange(766) / 3.0) ** 2) / (2.0 * colour_sigma**2)) + 0.02).astype(np.float32)
    reach = np.float32(taps / 2)
    for dv in range(1 - taps // 2, taps // 2 + 1):
        at_v = whole_v + np.float32(dv)
        near_v = np.maximum(0.0, reach - np.abs(at_v - v))
        for du in range(1 - taps // 2, taps // 2 + 1):
            at_u = whole_u + np.float32(du)
            cell = look_up(packed, at_u, at_v, cv2.INTER_NEAREST)
            value = look_up(values, at_u, at_v, cv2.INTER_NEAREST)
            difference = np.asarray(cv2.absdiff(own, cell), np.uint8)
            colour = difference[..., 0].astype(np.int16) + difference[..., 1] + difference[..., 2]
            weight = falloff[colour] * np.where(difference[..., 3] == 0, np.float32(1.0), np.float32(1e-4))
            weight *= (near_v * np.maximum(0.0, reach - np.abs(at_u - u))) ** 2 + np.float32(1e-6)
            total += weight * value
            weights += weight
    return total / weights
