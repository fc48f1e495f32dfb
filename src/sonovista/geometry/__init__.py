"""Frames, rotations, cameras, panoramas and picture files."""

from sonovista.geometry.cameras import PerspectiveCamera
from sonovista.geometry.frames import (
    R_BODY_CAMERA,
    angles_from_direction,
    direction_from_angles,
    elevation_of,
    rotation_from_yaw_pitch_roll,
    wrapped,
    yaw_pitch_roll_from_rotation,
)

__all__ = [
    "R_BODY_CAMERA",
    "PerspectiveCamera",
    "angles_from_direction",
    "direction_from_angles",
    "elevation_of",
    "rotation_from_yaw_pitch_roll",
    "wrapped",
    "yaw_pitch_roll_from_rotation",
]
