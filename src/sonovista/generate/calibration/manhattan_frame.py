"""The camera's attitude and focal length that let most line segments run along three perpendicular directions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from sonovista.generate.calibration.line_segments import LineSegments
from sonovista.geometry.frames import R_BODY_CAMERA

INLIER_SIGMAS = 2.5
_INDEPENDENT = 25.0
"""Segments of one facade err together: all segments weigh against the prior as this many independent ones at most."""
_BATCH = 256  # hypotheses scored at once, to bound memory
_NEAR_VERTICAL = np.deg2rad(40.0)


@dataclass(frozen=True)
class CameraPrior:
    """What is believed of a camera before its picture is looked at: independent normal distributions.

    Attributes:
        pitch: mean and standard deviation in radians.
        roll: likewise.
        log_focal_length: of the focal length in halves of the longer side.
    """

    pitch: tuple[float, float]
    roll: tuple[float, float]
    log_focal_length: tuple[float, float]

    def residuals(self, frame: NDArray[np.float64]) -> NDArray[np.float64]:
        """Deviations of `(pitch, roll, log focal length, ...)` in standard deviations, shape `(..., 3)`."""
        means, deviations = np.transpose([self.pitch, self.roll, self.log_focal_length])
        return (frame[..., :3] - means) / deviations


@dataclass(frozen=True)
class ManhattanFrame:
    """The best frame for a picture's segments.

    Attributes:
        pitch: radians.
        roll: radians.
        focal_length: in halves of the longer side.
        yaw: radians in [0, pi/2): of the first horizontal direction, seen from the camera.
        deviations: posterior standard deviations of pitch, roll (radians) and log focal length, shape `(3,)`.
        support: weight of the segments that run along the up, first and second horizontal direction, shape `(3,)`.
        total: weight of all segments.
        score: weight explained, less what the prior objects.
    """

    pitch: float
    roll: float
    focal_length: float
    yaw: float
    deviations: NDArray[np.float64]
    support: NDArray[np.float64]
    total: float
    score: float


def find_manhattan_frame(
    segments: LineSegments, prior: CameraPrior, hypotheses: int, random: np.random.Generator
) -> ManhattanFrame | None:
    """RANSAC over minimal sets of segments, scored as MSAC does with the prior added, then least squares.

    Args:
        segments: at least 4.
        prior: of the camera.
        hypotheses: number of random minimal sets.
        random: drawn from.

    Returns:
        The frame of highest score, or None where no set gives a camera within three deviations of the prior.
    """
    if len(segments) < 4:
        return None
    frames = np.concatenate(
        [
            _frames_from_vertical(segments, prior, hypotheses // 2, random),
            _frames_from_horizontals(segments, prior, hypotheses - hypotheses // 2, random),
        ]
    )
    frames = frames[np.all(np.abs(prior.residuals(frames)) <= 3.0, axis=1)]
    if len(frames) == 0:
        return None
    scores = np.concatenate(
        [_scores(frames[start : start + _BATCH], segments, prior) for start in range(0, len(frames), _BATCH)]
    )
    best: ManhattanFrame | None = None
    for index in _distinct(frames, np.argsort(-scores), 6):
        refined = _refine(frames[index], segments, prior)
        if best is None or refined.score > best.score:
            best = refined
    return best


def vertical_support(segments: LineSegments, pitch: float, rolls: NDArray[np.float64], focal_length: float) -> float:
    """Weight of the segments that run upright in the world, as `find_manhattan_frame` counts it, at the best roll.

    Args:
        segments: any number.
        pitch: radians.
        rolls: radians, shape `(R,)`: tried.
        focal_length: in halves of the longer side.
    """
    frames = np.zeros((len(rolls), 4))
    frames[:, 0], frames[:, 1], frames[:, 2] = pitch, rolls, np.log(focal_length)
    squares = (_sines(frames, segments)[:, 0] / segments.noise) ** 2
    return float((segments.weights * np.maximum(1.0 - squares / INLIER_SIGMAS**2, 0.0)).sum(axis=1).max())


def _frames_from_vertical(
    segments: LineSegments, prior: CameraPrior, count: int, random: np.random.Generator
) -> NDArray[np.float64]:
    """Frames from two segments taken as vertical, one as horizontal, and a focal length drawn from the prior."""
    steep = np.abs(segments.directions[:, 1]) >= np.cos(_NEAR_VERTICAL)
    if steep.sum() < 2:
        return np.zeros((0, 4))
    mean, deviation = prior.log_focal_length
    log_focal = random.normal(mean, deviation, count)
    chance = segments.weights / segments.weights.sum()
    steep_chance = np.where(steep, segments.weights, 0.0)
    steep_chance /= steep_chance.sum()
    first, second = random.choice(len(segments), (2, count), p=steep_chance)
    third = random.choice(len(segments), count, p=chance)
    focal = np.exp(log_focal)
    up = np.cross(_plane_normals(segments, first, focal), _plane_normals(segments, second, focal))
    horizontal = np.cross(_plane_normals(segments, third, focal), up)
    return _frames_from_directions(up, horizontal, log_focal)


def _frames_from_horizontals(
    segments: LineSegments, prior: CameraPrior, count: int, random: np.random.Generator
) -> NDArray[np.float64]:
    """Frames from two pairs of segments whose vanishing points are perpendicular: they give the focal length too.

    Where that fails, one of the points being far away, the focal length is drawn from the prior.
    """
    chosen = random.choice(len(segments), (4, count), p=segments.weights / segments.weights.sum())
    unit = np.ones(count)
    normals = [_plane_normals(segments, index, unit) for index in chosen]
    one, other = np.cross(normals[0], normals[1]), np.cross(normals[2], normals[3])
    with np.errstate(divide="ignore", invalid="ignore"):
        square = -np.sum(one[:, :2] * other[:, :2], axis=1) / (one[:, 2] * other[:, 2])
        log_focal = 0.5 * np.log(square)
    mean, deviation = prior.log_focal_length
    usable = np.isfinite(log_focal) & (np.abs(log_focal - mean) <= 3.0 * deviation)
    log_focal = np.where(usable, log_focal, random.normal(mean, deviation, count))
    to_direction = np.stack([unit, unit, np.exp(log_focal)], axis=1)
    one, other = one * to_direction, other * to_direction
    third = np.cross(one, other)
    axes = np.stack([one, np.cross(third, one), third], axis=1)
    axes /= np.maximum(np.linalg.norm(axes, axis=2, keepdims=True), 1e-12)
    # The one that stands most upright in the picture is taken as up.
    upright = np.abs(axes[:, :, 1]).argmax(axis=1)
    every = np.arange(count)
    return _frames_from_directions(axes[every, upright], axes[every, (upright + 1) % 3], log_focal)


def _plane_normals(segments: LineSegments, index: NDArray[np.intp], focal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Normals of the planes through the camera and the chosen segments, shape `(N, 3)`."""
    points = np.column_stack([segments.middles[index], focal])
    along = np.column_stack([segments.directions[index], np.zeros(len(index))])
    return np.cross(points, along)


