"""Superpixels of photos and panoramas: compact pieces of even colour, and which of them touch."""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

COMPACTNESS = 10.0
"""Difference in CIE Lab that weighs as much as one piece's width, as Achanta et al. advise."""
MERGE_ACROSS_SEAM = 6.0
"""Pieces that meet at a panorama's seam are one where their mean colours differ by less than this in CIE Lab."""


def superpixels(lab: NDArray[np.float32], count: int, wraps: bool) -> NDArray[np.int32]:
    """Cut a picture into about `count` compact pieces of even colour.

    SLIC (Achanta et al., "SLIC superpixels compared to state-of-the-art superpixel methods", PAMI 2012); at a
    panorama's seam pieces of like colour are joined.

    Args:
        lab: CIE Lab, L in [0, 100], shape `(H, W, 3)`.
        count: pieces to aim at; at least 1.
        wraps: whether the left and right edges touch.

    Returns:
        Index of the piece of every pixel, shape `(H, W)`, 0 to S - 1, every index in use.
    """
    from skimage.segmentation import slic

    if count < 2 or min(lab.shape[:2]) < 4:
        return np.zeros(lab.shape[:2], np.int32)
    # scikit-image scales the picture's range to 1, and the weight of distance with it.
    compactness = COMPACTNESS / max(float(lab.max() - lab.min()), 1.0)
    labels = slic(
        lab, n_segments=count, compactness=compactness, sigma=0.7, max_num_iter=8, convert2lab=False, start_label=0
    ).astype(np.int32)
    if wraps:
        labels = _join_at_seam(labels, lab)
    return np.unique(labels, return_inverse=True)[1].reshape(labels.shape).astype(np.int32)


def segment_means(labels: NDArray[np.int32], values: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Mean of `values` `(H, W, C)` over every segment, shape `(count, C)`."""
    flat = labels.ravel()
    area = np.maximum(np.bincount(flat, minlength=count), 1)
    channels = values.reshape(flat.size, -1)
    sums = [np.bincount(flat, channels[:, channel], minlength=count) for channel in range(channels.shape[1])]
    return (np.stack(sums, axis=1) / area[:, None]).astype(np.float32)


def adjacency(labels: NDArray[np.int32], count: int, wraps: bool) -> sparse.csr_array:
    """Length in pixels of the border between every two segments, symmetric, shape `(count, count)`, zero diagonal."""
    right = np.roll(labels, -1, axis=1) if wraps else labels[:, 1:]
    left = labels if wraps else labels[:, :-1]
    first = np.concatenate([left.ravel(), labels[:-1].ravel()])
    second = np.concatenate([right.ravel(), labels[1:].ravel()])
    differs = first != second
    first, second = first[differs], second[differs]
    ones = np.ones(first.size)
    upper = sparse.coo_array((ones, (first, second)), shape=(count, count))
    return sparse.csr_array(upper + upper.T)


def upsample_labels(
    labels: NDArray[np.int32], image: NDArray[np.uint8], means: NDArray[np.float32], wraps: bool
) -> NDArray[np.int32]:
    """Labels at the size of `image`; pixels at borders go to the neighbouring segment whose colour is nearest.

    Args:
        labels: at the working size, shape `(h, w)`.
        image: RGB, shape `(H, W, 3)`.
        means: mean CIE Lab of every segment, shape `(S, 3)`.
        wraps: whether the left and right edges touch.

    Returns:
        Shape `(H, W)`; every segment keeps at least one pixel where the picture is no smaller than `labels`.
    """
    height, width = image.shape[:2]
    large = cv2.resize(labels.astype(np.float64), (width, height), interpolation=cv2.INTER_NEAREST).astype(np.int32)
    if large.shape == labels.shape:
        return large
    core = large.copy()
    for _ in range(max(1, round(0.75 * height / labels.shape[0]))):
        large = _snap_borders(large, image, means, wraps)
    lost = np.setdiff1d(np.arange(len(means)), np.unique(large))
    if lost.size:
        missing = np.isin(core, lost)
        large[missing] = core[missing]
    return large


def _snap_borders(
    labels: NDArray[np.int32], image: NDArray[np.uint8], means: NDArray[np.float32], wraps: bool
) -> NDArray[np.int32]:
    padded = np.pad(labels, ((1, 1), (0, 0)), mode="edge")
    padded = np.pad(padded, ((0, 0), (1, 1)), mode="wrap" if wraps else "edge")
    neighbours = [padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]]
    border = np.zeros(labels.shape, bool)
    for neighbour in neighbours:
        border |= neighbour != labels
    rows, columns = np.nonzero(border)
    colour = lab_of(image[rows, columns][None])[0]
    best = labels[rows, columns]
    best_distance = ((colour - means[best]) ** 2).sum(axis=1)
    for neighbour in neighbours:
        candidate = neighbour[rows, columns]
        distance = ((colour - means[candidate]) ** 2).sum(axis=1)
        nearer = distance < best_distance
        best = np.where(nearer, candidate, best)
        best_distance = np.minimum(distance, best_distance)
    snapped = labels.copy()
    snapped[rows, columns] = best
    return snapped


def lab_of(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """CIE Lab of RGB uint8 `(H, W, 3)`: L in [0, 100]."""
    lab = cv2.cvtColor(image.astype(np.float32) / np.float32(255.0), cv2.COLOR_RGB2Lab)
    return np.asarray(lab, np.float32)


def _join_at_seam(labels: NDArray[np.int32], lab: NDArray[np.float32]) -> NDArray[np.int32]:
    count = int(labels.max()) + 1
    means = segment_means(labels, lab, count)
    pairs, length = np.unique(np.stack([labels[:, 0], labels[:, -1]], axis=1), axis=0, return_counts=True)
    colour_gap = np.linalg.norm(means[pairs[:, 0]] - means[pairs[:, 1]], axis=1)
    # One partner for each piece, the one with the longest common border: chains would grow along the seam.
    used: set[int] = set()
    joined: list[tuple[int, int]] = []
    for index in np.argsort(-length, kind="stable"):
        left, right = int(pairs[index, 0]), int(pairs[index, 1])
        if left != right and colour_gap[index] < MERGE_ACROSS_SEAM and not {left, right} & used:
            used |= {left, right}
            joined.append((left, right))
    if not joined:
        return labels
    edges = np.array(joined)
    graph = sparse.coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(count, count))
    return csgraph.connected_components(graph, directed=False)[1].astype(np.int32)[labels]
