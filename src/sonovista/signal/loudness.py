"""How loud a sound is: K-weighted gated loudness (ITU-R BS.1770-4), for loops."""

import numpy as np
from numpy.typing import NDArray
from scipy import fft

# analogue prototypes of BS.1770's two stages (Annex 1), at any sample rate through the bilinear transform:
# (Hz, gain in dB, quality) of the shelf, (Hz, quality) of the high-pass
_SHELF = (1681.974450955533, 3.999843853973347, 0.7071752369554196)
_HIGH_PASS = (38.13547087602444, 0.5003270373238773)
_BLOCK_SECONDS, _ABSOLUTE_GATE, _RELATIVE_GATE = 0.4, -70.0, -10.0


def k_weighting(sample_rate: float) -> NDArray[np.float64]:
    """Second-order sections, shape `(2, 6)`, of the K weighting at `sample_rate` Hz (BS.1770-4, Annex 1)."""
    frequency, gain, quality = _SHELF
    k = np.tan(np.pi * frequency / sample_rate)
    high = 10 ** (gain / 20)
    band = high**0.4996667741545416
    norm = 1 + k / quality + k * k
    shelf = [
        (high + band * k / quality + k * k) / norm,
        2 * (k * k - high) / norm,
        (high - band * k / quality + k * k) / norm,
        1.0,
        2 * (k * k - 1) / norm,
        (1 - k / quality + k * k) / norm,
    ]
    frequency, quality = _HIGH_PASS
    k = np.tan(np.pi * frequency / sample_rate)
    norm = 1 + k / quality + k * k
    return np.array([shelf, [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / norm, (1 - k / quality + k * k) / norm]])


def loop_loudness(signal: NDArray[np.floating], sample_rate: float) -> float:
    """Integrated loudness of a mono loop in LUFS, gated as BS.1770-4 says, its blocks wrapping round the loop.

    The gates leave out the silence between events, so that a clock is as loud as its ticking, not as its pauses.

    Args:
        signal: shape `(samples,)`, full scale is 1.
        sample_rate: Hz.

    Returns:
        LUFS; -inf for silence.
    """
    samples = len(signal)
    response = _response(k_weighting(sample_rate), np.arange(samples // 2 + 1) * (sample_rate / samples), sample_rate)
    power = np.asarray(fft.irfft(np.asarray(fft.rfft(np.asarray(signal, float))) * response, samples)) ** 2
    block = min(samples, int(_BLOCK_SECONDS * sample_rate))
    cumulative = np.concatenate([[0.0], np.cumsum(np.concatenate([power, power[:block]]))])
    start = np.arange(0, samples, max(1, block // 4))
    means = np.maximum((cumulative[start + block] - cumulative[start]) / block, 1e-20)
    level = -0.691 + 10 * np.log10(means)
    kept = level > _ABSOLUTE_GATE
    if not kept.any():
        return -np.inf
    relative = -0.691 + 10 * np.log10(means[kept].mean()) + _RELATIVE_GATE
    kept &= level > relative
    return float(-0.691 + 10 * np.log10(means[kept].mean()))


def _response(
    sections: NDArray[np.float64], frequency: NDArray[np.floating], sample_rate: float
) -> NDArray[np.complex128]:
    delay = np.exp(-2j * np.pi * frequency / sample_rate)
    response = np.ones_like(delay)
    for b0, b1, b2, a0, a1, a2 in sections:
        response *= (b0 + b1 * delay + b2 * delay**2) / (a0 + a1 * delay + a2 * delay**2)
    return response
