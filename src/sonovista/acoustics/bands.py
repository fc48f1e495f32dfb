"""Octave bands: their centres, and filters that split a signal into them without loss."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

OCTAVE_CENTRES_HZ = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16000.0)
"""Of the bands in which absorption is given; the first reaches down to 0 Hz, the last up."""


def octave_weights(frequency_hz: ArrayLike) -> NDArray[np.float64]:
    """How much of every frequency each band holds: triangles over the logarithm of frequency that sum to 1.

    Args:
        frequency_hz: not negative, shape `(F,)`.

    Returns:
        Shape `(8, F)`, in [0, 1].
    """
    frequency = np.maximum(np.asarray(frequency_hz, float), 1e-3)
    place = np.clip(np.log2(frequency / OCTAVE_CENTRES_HZ[0]), 0.0, len(OCTAVE_CENTRES_HZ) - 1.0)
    return np.maximum(0.0, 1.0 - np.abs(place[None, :] - np.arange(len(OCTAVE_CENTRES_HZ))[:, None]))


def octave_filters(sample_rate: float, taps: int) -> NDArray[np.float64]:
    """Zero-phase filters of the bands that sum to a unit impulse, shape `(8, taps)`, the middle tap at time 0.

    Args:
        sample_rate: Hz; bands beyond its half are nearly empty.
        taps: odd.
    """
    if taps % 2 == 0 or taps < 3:
        raise ValueError(f"taps must be odd and at least 3, found {taps}")
    length = 8 * taps
    weights = octave_weights(np.fft.rfftfreq(length, 1.0 / sample_rate))
    responses = np.fft.irfft(weights, length, axis=1)
    half = taps // 2
    window = np.hanning(taps + 2)[1:-1]
    # The window is 1 at time 0, where alone the sum of the bands is not zero.
    return np.concatenate([responses[:, -half:], responses[:, : half + 1]], axis=1) * window
