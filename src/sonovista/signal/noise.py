"""Noise that is periodic by construction: its last sample leads into its first as any sample into the next.

Everything is made in the frequency domain on the loop's own grid of frequencies, so no crossfade is ever needed.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Gain = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Hz -> linear amplitude, elementwise."""


def _bins(samples: int, step: float) -> NDArray[np.float64]:
    """Frequencies in Hz of the spectrum of a loop of `samples`, `step` seconds apart."""
    return np.arange(samples // 2 + 1) / (samples * step)


def gain_curve(points: Sequence[tuple[float, float]]) -> Gain:
    """A gain from points `(Hz, dB)`, joined by straight lines over log frequency and held beyond the ends."""
    hertz, decibels = np.array(points, float).T
    log_hertz = np.log(hertz)

    def gain(frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
        return 10 ** (np.interp(np.log(np.maximum(frequencies, 1e-3)), log_hertz, decibels) / 20)

    return gain


def band_gain(low: float, high: float, order: int = 2) -> Gain:
    """A Butterworth-like magnitude that passes `low` to `high` Hz (-3 dB) and falls by `6 * order` dB an octave."""

    def gain(frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
        frequencies = np.maximum(frequencies, 1e-3)
        return 1 / np.sqrt((1 + (low / frequencies) ** (2 * order)) * (1 + (frequencies / high) ** (2 * order)))

    return gain


def shaped_noise(samples: int, sample_rate: float, gain: Gain, rng: np.random.Generator) -> NDArray[np.float64]:
    """Periodic Gaussian noise with the spectrum `gain`, RMS 1, no mean, shape `(samples,)`."""
    frequencies = _bins(samples, 1 / sample_rate)
    spectrum = rng.normal(size=len(frequencies)) + 1j * rng.normal(size=len(frequencies))
    spectrum *= gain(frequencies)
    spectrum[0] = 0
    noise = np.asarray(fft.irfft(spectrum, samples))
    return noise / (np.sqrt(np.mean(noise**2)) + 1e-300)


def circular_filter(signal: NDArray[np.floating], sample_rate: float, gain: Gain) -> NDArray[np.float64]:
    """Filter a loop `(..., samples)` by a magnitude, without phase (what would lie before the start is its end)."""
    spectrum = np.asarray(fft.rfft(np.asarray(signal, float), axis=-1))
    spectrum *= gain(_bins(signal.shape[-1], 1 / sample_rate))
    return np.asarray(fft.irfft(spectrum, signal.shape[-1], axis=-1))


def fluctuation(
    samples: int, sample_rate: float, cutoff: float, rng: np.random.Generator, slope: float = 2.0
) -> NDArray[np.float64]:
    """A slow periodic Gaussian movement: flat spectrum to `cutoff` Hz, amplitude falling as `f^-slope` above; std 1."""

    def gain(frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
        return (1 + (frequencies / cutoff) ** 2) ** (-slope / 2)

    # made on a coarse grid, since nothing of it is fast, then interpolated exactly by zero-padding its spectrum
    coarse = min(samples, max(64, int(samples / sample_rate * cutoff * 80)))
    noise = shaped_noise(coarse, coarse * sample_rate / samples, gain, rng)
    return periodic_resample(noise, samples)


def periodic_resample(signal: NDArray[np.floating], samples: int) -> NDArray[np.float64]:
    """Interpolate one period of a loop to another number of samples, exactly for what both rates can hold."""
    spectrum = np.asarray(fft.rfft(np.asarray(signal, float)))
    wanted = samples // 2 + 1
    resized = np.zeros(wanted, complex)
    shared = min(wanted, len(spectrum))
    resized[:shared] = spectrum[:shared]
    return np.asarray(fft.irfft(resized, samples)) * (samples / len(signal))


def banded_noise(
    envelopes: NDArray[np.floating],
    centres: Sequence[float],
    sample_rate: float,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Noise whose spectrum moves: adjoining bands, each under its own periodic envelope.

    Args:
        envelopes: linear amplitude of each band over time, shape `(bands, samples)`.
        centres: Hz, ascending, one for each band; bands overlap so that their powers sum to one between centres.
        sample_rate: Hz.
        rng: source of randomness.

    Returns:
        Shape `(samples,)`; a band with envelope 1 alone would have RMS 1.
    """
    bands, samples = envelopes.shape
    log_frequencies = np.log(np.maximum(_bins(samples, 1 / sample_rate), 1.0))
    log_centres = np.log(np.asarray(centres, float))
    out = np.zeros(samples)
    for band in range(bands):
        height = np.zeros(bands)
        height[band] = 1.0
        weight = np.sin(np.interp(log_frequencies, log_centres, height) * np.pi / 2)
        out += envelopes[band] * shaped_noise(samples, sample_rate, lambda _f, w=weight: w, rng)
    return out


def diffuse_tail(
    signal: NDArray[np.floating], sample_rate: float, rt60: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """A loop as a large dull space returns it: through a tail of noise that decays by 60 dB in `rt60` seconds.

    The convolution is circular, and the result has the RMS of `signal`, shape `(samples,)`.
    """
    samples = len(signal)
    tail = rng.normal(size=samples) * np.exp(-6.91 * np.arange(samples) / (sample_rate * rt60))
    spectrum = np.asarray(fft.rfft(np.asarray(signal, float))) * np.asarray(fft.rfft(tail))
    spectrum *= band_gain(120, 2500, 1)(_bins(samples, 1 / sample_rate))
    wet = np.asarray(fft.irfft(spectrum, samples))
    return wet * np.sqrt(np.mean(np.square(signal)) / (np.mean(wet**2) + 1e-20))
