"""What is hidden stays hidden: from the start, no Gaussian of a hidden layer lies before what it hides behind."""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.lifting.sheets import Sheet, cosines
from sonovista.geometry import equirectangular
from sonovista.scene.gaussians import Gaussians

REACH = 1.5
"""Standard deviations of a Gaussian within which it must not shine through; beyond, less than a third of it is left."""

RADII = (1, 2, 4, 8, 16)
"""Pixels of the panorama for which the farthest thing seen is looked up; wider Gaussians count as the last."""

BEHIND = 0.98
"""Inverse distance of what is hidden over that of the farthest thing seen where it lies, at most."""


def farthest_seen(inverse: NDArray[np.float32], photo: Sheet) -> NDArray[np.float32]:
    """Smallest inverse distance seen within every pixel of the panorama, whose pixels hold many of the photo's.

    Args:
        inverse: 1 / metres along rays, panorama, shape `(H, 2H)`.
        photo: with its own depth, at its own resolution.
    """
    height, width = inverse.shape
    column, row = equirectangular.direction_to_pixel(photo.camera.ray_directions(), height)
    pixel = np.minimum(row.astype(np.int32), height - 1) * width + column.astype(np.int32) % width
    seen = inverse.copy()
    np.minimum.at(seen.reshape(-1), pixel.reshape(-1), (cosines(photo.camera) / photo.depth).reshape(-1))
    return seen


def concealed(gaussians: Gaussians, seen: NDArray[np.float32]) -> Gaussians:
    """Move Gaussians away along their rays until they lie behind all that is seen where they lie.

    They grow by as much as they move, so that they look the same from the start. A hidden layer is coarser than the
    photo and smooth where the photo's depth is not; unmoved, its Gaussians cover pixels of the photo that are farther.

    Args:
        gaussians: N of them, around the origin.
        seen: 1 / metres along rays of the farthest thing seen within every pixel, panorama, shape `(H, 2H)`, over 0.
    """
    height, width = seen.shape
    distance = np.linalg.norm(gaussians.positions, axis=1)
    column, row = equirectangular.direction_to_pixel(gaussians.positions.astype(np.float64), height)
    row, column = np.clip(row.astype(np.int32), 0, height - 1), column.astype(np.int32) % width
    # A surfel's longest axis may lean along the ray; the one in the middle is as wide as it looks.
    middle = np.median(gaussians.scales, axis=1)
    radius = REACH * middle / distance * (height / np.pi)
    level = np.minimum(np.searchsorted(RADII, radius), len(RADII) - 1)
    margin = RADII[-1]
    wrapped = np.pad(seen, ((0, 0), (margin, margin)), mode="wrap")
    limit = np.empty(len(gaussians), np.float32)
    for index, size in enumerate(RADII):
        chosen = level == index
        if chosen.any():
            farthest = cv2.erode(wrapped, np.ones((2 * size + 1, 2 * size + 1), np.uint8))
            limit[chosen] = farthest[row[chosen], column[chosen] + margin]
    away = np.maximum(1.0, 1.0 / (BEHIND * limit * distance)).astype(np.float32)[:, None]
    return replace(gaussians, positions=gaussians.positions * away, scales=gaussians.scales * away)
