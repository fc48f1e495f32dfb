"""Specks of depth, smaller than what the layers behind can show, belong to what is around them.

Between leaves and along ragged edges depth flickers from pixel to pixel. From the start that is not seen; from aside
every speck is a thing of its own that hangs in the air, with a gap where it was.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.lifting.depth_edges import opens

LEVELS = 255
"""Steps of log distance among which the usual one is found."""


def without_specks(
    inverse: NDArray[np.float32], parallax: float, size: int, wraps: bool = False
) -> NDArray[np.float32]:
    """Inverse depth in which nothing narrower than half a window stands apart from its surroundings.

    What differs from the window's median by more than a step may open takes the median; all else stays as it is. A gap
    between leaves is painted on the tree, a twig on what is behind it: from aside neither tears off.

    Args:
        inverse: 1 / metres, shape `(H, W)`, over 0.
        parallax: pixels that a step moves what is at one metre.
        size: pixels along the window's side, odd; below 3 nothing changes.
        wraps: whether the left and right edges touch.

    Returns:
        Shape `(H, W)`, float32.

    Source: Huang, Yang and Tang 1979 (running median).
    """
    if size < 3:
        return inverse
    margin = size // 2
    padded = np.pad(inverse, ((margin, margin), (0, 0)), mode="edge")
    padded = np.pad(padded, ((0, 0), (margin, margin)), mode="wrap" if wraps else "edge")
    logs = np.log(padded)
    low, high = float(logs.min()), float(logs.max())
    step = max((high - low) / LEVELS, 1e-6)
    median = cv2.medianBlur(np.round((logs - low) / step).astype(np.uint8), size).astype(np.float32)
    usual = np.exp(median * step + low)[margin:-margin, margin:-margin].astype(np.float32)
    # Half a level is what rounding costs.
    slack = np.exp(0.5 * step)
    apart = opens(inverse, usual * slack, parallax) | opens(usual, inverse * slack, parallax)
    return np.where(apart, usual, inverse).astype(np.float32)
