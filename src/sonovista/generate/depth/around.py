"""Steps of depth around a panorama, and what becomes of them at the border of the photo."""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

CONTINUED = np.radians(5.0)
"""From the photo's border to where a tile no longer sees it at the same time: one and a half of its patches."""


def closed(values: NDArray, margin: int) -> NDArray:
    """A panorama, `(R, C)`, with `margin` columns of its other end on either side, at most all: `(R, C + 2 margin)`."""
    return np.concatenate([values[:, -margin:], values, values[:, :margin]], axis=1)


def away_from(inside: NDArray[np.bool_], reach: float) -> NDArray[np.float64]:
    """0 where the photo is, `(R, C)`, rising to 1 from `reach` radians on; a panorama's left and right edges touch."""
    if not inside.any():
        return np.ones(inside.shape)
    columns = inside.shape[1]
    half = columns // 2
    cells = np.asarray(ndimage.distance_transform_edt(~closed(inside, half)), float)[:, half : half + columns]
    return np.clip(cells * (2.0 * np.pi / columns) / reach, 0.0, 1.0)


def planar(
    steps: tuple[NDArray, NDArray], known: NDArray[np.float64], ground: NDArray[np.bool_]
) -> tuple[NDArray, NDArray]:
    """Steps to the next column and row, those of the known plane wherever both cells are near ground.

    Args:
        steps: of log metres to the next column, shape `(R, C)`, and row, `(R - 1, C)`.
        known: log metres by geometry, shape `(R, C)`.
        ground: near ground, likewise.
    """
    across = np.where(ground & np.roll(ground, -1, 1), np.roll(known, -1, 1) - known, steps[0])
    down = np.where(ground[:-1] & ground[1:], known[1:] - known[:-1], steps[1])
    return across, down


def continued(steps: tuple[NDArray, NDArray], inside: NDArray[np.bool_]) -> tuple[NDArray, NDArray]:
    """Steps around the photo: what ends at its border goes on at the distance at which it was seen last.

    Tiles see a sharp picture end in a coarse one there, and their cells are coarse themselves.

    Args:
        steps: of log metres to the next column, shape `(R, C)`, and row, `(R - 1, C)`.
        inside: where the photo is, shape `(R, C)`.
    """
    fade = np.where(inside, 1.0, away_from(inside, CONTINUED))
    next_fade, below = np.roll(fade, -1, 1), np.minimum(fade[:-1], fade[1:])
    crossing = inside != np.roll(inside, -1, 1), inside[:-1] != inside[1:]
    across = np.where(crossing[0], 0.0, steps[0] * np.minimum(fade, next_fade))
    down = np.where(crossing[1], 0.0, steps[1] * below)
    return across, down


def enlarged(values: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.float64]:
    """Cells of a closed panorama, `(R, C)`, to all its pixels, of `shape`; linear between cells' centres."""
    scale = shape[0] / values.shape[0]
    margin = round(4 * scale)
    fine = cv2.resize(closed(values, 4), (shape[1] + 2 * margin, shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(fine[:, margin : margin + shape[1]], float)


def outside_alone(values: NDArray[np.float64], touched: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Cells, `(R, C)`, that the photo touches take the value of the nearest that it does not, on a closed panorama."""
    if not touched.any() or touched.all():
        return values
    columns = touched.shape[1]
    half = columns // 2
    nearest = ndimage.distance_transform_edt(closed(touched, half), return_distances=False, return_indices=True)
    rows, found = np.asarray(nearest)[:, :, half : half + columns]
    return values[rows, (found - half) % columns]


def mean_steps(
    tiles: list[tuple[NDArray, NDArray]], sky: NDArray[np.bool_]
) -> tuple[tuple[NDArray, NDArray], tuple[NDArray, NDArray]]:
    """Weighted means of the tiles' steps to the next column and row, and the weights of them.

    Args:
        tiles: of each its log metres and its weight on the panorama's cells, shape `(R, C)`; weight 0 where it is not.
        sky: shape `(R, C)`.

    Returns:
        Steps, shape `(R, C)` and `(R - 1, C)`; how much each counts in [0, 1], likewise.
    """
    shape = sky.shape
    across, down = np.zeros(shape), np.zeros((shape[0] - 1, shape[1]))
    across_weight, down_weight = np.full(shape, 1e-9), np.full(down.shape, 1e-9)
    for values, weight in tiles:
        right = np.minimum(weight, np.roll(weight, -1, 1))
        below = np.minimum(weight[:-1], weight[1:])
        across += right * (np.roll(values, -1, 1) - values)
        down += below * (values[1:] - values[:-1])
        across_weight += right
        down_weight += below
    steps = across / across_weight, down / down_weight
    # Where no tile looks, the field is only held together.
    ties = np.where(across_weight > 1e-6, 1.0, 0.05), np.where(down_weight > 1e-6, 1.0, 0.05)
    # The sky, behind all, must not draw ridges towards itself.
    cut = np.where(sky | np.roll(sky, -1, 1), 1e-5, 1.0), np.where(sky[:-1] | sky[1:], 1e-5, 1.0)
    return steps, (ties[0] * cut[0], ties[1] * cut[1])
