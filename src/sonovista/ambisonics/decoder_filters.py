"""Spectra to causal filters."""

import numpy as np
from numpy.typing import NDArray


def filters_from_spectra(
    spectra: NDArray[np.complex128], taps: int = 256, delay: int = 40, fade_in: int = 12, fade_out: int = 64
) -> NDArray[np.float64]:
    """Causal filters: `delay` samples after time zero of the spectra, cut to `taps` with raised-cosine ends.

    Args:
        spectra: from 0 Hz to half the sample rate, shape `(..., bins)`.
        taps: length of the filters.
        delay: samples.
        fade_in: samples of the raised cosine at the beginning.
        fade_out: samples of the raised cosine at the end.

    Returns:
        Shape `(..., taps)`.
    """
    response = np.roll(np.fft.irfft(spectra, axis=-1), delay, axis=-1)[..., :taps]
    return response * fade_window(taps, fade_in, fade_out)


def fade_window(taps: int, fade_in: int, fade_out: int) -> NDArray[np.float64]:
    """Ones with raised-cosine ends, shape `(taps,)`."""
    window = np.ones(taps)
    window[:fade_in] = 0.5 - 0.5 * np.cos(np.pi * (np.arange(fade_in) + 0.5) / fade_in)
    window[taps - fade_out :] = 0.5 + 0.5 * np.cos(np.pi * (np.arange(fade_out) + 0.5) / fade_out)
    return window
