"""A limit that no sample passes."""

from math import tanh

import numba
import numpy as np
from numpy.typing import NDArray

KNEE = 0.8


@numba.njit(cache=True, nogil=True)
def soft_limit(signal: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Bend what exceeds 0.8 so that nothing exceeds 1; what is not finite becomes 0.

    `y = x` for `|x| <= 0.8`, else `sign(x) (0.8 + 0.2 tanh((|x| - 0.8) / 0.2))`: without memory or delay, and smooth to
    its first derivative.

    Args:
        signal: shape `(channels, samples)`, float32.
        out: result, same shape; may be `signal`.
    """
    for c in range(signal.shape[0]):
        for t in range(signal.shape[1]):
            x = signal[c, t]
            size = abs(x)
            if size <= KNEE:
                out[c, t] = x
            elif np.isfinite(x):
                bent = KNEE + (1.0 - KNEE) * tanh((size - KNEE) / (1.0 - KNEE))
                out[c, t] = bent if x > 0.0 else -bent
            else:
                out[c, t] = 0.0
