"""The diffuse field of a room: noise that dies away octave by octave, its decay a function of the walls."""

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from sonovista.acoustics.late_tail import tail_noise_bands
from sonovista.acoustics.shoebox import WALLS

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


def late_tail(
    rt60_s: Tensor,
    sample_rate: int,
    duration: float,
    level: Tensor,
    channels: int = 2,
    seed: int = 0,
    coherence: tuple[ArrayLike, ArrayLike] | None = None,
    noise: Tensor | None = None,
) -> Tensor:
    """Noise whose power in octave b is `level_b^2 10^(-6 t / rt60_b)` times that of unit white noise there.

    The noise is that of `acoustics.late_tail.late_tail`, sample for sample.

    Args:
        rt60_s: seconds, of the eight octaves 125 Hz to 16 kHz, shape `(8,)`.
        sample_rate: Hz.
        duration: seconds.
        level: amplitude at time 0, a scalar or `(8,)`.
        channels: 2 for ears.
        seed: of the noise.
        coherence: frequencies in Hz and real interaural coherence at them; only for two channels.
        noise: in octaves, `(8, channels, samples)`, where it is at hand already; then `channels`, `seed` and
            `duration` are without effect.

    Returns:
        Shape `(channels, samples)`.
    """
    if noise is None:
        samples = max(1, round(duration * sample_rate))
        made = np.array(tail_noise_bands(sample_rate, samples, channels, seed))
        noise = torch.as_tensor(made, dtype=rt60_s.dtype, device=rt60_s.device)
    time = torch.arange(noise.shape[-1], dtype=rt60_s.dtype, device=rt60_s.device) / sample_rate
    decay = level.expand(8)[:, None] * torch.exp(-0.5 * _SIXTY_DB / rt60_s.expand(8)[:, None] * time)
    tail = torch.einsum("bcs,bs->cs", noise, decay)
    return tail if coherence is None else with_coherence(tail, sample_rate, *coherence)


def with_coherence(tail: Tensor, sample_rate: int, frequency_hz: ArrayLike, coherence: ArrayLike) -> Tensor:
    """Mix two independent channels so that they have an interaural coherence: see `acoustics.late_tail`."""
    if tail.shape[0] != 2:
        raise ValueError(f"interaural coherence needs two channels, found {tail.shape[0]}")
    length = 2 * tail.shape[1]
    wanted = np.interp(np.fft.rfftfreq(length, 1.0 / sample_rate), np.asarray(frequency_hz), np.asarray(coherence))
    half = torch.as_tensor(0.5 * np.arcsin(np.clip(wanted, -1.0, 1.0)), dtype=tail.dtype, device=tail.device)
    left, right = torch.fft.rfft(tail, length, dim=1)
    cosine, sine = torch.cos(half), torch.sin(half)
    mixed = torch.stack([cosine * left + sine * right, sine * left + cosine * right])
    return torch.fft.irfft(mixed, length, dim=1)[:, : tail.shape[1]]


def level_of_energy(energy: Tensor, rt60_s: Tensor, sample_rate: int) -> Tensor:
    """Amplitude at time 0 of decaying noise that holds an energy in all: its squares sum to `energy`.

    Args:
        energy: relative to that of a unit impulse, not negative, any shape.
        rt60_s: seconds, broadcastable with `energy`.
        sample_rate: Hz.
    """
    return torch.sqrt(energy * _SIXTY_DB / (rt60_s * sample_rate))
