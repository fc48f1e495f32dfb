"""Fine detail for what was completed coarsely, borrowed from where the photo looks alike when it is seen as coarsely.

A completed panorama is two to eight times as coarse as the photo in it. The panorama shows the photo too: what the
photo has more than the panorama's picture of it is detail that belongs to a coarse look. Where a piece of what was
completed looks like a piece of the photo, it takes that piece's detail.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

ROUNDS = 5
"""Sweeps over all cells, in turn from the upper left and from the lower right."""

REACH = 2
"""Cells around a cell that are compared with it, to each side."""

LARGEST = 0.1
"""Step of colour, in [0, 1], that detail may make: texture stays, outlines of things are not drawn a second time."""

ALIKE = 0.08
"""Root mean square difference of colours, in [0, 1], at which hardly more than half of the detail is borrowed."""


@dataclass(frozen=True)
class Inner:
    """A rectangle of pixels: rows from `top` to before `bottom`, columns from `left` to before `right`."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def pixels(self) -> tuple[slice, slice]:
        """Rows and columns, to index a picture with."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


def with_detail(
    coarse: NDArray[np.float32], wanted: NDArray[np.bool_], fine: NDArray[np.float32], inner: Inner, cell: int
) -> NDArray[np.float32]:
    """A coarse picture with detail where it is wanted, and with its fine part as it is.

    Args:
        coarse: shape `(H, W, 3)`, in [0, 1]: interpolated from a picture whose pixels are as large as `cell`.
        wanted: where detail is to be added, outside `inner`, shape `(H, W)`.
        fine: what `coarse` shows within `inner`, shape `(inner height, inner width, 3)`, in [0, 1].
        inner: where that lies.
        cell: pixels along the side of one piece, at least 1.

    Returns:
        Shape `(H, W, 3)`, float32 in [0, 1].

    Source: Freeman, Jones and Pasztor 2002 (detail by example); Barnes et al. 2009 (PatchMatch).
    """
    out = coarse.copy()
    out[inner.pixels] = fine
    margin = REACH * cell + 1
    if min(inner.bottom - inner.top, inner.right - inner.left) <= 2 * margin or not wanted.any():
        return out
    rows, columns = (np.arange(cell // 2, length, cell) for length in wanted.shape)
    near = np.zeros((len(rows), len(columns)), bool)
    at_row, at_column = np.nonzero(wanted)
    near[np.minimum(at_row // cell, len(rows) - 1), np.minimum(at_column // cell, len(columns) - 1)] = True
    bounds = (inner.top + margin, inner.left + margin, inner.bottom - margin, inner.right - margin)
    places, differences = _alike(coarse, rows, columns, near, bounds, cell, REACH, ROUNDS)
    share = np.exp(-0.5 * differences / ALIKE**2).astype(np.float32)
    extra = LARGEST * np.tanh((fine - coarse[inner.pixels]) / LARGEST)
    _add(out, at_row, at_column, rows, columns, places, share, extra, inner.top, inner.left, near)
    return np.clip(out, 0.0, 1.0)


@njit(cache=True)
def _difference(coarse, row, column, other_row, other_column, cell, reach, most):  # pragma: no cover - compiled
    """Mean square difference of two pieces, sampled once a cell; stops where it is over `most`."""
    height, width = coarse.shape[:2]
    total, count = 0.0, 3.0 * (2 * reach + 1) ** 2
    for i in range(-reach, reach + 1):
        r = min(max(row + i * cell, 0), height - 1)
        other_r = other_row + i * cell
        for j in range(-reach, reach + 1):
            c = min(max(column + j * cell, 0), width - 1)
            other_c = other_column + j * cell
            for k in range(3):
                d = coarse[r, c, k] - coarse[other_r, other_c, k]
                total += d * d
        if total > most * count:
            return total / count
    return total / count


@njit(cache=True)
def _alike(coarse, rows, columns, near, bounds, cell, reach, rounds):  # pragma: no cover - compiled
    """For every cell that is near, the place within the bounds that looks most like it (PatchMatch)."""
    state = np.uint64(1)
    top, left, bottom, right = bounds
    places = np.zeros((len(rows), len(columns), 2), np.int64)
    best = np.full((len(rows), len(columns)), 1e9)
    widest = max(bottom - top, right - left)
    for turn in range(rounds):
        step = 1 if turn % 2 == 0 else -1
        for a in range(len(rows)):
            i = a if step == 1 else len(rows) - 1 - a
            for b in range(len(columns)):
                j = b if step == 1 else len(columns) - 1 - b
                if not near[i, j]:
                    continue
                row, column = rows[i], columns[j]
                if turn == 0:
                    # What lies mirrored at the border is most often of the same kind.
                    places[i, j, 0] = _mirrored(row, top, bottom)
                    places[i, j, 1] = _mirrored(column, left, right)
                    best[i, j] = _difference(
                        coarse, row, column, places[i, j, 0], places[i, j, 1], cell, reach, best[i, j]
                    )
                for across in range(2):
                    # What goes on from the neighbour's piece, so that pieces hang together.
                    other_i, other_j = i - step * (across == 0), j - step * (across == 1)
                    if other_i < 0 or other_j < 0 or other_i >= len(rows) or other_j >= len(columns):
                        continue
                    if not near[other_i, other_j] or best[other_i, other_j] >= 1e9:
                        continue
                    r = places[other_i, other_j, 0] + row - rows[other_i]
                    c = places[other_i, other_j, 1] + column - columns[other_j]
                    if top <= r < bottom and left <= c < right:
                        found = _difference(coarse, row, column, r, c, cell, reach, best[i, j])
                        if found < best[i, j]:
                            best[i, j], places[i, j, 0], places[i, j, 1] = found, r, c
                radius = widest
                while radius >= 1:
                    state = _next(state)
                    r = places[i, j, 0] + _below(state, 2 * radius + 1) - radius
                    state = _next(state)
                    c = places[i, j, 1] + _below(state, 2 * radius + 1) - radius
                    r, c = min(max(r, top), bottom - 1), min(max(c, left), right - 1)
                    found = _difference(coarse, row, column, r, c, cell, reach, best[i, j])
                    if found < best[i, j]:
                        best[i, j], places[i, j, 0], places[i, j, 1] = found, r, c
                    radius //= 2
    return places, best


@njit(cache=True)
def _next(state):  # pragma: no cover - compiled
    """The state of a linear congruential generator after another (Knuth's MMIX)."""
    return state * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)


