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

VERTICAL_COST = 2.0
"""Of a pixel's height over its width in the search for the nearest far side."""

OVERLAP = 3
"""Pixels by which the hidden layer goes on under the visible far side, so that no seam opens between them."""


def hidden_layers(
    colours: NDArray[np.float32], inverse: NDArray[np.float32], step: float, count: int
) -> list[HiddenLayer]:
    """Layers of what is hidden, each behind the one before.

    A second layer is needed where three depths meet: behind a pole in front of a house's edge lies the house, and
    behind that the sky.

    Args:
        colours: panorama, shape `(H, 2H, 3)`, float32.
        inverse: 1 / metres along rays, shape `(H, 2H)`, float32, sharp at jumps.
        step: metres to the side.
        count: of layers at most; fewer come out where nothing is hidden any more.
    """
    layers: list[HiddenLayer] = []
    for _ in range(count):
        layer = hidden_layer(colours, inverse, step)
        if not layer.mask.any():
            break
        layers.append(layer)
        colours, inverse = layer.colours, layer.inverse
    return layers


def hidden_layer(
    colours: NDArray[np.float32], inverse: NDArray[np.float32], step: float, maximum_band: float = 0.6
) -> HiddenLayer:
    """Extend the far side of every jump of depth behind its near side.

    The band is as wide as the parallax of the step between the two sides. Depth goes on as it is at the nearest pixel
    of the far side; colour is the far side's own, mirrored at the edge, so that its texture goes on. Pixels above and
    below count as farther than those to the sides: who walks uncovers what lies to the sides.

    Args:
        colours: panorama, shape `(H, 2H, 3)`, float32.
        inverse: 1 / metres along rays, shape `(H, 2H)`, float32, sharp at jumps.
        step: metres to the side.
        maximum_band: radians.
    """
    height, width = inverse.shape
    per_radian = height / np.pi
    parallax = step * per_radian
    margin = int(maximum_band * per_radian)
    wrapped = ((0, 0), (margin, margin))
    w = np.pad(inverse, wrapped, mode="wrap")
    _, far_side = jump_sides(w, parallax)
    if not far_side.any():
        return HiddenLayer(colours, inverse, np.zeros(inverse.shape, bool))
    distance, (row_far, column_far) = nearest_pixel(far_side)
    w_far = w[row_far, column_far]
    # Meridians draw together toward the poles: the same angle takes more columns there.
    elevation = 0.5 * np.pi - (np.arange(height) + 0.5) / per_radian
    stretch = np.minimum(1.0 / np.maximum(np.cos(elevation), 1e-3), 4.0)[:, None]
    band = np.minimum(1.25 * step * (w - w_far), maximum_band) * per_radian * stretch + OVERLAP
    behind = opens(w, w_far, parallax) & (distance <= band)
    grown = np.asarray(ndimage.binary_dilation(behind, iterations=OVERLAP), bool)
    mask = behind | (grown & (distance <= 2 * OVERLAP))
    rows, columns = np.nonzero(mask)
    source = _mirrored(rows, columns, row_far[mask], column_far[mask], w, parallax)
    hidden_colours = np.pad(colours, (*wrapped, (0, 0)), mode="wrap")
    hidden_colours[rows, columns] = hidden_colours[source]
    hidden_inverse = np.where(mask, np.minimum(w_far, w) * BEHIND, w)
    inside = (slice(None), slice(margin, margin + width))
    return HiddenLayer(hidden_colours[inside], hidden_inverse[inside], mask[inside])


def nearest_pixel(
    mask: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], tuple[NDArray[np.int32], NDArray[np.int32]]]:
    """Distance of every pixel to the nearest one of `mask`, and that one's row and column."""
    distance = np.empty(mask.shape)
    indices = np.empty((2, *mask.shape), np.int32)
    ndimage.distance_transform_edt(
        ~mask, sampling=(VERTICAL_COST, 1.0), return_indices=True, distances=distance, indices=indices
    )
    return distance, (indices[0], indices[1])


def _mirrored(
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    row_far: NDArray[np.int32],
    column_far: NDArray[np.int32],
    w: NDArray[np.float32],
    parallax: float,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Indices from which hidden pixels take their colour: mirrored at the edge if that hits the same surface."""
    along_rows, along_columns = row_far - rows, column_far - columns
    length = np.maximum(np.hypot(along_rows, along_columns), 1.0)
    w_far = w[row_far, column_far]
    row, column = row_far.astype(np.int64), column_far.astype(np.int64)
    # Two pixels past the edge, whose own pixels are mixed of both sides; the last found is the best.
    for reach in (2.0 / length, 1.0 + 2.0 / length):
        r = np.clip(np.rint(row_far + reach * along_rows).astype(np.int64), 0, w.shape[0] - 1)
        c = np.clip(np.rint(column_far + reach * along_columns).astype(np.int64), 0, w.shape[1] - 1)
        difference = np.abs(w[r, c] - w_far)
        same = (difference < 0.25 * np.maximum(w[r, c], w_far)) | (difference * parallax < 1.0)
        row, column = np.where(same, r, row), np.where(same, c, column)
    return row, column
