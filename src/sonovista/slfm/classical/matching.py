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


@dataclass(frozen=True)
class Points:
    """Places in a picture, pixels, shape `(N, 2)`, and what they look like, shape `(N, 128)`."""

    places: NDArray[np.float64]
    descriptors: NDArray[np.float32]


def sift_points(image: NDArray[np.uint8], points: int = 2000) -> Points:
    """SIFT features of an RGB picture `(h, w, 3)`, at most so many.

    Source: Lowe, "Distinctive image features from scale-invariant keypoints" (2004).
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    found, descriptors = cv2.SIFT.create(nfeatures=points).detectAndCompute(grey, None)  # pyright: ignore[reportCallIssue, reportArgumentType]
    if descriptors is None or len(found) < 2:
        return Points(np.zeros((0, 2)), np.zeros((0, 128), np.float32))
    # OpenCV has pixel centres at whole numbers
    return Points(np.array([point.pt for point in found]) + 0.5, np.asarray(descriptors, np.float32))


def match_points(first: Points, second: Points, ratio: float = RATIO) -> Matches:
    """Pairs that are each other's best, where the best distance is at most `ratio` of the second best.

    Source: Lowe (2004), section 7.1.
    """
    if len(first.places) < 2 or len(second.places) < 2:
        return Matches(np.zeros((0, 2)), np.zeros((0, 2)))
    a, b = first.descriptors, second.descriptors
    squared = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1) - 2.0 * (a @ b.T)
    distance = np.sqrt(np.maximum(squared, 0.0))
    nearest = distance.argmin(axis=1)
    best = np.take_along_axis(distance, nearest[:, None], axis=1)[:, 0]
    others = distance.copy()
    np.put_along_axis(others, nearest[:, None], np.inf, axis=1)
    mutual = distance.argmin(axis=0)[nearest] == np.arange(len(nearest))
    good = np.flatnonzero(mutual & (best < ratio * others.min(axis=1)))
    return Matches(first.places[good], second.places[nearest[good]])


def sift_matches(first: NDArray[np.uint8], second: NDArray[np.uint8], ratio: float = RATIO) -> Matches:
    """Match the SIFT features of two RGB pictures by the ratio test, mutually best ones only."""
    return match_points(sift_points(first), sift_points(second), ratio)