@njit(cache=True)
def _below(state, count):  # pragma: no cover - compiled
    """A number from 0 to before `count`, out of the state's better bits."""
    return np.int64((state >> np.uint64(33)) % np.uint64(count))


@njit(cache=True)
def _mirrored(place, low, high):  # pragma: no cover - compiled
    if place < low:
        place = 2 * low - place
    elif place >= high:
        place = 2 * (high - 1) - place
    return min(max(place, low), high - 1)


@njit(cache=True)
def _add(out, at_row, at_column, rows, columns, places, share, extra, top, left, near):  # pragma: no cover - compiled
    """Every pixel's detail from the pieces of the four cells around it, the nearest cell's most."""
    cell = rows[1] - rows[0] if len(rows) > 1 else 1
    for n in range(len(at_row)):
        row, column = at_row[n], at_column[n]
        y, x = (row - rows[0]) / cell, (column - columns[0]) / cell
        i0, j0 = int(np.floor(y)), int(np.floor(x))
        sums = np.zeros(3)
        total = 0.0
        for i in range(i0, i0 + 2):
            for j in range(j0, j0 + 2):
                if i < 0 or j < 0 or i >= len(rows) or j >= len(columns) or not near[i, j]:
                    continue
                weight = ((1.0 - abs(y - i)) * (1.0 - abs(x - j))) ** 2
                r = places[i, j, 0] + row - rows[i] - top
                c = places[i, j, 1] + column - columns[j] - left
                r, c = min(max(r, 0), extra.shape[0] - 1), min(max(c, 0), extra.shape[1] - 1)
                total += weight
                for k in range(3):
                    sums[k] += weight * share[i, j] * extra[r, c, k]
        if total > 0.0:
            for k in range(3):
                out[row, column, k] += sums[k] / total
