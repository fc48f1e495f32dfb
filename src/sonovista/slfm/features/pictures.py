"""Pictures as the visual network wants them: of one size, seen through one field of view, centred on zero."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

FIELD_OF_VIEW = np.radians(60.0)
"""Horizontal, of all training pictures."""
MEAN, SPREAD = 0.45, 0.25


def as_input(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.float32]:
    """Resize to the network's size and scale: `(h, w, 3)` uint8 to `(3, height, width)` float32."""
    if image.shape[:2] != (height, width):
        image = np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    scaled = (image.astype(np.float32) / 255.0 - MEAN) / SPREAD
    return np.ascontiguousarray(scaled.transpose(2, 0, 1))


def with_field_of_view(image: NDArray[np.uint8], horizontal_fov: float) -> NDArray[np.uint8]:
    """Crop or pad a picture (grey) to 60 degrees across and the shape 4:3, as in training.

    Args:
        image: RGB, shape `(h, w, 3)`.
        horizontal_fov: radians across the given picture, in (0, pi).
    """
    width = image.shape[1]
    wanted_width = max(4, round(width * np.tan(FIELD_OF_VIEW / 2.0) / np.tan(horizontal_fov / 2.0)))
    wanted_height = max(3, round(wanted_width * 3 / 4))
    patch = image
    for axis, wanted in ((0, wanted_height), (1, wanted_width)):
        have = patch.shape[axis]
        if have > wanted:
            start = (have - wanted) // 2
            patch = np.take(patch, np.arange(start, start + wanted), axis=axis)
        elif have < wanted:
            before = (wanted - have) // 2
            padding = [(0, 0)] * 3
            padding[axis] = (before, wanted - have - before)
            patch = np.pad(patch, padding, constant_values=114)
    return patch


def jittered(image: NDArray[np.uint8], rng: np.random.Generator, strength: float = 0.2) -> NDArray[np.uint8]:
    """Another exposure, contrast, colour and noise, drawn for each picture alone."""
    pixels = image.astype(np.float32)
    brightness, contrast, colour = 1.0 + strength * rng.uniform(-1.0, 1.0, 3)
    tint = 1.0 + 0.25 * strength * rng.uniform(-1.0, 1.0, 3)
    # all of it is one affine map of RGB: (contrast of brightness) x (colour away from grey) x (tint)
    to_grey = np.full((3, 3), 1.0 / 3.0)
    matrix = brightness * contrast * (colour * np.eye(3) + (1.0 - colour) * to_grey) * tint[:, None]
    offset = float(pixels.mean()) * brightness * (1.0 - contrast) * tint
    pixels = cv2.transform(pixels, np.column_stack([matrix, offset]).astype(np.float32))
    noise = noise_like(rng, pixels.size).reshape(pixels.shape)
    return np.clip(pixels + np.float32(20.0 * strength * rng.random()) * noise, 0.0, 255.0).astype(np.uint8)


@lru_cache(maxsize=1)
def _noise_bank() -> NDArray[np.float32]:
    return np.random.default_rng(0).standard_normal(1 << 21, dtype=np.float32)


def noise_like(rng: np.random.Generator, size: int) -> NDArray[np.float32]:
    """White Gaussian noise of unit variance, shape `(size,)`: a stretch of a long one, as drawing it takes time.

    Not to be written to; of more than two million samples it repeats.
    """
    bank = _noise_bank()
    if size >= len(bank):
        return np.resize(np.roll(bank, -int(rng.integers(len(bank)))), size)
    start = int(rng.integers(len(bank) - size))
    return bank[start : start + size]
