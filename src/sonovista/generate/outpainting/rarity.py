"""What in the photo is rare at its height, and so would be known again if it stood in the panorama twice.

A patch is as distinct as the patches most like it are unlike it (Boiman and Irani 2007; Margolin, Tal and
Zelnik-Manor 2013), here among those at the same height in the photo.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Float = NDArray[Any]

CELL = 8
"""Pixels of the photo as a store of exemplars, at panorama height 1024, to one cell."""

APART = 5
"""Cells within which a patch is not compared with others: it is like itself."""

LIKEST = 0.12
"""Share of the patches at its height that it is compared with: the most like it."""

USUAL = 1.4
MOST = 93.0
"""Times the median distance to them at which a patch begins to count as rare, or what percentage of patches is less
distinct if that comes first; at one and a half of that distance it counts wholly."""


def rarity(pixels: Float, covered: Float, scale: float) -> Float:
    """How rare every pixel's surroundings are among those at its height.

    Args:
        pixels: RGB in [0, 1], shape `(h, w, 3)`.
        covered: where this lies behind everything and does not count, in [0, 1], shape `(h, w)`.
        scale: panorama height in units of 1024 pixels.

    Returns:
        In [0, 1], shape `(h, w)`.
    """
    height, width = covered.shape
    cell = max(CELL * scale, 1.0)
    size = (max(round(width / cell), 4), max(round(height / cell), 4))
    apart = min(APART, size[0] // 4)
    lab = np.asarray(cv2.cvtColor(pixels.astype(np.float32), cv2.COLOR_RGB2LAB), np.float32)
    features = [_small(lab, size)]
    for sigma in (1.2, 4.0):
        rough = np.abs(lab[..., 0] - cv2.GaussianBlur(lab[..., 0], (0, 0), max(sigma * scale, 0.5)))
        features.append(2.0 * _small(rough, size)[..., None])
    grid = np.concatenate(features, axis=2)
    solid = _small(np.asarray(1.0 - covered, np.float32), size)
    grid = cv2.GaussianBlur(grid, (0, 0), 0.8)
    columns = np.arange(size[0])
    far = np.abs(columns[:, None] - columns[None, :]) > apart
    distance = np.zeros(solid.shape, np.float32)
    for row in range(size[1]):
        near = slice(max(row - 2, 0), row + 3)
        others = grid[near]
        apart_from = np.linalg.norm(grid[row][:, None, None] - others[None], axis=3)
        allowed = far[:, None, :] & (solid[near] > 0.5)[None]
        apart_from = np.where(allowed, apart_from, 200.0).reshape(size[0], -1)
        apart_from.sort(axis=1)
        likest = max(round(LIKEST * apart_from.shape[1]), 1)
        distance[row] = np.minimum(apart_from[:, :likest], 60.0).mean(axis=1)
    known = distance[solid > 0.5]
    if known.size == 0:
        return np.zeros_like(covered, np.float32)
    begins = max(min(USUAL * float(np.median(known)), float(np.percentile(known, MOST))), 3.0)
    rare = np.clip(2.0 * (distance / begins - 1.0), 0.0, 1.0) * (solid > 0.5)
    return np.clip(cv2.resize(rare.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR), 0.0, 1.0)


def _small(picture: Float, size: tuple[int, int]) -> Float:
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)
