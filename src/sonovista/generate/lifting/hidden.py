"""What lies behind the foreground near its edges, guessed from the far side."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sonovista.generate.lifting.depth_edges import jump_sides, opens


@dataclass(frozen=True)
class HiddenLayer:
    """A panorama of what a step to the side may uncover.

    Attributes:
        colours: shape `(H, 2H, 3)`, float32; the panorama's own where nothing is hidden.
        inverse: 1 / metres along rays, shape `(H, 2H)`, float32.
        mask: where the layer has something, shape `(H, 2H)`, bool.
    """

    colours: NDArray[np.float32]
    inverse: NDArray[np.float32]
    mask: NDArray[np.bool_]


BEHIND = 0.98
"""Inverse depth of the hidden layer over that of what hides it, at most: enough not to shine through."""

FAR_SIDES = (0.0, 3.0, 8.0, 25.0)
"""Metres: jumps are looked for first among all far sides, then, for pixels that found none (their nearest jump is one
in front of which they lie not), among ever farther ones."""

OVERLAP = 3
"""Pixels by which the hidden layer goes on under the visible far side, so that no seam opens between them."""


def hidden_layer(
    colours: NDArray[np.float32], inverse: NDArray[np.float32], step: float, maximum_band: float = 0.6
) -> HiddenLayer:
    """Extend the far side of every jump of depth behind its near side.

    The band is as wide as the parallax of the step between the two sides. Depth goes on as it is at the nearest pixel
    of the far side; colour is the far side's own, mirrored at the edge, so that its texture goes on.

    Args:
        colours: panorama, shape `(H, 2H, 3)`, float32.
        inverse: 1 / metres along rays, shape `(H, 2H)`, float32, sharp at jumps.
        step: metres to the side.
        maximum_band: radians.
    """
    height, width = inverse.shape
    per_radian = height / np.pi
    margin = int(maximum_band * per_radian)
    wrapped = ((0, 0), (margin, margin))
    w = np.pad(inverse, wrapped, mode="wrap")
    # Meridians draw together toward the poles: the same angle takes more columns there.
    elevation = 0.5 * np.pi - (np.arange(height) + 0.5) / per_radian
    stretch = np.minimum(1.0 / np.maximum(np.cos(elevation), 1e-3), 4.0)[:, None]
    _, far_side = jump_sides(w, step * per_radian)
    visible = np.pad(colours, (*wrapped, (0, 0)), mode="wrap")
    hidden_colours, hidden_inverse, mask = visible.copy(), w.copy(), np.zeros(w.shape, bool)
    for nearest_far in FAR_SIDES:
        sides = far_side & (w < 1.0 / nearest_far if nearest_far > 0.0 else True)
        if not sides.any():
            continue
        distance, (row_far, column_far) = ndimage.distance_transform_edt(~sides, return_indices=True)
        w_far = w[row_far, column_far]
        band = np.minimum(1.25 * step * (w - w_far), maximum_band) * per_radian * stretch + OVERLAP
        behind = opens(w, w_far, step * per_radian) & (distance <= band)
        new = (behind | (ndimage.binary_dilation(behind, iterations=OVERLAP) & (distance <= 2 * OVERLAP))) & ~mask
        rows, columns = np.nonzero(new)
        source = _mirrored(rows, columns, row_far[new], column_far[new], distance[new], w, step * per_radian)
        hidden_colours[rows, columns] = visible[source]
        hidden_inverse[new] = np.minimum(w_far, w)[new] * BEHIND
        mask |= new
    inside = (slice(None), slice(margin, margin + width))
    return HiddenLayer(hidden_colours[inside], hidden_inverse[inside], mask[inside])


def _mirrored(rows, columns, row_far, column_far, distance, w, parallax):
    """Indices from which the hidden pixels take their colour."""
    along_rows, along_columns = row_far - rows, column_far - columns
    # Two pixels past the edge, whose own pixels are mixed of both sides.
    reach = 1.0 + 2.0 / np.maximum(distance, 1.0)
    row = np.clip(np.rint(row_far + reach * along_rows).astype(int), 0, w.shape[0] - 1)
    column = np.clip(np.rint(column_far + reach * along_columns).astype(int), 0, w.shape[1] - 1)
    past = (
        np.clip(np.rint(row_far + 2.0 * along_rows / np.maximum(distance, 1.0)).astype(int), 0, w.shape[0] - 1),
        np.clip(np.rint(column_far + 2.0 * along_columns / np.maximum(distance, 1.0)).astype(int), 0, w.shape[1] - 1),
    )
    w_far = w[row_far, column_far]
    strays = ~_same_surface(w[row, column], w_far, parallax)
    row, column = np.where(strays, past[0], row), np.where(strays, past[1], column)
    strays = ~_same_surface(w[row, column], w_far, parallax)
    return np.where(strays, row_far, row), np.where(strays, column_far, column)


def _same_surface(a: NDArray[np.float32], b: NDArray[np.float32], parallax: float) -> NDArray[np.bool_]:
    return (np.abs(a - b) < 0.25 * np.maximum(a, b)) | (np.abs(a - b) * parallax < 1.0)
