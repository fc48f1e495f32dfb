"""From head-related transfer functions to filters that turn Ambisonic signals into binaural ones.

The head is taken as symmetric: what the right ear hears from a direction, the left ear hears from its mirror image.
So one ear is designed, on the directions of both, and the other follows from the signs of the channels.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import SphericalVoronoi

from sonovista.ambisonics.spherical_harmonics import (
    channel_count,
    degrees_and_indices,
    left_right_signs,
    spherical_harmonics_of_directions,
)

SPEED_OF_SOUND = 343.0
HEAD_RADIUS = 0.0875


@dataclass(frozen=True)
class EarResponses:
    """What the left ear of a symmetric head hears.

    Attributes:
        spectra: response to a plane wave relative to its pressure at the head's centre, time zero at the head's
            centre, shape `(directions, bins)`, complex.
        directions: unit vectors, x forward, y left, z up, shape `(directions, 3)`.
        weights: solid angle of each direction as a part of the sphere; they sum to 1.
        sample_rate: Hz; the last bin is half of it, the first 0.
    """

    spectra: NDArray[np.complex128]
    directions: NDArray[np.float64]
    weights: NDArray[np.float64]
    sample_rate: float

    @property
    def frequencies(self) -> NDArray[np.float64]:
        """Hz, shape `(bins,)`."""
        return np.linspace(0.0, 0.5 * self.sample_rate, self.spectra.shape[1])


def quadrature_weights(directions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Area of each direction's Voronoi cell as a part of the sphere, shape `(directions,)`."""
    areas = SphericalVoronoi(directions).calculate_areas()
    return areas / areas.sum()


