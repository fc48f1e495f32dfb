"""Room impulse responses of a box: what ears or Ambisonic microphones receive of a source, direct and indirect apart.

Early reflections are images of the source, each from its own direction; after the mixing time, the field is noise with
the decay of the box. See `docs/results/rooms.md` for how near this is to all images.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonovista.acoustics.bands import OCTAVE_CENTRES_HZ, octave_weights
from sonovista.acoustics.image_sources import ImageSources, image_sources
from sonovista.acoustics.late_tail import fade_in
from sonovista.acoustics.pulses import pulse_table
from sonovista.acoustics.shoebox import box_rt60, checked_absorption, mixing_time
from sonovista.ambisonics.spherical_harmonics import spherical_harmonics_of_directions
from sonovista.render.room_head import RoomHead
from sonovista.render.room_kernels import add_binaural, add_channels
from sonovista.render.room_tail import ambisonic_tail, binaural_tails, decay_envelopes

EARLY_SECONDS = 0.05
"""How long reflections come one by one, at least to the mixing time."""
MOST_EARLY_IMAGES = 4000
"""More than so many are not followed one by one after the mixing time: small rooms are dense early."""
TAIL_DB = 65.0
"""Fall of a response after which it may end."""
_HALF_WIDTH = 12  # of pulses in samples
_CROSSFADE = 0.002  # seconds: half of what `fade_in` takes
_BANDS = len(OCTAVE_CENTRES_HZ)


@dataclass(frozen=True)
class RoomResponse:
    """Impulse responses for a source that is 1 at 1 m; sample 0 is when it sounds.

    Attributes:
        direct: what comes straight, shape `(channels, n)` or `(listeners, channels, n)`, float32; ears left first, or
            ACN channels in SN3D in the room's axes.
        indirect: all other sound, of the same shape.
        sample_rate: Hz.
        onset: samples until the direct sound passes the (absent) head's centre.
    """

    direct: NDArray[np.float32]
    indirect: NDArray[np.float32]
    sample_rate: int
    onset: float


def binaural_room_response(
    size: ArrayLike,
    absorption: ArrayLike,
    source: ArrayLike,
    listener: ArrayLike,
    R_room_listener: ArrayLike,
    head: RoomHead,
    *,
    seed: int = 0,
    speed_of_sound: float = 343.0,
    duration: float | None = None,
    air_db_per_metre: ArrayLike = 0.0,
) -> RoomResponse:
    """What two ears receive: `binaural_room_responses` for one rotation, without the axis of listeners."""
    rotation = np.asarray(R_room_listener, float)
    if rotation.shape != (3, 3):
        raise ValueError(f"R_room_listener must have the shape (3, 3), found {rotation.shape}")
    many = binaural_room_responses(
        size,
        absorption,
        source,
        listener,
        rotation[None],
        head,
        seed=seed,
        speed_of_sound=speed_of_sound,
        duration=duration,
        air_db_per_metre=air_db_per_metre,
    )
    return RoomResponse(many.direct[0], many.indirect[0], many.sample_rate, many.onset)


def binaural_room_responses(
    size: ArrayLike,
    absorption: ArrayLike,
    source: ArrayLike,
    listener: ArrayLike,
    R_room_listeners: ArrayLike,
    head: RoomHead,
    *,
    seed: int = 0,
    speed_of_sound: float = 343.0,
    duration: float | None = None,
    air_db_per_metre: ArrayLike = 0.0,
) -> RoomResponse:
    """What the ears of heads at one place receive, each turned its own way: one field, heard from all of them.

    Args:
        size: metres along x, y, z; one corner is the origin.
        absorption: of energy, by the walls -x, +x, -y, +y, -z, +z: one number, `(6,)`, or `(6, 8)` for the octaves
            125 Hz to 16 kHz; in (0, 1).
        source: metres, inside.
        listener: metres, inside.
        R_room_listeners: rotations from head (x forward, y left, z up) to room, shape `(V, 3, 3)`.
        head: of `room_head`; its sample rate is that of the responses.
        seed: of the late field.
        speed_of_sound: metres per second.
        duration: seconds; None for as long as the response takes to fall by 65 dB.
        air_db_per_metre: what air absorbs, one number or by octaves, `(8,)` (see `air_absorption_db_per_metre`).

    Returns:
        Responses of shape `(V, 2, n)`.

    Raises:
        ValueError: a shape does not fit, or a place is outside the room.

    Source: images after Allen and Berkley (JASA 1979); a late field of noise after Moorer, "About this reverberation
    business" (Computer Music Journal 1979), with the decay of Lehmann and Johansson (JASA 2008).
    """
    rotations = np.asarray(R_room_listeners, float)
    if rotations.ndim != 3 or rotations.shape[1:] != (3, 3):
        raise ValueError(f"R_room_listeners must have the shape (V, 3, 3), found {rotations.shape}")
    rate = head.sample_rate
    room = _Room.checked(size, absorption, air_db_per_metre, speed_of_sound)
    images, early = room.images(source, listener)
    samples = room.samples(duration, images.distance[0], rate)
    gain = room.gains(images, early)
    arrival = images.distance * (rate / speed_of_sound)
    taps = head.responses.shape[3]
    length = min(samples, int(arrival.max(initial=0.0)) + taps + 2 * _HALF_WIDTH + 32)
    pulses = pulse_table(_HALF_WIDTH).astype(np.float32)
    scratch = np.empty(taps + pulses.shape[1] - 1, np.float32)
    direct = np.zeros((len(rotations), 2, samples), np.float32)
    indirect = np.zeros((len(rotations), 2, samples), np.float32)
    for view, R in enumerate(rotations):
        x, y, z = (images.direction @ R).T
        parts = np.zeros((2, gain.shape[1], 2, length), np.float32)
        for part, which in ((0, slice(0, 1)), (1, slice(1, None))):
            add_binaural(
                arrival[which],
                x[which],
                y[which],
                z[which],
                gain[which],
                head.responses,
                head.delays,
                pulses,
                scratch,
                parts[part],
            )
        direct[view, :, :length] = _joined(parts[0], rate)
        indirect[view, :, :length] = _joined(parts[1], rate)
    envelopes = room.late_envelopes(early, rate, samples)
    indirect += binaural_tails(head, rotations, envelopes, seed)
    return RoomResponse(direct, indirect, rate, float(arrival[0]))


def ambisonic_room_response(
    size: ArrayLike,
    absorption: ArrayLike,
    source: ArrayLike,
    listener: ArrayLike,
    sample_rate: int,
    order: int = 3,
    *,
    seed: int = 0,
    speed_of_sound: float = 343.0,
    duration: float | None = None,
    air_db_per_metre: ArrayLike = 0.0,
) -> RoomResponse:
    """What an Ambisonic microphone of an order receives, in the room's axes: the field of `binaural_room_responses`.

    Args:
        size: metres along x, y, z; one corner is the origin.
        absorption: one number, `(6,)`, or `(6, 8)`: see there.
        source: metres, inside.
        listener: metres, inside.
        sample_rate: Hz.
        order: 0 to 7.
        seed: of the late field.
        speed_of_sound: metres per second.
        duration: seconds; None for as long as the response takes to fall by 65 dB.
        air_db_per_metre: one number or `(8,)`: see there.

    Returns:
        Responses of shape `((order + 1) ** 2, n)`, ACN, SN3D; channel 0 is the pressure.

    Raises:
        ValueError: a shape does not fit, a place is outside the room, or the order is not 0 to 7.
    """
    room = _Room.checked(size, absorption, air_db_per_metre, speed_of_sound)
    images, early = room.images(source, listener)
    samples = room.samples(duration, images.distance[0], sample_rate)
    gain = room.gains(images, early)
    arrival = images.distance * (sample_rate / speed_of_sound)
    length = min(samples, int(arrival.max(initial=0.0)) + 2 * _HALF_WIDTH + 32)
    pulses = pulse_table(_HALF_WIDTH).astype(np.float32)
    weight = spherical_harmonics_of_directions(order, images.direction)
    parts = np.zeros((2, gain.shape[1], weight.shape[1], length), np.float32)
    for part, which in ((0, slice(0, 1)), (1, slice(1, None))):
        add_channels(arrival[which], weight[which], gain[which], pulses, parts[part])
    direct = np.zeros((weight.shape[1], samples), np.float32)
    direct[:, :length] = _joined(parts[0], sample_rate)
    indirect = ambisonic_tail(order, room.late_envelopes(early, sample_rate, samples), sample_rate, seed)
    indirect[:, :length] += _joined(parts[1], sample_rate)
    return RoomResponse(direct, indirect, sample_rate, float(arrival[0]))


@dataclass(frozen=True)
class _Room:
    """A box with what it and its air absorb, in one band or in eight."""

    size: NDArray[np.float64]
    absorption: NDArray[np.float64]
    air_nepers: NDArray[np.float64]  # of power per metre
    speed_of_sound: float

    @classmethod
    def checked(
        cls, size: ArrayLike, absorption: ArrayLike, air_db_per_metre: ArrayLike, speed_of_sound: float
    ) -> "_Room":
        box = np.asarray(size, float)
        walls = checked_absorption(absorption)
        air = np.atleast_1d(np.asarray(air_db_per_metre, float))
        if walls.shape[1] not in (1, _BANDS):
            raise ValueError(f"absorption must be given for 1 band or {_BANDS} octaves, found {walls.shape[1]} bands")
        if air.shape not in ((1,), (_BANDS,)) or not (air >= 0.0).all():
            raise ValueError(f"air_db_per_metre must be 1 or {_BANDS} numbers that are not negative, found {air}")
        bands = max(walls.shape[1], len(air))
        walls = np.broadcast_to(walls, (6, bands))
        return cls(box, walls, np.broadcast_to(air, (bands,)) * np.log(10.0) / 10.0, speed_of_sound)

    def images(self, source: ArrayLike, listener: ArrayLike) -> tuple[ImageSources, float]:
        """The source, its images until the tail has faded in, and the time in seconds when it does."""
        volume = float(np.prod(self.size))
        dense = (0.75 / np.pi * volume * MOST_EARLY_IMAGES) ** (1.0 / 3.0) / self.speed_of_sound
        early = max(mixing_time(self.size, self.speed_of_sound), min(EARLY_SECONDS, dense))
        reach = (early + _CROSSFADE) * self.speed_of_sound
        return image_sources(self.size, source, listener, self.absorption, max_distance=reach), early

    def gains(self, images: ImageSources, early: float) -> NDArray[np.float32]:
        """Of every image in every band, by distance, walls and air; the last ones fade as the tail comes."""
        distance = np.maximum(images.distance, 1e-3)
        place = (distance / self.speed_of_sound - early) / (2.0 * _CROSSFADE) + 0.5
        rising = 0.5 - 0.5 * np.cos(np.pi * np.clip(place, 0.0, 1.0))
        keep = np.sqrt(1.0 - rising**2) / distance  # the powers of both sum to 1
        keep[0] = 1.0 / distance[0]
        air = np.exp(-0.5 * distance[:, None] * self.air_nepers)
        return (keep[:, None] * images.gain * air).astype(np.float32)

    def late_envelopes(self, early: float, sample_rate: int, samples: int) -> NDArray[np.float32]:
        reflection = np.sqrt(1.0 - self.absorption)
        envelopes = decay_envelopes(self.size, reflection, self.air_nepers, sample_rate, samples, self.speed_of_sound)
        return envelopes * fade_in(samples, sample_rate, early).astype(np.float32)

    def samples(self, duration: float | None, distance: float, sample_rate: int) -> int:
        """Length of a response: what is asked for, or until the tail of the band that lasts longest has fallen."""
        if duration is not None:
            if not duration > 0.0:
                raise ValueError(f"duration must be positive, found {duration}")
            return max(1, round(duration * sample_rate))
        longest = max(box_rt60(self.size, walls, self.speed_of_sound) for walls in np.unique(self.absorption, axis=1).T)
        seconds = max(longest * TAIL_DB / 60.0, 2.0 * _CROSSFADE) + distance / self.speed_of_sound + 0.01
        return round(seconds * sample_rate)


def _joined(bands: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
    """Signals in bands, `(bands, channels, samples)`, filtered by their octaves and summed."""
    if len(bands) == 1:
        return bands[0]
    samples = bands.shape[2]
    length = 1 << (2 * samples - 1).bit_length()
    weights = octave_weights(np.fft.rfftfreq(length, 1.0 / sample_rate)).astype(np.float32)
    spectra = np.fft.rfft(bands, length, axis=-1)
    return np.fft.irfft(np.einsum("bk,bck->ck", weights, spectra), length, axis=-1)[..., :samples].astype(np.float32)
