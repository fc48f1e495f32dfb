"""Pulses between samples: a windowed sinc at any fraction of a sample."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

HALF_WIDTH = 40
"""Samples on each side of a pulse."""
PHASES = 256
"""Fractions of a sample at which pulses are tabulated; between two of them values go in a straight line."""


@lru_cache(maxsize=1)
def pulse_table() -> NDArray[np.float64]:
    """Pulses delayed by `k / PHASES` of a sample: shape `(PHASES + 1, 2 HALF_WIDTH + 1)`, read-only.

    Row k, column j holds `sinc(t)` at `t = j - HALF_WIDTH - k / PHASES` under a Hann window that ends with the row. Between
    rows the error is below -80 dB of the pulse.
    """
    time = np.arange(2 * HALF_WIDTH + 1)[None, :] - HALF_WIDTH - (np.arange(PHASES + 1) / PHASES)[:, None]
    window = np.where(np.abs(time) <= HALF_WIDTH, 0.5 + 0.5 * np.cos(np.pi * time / HALF_WIDTH), 0.0)
    table = np.sinc(time) * window
    table.setflags(write=False)
    return table