def _frames_from_directions(
    up: NDArray[np.float64], horizontal: NDArray[np.float64], log_focal: NDArray[np.float64]
) -> NDArray[np.float64]:
    """`(pitch, roll, log focal length, yaw)` from directions in camera coordinates, which need no unit length."""
    up = up * np.where(up[:, 1:2] > 0.0, -1.0, 1.0)
    x, y, z = (up / np.maximum(np.linalg.norm(up, axis=1, keepdims=True), 1e-12)).T
    pitch, roll = np.arcsin(np.clip(z, -1.0, 1.0)), np.arctan2(-x, -y)
    world = np.einsum("nij,nj->ni", _R_world_camera(pitch, roll), horizontal)
    yaw = np.mod(np.arctan2(world[:, 1], world[:, 0]), 0.5 * np.pi)
    return np.column_stack([pitch, roll, log_focal, yaw])


def _R_world_camera(pitch: NDArray[np.float64], roll: NDArray[np.float64]) -> NDArray[np.float64]:
    """`rotation_from_yaw_pitch_roll(0, pitch, roll) @ R_BODY_CAMERA` of many cameras, shape `(N, 3, 3)`."""
    sp, cp, sr, cr = np.sin(pitch), np.cos(pitch), np.sin(roll), np.cos(roll)
    zero = np.zeros_like(pitch)
    R_world_body = np.stack(
        [
            np.stack([cp, -sp * sr, -sp * cr], -1),
            np.stack([zero, cr, -sr], -1),
            np.stack([sp, cp * sr, cp * cr], -1),
        ],
        axis=-2,
    )
    return R_world_body @ R_BODY_CAMERA


