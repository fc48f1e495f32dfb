"""What each ear gets of a box's late field over time: the energies of its images, weighed by the head's directions.

A box's late field does not come alike from all directions, nor does it fall smoothly: along its longest sides sound
meets walls most seldom. The images say how much comes when and from where; their phases are left to noise.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonovista.acoustics.bands import OCTAVE_CENTRES_HZ
from sonovista.acoustics.image_sources import image_sources
from sonovista.acoustics.late_tail import fade_in
from sonovista.acoustics.shoebox import box_volume
from sonovista.render.room_box import BoxRoom
from sonovista.render.room_head import RoomHead
from sonovista.render.room_kernels import add_energies

STEP = 0.004
"""Seconds between the points at which energies are summed; in between they go in a straight line."""
MOST_IMAGES = 200_000
"""More than so many are not followed; after the last one the field falls as that of `BoxRoom.late_envelopes`."""


def late_ear_envelopes(
    room: BoxRoom,
    source: ArrayLike,
    listener: ArrayLike,
    R_room_listeners: NDArray[np.float64],
    head: RoomHead,
    early: float,
    samples: int,
) -> NDArray[np.float32]:
    """RMS amplitude over time of the late field at each ear, relative to its response in a diffuse field.

    Args:
        room: the box.
        source: metres, inside.
        listener: metres, inside.
        R_room_listeners: shape `(V, 3, 3)`.
        head: whose power by direction and octave weighs the images.
        early: seconds from which on the late field is heard.
        samples: length.

    Returns:
        Shape `(V, 8, 2, samples)`: octaves, ears.
    """
    rate, speed = head.sample_rate, room.speed_of_sound
    smooth = room.late_envelopes(early, rate, samples)
    out = np.empty((len(R_room_listeners), len(OCTAVE_CENTRES_HZ), 2, samples), np.float32)
    out[:] = smooth[:, None]
    followed = min(samples / rate, (0.75 / np.pi * box_volume(room.size) * MOST_IMAGES) ** (1.0 / 3.0) / speed)
    points = int(followed / STEP) - 1  # the last point gets its whole energy
    if points <= early / STEP:
        return out
    images = image_sources(room.size, source, listener, room.absorption, max_distance=followed * speed)
    amplitude = images.gain / np.maximum(images.distance, 1e-3)[:, None]
    power = (amplitude**2 * np.exp(-images.distance[:, None] * room.air_nepers)).astype(np.float32)
    place = images.distance / (speed * STEP)
    time = np.arange(min(samples, int(points * STEP * rate))) / (STEP * rate)
    fade = fade_in(samples, rate, early)[: len(time)]
    for row, R in zip(out, R_room_listeners, strict=True):
        energy = np.zeros((*row.shape[:2], points + 2))
        x, y, z = (images.direction @ R).T
        add_energies(place, x, y, z, power, head.directional_power(), energy)
        for own, track in zip(row.reshape(-1, samples), energy.reshape(-1, points + 2), strict=True):
            own[: len(time)] = fade * np.sqrt(np.interp(time, np.arange(points + 2), track) / (STEP * rate))
    return out
