"""How much later one ear hears than the other."""

import numpy as np
from numpy.typing import ArrayLike

UPSAMPLING = 8
LONGEST = 1e-3
"""Seconds; no head delays more."""


def interaural_time_difference(
    left: ArrayLike, right: ArrayLike, sample_rate: float, highest_hz: float = 1500.0
) -> float:
    """Seconds by which the right ear hears later: the peak of the cross-correlation of what is low in frequency.

    Above about 1.5 kHz the phases of a head's ears turn more than once. The correlation is interpolated 8 times, and a
    parabola through its peak gives the rest.

    Args:
        left: response or sound at the left ear, shape `(n,)`.
        right: at the right ear, of the same length.
        sample_rate: Hz.
        highest_hz: what is above is left out, over 200 Hz.

    Returns:
        Seconds, from -0.001 to 0.001; positive where the left ear hears first.
    """
    signals = np.stack([np.asarray(left, np.float64), np.asarray(right, np.float64)])
    size = 1 << (2 * signals.shape[1] - 1).bit_length()
    frequency = np.fft.rfftfreq(size, 1.0 / sample_rate)
    spectra = np.fft.rfft(signals, size) * np.clip((highest_hz + 100.0 - frequency) / 200.0, 0.0, 1.0)
    padded = np.zeros(UPSAMPLING * size // 2 + 1, np.complex128)
    padded[: spectra.shape[1]] = spectra[1] * np.conj(spectra[0])
    correlation = np.fft.irfft(padded, UPSAMPLING * size)
    reach = round(LONGEST * sample_rate * UPSAMPLING)
    lags = np.arange(-reach, reach + 1)
    values = correlation[lags]
    best = int(np.clip(values.argmax(), 1, len(lags) - 2))
    before, peak, after = values[best - 1 : best + 2]
    curvature = before - 2.0 * peak + after
    beside = 0.5 * (before - after) / curvature if curvature < 0.0 else 0.0
    return float(np.clip((lags[best] + beside) / (UPSAMPLING * sample_rate), -LONGEST, LONGEST))
