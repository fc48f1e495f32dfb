"""Camera rotation by laying one picture over the other: every turn is tried, and the one that fits best is taken."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.geometry.frames import R_BODY_CAMERA
from sonovista.slfm.classical.rotation_fitting import camera_matrix

ACROSS, STEP = 160, np.radians(0.5)
FINE_ACROSS, FINE_STEP, FINE_STEPS = 320, np.radians(0.1), 7
PITCHES = (0.2, 0.0, -0.2, -0.39)
"""Radians, that are tried where the pitch of the cameras is unknown."""
MOST = np.radians(52.0)
"""Largest turn that is tried: pictures 60 degrees wide share an eighth of their width then."""
_LOCAL, _FLOOR = 6.0, 4.0
_OUTSIDE, _LARGEST = 1e6, 10.0
# a pixel of which any part lies beyond the border is far above what a normalised one can be
_CELL = 24.0
# pixels of a locally normalised picture that say about as much as one independent sample


@dataclass(frozen=True)
class PhotometricRotation:
    """A rotation about the vertical, and how well the pictures fit.

    Attributes:
        angle: radians, left positive.
        score: Fisher's z of the correlation, in standard deviations of pictures that share nothing.
        lead: how much that is above the best turn elsewhere, at least 5 degrees away.
    """

    angle: float
    score: float
    lead: float


def photometric_rotation(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    horizontal_fov: float,
    near: float,
    spread: float,
    pitches: tuple[float, ...] = PITCHES,
) -> PhotometricRotation:
    """Correlate pictures, locally normalised, over all turns, and weigh turns by how likely they are beforehand.

    Args:
        first: RGB, `(h, w, 3)`.
        second: likewise, of the same shape.
        horizontal_fov: radians across.
        near: expected turn, radians, left positive.
        spread: standard deviation of what is expected, radians.
        pitches: of both cameras, looking up positive, radians; the best fitting one is taken.
    """
    small = _normalised_pair(first, second, ACROSS)
    K = camera_matrix(ACROSS, small[0].shape[0], horizontal_fov)
    angles = np.arange(-MOST, MOST + STEP / 2, STEP)
    expected = -0.5 * ((angles - near) / spread) ** 2
    best = None
    for pitch in pitches:
        scores = np.array([_fit(small[0], small[1], K, float(angle), pitch) for angle in angles])
        total = np.sign(scores) * scores**2 / 2.0 + expected
        if best is None or total.max() > best[0].max():
            best = total, scores, pitch
    assert best is not None
    total, scores, pitch = best
    top = int(total.argmax())
    away = np.abs(angles - angles[top]) > np.radians(5.0)
    coarse = float(angles[top] + STEP * _peak(scores, top))
    angle = _finely(first, second, horizontal_fov, coarse, pitch)
    return PhotometricRotation(angle, float(scores[top]), float(total[top] - total[away].max()))


def _finely(
    first: NDArray[np.uint8], second: NDArray[np.uint8], horizontal_fov: float, coarse: float, pitch: float
) -> float:
    large = _normalised_pair(first, second, FINE_ACROSS)
    K = camera_matrix(FINE_ACROSS, large[0].shape[0], horizontal_fov)
    angles = coarse + FINE_STEP * np.arange(-FINE_STEPS, FINE_STEPS + 1)
    scores = np.array([_fit(large[0], large[1], K, float(angle), pitch, halves=True) for angle in angles])
    top = int(scores.argmax())
    return float(angles[top] + FINE_STEP * _peak(scores, top))


def _normalised_pair(
    first: NDArray[np.uint8], second: NDArray[np.uint8], across: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    size = (across, round(first.shape[0] * across / first.shape[1]))
    return _normalised(first, size), _normalised(second, size)


def _normalised(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.float32]:
    """Grey levels less their local mean, over their local spread: exposure and shading play no part."""
    grey = cv2.cvtColor(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    grey = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1.0)
    centred = grey - cv2.GaussianBlur(grey, (0, 0), _LOCAL)
    spread = np.sqrt(cv2.GaussianBlur(centred * centred, (0, 0), _LOCAL))
    return np.asarray(centred / (spread + _FLOOR), np.float32)


def _fit(
    first: NDArray[np.float32],
    second: NDArray[np.float32],
    K: NDArray[np.float64],
    angle: float,
    pitch: float,
    halves: bool = False,
) -> float:
    """Fisher's z of the correlation where the pictures overlap, times the root of independent samples.

    `halves` turns both pictures half the way, so that interpolation blurs both alike; else the first one alone.
    """
    moved = _warped(first, K, angle, pitch)
    inside = np.abs(moved) < _LARGEST
    if halves:
        moved, second = _warped(first, K, angle / 2.0, pitch), _warped(second, K, -angle / 2.0, pitch)
        inside = (np.abs(moved) < _LARGEST) & (np.abs(second) < _LARGEST)
    count = int(inside.sum())
    if count < 4.0 * _CELL:
        return 0.0
    a, b = moved[inside], second[inside]
    a, b = a - a.mean(), b - b.mean()
    correlation = float((a * b).sum() / np.sqrt(max(float((a * a).sum() * (b * b).sum()), 1e-9)))
    return float(np.arctanh(np.clip(correlation, -0.999, 0.999)) * np.sqrt(max(1.0, count / _CELL - 3.0)))


def _warped(picture: NDArray[np.float32], K: NDArray[np.float64], angle: float, pitch: float) -> NDArray[np.float32]:
    """What a camera turned left by `angle` sees of a picture, `_OUTSIDE` beyond its border."""
    height, width = picture.shape
    centre = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]])  # OpenCV has them at whole numbers
    H = np.linalg.inv(centre) @ K @ turned_camera(angle, pitch) @ np.linalg.inv(K) @ centre
    moved = cv2.warpPerspective(picture, H, (width, height), borderMode=cv2.BORDER_CONSTANT, borderValue=_OUTSIDE)
    return np.asarray(moved, np.float32)


def turned_camera(angle: float, pitch: float) -> NDArray[np.float64]:
    """Takes OpenCV camera vectors of a view to those of one turned left by `angle`, both pitched alike, radians."""
    c, s = np.cos(pitch), np.sin(pitch)
    R_level_body = np.array([[c, 0.0, -s], [0.0, 1.0, 0.0], [s, 0.0, c]])
    cy, sy = np.cos(angle), np.sin(angle)
    turn = np.array([[cy, -sy, 0.0], [sy, cy, 0.0], [0.0, 0.0, 1.0]])
    body = R_level_body.T @ turn.T @ R_level_body
    return R_BODY_CAMERA.T @ body @ R_BODY_CAMERA


def _peak(values: NDArray[np.float64], top: int) -> float:
    """Where a parabola through the best value and its neighbours is highest, in steps from the best."""
    if not 0 < top < len(values) - 1:
        return 0.0
    before, at, after = values[top - 1 : top + 2]
    bend = before - 2.0 * at + after
    return 0.0 if bend >= 0.0 else float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5))
