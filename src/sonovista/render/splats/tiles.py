"""Which ellipses touch which tile of the screen, from near to far."""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonovista.render.splats.projection import Ellipses

TILE = 16
"""Pixels along a tile's side: small enough that its buffers stay in the first cache."""


@dataclass(frozen=True)
class TileLists:
    """Ellipses of every tile, row by row.

    Attributes:
        start: where a tile's list begins in `members`, shape `(tiles + 1,)`, int64.
        members: indices into the ellipses, ascending (near to far) within a tile, int32.
        columns: tiles in a row.
    """

    start: NDArray[np.int64]
    members: NDArray[np.int32]
    columns: int


def bin_ellipses(ellipses: Ellipses, width: int, height: int) -> TileLists:
    """List for every tile the ellipses whose bounding rectangle meets it."""
    columns, rows = -(-width // TILE), -(-height // TILE)
    start = np.zeros(columns * rows + 1, np.int64)
    _count(ellipses.shape, ellipses.extent, columns, rows, start)
    np.cumsum(start, out=start)
    members = np.empty(int(start[-1]), np.int32)
    _fill(ellipses.shape, ellipses.extent, columns, rows, start[:-1].copy(), members)
    return TileLists(start, members, columns)


@njit(cache=True, inline="always")
def _tile_range(centre, extent, tiles):  # pragma: no cover - compiled
    # Clipped as floats first: a huge ellipse would overflow an integer.
    first = min(max(np.floor((centre - extent) / TILE), 0.0), tiles - 1.0)
    last = min(max(np.floor((centre + extent) / TILE), 0.0), tiles - 1.0)
    return int(first), int(last) + 1


@njit(cache=True)
def _count(shape, extent, columns, rows, start):  # pragma: no cover - compiled
    for i in range(len(shape)):
        left, right = _tile_range(shape[i, 0], extent[i, 0], columns)
        top, bottom = _tile_range(shape[i, 1], extent[i, 1], rows)
        for row in range(top, bottom):
            for column in range(left, right):
                start[row * columns + column + 1] += 1


@njit(cache=True)
def _fill(shape, extent, columns, rows, position, members):  # pragma: no cover - compiled
    for i in range(len(shape)):
        left, right = _tile_range(shape[i, 0], extent[i, 0], columns)
        top, bottom = _tile_range(shape[i, 1], extent[i, 1], rows)
        for row in range(top, bottom):
            for column in range(left, right):
                tile = row * columns + column
                members[position[tile]] = i
                position[tile] += 1
