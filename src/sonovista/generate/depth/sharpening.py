"""Edges of depth made as sharp as those of things."""

import cv2
import numpy as np
from numpy.typing import NDArray


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
