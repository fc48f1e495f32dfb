"""A panorama that the user gives in place of a photo."""

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.errors import InputError
from sonovista.generate.outpainting.protocol import Panorama
from sonovista.geometry import PerspectiveCamera
from sonovista.geometry.equirectangular import perspective_view
from sonovista.geometry.image_files import Photo

PANORAMA_VIEW_FOV = np.deg2rad(75.0)
"""Radians across what stands for the photo."""


def given_panorama(photo: Photo, height: int) -> Panorama:
    """The user's panorama at `height` pixels, all of it observed.

    Raises:
        InputError: it is not twice as wide as high.
    """
    rows, columns = photo.pixels.shape[:2]
    if abs(columns - 2 * rows) > 2:
        raise InputError(f"--panorama: expected a picture twice as wide as high, found {columns} x {rows} pixels")
    shrinks = height < rows
    pixels = cv2.resize(
        photo.pixels, (2 * height, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    )
    return Panorama(np.asarray(pixels, np.uint8), np.ones((height, 2 * height), bool))


def panorama_view(panorama: Panorama) -> NDArray[np.uint8]:
    """What stands for the photo: the panorama's middle, `PANORAMA_VIEW_FOV` wide, shape `(h, w, 3)`."""
    height = panorama.pixels.shape[0]
    # As many pixels for an angle as the panorama has.
    width = round(2 * float(np.tan(PANORAMA_VIEW_FOV / 2)) * height / np.pi)
    camera = PerspectiveCamera(width, round(width * 3 / 4), PANORAMA_VIEW_FOV)
    return np.asarray(perspective_view(panorama.pixels, camera, cv2.INTER_CUBIC), np.uint8)
