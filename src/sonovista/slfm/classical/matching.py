"""Points that two pictures share: SIFT and the ratio test."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

RATIO = 0.8
"""Lowe (2004), section 7.1."""


@dataclass(frozen=True)
class Matches:
    """Points of the first picture and where they are in the second; pixels, shape `(N, 2)` each."""

    first: NDArray[np.float64]
    second: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.first)


def sift_matches(
    first: NDArray[np.uint8], second: NDArray[np.uint8], ratio: float = RATIO, points: int = 2000
) -> Matches:
    """Match SIFT features by the ratio of the best distance to the second best, mutually best ones only.

    Args:
        first: RGB, shape `(h, w, 3)`.
        second: likewise.
        ratio: most that the best may be of the second best.
        points: most features of a picture.

    Source: Lowe, "Distinctive image features from scale-invariant keypoints" (2004).
    """
    detector = cv2.SIFT.create(nfeatures=points)
    found = [detector.detectAndCompute(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), None) for image in (first, second)]
    nothing = Matches(np.zeros((0, 2)), np.zeros((0, 2)))
    if any(descriptors is None or len(points_) < 2 for points_, descriptors in found):
        return nothing
    (points_a, a), (points_b, b) = found
    squared = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1) - 2.0 * (a @ b.T)
    distance = np.sqrt(np.maximum(squared, 0.0))
    nearest = distance.argmin(axis=1)
    best = np.take_along_axis(distance, nearest[:, None], axis=1)[:, 0]
    others = distance.copy()
    np.put_along_axis(others, nearest[:, None], np.inf, axis=1)
    mutual = distance.argmin(axis=0)[nearest] == np.arange(len(nearest))
    good = np.flatnonzero(mutual & (best < ratio * others.min(axis=1)))
    if len(good) == 0:
        return nothing
    first_points = [points_a[int(i)].pt for i in good]
    second_points = [points_b[int(nearest[i])].pt for i in good]
    # OpenCV has pixel centres at whole numbers
    return Matches(np.array(first_points) + 0.5, np.array(second_points) + 0.5)