def minimum_phase(magnitude: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Spectrum of the minimum-phase filter with a given magnitude (real cepstrum, folded); last axis 0 to Nyquist."""
    bins = magnitude.shape[-1]
    cepstrum = np.fft.irfft(np.log(np.maximum(magnitude, 1e-10)), axis=-1)
    fold = np.zeros(2 * (bins - 1))
    fold[0] = fold[bins - 1] = 1.0
    fold[1 : bins - 1] = 2.0
    return np.exp(np.fft.rfft(cepstrum * fold, axis=-1))


def prepare_ear_responses(
    hrirs: NDArray[np.float64],
    directions: NDArray[np.float64],
    sample_rate: float,
    bins: int = 1025,
    low_frequency: float = 250.0,
) -> EarResponses:
    """Equalise to the diffuse field, mend the lowest octaves, and fill in the directions that were not measured.

    The equaliser is the minimum-phase inverse of the power mean over directions and ears, smoothed over a sixth of an
    octave: it takes away the loudspeaker, the microphone and the ear canal, which no direction changes. Below
    `low_frequency`, where loudspeakers give little, the response becomes that of a head which is small against the
    wave: no gain, and the delay that is measured just above.

    Args:
        hrirs: shape `(directions, 2, samples)`, left and right ear, at most `2 * (bins - 1)` samples.
        directions: unit vectors, shape `(directions, 3)`.
        sample_rate: Hz.
        bins: frequencies from 0 to half the sample rate.
        low_frequency: Hz.

    Returns:
        Left-ear responses on the measured directions, their mirror images and the filled-in ones.
    """
    mirror = np.array([1.0, -1.0, 1.0])
    spectra = np.fft.rfft(hrirs, 2 * (bins - 1), axis=-1)
    weights = quadrature_weights(directions)
    frequencies = np.linspace(0.0, 0.5 * sample_rate, bins)
    power = np.einsum("d,def->f", weights, np.abs(spectra) ** 2) / 2.0
    equaliser = _diffuse_field_equaliser(power, frequencies)
    ears = np.concatenate([spectra[:, 0], spectra[:, 1]]) * equaliser
    around = np.concatenate([directions, directions * mirror])
    ears = ears * np.exp(-1j * _common_phase(ears, around, frequencies))
    delays = _low_frequency_delays(ears, frequencies, 1.4 * low_frequency, 3.0 * low_frequency)
    small_head = np.exp(-2j * np.pi * frequencies * delays[:, None])
    blend = np.clip(np.log2(np.maximum(frequencies, 1e-3) / low_frequency) * 1.5 + 0.5, 0.0, 1.0)
    ears = blend * ears + (1.0 - blend) * small_head
    ears, around, both = _fill_unmeasured(ears, around, frequencies)
    power = np.einsum("d,df->f", both, np.abs(ears) ** 2)
    return EarResponses(ears * _diffuse_field_equaliser(power, frequencies), around, both, sample_rate)


def _diffuse_field_equaliser(
    power: NDArray[np.float64], frequencies: NDArray[np.float64], octaves: float = 1.0 / 6.0
) -> NDArray[np.complex128]:
    smooth = np.log(_fractional_octave_mean(np.maximum(power, power.max() * 1e-6), frequencies, octaves))
    # No more boost than is needed at 17 kHz: above it there is little to hear and little was measured.
    top = np.searchsorted(frequencies, 17000.0)
    smooth[top:] = np.maximum(smooth[top:], smooth[min(top, len(smooth) - 1)])
    return 1.0 / minimum_phase(np.exp(0.5 * smooth))


def _fractional_octave_mean(
    values: NDArray[np.float64], frequencies: NDArray[np.float64], octaves: float
) -> NDArray[np.float64]:
    edge = 2.0 ** (octaves / 2)
    smooth = np.empty_like(values)
    for k, frequency in enumerate(frequencies):
        low, high = np.searchsorted(frequencies, [frequency / edge, frequency * edge])
        smooth[k] = values[min(low, k) : max(high, k + 1)].mean()
    return smooth


def _common_phase(
    spectra: NDArray[np.complex128], directions: NDArray[np.float64], frequencies: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Phase that all directions share once a sphere's delays are taken out: bulk delay and what the equaliser left.

    Taking it out moves time zero to the head's centre and changes no difference between ears or directions.
    """
    aligned = spectra * np.exp(2j * np.pi * frequencies * _sphere_delay(directions)[:, None])
    return _fractional_octave_mean(np.unwrap(np.angle(aligned.mean(axis=0))), frequencies, 1.0 / 6.0)


def _low_frequency_delays(
    spectra: NDArray[np.complex128], frequencies: NDArray[np.float64], low: float, high: float
) -> NDArray[np.float64]:
    """Phase delay in seconds, the median over a band in which no delay reaches half a period."""
    band = (frequencies >= low) & (frequencies <= high)
    return np.median(-np.angle(spectra[:, band]) / (2.0 * np.pi * frequencies[band]), axis=-1)


def _fill_unmeasured(
    spectra: NDArray[np.complex128], directions: NDArray[np.float64], frequencies: NDArray[np.float64]
) -> tuple[NDArray[np.complex128], NDArray[np.float64], NDArray[np.float64]]:
    """Add the cap under the lowest measured ring, from a smooth low-order fit of the time-aligned responses.

    The idea, fit of low order where nothing was measured, is that of Ahrens, Thomas and Tashev (2012).
    """
    order, spacing = 4, np.radians(10.0)
    lowest = float(np.arcsin(directions[:, 2].min()))
    rings = np.arange(lowest - spacing, -0.5 * np.pi - 0.5 * spacing, -spacing)
    cap = [
        [np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)]
        for e in rings
        for a in np.arange(max(1, round(2 * np.pi * np.cos(e) / spacing))) * 2 * np.pi
        / max(1, round(2 * np.pi * np.cos(e) / spacing))
    ]  # fmt: skip
    unique, counts = _merge_coincident(directions)
    if cap:
        new = np.array(cap)
        fit = spherical_harmonics_of_directions(order, directions, "n3d")
        n, _ = degrees_and_indices(order)
        aligned = spectra * np.exp(2j * np.pi * frequencies * _sphere_delay(directions)[:, None])
        coefficients = np.linalg.solve(
            fit.T @ fit + 0.01 * len(fit) * np.diag((n * (n + 1) / 6.0) ** 2), fit.T @ aligned
        )
        filled = spherical_harmonics_of_directions(order, new, "n3d") @ coefficients
        filled = filled * np.exp(-2j * np.pi * frequencies * _sphere_delay(new)[:, None])
    else:
        new, filled = np.zeros((0, 3)), np.zeros((0, spectra.shape[1]), complex)
    area = quadrature_weights(np.concatenate([directions[unique], new]))
    weights = np.empty(len(directions) + len(new))
    weights[: len(directions)] = (area[: len(unique)] / np.bincount(counts))[counts]
    weights[len(directions) :] = area[len(unique) :]
    return np.concatenate([spectra, filled]), np.concatenate([directions, new]), weights


