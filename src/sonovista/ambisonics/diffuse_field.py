"""What a head hears of sound that comes from everywhere alike."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonovista.ambisonics.decoder_filters import fade_window
from sonovista.ambisonics.spherical_harmonics import degrees_and_indices

_FIRST_ZERO_OF_J1 = 3.8317059702075125  # where J0 is least: -0.4028


def diffuse_covariance(filters: NDArray[np.floating], bins: int) -> NDArray[np.complex128]:
    """Covariance of the ears in a diffuse field of unit pressure, from a decoder's filters.

    In a diffuse field SN3D channels are uncorrelated and have the power 1 / (2 n + 1).

    Args:
        filters: for ACN channels in SN3D, shape `(2, (order + 1) ** 2, taps)`.
        bins: frequencies from 0 to half the sample rate; at least `taps / 2 + 1`.

    Returns:
        Shape `(bins, 2, 2)`, Hermitian: entry `[k, 0, 1]` is the mean of left times the conjugate of right.
    """
    order = round(filters.shape[1] ** 0.5) - 1
    n, _ = degrees_and_indices(order)
    spectra = np.fft.rfft(filters, 2 * (bins - 1), axis=-1)
    return np.einsum("eck,fck,c->kef", spectra, np.conj(spectra), 1.0 / (2.0 * n + 1.0))


def coherence_of_covariance(covariance: NDArray[np.complex128]) -> NDArray[np.float64]:
    """Real interaural coherence, -1 to 1, of covariances `(bins, 2, 2)`; 1 where an ear hears nothing."""
    power = np.sqrt(covariance[:, 0, 0].real * covariance[:, 1, 1].real)
    silent = power <= 1e-12 * power.max()
    ratio = covariance[:, 0, 1].real / np.where(silent, 1.0, power)
    return np.where(silent, 1.0, np.clip(ratio, -1.0, 1.0))


def mono_to_diffuse(
    power: NDArray[np.float64], coherence: NDArray[np.float64], sample_rate: float, taps: int
) -> NDArray[np.float32]:
    """Filters by which one mono signal reaches two ears with given power and interaural coherence.

    The ears' phases part by `A(f) sin(2 pi E(f))`, with the number `E` of critical bands below `f`. Over a critical
    band the mean of `cos(A sin x)` is the Bessel function `J0(A)`, so `A` follows from the coherence, while the
    magnitude is exactly what is asked for. The idea of sinusoidal phase is that of Zotter, Frank, Marentakis and
    Sontacchi, *Phantom source widening with deterministic frequency dependent time delays* (DAFx 2011).

    Args:
        power: of each ear, from 0 Hz to half the sample rate, shape `(2, bins)`.
        coherence: -0.4 to 1 (less is taken as -0.4), shape `(bins,)`.
        sample_rate: Hz.
        taps: of each filter; time zero is at `taps // 2`.

    Returns:
        float32, shape `(2, taps)`.
    """
    from scipy.special import j0

    bins = power.shape[1]
    size = max(4 * taps, 2 * (bins - 1))
    frequencies = np.fft.rfftfreq(size, 1.0 / sample_rate)
    coarse = np.linspace(0.0, 0.5 * sample_rate, bins)
    amplitudes = np.linspace(0.0, _FIRST_ZERO_OF_J1, 2000)
    swing = np.interp(-np.interp(frequencies, coarse, coherence), -j0(amplitudes), amplitudes)
    phase = 0.5 * swing * np.sin(2.0 * np.pi * erb_number(frequencies))
    magnitude = np.sqrt([np.interp(frequencies, coarse, ear) for ear in power])
    response = np.fft.irfft(magnitude * np.exp(1j * np.stack([phase, -phase])), size, axis=-1)
    return (np.roll(response, taps // 2, axis=-1)[:, :taps] * fade_window(taps, taps // 8, taps // 8)).astype(
        np.float32
    )


def erb_number(frequency_hz: ArrayLike) -> NDArray[np.float64]:
    """Number of equivalent rectangular bandwidths below a frequency, Hz, any shape (Glasberg and Moore 1990, eq. 4)."""
    return 21.4 * np.log10(1.0 + 0.00437 * np.asarray(frequency_hz, float))


def frequency_of_erb_number(number: ArrayLike) -> NDArray[np.float64]:
    """The frequency in Hz below which `number` equivalent rectangular bandwidths lie, any shape."""
    return (10.0 ** (np.asarray(number, float) / 21.4) - 1.0) / 0.00437
