"""Regions and connected components of a panorama, whose left and right edges touch."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from skimage.segmentation import felzenszwalb


def class_agnostic_regions(pixels: NDArray[np.uint8], scale: float, min_size: int) -> NDArray[np.int32]:
    """Regions of a panorama by colour, whatever they are (Felzenszwalb and Huttenlocher 2004), closed over the seam.

    Args:
        pixels: RGB, shape `(H, 2H, 3)`.
        scale: preference for large regions.
        min_size: pixels of the smallest region.

    Returns:
        Index of each pixel's region from 0 on, shape `(H, 2H)`.
    """
    width = pixels.shape[1]
    margin = width // 8
    padded = np.concatenate([pixels[:, -margin:], pixels, pixels[:, :margin]], axis=1)
    labels = felzenszwalb(padded, scale=scale, sigma=0.8, min_size=min_size)
    inner = labels[:, margin : margin + width]
    # The padding shows the first column twice: as itself, and as the neighbour of the last.
    return _merge(inner, inner[:, 0], labels[:, margin + width])


def connected_regions(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int32], int]:
    """Connected components (8 neighbours) of a panorama's mask, across the seam too.

    Returns:
        Labels, shape `(H, 2H)`, 0 outside the mask and 1 to n inside, and n.
    """
    labels = np.empty(mask.shape, np.int32)
    count = int(ndimage.label(mask, structure=np.ones((3, 3)), output=labels))  # type: ignore[arg-type]
    if count == 0:
        return labels, 0
    first, last = labels[:, 0], labels[:, -1]
    pairs = [(first, last), (first[1:], last[:-1]), (first[:-1], last[1:])]
    left = np.concatenate([a[(a > 0) & (b > 0)] for a, b in pairs])
    right = np.concatenate([b[(a > 0) & (b > 0)] for a, b in pairs])
    merged = _components_of_labels(count + 1, left, right)
    outside_first = np.where(merged == merged[0], 0, merged + 1)
    compact = np.unique(outside_first, return_inverse=True)[1].astype(np.int32)
    return compact[labels], int(compact.max())


def _merge(labels: NDArray, one: NDArray, other: NDArray) -> NDArray[np.int32]:
    """Join the labels that stand side by side in `one` and `other`, and number what is left from 0."""
    merged = _components_of_labels(int(max(labels.max(), other.max())) + 1, one, other)
    return np.unique(merged[labels], return_inverse=True)[1].reshape(labels.shape).astype(np.int32)


def _components_of_labels(count: int, one: NDArray, other: NDArray) -> NDArray[np.int32]:
    graph = coo_array((np.ones(len(one), np.int8), (one, other)), shape=(count, count))
    return connected_components(graph, directed=False)[1]
