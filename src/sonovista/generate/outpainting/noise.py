"""Smooth random fields."""

import cv2
import numpy as np
from numpy.typing import NDArray


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Values in [-1, 1] on a coarse grid of `shape`, to be interpolated smoothly."""
    return rng.uniform(-1.0, 1.0, shape).astype(np.float32)


def fractal_noise(
    rng: np.random.Generator, shape: tuple[int, int], cell: float, octaves: int = 4
) -> NDArray[np.float32]:
    """Noise with half the amplitude at each half of the scale, about unit range, shape `shape`.

    Args:
        rng: every random choice.
        shape: height and width in pixels.
        cell: size of the coarsest feature in pixels.
        octaves: number of scales.
    """
    height, width = shape
    out = np.zeros(shape, np.float32)
    for octave in range(octaves):
        size = max(cell / 2**octave, 1.0)
        grid = smooth_noise(rng, (int(height / size) + 3, int(width / size) + 3))
        big = cv2.resize(
            grid, (int(grid.shape[1] * size) + 1, int(grid.shape[0] * size) + 1), interpolation=cv2.INTER_CUBIC
        )
        out += big[:height, :width] * 0.5**octave
    return out
