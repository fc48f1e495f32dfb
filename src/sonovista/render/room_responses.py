"""Room impulse responses of a box: what ears or Ambisonic microphones receive of a source, direct and indirect apart.

Early reflections are images of the source, each from its own direction; after the mixing time, the field is noise that
dies away as the box's images do. See `docs/results/rooms.md` for how near this is to all images.

Reflections that keep their sign add up to a pressure at 0 Hz that grows with time, which no real room has. As Allen and
Berkley did, the indirect sound is therefore high-passed (second order, 25 Hz).
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import butter, sosfilt

from sonovista.acoustics.bands import octave_weights
from sonovista.acoustics.image_sources import ImageSources
from sonovista.acoustics.pulses import pulse_table
from sonovista.ambisonics.spherical_harmonics import spherical_harmonics_of_directions
from sonovista.render.late_energy import late_ear_envelopes
from sonovista.render.room_box import BoxRoom
from sonovista.render.room_head import RoomHead
from sonovista.render.room_kernels import add_binaural, add_channels
from sonovista.render.room_tail import PULSE_HALF_WIDTH, ambisonic_tail, binaural_tails

HIGH_PASS_HZ = 25.0
"""Of indirect sound."""
LateField = Literal["images", "isotropic"]


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
    early_seconds: float | None = None,
    late_field: LateField = "images",
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
        early_seconds=early_seconds,
        late_field=late_field,
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
    early_seconds: float | None = None,
    late_field: LateField = "images",
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
        early_seconds: how long reflections come one by one; None for 50 ms, or the mixing time if it is later. Their
            number grows with its cube.
        late_field: what shapes the noise of the late field. "images": the energies of all images by time, direction and
            octave, weighed by what the ears hear from there. "isotropic": the box's mean decay, alike from everywhere
            and for both ears; faster, and what SonoRooms-1 was made with.

    Returns:
        Responses of shape `(V, 2, n)`.

    Raises:
        ValueError: a shape does not fit, a place is outside the room, or `late_field` is neither word.

    Source: images after Allen and Berkley (JASA 1979); a late field of noise after Moorer, "About this reverberation
    business" (Computer Music Journal 1979), with the decay of Lehmann and Johansson (JASA 2008).
    """
    if late_field not in get_args(LateField):
        raise ValueError(f"late_field must be one of {', '.join(get_args(LateField))}, found {late_field!r}")
    rotations = np.asarray(R_room_listeners, float)
    if rotations.ndim != 3 or rotations.shape[1:] != (3, 3):
        raise ValueError(f"R_room_listeners must have the shape (V, 3, 3), found {rotations.shape}")
    rate = head.sample_rate
    room = BoxRoom.checked(size, absorption, air_db_per_metre, speed_of_sound)
    images, early, gain, arrival, samples = _early_images(room, source, listener, rate, duration, early_seconds)
    taps = head.responses.shape[3]
    length = min(samples, int(arrival.max(initial=0.0)) + taps + 2 * PULSE_HALF_WIDTH + 32)
    pulses = pulse_table(PULSE_HALF_WIDTH).astype(np.float32)
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
    if late_field == "images":
        envelopes = late_ear_envelopes(room, source, listener, rotations, head, early, samples)
    else:
        envelopes = room.late_envelopes(early, rate, samples)
    indirect += binaural_tails(head, rotations, envelopes, seed)
    return RoomResponse(direct, _high_passed(indirect, rate), rate, float(arrival[0]))


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
    early_seconds: float | None = None,
) -> RoomResponse:
    """What an Ambisonic microphone of an order receives, in the room's axes: the field of `binaural_room_responses`.

    Its late field is the isotropic one.

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
        early_seconds: see there.

    Returns:
        Responses of shape `((order + 1) ** 2, n)`, ACN, SN3D; channel 0 is the pressure.

    Raises:
        ValueError: a shape does not fit, a place is outside the room, or the order is not 0 to 7.
    """
    room = BoxRoom.checked(size, absorption, air_db_per_metre, speed_of_sound)
    images, early, gain, arrival, samples = _early_images(room, source, listener, sample_rate, duration, early_seconds)
    length = min(samples, int(arrival.max(initial=0.0)) + 2 * PULSE_HALF_WIDTH + 32)
    pulses = pulse_table(PULSE_HALF_WIDTH).astype(np.float32)
    weight = spherical_harmonics_of_directions(order, images.direction)
    parts = np.zeros((2, gain.shape[1], weight.shape[1], length), np.float32)
    for part, which in ((0, slice(0, 1)), (1, slice(1, None))):
        add_channels(arrival[which], weight[which], gain[which], pulses, parts[part])
    direct = np.zeros((weight.shape[1], samples), np.float32)
    direct[:, :length] = _joined(parts[0], sample_rate)
    indirect = ambisonic_tail(order, room.late_envelopes(early, sample_rate, samples), sample_rate, seed)
    indirect[:, :length] += _joined(parts[1], sample_rate)
    return RoomResponse(direct, _high_passed(indirect, sample_rate), sample_rate, float(arrival[0]))


def _early_images(
    room: BoxRoom,
    source: ArrayLike,
    listener: ArrayLike,
    sample_rate: int,
    duration: float | None,
    early_seconds: float | None,
) -> tuple[ImageSources, float, NDArray[np.float32], NDArray[np.float64], int]:
    """Images that come one by one, seconds until they end, their gains, arrivals in samples, the response's length."""
    images, early = room.images(source, listener, early_seconds)
    samples = room.samples(duration, images.distance[0], sample_rate)
    return images, early, room.gains(images, early), images.distance * (sample_rate / room.speed_of_sound), samples


def _joined(bands: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
    """Signals in bands, `(bands, channels, samples)`, filtered by their octaves and summed."""
    if len(bands) == 1:
        return bands[0]
    samples = bands.shape[2]
    length = 1 << (2 * samples - 1).bit_length()
    weights = octave_weights(np.fft.rfftfreq(length, 1.0 / sample_rate)).astype(np.float32)
    spectra = np.fft.rfft(bands, length, axis=-1)
    return np.fft.irfft(np.einsum("bk,bck->ck", weights, spectra), length, axis=-1)[..., :samples].astype(np.float32)


def _high_passed(indirect: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
    section = butter(2, HIGH_PASS_HZ, "high", fs=sample_rate, output="sos")
    return np.asarray(sosfilt(section, indirect, axis=-1), np.float32)
