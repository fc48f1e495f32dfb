"""The normal equations of drawing: what colours send to a picture and get back, in one pass over the weights."""

from dataclasses import dataclass

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from sonovista.render.splats.tiles import TILE
from sonovista.render.splats.weights import BlendingWeights

_CHUNKS = 4
"""Parts of the picture whose sums are kept apart while they are computed side by side: a fixed number, so that
rounding never depends on the machine's cores."""


@dataclass(frozen=True)
class NormalEquations:
    """`A^T A` and its diagonal, for the weights A of one view.

    Tile by tile the picture is drawn into a small buffer and sent back from it: the weights, which are far larger than
    any cache, come from memory once instead of twice, and no picture is ever written.

    Attributes:
        weights: A, with `count` Gaussians.
        diagonal: of `A^T A`, shape `(count,)`, float32.
    """

    weights: BlendingWeights
    diagonal: NDArray[np.float32]

    @classmethod
    def of(cls, weights: BlendingWeights) -> "NormalEquations":
        """Of one view's weights."""
        diagonal = np.zeros(weights.count, np.float32)
        _add_squares(weights.gaussian, weights.weight, diagonal)
        return cls(weights, diagonal)

    def apply(self, colours: NDArray[np.float32]) -> NDArray[np.float32]:
        """`A^T A colours`, shape `(count, 3)`."""
        weights = self.weights
        sums = np.zeros((_CHUNKS, weights.count, 3), np.float32)
        _draw_and_return(weights.start, weights.pixel, weights.gaussian, weights.weight, colours, sums)
        return sums.sum(axis=0)


@njit(cache=True)
def _add_squares(gaussian, weight, diagonal):  # pragma: no cover - compiled
    for k in range(len(gaussian)):
        diagonal[gaussian[k]] += weight[k] * weight[k]


@njit(parallel=True, cache=True)
def _draw_and_return(start, pixel, gaussian, weight, colours, sums):  # pragma: no cover - compiled
    tiles = len(start) - 1
    chunks = len(sums)
    for chunk in prange(chunks):
        drawn = np.empty((TILE * TILE, 3), np.float32)
        for tile in range(chunk * tiles // chunks, (chunk + 1) * tiles // chunks):
            drawn[:] = 0.0
            for k in range(start[tile], start[tile + 1]):
                p, i, w = pixel[k], gaussian[k], weight[k]
                drawn[p, 0] += w * colours[i, 0]
                drawn[p, 1] += w * colours[i, 1]
                drawn[p, 2] += w * colours[i, 2]
            for k in range(start[tile], start[tile + 1]):
                p, i, w = pixel[k], gaussian[k], weight[k]
                sums[chunk, i, 0] += w * drawn[p, 0]
                sums[chunk, i, 1] += w * drawn[p, 1]
                sums[chunk, i, 2] += w * drawn[p, 2]
