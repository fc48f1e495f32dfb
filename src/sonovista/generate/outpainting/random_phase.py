"""Textures of random phase (Galerne, Gousseau and Morel 2011): a patch's spectrum and colours without its details."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.outpainting.projection import sample_points

Float = NDArray[Any]


def widest_square(mask: NDArray[Any]) -> tuple[int, int, int]:
    """Row, column and size of a square about as wide as fits into a mask that is not empty."""
    framed = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    distance = cv2.distanceTransform(framed, cv2.DIST_C, 3)[1:-1, 1:-1]
    row, column = np.unravel_index(int(distance.argmax()), mask.shape)
    reach = max(int(distance[row, column]) - 1, 0)
    return int(row) - reach, int(column) - reach, 2 * reach + 1


def random_phase(patch: Float, size: int, rng: np.random.Generator, isotropic: bool = False) -> Float:
    """A texture that tiles, with a patch's spectrum, colours and variance, and random phases.

    Args:
        patch: shape `(h, w, 3)`, not larger than `size`.
        size: of the texture in pixels.
        rng: every random choice.
        isotropic: whether it is alike in all directions: of as much power at every wavelength as the patch has.

    Returns:
        Shape `(size, size, 3)`, of mean zero.
    """
    height, width = patch.shape[:2]
    centred = patch - patch.mean(axis=(0, 1))
    taper = np.outer(np.hanning(height + 2)[1:-1], np.hanning(width + 2)[1:-1])[..., None]
    spectrum = np.fft.rfft2(centred * taper, (size, size), axes=(0, 1))
    noise = np.fft.rfft2(rng.normal(size=(size, size)))
    phase = noise / np.maximum(np.abs(noise), 1e-12)
    spectrum[0, 0] = 0.0
    if isotropic:
        spectrum = _isotropic(spectrum, size)
    # One phase for all channels, so that colours stay as they go together.
    texture = np.fft.irfft2(spectrum * phase[..., None], (size, size), axes=(0, 1))
    return (texture * (float(centred.std()) / max(float(texture.std()), 1e-9))).astype(np.float32)


def look_up_tile(tile: Float, u: Float, v: Float) -> Float:
    """A texture that tiles, interpolated at positions of any size.

    Args:
        tile: shape `(size, size, 3)`.
        u: columns, the first pixel's centre at 0.5, shape `(N,)`.
        v: rows likewise.

    Returns:
        Shape `(N, 3)`.
    """
    size = len(tile)
    padded = np.pad(tile, ((1, 2), (1, 2), (0, 0)), mode="wrap")
    return sample_points(padded, np.mod(u, size) + 0.5, np.mod(v, size) + 0.5)


def _isotropic(spectrum: NDArray[np.complex128], size: int) -> NDArray[np.complex128]:
    """A half spectrum `(size, size // 2 + 1, 3)` with the root mean square magnitude of every ring in all of it."""
    frequency = np.hypot(np.fft.fftfreq(size, 1.0 / size)[:, None], np.fft.rfftfreq(size, 1.0 / size)[None, :])
    ring = np.minimum(np.rint(frequency).astype(np.int64), size // 2)
    count = np.maximum(np.bincount(ring.ravel()), 1)
    power = [np.bincount(ring.ravel(), (np.abs(spectrum[..., k]) ** 2).ravel()) / count for k in range(3)]
    return np.sqrt(np.stack(power, axis=-1))[ring].astype(np.complex128)
