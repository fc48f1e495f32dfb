"""Edges of depth and of the sky made as sharp as those of things, and laid where the picture has them."""

import cv2
import numpy as np
from numpy.typing import NDArray

GUIDED_WIDTH = 512
"""Columns at which the guided filter's coefficients are found."""

FLATNESS = 1e-3
"""Variance of colour, in [0, 1], below which the picture shows no edge to follow."""


def sharpen_edges(
    values: NDArray[np.float32], free: NDArray[np.bool_], window: int, least: float, rounds: int = 2
) -> NDArray[np.float32]:
    """Toggle to the nearer of the window's least and greatest value wherever these lie far apart.

    A contrast toggle (Serra and Vincent 1992): the ramp that a network draws between what is near and what is behind
    it becomes a step in its middle; surfaces, whose values differ less within a window, stay as they are.

    Args:
        values: log distance, shape `(h, w)`, float32.
        free: where values may change, shape `(h, w)`.
        window: cells along its side, odd.
        least: difference of log distance that is an edge.
        rounds: each sharpens what is left of wider ramps.
    """
    kernel = np.ones((window, window), np.uint8)
    out = np.asarray(values, np.float32)
    for _ in range(rounds):
        low, high = np.asarray(cv2.erode(out, kernel)), np.asarray(cv2.dilate(out, kernel))
        toggled = np.where(out - low < high - out, low, high)
        out = np.where(free & (high - low > least), toggled, out).astype(np.float32)
    return out


def follow_picture(values: NDArray[np.float32], image: NDArray[np.uint8], radius: int) -> NDArray[np.float32]:
    """Values drawn along the edges of a picture: near every pixel they become a linear function of its colour.

    Args:
        values: coarser than the picture, at its size, shape `(h, w)`, float32.
        image: RGB, shape `(h, w, 3)`, uint8.
        radius: of the window in the picture's pixels.

    Returns:
        Shape `(h, w)`, float32, between the least and the greatest of `values`.

    Source: He, Sun and Tang 2010 (guided filter, eq. 19 to 21); He and Sun 2015 (coefficients at a smaller size).
    """
    height, width = values.shape
    scale = min(1.0, GUIDED_WIDTH / width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    guide = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(255.0)
    small = np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)
    window = (2 * max(round(radius * scale), 1) + 1,) * 2

    def mean(a: NDArray[np.floating]) -> NDArray[np.float32]:
        return np.asarray(cv2.blur(np.asarray(a, np.float32), window), np.float32)

    mean_guide, mean_values = mean(guide), mean(small)
    products = np.stack([mean(guide * guide[..., i : i + 1]) for i in range(3)], axis=-1)
    covariance = products - mean_guide[..., :, None] * mean_guide[..., None, :] + FLATNESS * np.eye(3, dtype=np.float32)
    with_values = mean(guide * small[..., None]) - mean_guide * mean_values[..., None]
    slope = np.linalg.solve(covariance, with_values[..., None])[..., 0].astype(np.float32)
    offset = mean_values - (slope * mean_guide).sum(axis=-1)
    full = [cv2.resize(mean(a), (width, height), interpolation=cv2.INTER_LINEAR) for a in (slope, offset)]
    out = (full[0] * (image.astype(np.float32) / np.float32(255.0))).sum(axis=-1) + full[1]
    return np.clip(out, values.min(), values.max()).astype(np.float32)
