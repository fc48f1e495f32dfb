"""The reverberation of a scene's room: one late tail for all sources, as ears or as an Ambisonic microphone hear it.

It is the same tail, from the same noise, as in PyTorch and in the browser: exponential, by octaves. A box's own
response for one source and one place, whose decay is not exponential, is in `room_responses`.
"""

import numpy as np
from numpy.typing import NDArray

from sonovista.acoustics.air import air_absorption_db_per_metre
from sonovista.acoustics.bands import OCTAVE_CENTRES_HZ
from sonovista.acoustics.late_tail import diffuse_level, late_tail
from sonovista.acoustics.shoebox import reverberation_times, wall_areas
from sonovista.ambisonics.diffuse_field import diffuse_covariance
from sonovista.ambisonics.hrtf import BinauralDecoder, interaural_coherence
from sonovista.ambisonics.spherical_harmonics import channel_count, degrees_and_indices
from sonovista.scene.document import SAMPLE_RATE, Acoustics, Room

SEED = 0
LONGEST = 10.0
"""Seconds to which a tail is cut."""


def room_reverberation_times(room: Room, acoustics: Acoustics) -> NDArray[np.float64]:
    """Seconds for 60 dB in the octaves 125 Hz to 16 kHz, walls and air together, shape `(8,)`."""
    air = acoustics.air
    loss = (
        0.0
        if air is None
        else air_absorption_db_per_metre(
            np.array(OCTAVE_CENTRES_HZ), air.temperature_c, air.relative_humidity_percent, air.pressure_kpa
        )
    )
    return reverberation_times(room.size, room.absorption, loss, acoustics.speed_of_sound)


def tail_level(room: Room, acoustics: Acoustics) -> float:
    """Amplitude of the tail's noise at time 0, for a source of amplitude 1 at 1 m.

    Its square is `4 pi c / (V f_s)`: decaying by Eyring's formula, the tail then holds `16 pi / A` times the energy
    that arrives straight from 1 m away, which is what a diffuse field in a room of equivalent absorption area A holds.

    Source: Kuttruff, *Room Acoustics*, 6th ed., eq. 5.41 and 5.47.
    """
    return diffuse_level(room.size, SAMPLE_RATE, acoustics.speed_of_sound)


def first_reflection(room: Room, acoustics: Acoustics) -> float:
    """Seconds after which the first reflections arrive on average: the mean free path `4 V / S` over the speed."""
    return float(4.0 * np.prod(room.size) / wall_areas(room.size).sum() / acoustics.speed_of_sound)


def binaural_tail(room: Room, acoustics: Acoustics, decoder: BinauralDecoder, seed: int = SEED) -> NDArray[np.float32]:
    """Filters from what the sources emit, by their amplitudes at 1 m, to the room's late sound at both ears.

    In every octave the noise decays as the room does; ears hear it with their interaural coherence and the head's
    response in a diffuse field.

    Args:
        room: of the scene.
        acoustics: of the scene.
        decoder: whose head listens; the tail waits for its delay.
        seed: of the noise.

    Returns:
        float32, shape `(2, samples)`, 48 kHz.
    """
    tail = _tail(room, acoustics, 2, seed, interaural_coherence(decoder))
    bins = max(1025, decoder.taps)
    covariance = diffuse_covariance(decoder.filters, bins)
    length = 2 * tail.shape[1]
    frequency = np.fft.rfftfreq(length)
    response = [np.interp(frequency, np.linspace(0.0, 0.5, bins), np.sqrt(covariance[:, e, e].real)) for e in range(2)]
    coloured = np.fft.irfft(np.fft.rfft(tail, length, axis=1) * response, length, axis=1)[:, : tail.shape[1]]
    return np.pad(coloured, ((0, 0), (decoder.delay, 0))).astype(np.float32)


def ambisonic_tail(room: Room, acoustics: Acoustics, order: int, seed: int = SEED) -> NDArray[np.float32]:
    """Filters from what the sources emit to the room's late sound as a diffuse field, shape `(channels, samples)`.

    SN3D channels of a diffuse field are uncorrelated and have the power `1 / (2 n + 1)`.
    """
    n, _ = degrees_and_indices(order)
    tail = _tail(room, acoustics, channel_count(order), seed, None)
    return (tail / np.sqrt(2.0 * n + 1.0)[:, None]).astype(np.float32)


def _tail(
    room: Room,
    acoustics: Acoustics,
    channels: int,
    seed: int,
    coherence: tuple[NDArray[np.float64], NDArray[np.float64]] | None,
) -> NDArray[np.float64]:
    times = room_reverberation_times(room, acoustics)
    return late_tail(
        times,
        SAMPLE_RATE,
        min(LONGEST, float(times.max())),
        channels,
        seed,
        coherence,
        start=first_reflection(room, acoustics),
        level=tail_level(room, acoustics),
    )