def _merge_coincident(directions: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Index of one direction of every coincident group, and the group of every direction."""
    _, index, group = np.unique(np.round(directions, 6), axis=0, return_index=True, return_inverse=True)
    return index, group.reshape(-1)


def _sphere_delay(directions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Arrival at the left ear of a sphere after its centre, in seconds (Woodworth 1938): straight or around."""
    angle = np.arccos(np.clip(directions[:, 1], -1.0, 1.0))
    path = np.where(angle < 0.5 * np.pi, -np.cos(angle), angle - 0.5 * np.pi)
    return path * (HEAD_RADIUS / SPEED_OF_SOUND)


def magnitude_least_squares(responses: EarResponses, order: int, cutoff: float = 1500.0) -> NDArray[np.complex128]:
    """Spectra of the left ear's filters for SN3D signals: least squares below the cutoff, magnitudes above.

    Above the cutoff each frequency keeps the phase that the filters found at the frequency below it, and matches only
    the magnitude. In the end the two ears' sum and difference get the power that they have in a diffuse field: for a
    symmetric head this is the covariance constraint, since the sum hears only channels with m >= 0 and the difference
    only those with m < 0.

    Args:
        responses: what the left ear hears.
        order: 1 to 7.
        cutoff: Hz; 1.5 kHz keeps the interaural delays and gives the least spectral error at orders 3 to 7 alike.

    Returns:
        Shape `((order + 1) ** 2, bins)`, for ACN channels in SN3D.

    Source: Schoerkhuber, Zaunschirm and Hoeldrich, *Binaural rendering of Ambisonic signals via magnitude least
    squares* (DAGA 2018); Zaunschirm, Schoerkhuber and Hoeldrich, *Binaural rendering of Ambisonic signals by
    head-related impulse response time alignment and a diffuseness constraint* (JASA 2018).
    """
    frequencies = responses.frequencies
    harmonics = spherical_harmonics_of_directions(order, responses.directions, "n3d")
    normal = harmonics.T @ (responses.weights[:, None] * harmonics)
    decode = np.linalg.solve(normal, harmonics.T * responses.weights)
    spectra = decode @ responses.spectra
    share = np.clip(np.log2(np.maximum(frequencies, 1e-3) / cutoff) + 0.5, 0.0, 1.0)
    for k in range(1, len(frequencies)):
        if share[k] > 0.0:
            phase = np.angle(harmonics @ spectra[:, k - 1])
            by_magnitude = decode @ (np.abs(responses.spectra[:, k]) * np.exp(1j * phase))
            spectra[:, k] = (1.0 - share[k]) * spectra[:, k] + share[k] * by_magnitude
    spectra[:, -1] = spectra[:, -1].real
    spectra *= _diffuse_field_gains(responses, spectra, order)
    n, _ = degrees_and_indices(order)
    return spectra * np.sqrt(2.0 * n + 1.0)[:, None]


def _diffuse_field_gains(
    responses: EarResponses, n3d_spectra: NDArray[np.complex128], order: int
) -> NDArray[np.float64]:
    """Real gain of each channel and frequency that gives sum and difference of the ears their diffuse-field power."""
    frequencies = responses.frequencies
    full = spherical_harmonics_of_directions(7, responses.directions, "n3d")
    weighted = responses.weights[:, None] * full
    projected = np.linalg.solve(full.T @ weighted, weighted.T @ responses.spectra)
    total = np.einsum("d,df->f", responses.weights, np.abs(responses.spectra) ** 2)
    signs = left_right_signs(7)
    cross = np.einsum("c,cf->f", signs, np.abs(projected) ** 2)
    even = left_right_signs(order) > 0
    gains = np.ones((channel_count(order), len(frequencies)))
    for channels, target in ((even, 0.5 * (total + cross)), (~even, 0.5 * (total - cross))):
        found = np.sum(np.abs(n3d_spectra[channels]) ** 2, axis=0)
        gains[channels] = np.sqrt(np.maximum(target, 0.0) / np.maximum(found, 1e-6 * found.max()))
    return np.clip(gains, 0.25, 4.0)


def filters_from_spectra(
    spectra: NDArray[np.complex128], taps: int = 256, delay: int = 40, fade_in: int = 12, fade_out: int = 64
) -> NDArray[np.float32]:
    """Causal filters: `delay` samples after time zero of the spectra, cut to `taps` with raised-cosine ends."""
    response = np.roll(np.fft.irfft(spectra, axis=-1), delay, axis=-1)[:, :taps]
    window = np.ones(taps)
    window[:fade_in] = 0.5 - 0.5 * np.cos(np.pi * (np.arange(fade_in) + 0.5) / fade_in)
    window[taps - fade_out :] = 0.5 + 0.5 * np.cos(np.pi * (np.arange(fade_out) + 0.5) / fade_out)
    return (response * window).astype(np.float32)
