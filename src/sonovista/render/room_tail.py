"""The late part of a room's response: a diffuse sound field that dies away, the same one for whoever listens there."""

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len

from sonovista.acoustics.bands import octave_weights
from sonovista.acoustics.late_tail import diffuse_level
from sonovista.acoustics.pulses import pulse_magnitude
from sonovista.acoustics.shoebox import box_decay_rates
from sonovista.ambisonics.rotation import rotation_matrix
from sonovista.ambisonics.spherical_harmonics import channel_count, degrees_and_indices
from sonovista.render.room_head import TAIL_ORDER, RoomHead
from sonovista.render.room_kernels import decode_turned

PULSE_HALF_WIDTH = 12
"""Samples on each side of a reflection's pulse."""
_DECAY_POINTS = 64


def decay_envelopes(
    size: NDArray[np.float64],
    reflection: NDArray[np.float64],
    air_nepers: NDArray[np.float64],
    sample_rate: int,
    samples: int,
    speed_of_sound: float,
) -> NDArray[np.float32]:
    """RMS amplitude of a box's late field over time, for a source of 1 at 1 m: shape `(bands, samples)`.

    It begins with `diffuse_level` and falls as the box does.

    Args:
        size: metres.
        reflection: of pressure, shape `(6, bands)`.
        air_nepers: of power per metre, shape `(bands,)`.
        sample_rate: Hz.
        samples: from the source's pulse on.
        speed_of_sound: metres per second.
    """
    # Close points first: there the decay is fastest.
    coarse = np.linspace(0.0, 1.0, _DECAY_POINTS) ** 2 * samples / sample_rate
    time = np.arange(samples) / sample_rate
    envelopes = np.empty((reflection.shape[1], samples), np.float32)
    for band, walls in enumerate(reflection.T):
        rates = box_decay_rates(size, walls, speed_of_sound)
        fall = np.log(np.maximum(np.exp(-coarse[:, None] * rates).mean(axis=1), 1e-30))
        fall = np.interp(time, coarse, fall) - air_nepers[band] * speed_of_sound * time
        envelopes[band] = np.exp(0.5 * fall)
    return envelopes * np.float32(diffuse_level(size, sample_rate, speed_of_sound))


def diffuse_field(samples: int, order: int, seed: int) -> NDArray[np.complex64]:
    """Spectra of a diffuse field of unit pulses in SN3D channels; its pressure is white but near half the sample rate.

    Args:
        samples: of the field; it goes round.
        order: 0 to 7; a lower order's channels are the first of a higher one's.
        seed: of the noise.

    Returns:
        Shape `((order + 1) ** 2, samples // 2 + 1)`, as `numpy.fft.rfft` would give.
    """
    degree, _ = degrees_and_indices(order)
    parts = np.random.default_rng(seed).standard_normal((channel_count(order), samples // 2 + 1, 2), dtype=np.float32)
    parts *= np.sqrt(0.5 * samples / (2.0 * degree + 1.0)).astype(np.float32)[:, None, None]
    parts *= pulse_magnitude(PULSE_HALF_WIDTH, samples // 2 + 1).astype(np.float32)[:, None]
    parts[:, 0] = 0.0
    return parts.view(np.complex64)[..., 0]


def binaural_tails(
    head: RoomHead, R_room_listeners: NDArray[np.float64], envelopes: NDArray[np.float32], seed: int
) -> NDArray[np.float32]:
    """What turned heads hear of one late field, shape `(listeners, 2, samples)`.

    Args:
        head: whose diffuse-field spectrum and interaural coherence the tails get.
        R_room_listeners: shape `(listeners, 3, 3)`.
        envelopes: of the field, shape `(bands, samples)`, bands 1 or 8, or for each listener and ear,
            `(listeners, bands, 2, samples)`.
        seed: of the field.
    """
    samples, own = envelopes.shape[-1], envelopes.ndim == 4
    length = _fast_length(samples + head.tail_filters.shape[2])
    field = diffuse_field(length, TAIL_ORDER, seed)
    filters = head.tail_spectra(length)
    weights = _band_weights(envelopes.shape[1 if own else 0], head.sample_rate, length)
    ears = np.empty((2, length // 2 + 1), np.complex64)
    out = np.empty((len(R_room_listeners), 2, samples), np.float32)
    for view, (row, R) in enumerate(zip(out, R_room_listeners, strict=True)):
        decode_turned(field, rotation_matrix(R.T, TAIL_ORDER).astype(np.float32), filters, ears)
        row[:] = _shaped(ears, weights, envelopes[view] if own else envelopes)
    return out


def ambisonic_tail(order: int, envelopes: NDArray[np.float32], sample_rate: int, seed: int) -> NDArray[np.float32]:
    """The late field in SN3D channels, shape `((order + 1) ** 2, samples)`."""
    length = _fast_length(envelopes.shape[1])
    field = diffuse_field(length, order, seed)
    return _shaped(field, _band_weights(len(envelopes), sample_rate, length), envelopes)


def _fast_length(samples: int) -> int:
    """An even number of samples, at least so many, whose FFT is fast."""
    return 2 * int(next_fast_len((samples + 1) // 2, real=True) or 0)


def _band_weights(bands: int, sample_rate: int, length: int) -> NDArray[np.float32]:
    if bands == 1:
        return np.ones((1, 1), np.float32)
    return octave_weights(np.fft.rfftfreq(length, 1.0 / sample_rate)).astype(np.float32)


def _shaped(
    spectra: NDArray[np.complex64], weights: NDArray[np.float32], envelopes: NDArray[np.float32]
) -> NDArray[np.float32]:
    samples = envelopes.shape[-1]
    length = 2 * (spectra.shape[1] - 1)
    out = np.zeros((len(spectra), samples), np.float32)
    for weight, envelope in zip(weights, envelopes, strict=True):
        out += envelope * np.asarray(irfft(weight * spectra, length, axis=1))[:, :samples]
    return out
