"""Superpixels that look alike to a network, joined into regions."""

import heapq

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


def merge_regions(
    features: NDArray[np.float32], area: NDArray[np.floating], borders: sparse.csr_array, count: int
) -> NDArray[np.int32]:
    """Ward's clustering of pieces that touch: the two whose union adds least to the variance within, again and again.

    Ward, "Hierarchical grouping to optimize an objective function", JASA 1963, with a neighbourhood constraint.

    Args:
        features: of every piece, shape `(S, F)`.
        area: of every piece, shape `(S,)`.
        borders: which pieces touch (not zero), shape `(S, S)`, symmetric.
        count: regions to stop at; fewer pieces stay as they are.

    Returns:
        Region of every piece, shape `(S,)`, 0 to R - 1, every index in use.
    """
    total = len(features)
    mean = {index: features[index].astype(np.float64) for index in range(total)}
    weight = {index: float(max(area[index], 1e-9)) for index in range(total)}
    touching = {
        index: set(borders.indices[borders.indptr[index] : borders.indptr[index + 1]]) for index in range(total)
    }
    parent = np.arange(2 * total)

    def cost(first: int, second: int) -> float:
        gap = mean[first] - mean[second]
        return float(gap @ gap) * weight[first] * weight[second] / (weight[first] + weight[second])

    queue = [(cost(i, j), i, j) for i in range(total) for j in touching[i] if i < j]
    heapq.heapify(queue)
    left, fresh = total, total
    while queue and left > count:
        _, first, second = heapq.heappop(queue)
        if first not in mean or second not in mean:
            continue
        both = weight[first] + weight[second]
        mean[fresh] = (mean.pop(first) * weight[first] + mean.pop(second) * weight[second]) / both
        weight[fresh] = both
        touching[fresh] = (touching.pop(first) | touching.pop(second)) - {first, second}
        parent[first] = parent[second] = fresh
        for neighbour in touching[fresh]:
            touching[neighbour] = (touching[neighbour] - {first, second}) | {fresh}
            heapq.heappush(queue, (cost(neighbour, fresh), neighbour, fresh))
        left, fresh = left - 1, fresh + 1
    root = np.arange(total)
    while not np.array_equal(parent[root], root):
        root = parent[root]
    return np.unique(root, return_inverse=True)[1].astype(np.int32)
