"""Sound-texture statistics: what tells rain from fire when no single event is heard.

McDermott and Simoncelli 2011, Sound texture perception via statistics of the auditory periphery (Neuron 71): a sound is
split by cochlear filters, the envelope of each band is compressed, and time averages of the envelopes are taken. Here
are their marginal moments, their correlations between bands, and the power in modulation bands; the correlations of
modulation bands (C1, C2 of the paper) are left out. Two things are added, so that recordings with the hum and rumble of
their microphones can be compared: the sound is first weighted as the ear's sensitivity at moderate levels (A
weighting), and what lies 40 dB below the whole is taken as silence.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

BANDS = 30
LOW_HZ, HIGH_HZ = 52.0, 8844.0  # centres of the lowest and the highest cochlear filter, as in the paper
MODULATION_BANDS = 20
MODULATION_LOW_HZ, MODULATION_HIGH_HZ = 0.5, 180.0
ENVELOPE_RATE = 400.0
COMPRESSION = 0.3
CORRELATION_OFFSETS = (1, 2, 3, 5, 8, 11, 16, 21)
_ANALYSIS_RATE = 20_000.0
_FLOOR = 0.01  # of the whole sound's RMS: what lies 40 dB below is hardly heard beside it


@dataclass(frozen=True)
class TextureStatistics:
    """Statistics of a sound, each shape `(BANDS, ...)`.

    Attributes:
        mean: of the compressed envelope, relative to the mean over bands, shape `(BANDS,)`.
        variation: standard deviation over mean, `(BANDS,)`.
        skewness: `(BANDS,)`.
        kurtosis: not less three, `(BANDS,)`.
        correlation: of envelopes of bands that lie `CORRELATION_OFFSETS` apart, `(BANDS, offsets)`, zero beyond the
        last band. modulation: share of an envelope's variance in each modulation band, `(BANDS, MODULATION_BANDS)`.
    """

    mean: NDArray[np.float64]
    variation: NDArray[np.float64]
    skewness: NDArray[np.float64]
    kurtosis: NDArray[np.float64]
    correlation: NDArray[np.float64]
    modulation: NDArray[np.float64]

    def vector(self) -> NDArray[np.float64]:
        """All in one vector, on scales where equal steps are about equally audible, each group of unit weight.

        Means and shares of variance are taken as logarithms, and so are skewness and kurtosis, whose tails are long.
        """
        groups = (
            3 * np.log(self.mean + 0.03),
            2 * np.log(self.variation + 0.02),
            np.arcsinh(self.skewness),
            np.log(np.maximum(self.kurtosis, 1.0)),
            3 * self.correlation,
            np.log(self.modulation + 1e-3),
        )
        return np.concatenate([group.ravel() / np.sqrt(group.size) for group in groups])


def erb_number(frequency: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Number of equivalent rectangular bandwidths below `frequency` Hz (Glasberg and Moore 1990)."""
    return 9.265 * np.log(1 + np.asarray(frequency, float) / (24.7 * 9.265))


