"""What air does to a sound on its way, as a filter of first order for every distance."""

from functools import lru_cache

import numba
import numpy as np
from numpy.typing import NDArray

from sonovista.acoustics.air import air_absorption_db_per_metre
from sonovista.scene.document import Air

NODES = 64
FARTHEST = 2000.0
"""Metres: beyond it the filter stays what it is."""
NEAR = 4.0
"""Metres: nodes are spread evenly over log(1 + d / 4 m)."""
_SOFTEST_DB = -40.0


def air_filter_table(air: Air, sample_rate: int) -> NDArray[np.float32]:
    """Filters `y[n] = b0 x[n] + b1 x[n-1] + p y[n-1]` that lose what ISO 9613-1 says, by distance.

    Unity at 0 Hz. At 20 degrees Celsius and 50 % humidity within 0.2 dB at all frequencies to 20 kHz up to 20 m, and
    within 1.3 dB wherever less than 10 dB are lost up to 100 m.

    Args:
        air: of the scene.
        sample_rate: Hz.

    Returns:
        `b0, b1, p` at each node, shape `(NODES, 3)`, read-only; between nodes they may be interpolated.
    """
    return _table(air.temperature_c, air.relative_humidity_percent, air.pressure_kpa, sample_rate)


@lru_cache(maxsize=8)
def _table(
    temperature_c: float, relative_humidity_percent: float, pressure_kpa: float, sample_rate: int
) -> NDArray[np.float32]:
    from scipy.optimize import least_squares

    frequency = np.geomspace(250.0, min(20_000.0, 0.45 * sample_rate), 60)
    delay = np.exp(-2j * np.pi * frequency / sample_rate)
    loss = air_absorption_db_per_metre(frequency, temperature_c, relative_humidity_percent, pressure_kpa)
    distances = NEAR * np.expm1(np.arange(NODES) / (NODES - 1) * np.log1p(FARTHEST / NEAR))
    table = np.empty((NODES, 3), np.float32)
    table[0] = 1.0, 0.0, 0.0
    guess = np.array([-0.1, 0.1])
    for node, distance in enumerate(distances[1:], 1):
        target = np.maximum(-loss * distance, _SOFTEST_DB)
        weight = 10.0 ** (target / 40.0)  # what is hardly heard matters less

        def error(shape: NDArray[np.float64], target=target, weight=weight) -> NDArray[np.float64]:
            pole, zero = np.tanh(shape)
            response = (1.0 - pole) / (1.0 + zero) * (1.0 + zero * delay) / (1.0 - pole * delay)
            return weight * (20.0 * np.log10(np.abs(response) + 1e-6) - target)

        guess = np.clip(least_squares(error, guess).x, -3.0, 3.0)
        pole, zero = np.tanh(guess)
        gain = (1.0 - pole) / (1.0 + zero)
        table[node] = gain, gain * zero, pole
    table.setflags(write=False)
    return table


@numba.njit(cache=True, nogil=True, error_model="numpy")
def air_coefficients(distances, table, farthest, near, out):
    """Write `b0, b1, p` at distances `(S,)` to the first columns of `out`: linear between the nodes of the table."""
    nodes = table.shape[0]
    scale = (nodes - 1) / np.log1p(farthest / near)
    for s in range(distances.shape[0]):
        place = scale * np.log1p(min(distances[s], farthest) / near)
        low = min(int(place), nodes - 2)
        share = np.float32(place - low)
        for k in range(3):
            out[s, k] = table[low, k] + share * (table[low + 1, k] - table[low, k])


def air_filter(air: Air, sample_rate: int, distance: float) -> NDArray[np.float32]:
    """`b0, b1, p` at a distance in metres, shape `(3,)`."""
    out = np.empty((1, 3), np.float32)
    air_coefficients(np.array([distance], float), air_filter_table(air, sample_rate), FARTHEST, NEAR, out)
    return out[0]
