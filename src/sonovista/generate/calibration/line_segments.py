"""Straight line segments of a picture, in the camera's own coordinates."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

_MINIMUM_LENGTH = 0.018  # of the picture's diagonal: shorter ones say little of a direction
_MOST_SEGMENTS = 500
_ENDPOINT_NOISE = 0.7  # pixels, of an end of a segment across it
_DIRECTION_NOISE = np.deg2rad(0.4)  # of straight edges of real things, and of the lens
_FULL_WEIGHT_LENGTH = 0.08  # of the diagonal: longer edges weigh no more, or one facade's eave would decide alone


@dataclass(frozen=True)
class LineSegments:
    """N line segments; coordinates are centred on the picture and divided by half its longer side, y down.

    Attributes:
        middles: shape `(N, 2)`.
        directions: unit vectors, shape `(N, 2)`.
        noise: standard deviation of a direction in radians, shape `(N,)`.
        weights: in (0, 1], shape `(N,)`: how much each counts.
    """

    middles: NDArray[np.float64]
    directions: NDArray[np.float64]
    noise: NDArray[np.float64]
    weights: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.middles)


def detect_line_segments(image: NDArray[np.uint8], longer_side: int) -> LineSegments:
    """Line segments by LSD (Grompone von Gioi et al. 2012), the longest first.

    Args:
        image: RGB, shape `(H, W, 3)`.
        longer_side: pixels to which the picture is scaled down before.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    scale = min(1.0, longer_side / max(grey.shape))
    if scale < 1.0:
        size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    height, width = grey.shape
    found = cv2.createLineSegmentDetector(cv2.LSD_REFINE_STD).detect(grey)[0]
    ends = np.zeros((0, 2, 2)) if found is None else np.asarray(found, np.float64).reshape(-1, 2, 2)
    lengths = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    diagonal = float(np.hypot(height, width))
    order = np.argsort(-lengths)
    order = order[lengths[order] >= _MINIMUM_LENGTH * diagonal]
    # The picture's own border is no edge of the world.
    middles = ends.mean(axis=1)
    margin = 0.006 * diagonal
    inside = np.all((middles > margin) & (middles < np.array([width, height]) - margin), axis=1)
    order = order[inside[order]][:_MOST_SEGMENTS]
    ends, lengths = ends[order], lengths[order]
    unit = 0.5 * max(width, height)
    # LSD counts from the first pixel's centre.
    centred = (ends.mean(axis=1) + 0.5 - 0.5 * np.array([width, height])) / unit
    return LineSegments(
        centred,
        (ends[:, 1] - ends[:, 0]) / lengths[:, None],
        np.hypot(_DIRECTION_NOISE, np.sqrt(2.0) * _ENDPOINT_NOISE / lengths),
        np.minimum(lengths / (_FULL_WEIGHT_LENGTH * diagonal), 1.0),
    )


def exchange_directions(segments: LineSegments, random: np.random.Generator) -> LineSegments:
    """The same middles and the same directions, but each direction at another's middle."""
    order = random.permutation(len(segments))
    return LineSegments(segments.middles, segments.directions[order], segments.noise[order], segments.weights[order])


def random_directions(segments: LineSegments, random: np.random.Generator) -> LineSegments:
    """The same middles with directions drawn at random."""
    angle = random.uniform(0.0, np.pi, len(segments))
    return replace(segments, directions=np.column_stack([np.cos(angle), np.sin(angle)]))
