"""A step without a kink."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def smooth_step(values: NDArray[np.number]) -> NDArray[Any]:
    """0 up to 0, 1 from 1 on, and between them a cubic that is level at both ends; any shape and type of float."""
    t = np.clip(values, 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)
