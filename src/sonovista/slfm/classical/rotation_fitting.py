"""Camera rotation from matched points: five-point RANSAC as in the paper, and a fit for pure rotation."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.geometry.frames import R_BODY_CAMERA
from sonovista.slfm.classical.matching import Matches

FEWEST = 8
_SEED = 1
THRESHOLD_PX = 1.5
PROPOSALS = 200


@dataclass(frozen=True)
class FittedRotation:
    """A rotation about the vertical, and how well it is founded.

    Attributes:
        angle: radians, left positive.
        inliers: matches that agree.
        matches: all of them.
    """

    angle: float
    inliers: int
    matches: int


def camera_matrix(width: int, height: int, horizontal_fov: float) -> NDArray[np.float64]:
    """Pinhole intrinsics in pixels; the first pixel's centre is (0.5, 0.5)."""
    focal = 0.5 * width / np.tan(0.5 * horizontal_fov)
    return np.array([[focal, 0.0, 0.5 * width], [0.0, focal, 0.5 * height], [0.0, 0.0, 1.0]])


def turn_between(R_second_first: NDArray[np.float64], pitch: float | None) -> float:
    """How far a camera turned left about the vertical, given how its axes changed.

    Args:
        R_second_first: takes OpenCV camera vectors of the first view to the second.
        pitch: of both cameras, looking up positive; None takes the whole angle of the rotation, with the sign of yaw.

    Returns:
        Radians.
    """
    R_first_second = R_second_first.T
    body = R_BODY_CAMERA @ R_first_second @ R_BODY_CAMERA.T
    if pitch is None:
        angle = np.arccos(np.clip((np.trace(body) - 1.0) / 2.0, -1.0, 1.0))
        return float(np.copysign(angle, body[1, 0] - body[0, 1]))
    c, s = np.cos(pitch), np.sin(pitch)
    R_level_body = np.array([[c, 0.0, -s], [0.0, 1.0, 0.0], [s, 0.0, c]])
    level = R_level_body @ body @ R_level_body.T
    return float(np.arctan2(level[1, 0] - level[0, 1], level[0, 0] + level[1, 1]))


def five_point(matches: Matches, K: NDArray[np.float64], pitch: float | None = None) -> FittedRotation | None:
    """RANSAC with the five-point algorithm, and the rotation of the essential matrix; None where it fails.

    Source: the paper, section 4.4 (Nister 2004; Fischler and Bolles 1981).
    """
    if len(matches) < FEWEST:
        return None
    cv2.setRNGSeed(_SEED)
    essential, mask = cv2.findEssentialMat(matches.first, matches.second, K, cv2.RANSAC, 0.999, THRESHOLD_PX)
    if essential is None or essential.shape != (3, 3):
        return None
    _, rotation, _, mask = cv2.recoverPose(essential, matches.first, matches.second, K, mask=mask)
    return FittedRotation(
        turn_between(np.asarray(rotation, np.float64), pitch), int(np.count_nonzero(mask)), len(matches)
    )


def pure_rotation(
    matches: Matches, K: NDArray[np.float64], pitch: float | None = None, threshold: float = THRESHOLD_PX
) -> FittedRotation | None:
    """The rotation that carries most points of one picture to the other, where the camera only turned.

    Pairs of matches propose rotations (RANSAC); the best is fitted to its inliers by least squares on unit vectors
    (Kabsch), until they no longer change. None where fewer than 8 agree.

    Args:
        matches: pixels.
        K: intrinsics of both pictures.
        pitch: see `turn_between`.
        threshold: pixels within which a match agrees.
    """
    if len(matches) < FEWEST:
        return None
    first, second = (_rays(points, K) for points in (matches.first, matches.second))
    limit = np.cos(threshold / K[0, 0])
    rng = np.random.default_rng(_SEED)
    pairs = np.stack([rng.integers(len(matches), size=PROPOSALS), rng.integers(1, len(matches), size=PROPOSALS)])
    pairs[1] = (pairs[0] + pairs[1]) % len(matches)
    proposed = kabsch(first[pairs.T], second[pairs.T])
    agreement = np.einsum("rij,nj,ni->rn", proposed, first, second, optimize=True) > limit
    best = agreement[agreement.sum(axis=1).argmax()]
    rotation = np.eye(3)
    for _ in range(5):
        if best.sum() < FEWEST:
            return None
        rotation = kabsch(first[best], second[best])
        agrees = np.einsum("nk,nk->n", first @ rotation.T, second) > limit
        if (agrees == best).all():
            break
        best = agrees
    return FittedRotation(turn_between(rotation, pitch), int(best.sum()), len(matches))


def homography_rotation(matches: Matches, K: NDArray[np.float64], pitch: float | None = None) -> FittedRotation | None:
    """A homography by RANSAC, and the rotation nearest to `K^-1 H K`; None where it fails."""
    if len(matches) < FEWEST:
        return None
    cv2.setRNGSeed(_SEED)
    homography, mask = cv2.findHomography(matches.first, matches.second, cv2.RANSAC, 2.0 * THRESHOLD_PX)
    if homography is None or np.count_nonzero(mask) < FEWEST:
        return None
    left, _, right = np.linalg.svd(np.linalg.inv(K) @ homography @ K)
    rotation = left @ np.diag([1.0, 1.0, np.linalg.det(left @ right)]) @ right
    return FittedRotation(turn_between(rotation, pitch), int(np.count_nonzero(mask)), len(matches))


def kabsch(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rotation that carries unit vectors nearest to others: `target ~ R source`, shapes `(..., N, 3)`."""
    left, _, right = np.linalg.svd(np.swapaxes(target, -1, -2) @ source)
    left[..., :, 2] *= np.linalg.det(left @ right)[..., None]
    return left @ right


def _rays(points: NDArray[np.float64], K: NDArray[np.float64]) -> NDArray[np.float64]:
    rays = np.column_stack([(points - K[:2, 2]) / K[0, 0], np.ones(len(points))])
    return rays / np.linalg.norm(rays, axis=1, keepdims=True)
