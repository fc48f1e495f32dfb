"""What no direction changes, taken out of measured heads: loudspeaker, microphone, ear canal, bulk delay."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sonovista.ambisonics.hrtf_set import HRTFSet, quadrature_weights
from sonovista.ambisonics.spherical_head import HEAD_RADIUS, SPEED_OF_SOUND, sphere_delay
from sonovista.ambisonics.unmeasured_directions import complete_sphere

_SAMPLES, _DELAY = 1024, 64


def diffuse_field_equalized(hrtf_set: HRTFSet, low_frequency: float = 250.0) -> HRTFSet:
    """The head with a flat mean response over all directions, its lowest octaves mended, and its delay known.

    The equaliser, one for both ears, is the minimum-phase inverse of the power mean over directions and ears, smoothed
    over a sixth of an octave. Below `low_frequency`, where loudspeakers give little, the response becomes that of a
    head which is small against the wave: no gain, and the delay that is measured just above.

    Args:
        hrtf_set: as measured.
        low_frequency: Hz, at least 50.

    Returns:
        Responses of 1024 samples; a wave passes the head's centre at sample 64.

    Source: Moeller, *Fundamentals of binaural technology* (Applied Acoustics 1992), section 7, on diffuse-field
    equalisation; Xie, *On the low frequency characteristics of head-related transfer function* (2009) on the mending.
    """
    size = _fft_size(max(2048, hrtf_set.hrirs.shape[-1]))
    spectra = hrtf_set.spectra(size)
    frequencies = np.linspace(0.0, 0.5 * hrtf_set.sample_rate, size // 2 + 1)
    power = np.einsum("d,def->f", hrtf_set.weights, np.abs(spectra) ** 2) / 2.0
    ears = spectra * _inverse_of_power(power, frequencies)
    ears = ears * np.exp(-1j * _common_phase(ears, hrtf_set.directions, frequencies))
    delays = _low_frequency_delays(ears, frequencies, 1.4 * low_frequency, 3.0 * low_frequency)
    small_head = np.exp(-2j * np.pi * frequencies * delays[..., None])
    blend = np.clip(np.log2(np.maximum(frequencies, 1e-3) / low_frequency) * 1.5 + 0.5, 0.0, 1.0)
    ears = blend * ears + (1.0 - blend) * small_head
    complete, around = complete_sphere(ears, hrtf_set.directions, frequencies)
    power = np.einsum("d,def->f", quadrature_weights(around), np.abs(complete) ** 2) / 2.0
    ears = ears * _inverse_of_power(power, frequencies)
    responses = np.roll(np.fft.irfft(ears, size, axis=-1), _DELAY, axis=-1)[..., :_SAMPLES]
    fade = 128
    responses[..., -fade:] *= 0.5 + 0.5 * np.cos(np.pi * (np.arange(fade) + 0.5) / fade)
    name = f"{hrtf_set.name}, diffuse-field equalised".lstrip(", ")
    return replace(hrtf_set, hrirs=responses, delay=float(_DELAY), name=name)


def estimate_delay(hrtf_set: HRTFSet) -> float:
    """Samples at which a wave passes the head's centre, from the mean of all responses below 800 Hz.

    The mean over all directions of what an ear on a rigid sphere of radius `a` hears is the wave at the sphere's centre
    times `exp(i k a) / (1 + i k a)`: the term of order zero of its expansion.
    """
    size = _fft_size(max(4096, hrtf_set.hrirs.shape[-1]))
    frequencies = np.linspace(0.0, 0.5 * hrtf_set.sample_rate, size // 2 + 1)
    mean = np.einsum("d,des->s", hrtf_set.weights, hrtf_set.hrirs)
    onset = float(np.argmax(np.abs(mean)))
    angular = 2.0 * np.pi * frequencies[(frequencies > 200.0) & (frequencies < 800.0)]
    spectrum = np.fft.rfft(mean, size)[(frequencies > 200.0) & (frequencies < 800.0)]
    if not np.any(spectrum):
        return onset
    ka = angular * HEAD_RADIUS / SPEED_OF_SOUND
    phase = np.unwrap(np.angle(spectrum * np.exp(1j * angular * onset / hrtf_set.sample_rate)))
    slope = np.polyfit(angular, phase - (ka - np.arctan(ka)), 1, w=np.abs(spectrum))[0]
    return float(np.clip(onset - slope * hrtf_set.sample_rate, 0.0, hrtf_set.hrirs.shape[-1]))


def minimum_phase(magnitude: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Spectrum of the minimum-phase filter with a given magnitude (real cepstrum, folded); last axis 0 to Nyquist."""
    bins = magnitude.shape[-1]
    cepstrum = np.fft.irfft(np.log(np.maximum(magnitude, 1e-10)), axis=-1)
    fold = np.zeros(2 * (bins - 1))
    fold[0] = fold[bins - 1] = 1.0
    fold[1 : bins - 1] = 2.0
    return np.exp(np.fft.rfft(cepstrum * fold, axis=-1))


def _fft_size(samples: int) -> int:
    return 1 << (samples - 1).bit_length()


def _inverse_of_power(
    power: NDArray[np.float64], frequencies: NDArray[np.float64], octaves: float = 1.0 / 6.0
) -> NDArray[np.complex128]:
    smooth = np.log(_fractional_octave_mean(np.maximum(power, power.max() * 1e-6), frequencies, octaves))
    # No more boost than is needed at 17 kHz: above it there is little to hear and little was measured.
    top = int(np.searchsorted(frequencies, 17000.0))
    smooth[top:] = np.maximum(smooth[top:], smooth[min(top, len(smooth) - 1)])
    return 1.0 / minimum_phase(np.exp(0.5 * smooth))


def _fractional_octave_mean(
    values: NDArray[np.float64], frequencies: NDArray[np.float64], octaves: float
) -> NDArray[np.float64]:
    edge = 2.0 ** (octaves / 2)
    index = np.arange(len(values))
    low = np.minimum(np.searchsorted(frequencies, frequencies / edge), index)
    high = np.maximum(np.searchsorted(frequencies, frequencies * edge), index + 1)
    total = np.concatenate([[0.0], np.cumsum(values)])
    return (total[high] - total[low]) / (high - low)


def _common_phase(
    spectra: NDArray[np.complex128], directions: NDArray[np.float64], frequencies: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Phase that all directions share once a sphere's delays are taken out: bulk delay and what the equaliser left.

    Taking it out moves time zero to the head's centre and changes no difference between ears or directions.
    """
    aligned = spectra * np.exp(2j * np.pi * frequencies * sphere_delay(directions)[..., None])
    return _fractional_octave_mean(np.unwrap(np.angle(aligned.mean(axis=(0, 1)))), frequencies, 1.0 / 6.0)


def _low_frequency_delays(
    spectra: NDArray[np.complex128], frequencies: NDArray[np.float64], low: float, high: float
) -> NDArray[np.float64]:
    """Phase delay in seconds, the median over a band in which no delay reaches half a period."""
    band = (frequencies >= low) & (frequencies <= high)
    return np.median(-np.angle(spectra[..., band]) / (2.0 * np.pi * frequencies[band]), axis=-1)
