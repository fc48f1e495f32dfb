"""What an Ambisonic signal says of the sound field."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def intensity_direction(foa: ArrayLike) -> NDArray[np.float64]:
    """Direction from which the mean acoustic intensity arrives: `(mean(W X), mean(W Y), mean(W Z))`, normalised.

    Args:
        foa: ACN channels W, Y, Z, X and any higher ones, shape `(4 or more, samples)`; SN3D or N3D.

    Returns:
        Unit vector (x forward, y left, z up), shape `(3,)`; zeros where no direction dominates (silence, W only).

    Raises:
        ValueError: fewer than four channels.
    """
    foa = np.asarray(foa, float)
    if foa.ndim != 2 or foa.shape[0] < 4:
        raise ValueError(f"expected first-order signals of shape (4, samples), found {foa.shape}")
    intensity = foa[[3, 1, 2]] @ foa[0]
    length = np.linalg.norm(intensity)
    return intensity / length if length > 0.0 else np.zeros(3)