def _directions(frames: NDArray[np.float64]) -> NDArray[np.float64]:
    """Camera coordinates of up and both horizontal directions, shape `(N, 3, 3)`, one in each row."""
    pitch, roll, _, yaw = frames.T
    zero, one = np.zeros_like(pitch), np.ones_like(pitch)
    world = np.stack(
        [
            np.stack([zero, zero, one], -1),
            np.stack([np.cos(yaw), np.sin(yaw), zero], -1),
            np.stack([-np.sin(yaw), np.cos(yaw), zero], -1),
        ],
        axis=-2,
    )
    return world @ _R_world_camera(pitch, roll)


def _sines(frames: NDArray[np.float64], segments: LineSegments) -> NDArray[np.float64]:
    """Sine of the angle at each segment's middle from the segment to each vanishing point, shape `(N, 3, S)`."""
    directions = _directions(frames)
    focal = np.exp(frames[:, 2])[:, None, None]
    x, y = segments.middles.T
    toward_x = focal * directions[..., 0:1] - x * directions[..., 2:3]
    toward_y = focal * directions[..., 1:2] - y * directions[..., 2:3]
    cross = toward_x * segments.directions[:, 1] - toward_y * segments.directions[:, 0]
    return cross / np.maximum(np.hypot(toward_x, toward_y), 1e-9)


def _scores(frames: NDArray[np.float64], segments: LineSegments, prior: CameraPrior) -> NDArray[np.float64]:
    squares = np.min((_sines(frames, segments) / segments.noise) ** 2, axis=1)
    explained = segments.weights * np.maximum(1.0 - squares / INLIER_SIGMAS**2, 0.0)
    # In the scale of the score, where a segment's squared residual is divided by the square of the cutoff.
    objection = np.sum(prior.residuals(frames) ** 2, axis=-1) / INLIER_SIGMAS**2
    return explained.sum(axis=1) - objection / _dependence(segments)


def _dependence(segments: LineSegments) -> float:
    """Factor at most 1 by which the segments' weights are reduced against the prior."""
    return min(1.0, _INDEPENDENT / float(segments.weights.sum()))


def _distinct(frames: NDArray[np.float64], order: NDArray[np.intp], count: int) -> list[int]:
    """The first of `order` that differ from each other by more than a refinement would bridge."""
    chosen: list[int] = []
    for index in order:
        pitch_roll_focal_yaw = np.abs(frames[chosen] - frames[index])
        pitch_roll_focal_yaw[:, 3] = np.minimum(pitch_roll_focal_yaw[:, 3], 0.5 * np.pi - pitch_roll_focal_yaw[:, 3])
        if not np.any(np.all(pitch_roll_focal_yaw < [0.03, 0.02, 0.08, 0.03], axis=1)):
            chosen.append(int(index))
            if len(chosen) == count:
                break
    return chosen


def _refine(frame: NDArray[np.float64], segments: LineSegments, prior: CameraPrior) -> ManhattanFrame:
    """Least squares over the inliers and the prior, while the inliers are chosen anew with a narrowing cutoff."""
    roots = np.sqrt(segments.weights * _dependence(segments))
    every = np.arange(len(segments))
    jacobian = np.eye(4)
    for cutoff in (2.0 * INLIER_SIGMAS, 1.4 * INLIER_SIGMAS, INLIER_SIGMAS, INLIER_SIGMAS):
        deviations = np.abs(_sines(frame[None], segments)[0]) / segments.noise
        nearest = deviations.argmin(axis=0)
        inlier = deviations[nearest, every] <= cutoff

        def residuals(values: NDArray[np.float64], chosen: NDArray, axis: NDArray) -> NDArray[np.float64]:
            lines = _sines(values[None], segments)[0, axis, every] / segments.noise * roots
            return np.concatenate([lines[chosen], prior.residuals(values)])

        solution = least_squares(residuals, frame, method="trf", max_nfev=15, args=(inlier, nearest))
        frame, jacobian = solution.x, solution.jac
    covariance = np.linalg.pinv(jacobian.T @ jacobian)
    deviations = np.abs(_sines(frame[None], segments)[0]) / segments.noise
    nearest = deviations.argmin(axis=0)
    inlier = deviations[nearest, every] <= INLIER_SIGMAS
    support = np.bincount(nearest[inlier], segments.weights[inlier], minlength=3)
    return ManhattanFrame(
        pitch=float(frame[0]),
        roll=float(frame[1]),
        focal_length=float(np.exp(frame[2])),
        yaw=float(np.mod(frame[3], 0.5 * np.pi)),
        deviations=np.sqrt(np.diag(covariance))[:3],
        support=np.asarray(support, np.float64),
        total=float(segments.weights.sum()),
        score=float(_scores(frame[None], segments, prior)[0]),
    )
