"""Overlapping perspective views of a panorama that vote, pixel by pixel, for what each of them sees."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import felzenszwalb

from sonovista.geometry import PerspectiveCamera
from sonovista.geometry.equirectangular import perspective_view, pixel_directions

TILE_COUNT = 12
TILE_HORIZONTAL_FOV = np.deg2rad(60.0)
TILE_VERTICAL_FOV = np.deg2rad(90.0)


def tile_cameras(width: int) -> list[PerspectiveCamera]:
    """Twelve level cameras, 60 x 90 degrees, turned by 30 degrees each: every direction near the horizon is seen twice.

    Args:
        width: of a tile in pixels.
    """
    height = round(width * np.tan(0.5 * TILE_VERTICAL_FOV) / np.tan(0.5 * TILE_HORIZONTAL_FOV))
    yaws = np.arange(TILE_COUNT) * (2.0 * np.pi / TILE_COUNT)
    return [PerspectiveCamera(width, height, float(TILE_HORIZONTAL_FOV), float(yaw)) for yaw in yaws]


def vote(
    pixels: NDArray[np.uint8], weights: NDArray[np.float32], thresholds: Sequence[float], tile_width: int
) -> NDArray[np.float32]:
    """Share of the tiles that see a pixel which hold it to be each thing.

    A tile cuts its own picture into regions along its own edges, averages each thing's weight over them, and says yes
    where the mean of that average and of the weight itself reaches the thing's threshold.

    Args:
        pixels: of the panorama, shape `(H, 2H, 3)`.
        weights: how well each pixel fits each thing, shape `(T, H, 2H)`, in [0, 1].
        thresholds: of each of the T things.
        tile_width: pixels.

    Returns:
        In [0, 1], shape `(T, H, 2H)`; what no tile sees, above and below, is judged by its weight alone.
    """
    height = pixels.shape[0]
    limits = np.asarray(thresholds, np.float32)[:, None, None]
    directions = pixel_directions(height)
    yes = np.zeros(weights.shape, np.float32)
    seen = np.zeros(pixels.shape[:2], np.float32)
    for camera in tile_cameras(tile_width):
        tile_votes = _refined_weights(pixels, weights, camera) >= limits
        rows, columns, u, v = _pixels_in_view(directions, camera)
        seen[rows, columns] += 1.0
        yes[:, rows, columns] += tile_votes[:, v, u]
    unseen = seen == 0.0
    return np.where(unseen, weights >= limits, yes / np.maximum(seen, 1.0)).astype(np.float32)


def _refined_weights(
    pixels: NDArray[np.uint8], weights: NDArray[np.float32], camera: PerspectiveCamera
) -> NDArray[np.float32]:
    """Weights in one tile, shape `(T, h, w)`: half their own, half the mean of the tile's region around them."""
    tile = perspective_view(pixels, camera)
    sampled = np.stack([perspective_view(weight, camera) for weight in weights]).astype(np.float32)
    regions = felzenszwalb(tile, scale=100, sigma=0.8, min_size=40)
    counts = np.bincount(regions.ravel())
    for index, weight in enumerate(sampled):
        means = np.bincount(regions.ravel(), weight.ravel()) / counts
        sampled[index] = 0.5 * (weight + means[regions])
    return sampled


def _pixels_in_view(
    directions: NDArray[np.float64], camera: PerspectiveCamera
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the panorama that a camera sees, and the columns and rows of its picture where it does."""
    forward = camera.R_world_camera[:, 2]
    reach = np.cos(0.5 * np.hypot(TILE_HORIZONTAL_FOV, TILE_VERTICAL_FOV))
    rows, columns = np.nonzero(directions @ forward >= reach)
    inside, row, column = camera.nearest_pixels(directions[rows, columns])
    return rows[inside], columns[inside], column[inside], row[inside]


def shrink(values: NDArray, height: int) -> NDArray:
    """A panorama's values at a smaller height, averaged."""
    if values.shape[0] <= height:
        return values
    return cv2.resize(values, (2 * height, height), interpolation=cv2.INTER_AREA)
