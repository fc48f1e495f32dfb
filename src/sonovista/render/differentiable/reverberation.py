"""The diffuse field of a room: noise that dies away octave by octave, its decay a function of the walls."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from sonovista.acoustics.shoebox import WALLS
from sonovista.render.differentiable.spherical_harmonics import directions_and_lengths

_SIXTY_DB = 6.0 * np.log(10.0)


def reverberation_times(
    size: Tensor, absorption: Tensor, air_db_per_metre: ArrayLike = 0.0, speed_of_sound: float | Tensor = 343.0
) -> Tensor:
    """Seconds in which sound falls by 60 dB, by Eyring's formula, as `acoustics.shoebox.reverberation_times`.

    Args:
        size: metres along x, y, z, shape `(3,)`.
        absorption: of energy, in (0, 1), walls -x, +x, -y, +y, -z, +z, shape `(6, bands)`.
        air_db_per_metre: what air absorbs, a number or `(bands,)`.
        speed_of_sound: metres per second.

    Returns:
        Shape `(bands,)`.
    """
    areas, volume = wall_areas(size), size.prod()
    air = torch.as_tensor(np.asarray(air_db_per_metre, float), dtype=size.dtype, device=size.device)
    air = 4.0 * air * float(np.log(10.0) / 10.0) * volume
    mean = equivalent_absorption_area(size, absorption) / areas.sum()
    return 4.0 * _SIXTY_DB * volume / (speed_of_sound * (air - areas.sum() * torch.log1p(-mean)))


def wall_areas(size: Tensor) -> Tensor:
    """Square metres of the six walls of a box with sides in metres, shape `(6,)`."""
    x, y, z = size.unbind()
    return torch.stack([y * z, y * z, x * z, x * z, x * y, x * y])


def equivalent_absorption_area(size: Tensor, absorption: Tensor) -> Tensor:
    """Square metres of open window that would absorb as much as the walls do, shape `(bands,)` (Sabine)."""
    if absorption.shape[0] != WALLS:
        raise ValueError(f"absorption must have the shape (6, bands), found {tuple(absorption.shape)}")
    return wall_areas(size) @ absorption


def tail_level(volume: Tensor, sample_rate: int, speed_of_sound: float | Tensor = 343.0) -> Tensor:
    """Amplitude of a room's tail at time 0 for a source of amplitude 1 at 1 m, as `render.reverberation.tail_level`.

    `sqrt(4 pi c / (V f_s))`: decaying by Eyring's formula, the tail then holds what a diffuse field in this room does.
    """
    return torch.sqrt(4.0 * torch.pi * speed_of_sound / (volume * sample_rate))


@dataclass
class Reverberation:
    """A room's diffuse field.

    Attributes:
        rt60_s: seconds, of the octaves 125 Hz to 16 kHz, shape `(8,)`, or one for all, `(1,)`.
        level: amplitude of the tail's noise at time 0, for a source of amplitude 1 at 1 m: `(8,)` or `(1,)`.
        noise: unit white noise split into octaves, `(8, 2, samples)`: what dies away. Its length is the tail's.
        fade: what multiplies the tail, over time, shape `(samples,)`; ones where it begins at once.
        coherence: of the ears in a diffuse field, real, at `samples + 1` frequencies from 0 to half the sample rate;
            None where they are independent.
        response: of the ears to a diffuse field, magnitude, at the same frequencies, shape `(2, samples + 1)`; None
            where it is flat.
        delay: samples before the tail.
        centre: of the room's box, metres, shape `(3,)`; None where all sources are in the room.
        size: along its own axes, metres, shape `(3,)`.
        yaw: of its x axis from the world's, radians.
    """

    rt60_s: Tensor
    level: Tensor
    noise: Tensor
    fade: Tensor | None = None
    coherence: Tensor | None = None
    response: Tensor | None = None
    delay: int = 0
    centre: Tensor | None = None
    size: Tensor | None = None
    yaw: float = 0.0


def late_tail(room: Reverberation, sample_rate: int) -> Tensor:
    """Filters from what the sources emit to the late sound at both ears, as `render.reverberation.binaural_tail`.

    Args:
        room: with its noise.
        sample_rate: Hz.

    Returns:
        Shape `(2, delay + samples)`, differentiable in `rt60_s` and `level`.
    """
    samples = room.noise.shape[-1]
    time = torch.arange(samples, dtype=room.rt60_s.dtype, device=room.rt60_s.device) / sample_rate
    decay = room.level.expand(8)[:, None] * torch.exp(-0.5 * _SIXTY_DB / room.rt60_s.expand(8)[:, None] * time)
    tail = torch.einsum("bcs,bs->cs", room.noise, decay)
    if room.fade is not None:
        tail = tail * room.fade
    if room.coherence is not None:
        tail = _with_coherence(tail, room.coherence)
    if room.response is not None:
        tail = torch.fft.irfft(torch.fft.rfft(tail, 2 * samples) * room.response, 2 * samples)[..., :samples]
    return torch.nn.functional.pad(tail, (room.delay, 0))


def _with_coherence(tail: Tensor, coherence: Tensor) -> Tensor:
    """Mix two independent channels so that they have an interaural coherence: see `acoustics.late_tail`."""
    length = 2 * tail.shape[1]
    half = 0.5 * torch.asin(coherence.clamp(-1.0, 1.0))
    left, right = torch.fft.rfft(tail, length, dim=1)
    cosine, sine = torch.cos(half), torch.sin(half)
    mixed = torch.stack([cosine * left + sine * right, sine * left + cosine * right])
    return torch.fft.irfft(mixed, length, dim=1)[:, : tail.shape[1]]


def send_shares(room: Reverberation, centroids: Tensor) -> Tensor:
    """How much of sources a room hears: 1 inside, `1 / (1 + d)` at d metres outside, as `render.room_sends`.

    Args:
        room: with its box, or without for a room all around.
        centroids: of sources, metres, world frame, shape `(..., 3)`.

    Returns:
        Shape `(...)`.
    """
    if room.centre is None or room.size is None:
        return torch.ones_like(centroids[..., 0])
    offset = centroids - room.centre
    cosine, sine = float(np.cos(room.yaw)), float(np.sin(room.yaw))
    along = torch.stack(
        [
            offset[..., 0] * cosine + offset[..., 1] * sine,
            offset[..., 1] * cosine - offset[..., 0] * sine,
            offset[..., 2],
        ],
        dim=-1,
    )
    outside = (along.abs() - 0.5 * room.size).clamp_min(0.0)
    _, distance = directions_and_lengths(outside)
    return 1.0 / (1.0 + distance)