def a_weighting(frequency: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear gain of the A weighting at `frequency` Hz, 1 at 1 kHz (IEC 61672-1, annex E)."""
    square = np.square(np.asarray(frequency, float))
    poles = (square + 20.6**2) * np.sqrt((square + 107.7**2) * (square + 737.9**2)) * (square + 12194.0**2)
    return 1.2589 * 12194.0**2 * square**2 / poles


def cochlear_envelopes(signal: NDArray[np.floating], sample_rate: float) -> tuple[NDArray[np.float64], float]:
    """Compressed envelopes of `BANDS` half-cosine filters, evenly spaced on the ERB scale.

    Args:
        signal: mono, shape `(samples,)`, at least half a second; treated as a loop.
        sample_rate: Hz, at least 18000 for all bands to hold something.

    Returns:
        Envelopes, shape `(BANDS, frames)`, and their rate in Hz (close to `ENVELOPE_RATE`).
    """
    signal = np.asarray(signal, float)
    if len(signal) < sample_rate / 2:
        raise ValueError(f"signal: expected at least 0.5 s, found {len(signal) / sample_rate:.3f} s")
    seconds = len(signal) / sample_rate
    spectrum = np.asarray(fft.rfft(signal - signal.mean()))
    analysis = int(seconds * _ANALYSIS_RATE)
    frames = int(seconds * ENVELOPE_RATE)
    spectrum = np.pad(spectrum, (0, max(0, analysis // 2 + 1 - len(spectrum))))[: analysis // 2]
    frequencies = np.arange(len(spectrum)) / seconds
    spectrum = spectrum * a_weighting(frequencies)
    place = erb_number(frequencies)
    level = np.sqrt(2 * np.sum(np.abs(spectrum) ** 2)) / len(signal) + 1e-30
    centres = np.linspace(erb_number(LOW_HZ), erb_number(HIGH_HZ), BANDS)
    spacing = centres[1] - centres[0]
    envelopes = np.empty((BANDS, frames))
    for band, centre in enumerate(centres):
        inside = np.arange(*np.searchsorted(place, (centre - 2 * spacing, centre + 2 * spacing)))
        weight = np.cos((place[inside] - centre) / (2 * spacing) * np.pi / 2)
        # the band is moved to zero frequency, so that few samples hold it; its envelope stays what it was
        width = 2 * max(len(inside), frames)
        base = np.zeros(width, complex)
        base[: len(inside)] = 2 * spectrum[inside] * weight
        envelope = np.abs(np.asarray(fft.ifft(base))) * (width / len(signal) / level)
        envelopes[band] = _resample_circular((envelope + _FLOOR) ** COMPRESSION, frames)
    return np.maximum(envelopes, _FLOOR**COMPRESSION), frames / seconds


def texture_statistics(signal: NDArray[np.floating], sample_rate: float) -> TextureStatistics:
    """Statistics of a mono sound, shape `(samples,)`, independent of its level (McDermott and Simoncelli 2011)."""
    envelopes, rate = cochlear_envelopes(signal, sample_rate)
    mean = envelopes.mean(axis=1)
    centred = envelopes - mean[:, None]
    deviation = np.sqrt(np.mean(centred**2, axis=1)) + 1e-9
    standard = centred / deviation[:, None]
    correlation = np.zeros((BANDS, len(CORRELATION_OFFSETS)))
    matrix = standard @ standard.T / standard.shape[1]
    for column, offset in enumerate(CORRELATION_OFFSETS):
        correlation[: BANDS - offset, column] = np.diagonal(matrix, offset)
    return TextureStatistics(
        mean=mean / mean.mean(),
        variation=deviation / mean,
        skewness=np.mean(standard**3, axis=1),
        kurtosis=np.mean(standard**4, axis=1),
        correlation=correlation,
        modulation=_modulation_shares(standard, rate),
    )


def texture_vector(signal: NDArray[np.floating], sample_rate: float) -> NDArray[np.float64]:
    """`texture_statistics` as one vector for distances, shape `(features,)`."""
    return texture_statistics(signal, sample_rate).vector()


def nearest_kinds(
    vectors: NDArray[np.float64], kinds: NDArray[np.str_], queries: NDArray[np.float64]
) -> tuple[NDArray[np.str_], NDArray[np.float64]]:
    """For every query the kind of its nearest example, after scaling each feature by its spread over the examples.

    Args:
        vectors: examples, shape `(examples, features)`.
        kinds: of the examples, shape `(examples,)`.
        queries: shape `(queries, features)`.

    Returns:
        Kinds, shape `(queries,)`, and the distance to the nearest example of each kind, shape `(queries, kinds)`, in
        the order of `np.unique(kinds)`.
    """
    names, index = np.unique(kinds, return_inverse=True)
    distances = pairwise_distances(vectors, queries)
    per_kind = np.stack([distances[:, index == kind].min(axis=1) for kind in range(len(names))], axis=1)
    return names[per_kind.argmin(axis=1)], per_kind


def leave_one_out(vectors: NDArray[np.float64], kinds: NDArray[np.str_]) -> NDArray[np.str_]:
    """The kind that the nearest *other* example gives each example, shape `(examples,)`."""
    distances = pairwise_distances(vectors, vectors)
    np.fill_diagonal(distances, np.inf)
    return kinds[distances.argmin(axis=1)]


def pairwise_distances(vectors: NDArray[np.float64], queries: NDArray[np.float64]) -> NDArray[np.float64]:
    """Euclidean distances, shape `(queries, examples)`, of `texture_vector`s."""
    squares = np.square(queries).sum(axis=1)[:, None] + np.square(vectors).sum(axis=1)[None, :]
    return np.sqrt(np.maximum(squares - 2 * queries @ vectors.T, 0))


def _modulation_shares(standard: NDArray[np.float64], rate: float) -> NDArray[np.float64]:
    """Share of each envelope's variance in bands of constant Q (2) that are evenly spaced over log frequency."""
    frames = standard.shape[1]
    power = np.abs(np.asarray(fft.rfft(standard, axis=1))) ** 2 / frames**2 * 2
    frequencies = np.maximum(np.asarray(fft.rfftfreq(frames, 1 / rate)), 1e-6)
    centres = np.geomspace(MODULATION_LOW_HZ, MODULATION_HIGH_HZ, MODULATION_BANDS)
    half_width = 0.5  # octaves
    octaves = np.log2(frequencies[:, None] / centres[None, :])
    weights = np.cos(np.clip(octaves / (2 * half_width), -1, 1) * np.pi / 2) ** 2
    weights[0] = 0
    return power @ weights


def _resample_circular(signal: NDArray[np.float64], samples: int) -> NDArray[np.float64]:
    spectrum = np.asarray(fft.rfft(signal))[: samples // 2 + 1]
    return np.asarray(fft.irfft(spectrum, samples)) * (samples / len(signal))
