"""What no direction changes, taken out of measured heads: loudspeaker, microphone, ear canal, bulk delay."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sonovista.ambisonics.hrtf_set import HRTFSet, quadrature_weights
from sonovista.ambisonics.spherical_head import sphere_response
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
    # what all share in phase: taking it out moves time zero to the head's centre, and changes no difference
    shared = np.unwrap(np.angle(_shared_beside_sphere(ears, hrtf_set, frequencies)))
    ears = ears * np.exp(-1j * _fractional_octave_mean(shared, frequencies, 1.0 / 6.0))
    delays = _low_frequency_delays(ears, frequencies, 1.4 * low_frequency, 3.0 * low_frequency)
    delays = delays - hrtf_set.weights @ delays.mean(axis=1)  # long waves reach the two ears evenly about the centre
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
    """Samples at which a wave passes the head's centre, from the phase that all responses below 1.5 kHz share beside
    those of a rigid sphere.
    """
    size = _fft_size(max(4096, hrtf_set.hrirs.shape[-1]))
    onset = float(np.argmax(np.abs(np.einsum("d,des->s", hrtf_set.weights, hrtf_set.hrirs))))
    frequencies = np.linspace(0.0, 0.5 * hrtf_set.sample_rate, size // 2 + 1)
    band = (frequencies > 200.0) & (frequencies < 1500.0)
    turns = np.exp(2j * np.pi * frequencies[band] * onset / hrtf_set.sample_rate)
    shared = _shared_beside_sphere(hrtf_set.spectra(size)[..., band] * turns, hrtf_set, frequencies[band])
    if not np.any(shared):
        return onset
    slope = np.polyfit(2.0 * np.pi * frequencies[band], np.unwrap(np.angle(shared)), 1, w=np.abs(shared))[0]
    return float(np.clip(onset - slope * hrtf_set.sample_rate, 0.0, hrtf_set.hrirs.shape[-1]))


def minimum_phase(magnitude: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Spectrum of the minimum-phase filter of a magnitude `(..., bins)`, 0 to Nyquist (real cepstrum, folded)."""
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


def _shared_beside_sphere(
    spectra: NDArray[np.complex128], hrtf_set: HRTFSet, frequencies: NDArray[np.float64]
) -> NDArray[np.complex128]:
    """Mean over directions and ears of the spectra times the conjugates of those of a rigid sphere with ears aside."""
    angles = np.linspace(0.0, np.pi, 91)
    sphere = np.conj(sphere_response(frequencies, angles))
    cosine = np.clip(hrtf_set.directions[:, 1:2] * np.array([1.0, -1.0]), -1.0, 1.0)
    nearest = np.rint(np.arccos(cosine) / np.pi * 90.0).astype(int)
    weights = hrtf_set.weights
    ears = [np.einsum("d,df,df->f", weights, spectra[:, ear], sphere[nearest[:, ear]]) for ear in range(2)]
    return np.asarray(0.5 * (ears[0] + ears[1]), complex)


def _low_frequency_delays(
    spectra: NDArray[np.complex128], frequencies: NDArray[np.float64], low: float, high: float
) -> NDArray[np.float64]:
    """Phase delay in seconds, the median over a band in which no delay reaches half a period."""
    band = (frequencies >= low) & (frequencies <= high)
    return np.median(-np.angle(spectra[..., band]) / (2.0 * np.pi * frequencies[band]), axis=-1)
