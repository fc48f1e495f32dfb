"""Equirectangular panoramas, `H x 2H`: the centre looks along +x, azimuth falls from +pi at the left to -pi at the
right, elevation falls from +pi/2 at the top; pixel centres lie at `(i + 0.5)`.
"""

from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonovista.geometry.cameras import PerspectiveCamera
from sonovista.geometry.frames import angles_from_direction, direction_from_angles

Scalar = TypeVar("Scalar", np.uint8, np.float32)


def pixel_angles(height: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Azimuth of every column, shape `(2 * height,)`, and elevation of every row, shape `(height,)`, in radians."""
    azimuth = np.pi - (np.arange(2 * height, dtype=float) + 0.5) * (np.pi / height)
    elevation = 0.5 * np.pi - (np.arange(height, dtype=float) + 0.5) * (np.pi / height)
    return azimuth, elevation


def pixel_directions(height: int) -> NDArray[np.float64]:
    """Unit vectors through every pixel's centre, shape `(height, 2 * height, 3)`."""
    azimuth, elevation = pixel_angles(height)
    return direction_from_angles(azimuth[None, :], elevation[:, None])


def pixel_solid_angles(height: int) -> NDArray[np.float64]:
    """Solid angle of a pixel of every row in steradians, shape `(height,)`; all pixels together make 4 pi."""
    edges = np.sin(0.5 * np.pi - np.arange(height + 1) * (np.pi / height))
    return (edges[:-1] - edges[1:]) * (np.pi / height)


def direction_to_pixel(direction: ArrayLike, height: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Column and row, as fractional pixel coordinates, of directions of any length.

    Args:
        direction: vectors, shape `(..., 3)`.
        height: of the panorama in pixels.

    Returns:
        `u` in [0, 2 * height) and `v` in [0, height], where the centre of the first pixel is (0.5, 0.5).
    """
    azimuth, elevation = angles_from_direction(direction)
    u = np.mod((np.pi - azimuth) * (height / np.pi), 2.0 * height)
    return u, (0.5 * np.pi - elevation) * (height / np.pi)


def sample(panorama: NDArray[Scalar], direction: ArrayLike, interpolation: int = cv2.INTER_LINEAR) -> NDArray[Scalar]:
    """Look a panorama up in directions, wrapping at the seam and across the poles.

    Args:
        panorama: shape `(H, 2H)` or `(H, 2H, C)` with at most 4 channels, uint8 or float32.
        direction: vectors, shape `(h, w, 3)`.
        interpolation: an OpenCV flag: `INTER_NEAREST`, `INTER_LINEAR`, `INTER_CUBIC`.

    Returns:
        Values of the panorama's type, shape `(h, w)` or `(h, w, C)`.
    """
    height, width = panorama.shape[:2]
    if width != 2 * height:
        raise ValueError(f"an equirectangular panorama is twice as wide as high, found {width} x {height}")
    u, v = direction_to_pixel(direction, height)
    margin = 4
    top, bottom = panorama[:margin][::-1], panorama[-margin:][::-1]
    padded = np.concatenate([np.roll(top, height, axis=1), panorama, np.roll(bottom, height, axis=1)], axis=0)
    padded = np.concatenate([padded[:, -margin:], padded, padded[:, :margin]], axis=1)
    map_u = (u - 0.5 + margin).astype(np.float32)
    map_v = (v - 0.5 + margin).astype(np.float32)
    return cv2.remap(padded, map_u, map_v, interpolation)  # pyright: ignore[reportReturnType]


def perspective_view(
    panorama: NDArray[Scalar], camera: PerspectiveCamera, interpolation: int = cv2.INTER_LINEAR
) -> NDArray[Scalar]:
    """What a pinhole camera at the panorama's centre sees: shape `(camera.height, camera.width[, C])`."""
    return sample(panorama, camera.ray_directions(), interpolation)
