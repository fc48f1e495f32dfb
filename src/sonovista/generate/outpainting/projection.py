"""The photo in the panorama: where every direction meets the photo, and what the photo shows there without aliasing."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.geometry import PerspectiveCamera
from sonovista.geometry.equirectangular import pixel_directions

LEVELS_PER_OCTAVE = 3
"""Gaussian levels between a scale and its double; between two levels pictures are interpolated linearly."""

NARROWEST = 0.6
"""Standard deviation, in panorama pixels, below which a Gaussian no longer keeps a picture from aliasing."""


def photo_coordinates(
    directions: NDArray[np.float64], camera: PerspectiveCamera
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Where directions meet a photo.

    Args:
        directions: vectors in the world, shape `(..., 3)`.
        camera: the photo's.

    Returns:
        `u` and `v` in photo pixels (the first pixel's centre is 0.5), and how many pixels beyond the photo's frame
        they lie: 0 inside, infinite behind the camera.
    """
    u, v, z = camera.project(directions)
    behind = ~(z > 1e-3)
    u = np.where(behind, -1e6, u)
    v = np.where(behind, -1e6, v)
    outside = np.maximum(np.maximum(-u, u - camera.width), np.maximum(-v, v - camera.height))
    outside = np.where(behind, np.inf, np.maximum(outside, 0.0))
    return u.astype(np.float32), v.astype(np.float32), outside.astype(np.float32)


def project_photo(
    image: NDArray[Any], camera: PerspectiveCamera, height: int, sigma: float = 1.0
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Project a photo to an equirectangular panorama.

    The photo is low-passed by a Gaussian of `sigma` panorama pixels as they are at its centre, so that the panorama
    holds the photo at one sharpness throughout. Photo pixels per radian grow off the axis; where that Gaussian would
    be narrower than `NARROWEST` panorama pixels as seen there and alias, it is widened to them: an elliptical weighted
    average (Heckbert 1989) with the ellipse replaced by the circle of the same area. Widths come from a stack of
    Gaussian levels; samples are bicubic.

    Args:
        image: RGB in [0, 1], shape `(h, w, 3)`.
        camera: the photo's, of the same size.
        height: of the panorama in pixels.
        sigma: standard deviation of the low-pass filter, in panorama pixels at the photo's centre.

    Returns:
        RGB in [0, 1], shape `(height, 2 * height, 3)`, zero outside the photo; and the mask of the pixels whose
        centres the photo shows.
    """
    u, v, outside = photo_coordinates(pixel_directions(height), camera)
    observed = outside == 0.0
    rows = np.flatnonzero(observed.any(axis=1))
    out = np.zeros((height, 2 * height, 3), np.float32)
    if rows.size == 0:
        return out, observed
    band = slice(rows[0], rows[-1] + 1)
    u, v, inside = u[band], v[band], observed[band]
    central = max(sigma * camera.focal_length * np.pi / height, 0.25)
    wanted = np.maximum(NARROWEST * local_scale(u, v, camera) * (np.pi / height), central)
    wanted = np.minimum(wanted, wanted[inside].max())
    # Level 0 is the central width itself, which most photos need nowhere widened.
    level = LEVELS_PER_OCTAVE * np.log2(wanted / central)
    first, last = int(np.floor(level[inside].min())), int(np.ceil(level[inside].max()))
    picture = np.zeros((*u.shape, 3), np.float32)
    for index in range(first, last + 1):
        weight = np.clip(1.0 - np.abs(level - index), 0.0, 1.0).astype(np.float32)
        if not weight.any():
            continue
        smooth = low_pass(image, central * 2.0 ** (index / LEVELS_PER_OCTAVE))
        picture += weight[..., None] * sample_photo(smooth, u, v)
    out[band] = np.clip(picture, 0.0, 1.0) * inside[..., None]
    return out, observed


def local_scale(u: NDArray[Any], v: NDArray[Any], camera: PerspectiveCamera) -> NDArray[Any]:
    """Photo pixels per radian at positions in the photo, any shape: the mean over directions, `f / cos(angle)**1.5`."""
    x = (u - 0.5 * camera.width) / camera.focal_length
    y = (v - 0.5 * camera.height) / camera.focal_length
    return (camera.focal_length * (1.0 + x * x + y * y) ** 0.75).astype(np.float32)


def low_pass(image: NDArray[Any], sigma: float) -> NDArray[Any]:
    """Gaussian low-pass, `sigma` in pixels, with mirrored borders; below 0.3 pixels there is nothing to remove."""
    if sigma < 0.3:
        return image
    return cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)


def sample_photo(
    image: NDArray[Any], u: NDArray[Any], v: NDArray[Any], interpolation: int = cv2.INTER_CUBIC
) -> NDArray[Any]:
    """Look a photo up; beyond its frame it is mirrored once.

    Args:
        image: shape `(h, w)` or `(h, w, channels)`.
        u: column of every position, the first pixel's centre at 0.5, shape `(H, W)`.
        v: row likewise.
        interpolation: of OpenCV.

    Returns:
        Shape `(H, W)` or `(H, W, channels)`.
    """
    height, width = image.shape[:2]
    map_u = np.clip(u - 0.5, -0.95 * width, 1.95 * width).astype(np.float32)
    map_v = np.clip(v - 0.5, -0.95 * height, 1.95 * height).astype(np.float32)
    return cv2.remap(image, map_u, map_v, interpolation, borderMode=cv2.BORDER_REFLECT_101)


def sample_points(
    image: NDArray[Any], u: NDArray[np.floating], v: NDArray[np.floating], border: int = cv2.BORDER_CONSTANT
) -> NDArray[Any]:
    """Look a picture up at a list of positions of any length, first pixel's centre at 0: shape `(N, channels)`."""
    columns = 4096  # OpenCV refuses maps of more than 32767 columns
    padded = -(-u.size // columns) * columns
    map_u = np.pad(u.astype(np.float32), (0, padded - u.size)).reshape(-1, columns)
    map_v = np.pad(v.astype(np.float32), (0, padded - v.size)).reshape(-1, columns)
    values = cv2.remap(image, map_u, map_v, cv2.INTER_LINEAR, borderMode=border)
    return values.reshape(padded, -1)[: u.size]
