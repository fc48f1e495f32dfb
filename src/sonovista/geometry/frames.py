"""Frames and angles: world x forward, y left, z up; azimuth counter-clockwise from +x (left positive), elevation up."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

R_BODY_CAMERA: NDArray[np.float64] = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
"""OpenCV camera axes (x right, y down, z forward) to body axes (x forward, y left, z up)."""


def direction_from_angles(azimuth: ArrayLike, elevation: ArrayLike) -> NDArray[np.float64]:
    """Unit vectors of directions given by their angles.

    Args:
        azimuth: radians, left positive, any shape.
        elevation: radians, up positive, broadcastable with `azimuth`.

    Returns:
        Unit vectors in the frame of the angles, shape `(..., 3)`.
    """
    azimuth, elevation = np.asarray(azimuth, float), np.asarray(elevation, float)
    # Sines and cosines before broadcasting: of a grid, those of its rows and columns are all there are.
    cos_elevation = np.cos(elevation)
    out = np.empty((*np.broadcast_shapes(azimuth.shape, elevation.shape), 3))
    np.multiply(cos_elevation, np.cos(azimuth), out=out[..., 0])
    np.multiply(cos_elevation, np.sin(azimuth), out=out[..., 1])
    out[..., 2] = np.sin(elevation)
    return out


def angles_from_direction(direction: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Azimuth in (-pi, pi] and elevation in [-pi/2, pi/2] of vectors of any length; the zero vector gives (0, 0).

    Args:
        direction: vectors, shape `(..., 3)`.

    Returns:
        Azimuth and elevation in radians, each of shape `(...)`.
    """
    direction = np.asarray(direction, float)
    horizontal = np.hypot(direction[..., 0], direction[..., 1])
    return np.arctan2(direction[..., 1], direction[..., 0]), np.arctan2(direction[..., 2], horizontal)


def wrapped(angle: ArrayLike) -> NDArray[np.float64]:
    """Angles in radians brought to (-pi, pi], of the same shape."""
    return -((-np.asarray(angle, float) + np.pi) % (2.0 * np.pi) - np.pi)


def elevation_of(directions: ArrayLike) -> NDArray[np.floating]:
    """Elevation of unit vectors; `angles_from_direction` says the same, to rounding, of vectors of any length.

    Args:
        directions: unit vectors, shape `(..., 3)`; rounding may have made them a little longer.

    Returns:
        Radians in [-pi/2, pi/2], up positive, shape `(...)`, of the precision of `directions`.
    """
    return np.arcsin(np.clip(np.asarray(directions)[..., 2], -1.0, 1.0))


def rotation_from_yaw_pitch_roll(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> NDArray[np.float64]:
    """`R_world_body` of a body that first rolls, then pitches, then yaws.

    Args:
        yaw: radians, turning left is positive.
        pitch: radians, looking up is positive.
        roll: radians, the head's left side rising is positive (the head tilts to its right shoulder).

    Returns:
        Rotation matrix `(3, 3)` that takes body vectors (x forward, y left, z up) to the world.
    """
    cy, sy = np.cos(yaw), np.sin(yaw)
    cp, sp = np.cos(pitch), np.sin(pitch)
    cr, sr = np.cos(roll), np.sin(roll)
    about_z = np.array([[cy, -sy, 0.0], [sy, cy, 0.0], [0.0, 0.0, 1.0]])
    about_y = np.array([[cp, 0.0, -sp], [0.0, 1.0, 0.0], [sp, 0.0, cp]])
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, cr, -sr], [0.0, sr, cr]])
    return about_z @ about_y @ about_x


def yaw_pitch_roll_from_rotation(R_world_body: ArrayLike) -> tuple[float, float, float]:
    """The inverse of `rotation_from_yaw_pitch_roll`; at the poles (pitch of +-pi/2) roll is taken as zero.

    Args:
        R_world_body: rotation matrix, shape `(3, 3)`.

    Returns:
        Yaw and roll in (-pi, pi] and pitch in [-pi/2, pi/2], radians.
    """
    R = np.asarray(R_world_body, float)
    pitch = float(np.arcsin(np.clip(R[2, 0], -1.0, 1.0)))
    if abs(R[2, 0]) > 1.0 - 1e-12:
        return float(np.arctan2(-R[0, 1], R[1, 1])), pitch, 0.0
    return float(np.arctan2(R[1, 0], R[0, 0])), pitch, float(np.arctan2(R[2, 1], R[2, 2]))
