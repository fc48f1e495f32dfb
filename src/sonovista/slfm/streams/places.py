"""Rooms to listen in: a source and a listener in a box, turned as wanted, by image sources and a diffuse tail."""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonovista.acoustics.image_sources import image_sources
from sonovista.acoustics.late_tail import late_tail
from sonovista.slfm.streams.ears import AZIMUTHS, BEFORE, ELEVATIONS, TAPS, Ears

SAMPLE_RATE = 16_000
SPEED_OF_SOUND = 343.0
MAX_ORDER = 3
_COHERENCE_HZ = np.linspace(0.0, 8000.0, 65)
# two points 0.17 m apart in a diffuse field hear sin(kd) / kd alike; heads follow it, roughly
_DIFFUSE_COHERENCE = np.sinc(2.0 * _COHERENCE_HZ * 0.17 / SPEED_OF_SOUND)


@dataclass(frozen=True)
class PlaceOptions:
    """How places vary; metres and seconds."""

    shortest_side: float = 3.2
    longest_side: float = 9.0
    nearest_source: float = 0.8
    farthest_source: float = 4.0
    shortest_rt60: float = 0.1
    longest_rt60: float = 0.5


@dataclass(frozen=True)
class ListeningPlace:
    """What arrives at a point in a room, before any head is there.

    Attributes:
        azimuth: of the source from +x, radians.
        delays: samples at 16 kHz, the direct sound's counted as 0, shape `(images,)`.
        gains: relative to the direct sound, shape `(images,)`; the first is 1.
        azimuths: of arrivals from +x, radians, shape `(images,)`.
        elevations: of arrivals, radians, shape `(images,)`.
        tail: of two ears, shape `(2, samples)`, float32.
        rt60: seconds, that the walls were chosen for.
    """

    azimuth: float
    delays: NDArray[np.float64]
    gains: NDArray[np.float64]
    azimuths: NDArray[np.float64]
    elevations: NDArray[np.float64]
    tail: NDArray[np.float32]
    rt60: float


def draw_place(seed: int, options: PlaceOptions | None = None) -> ListeningPlace:
    """Draw a room, a listener at 1.5 m and a source at 0.7 to 1.7 m of height, as HM3D-SS has them."""
    options = options or PlaceOptions()
    rng = np.random.default_rng([seed, 77])
    while True:
        sides = rng.uniform(options.shortest_side, options.longest_side, 2)
        size = np.array([*sides, rng.uniform(2.4, 3.6)])
        listener = np.array([*(rng.uniform(0.5, side - 0.5) for side in sides), 1.5])
        reach = np.sqrt(rng.uniform(options.nearest_source**2, options.farthest_source**2))
        angle = rng.uniform(0.0, 2.0 * np.pi)
        source = np.array([*(listener[:2] + reach * np.array([np.cos(angle), np.sin(angle)])), rng.uniform(0.7, 1.7)])
        if (source[:2] > 0.2).all() and (source[:2] < sides - 0.2).all():
            break
    rt60 = float(rng.uniform(options.shortest_rt60, options.longest_rt60))
    return place_from_box(size, source, listener, rt60, int(rng.integers(1 << 30)))


def place_from_box(
    size: NDArray[np.float64], source: NDArray[np.float64], listener: NDArray[np.float64], rt60: float, seed: int
) -> ListeningPlace:
    """What arrives at a listener in a box whose walls are alike.

    Image sources to the third order, then noise at the level of a diffuse field: the energy that arrives in a second
    is `4 pi c / V` of the direct sound's at 1 m, dying away by 60 dB in `rt60`.

    Args:
        size: metres.
        source: metres, inside.
        listener: metres, inside.
        rt60: seconds; by Eyring's formula it sets the walls' absorption.
        seed: of the tail's noise.
    """
    volume = float(np.prod(size))
    surface = 2.0 * float(size[0] * size[1] + size[1] * size[2] + size[2] * size[0])
    absorption = float(
        np.clip(1.0 - np.exp(-24.0 * np.log(10.0) * volume / (SPEED_OF_SOUND * surface * rt60)), 0.02, 0.98)
    )
    images = image_sources(size, source, listener, absorption, max_order=MAX_ORDER)
    direct = float(images.distance[0])
    gains = images.gain[:, 0] * direct / np.maximum(images.distance, 0.3)
    audible = gains > 1e-3
    start = (MAX_ORDER + 0.5) * 4.0 * volume / surface / SPEED_OF_SOUND
    rate = 4.0 * np.pi * SPEED_OF_SOUND / volume
    level = direct * np.sqrt(rate / SAMPLE_RATE)
    tail = late_tail(
        np.full(8, rt60),
        SAMPLE_RATE,
        max(0.05, 1.1 * rt60),
        2,
        seed % 16,
        (_COHERENCE_HZ, _DIFFUSE_COHERENCE),
        start,
        level,
    )
    direction = images.direction[audible]
    azimuths = np.arctan2(direction[:, 1], direction[:, 0])
    return ListeningPlace(
        float(azimuths[0]),
        (images.distance[audible] - direct) / SPEED_OF_SOUND * SAMPLE_RATE,
        gains[audible],
        azimuths,
        np.arcsin(np.clip(direction[:, 2], -1.0, 1.0)),
        tail.astype(np.float32),
        rt60,
    )


def binaural_response(place: ListeningPlace, ears: Ears, yaw: float, reverberation: float = 1.0) -> NDArray[np.float32]:
    """The impulse response of a place for a head turned by `yaw` (left positive, radians): shape `(2, samples)`.

    Args:
        place: where.
        ears: whose.
        yaw: of the head from +x.
        reverberation: what all but the direct sound is multiplied by.
    """
    out = np.zeros((2, place.tail.shape[1] + TAPS), np.float32)
    gains = place.gains * np.where(np.arange(len(place.gains)) == 0, 1.0, reverberation)
    _add_arrivals(place.delays, gains, place.azimuths - yaw, place.elevations, ears.responses, out)
    out[:, BEFORE : BEFORE + place.tail.shape[1]] += np.float32(reverberation) * place.tail
    return out


@njit(cache=True, fastmath=True)
def _add_arrivals(delays, gains, azimuths, elevations, responses, out):
    """Sum the responses of all arrivals: linear between degrees of azimuth, nearest elevation, nearest sample."""
    rings = responses.shape[0]
    length = out.shape[1]
    for i in range(len(delays)):
        ring = round(elevations[i] * 18.0 / np.pi) + rings // 2
        ring = min(max(ring, 0), rings - 1)
        degree = (azimuths[i] * 180.0 / np.pi) % 360.0
        below = int(degree)
        share = np.float32(degree - below)
        below %= 360
        above = (below + 1) % 360
        start = round(delays[i])
        for ear in range(2):
            for k in range(responses.shape[3]):
                if start + k >= length:
                    break
                value = (np.float32(1.0) - share) * responses[ring, below, ear, k] + share * responses[
                    ring, above, ear, k
                ]
                out[ear, start + k] += np.float32(gains[i]) * value


assert len(ELEVATIONS) == 13
assert AZIMUTHS == 360
