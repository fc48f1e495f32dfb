"""The late, diffuse part of reverberation: noise that dies away, octave by octave."""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonovista.acoustics.bands import octave_filters

BAND_TAPS = 1023
"""Taps of the filters that split the noise, at 48 kHz; in proportion at other rates."""


@lru_cache(maxsize=4)
def tail_noise_bands(sample_rate: int, samples: int, channels: int = 2, seed: int = 0) -> NDArray[np.float64]:
    """White Gaussian noise of unit variance, split into octave bands that add up to it.

    Args:
        sample_rate: Hz.
        samples: length.
        channels: independent of each other.
        seed: of the noise.

    Returns:
        Shape `(8, channels, samples)`, read-only.
    """
    from scipy.signal import oaconvolve

    taps = 2 * (BAND_TAPS * sample_rate // 48_000 // 2) + 1
    noise = np.random.default_rng(seed).standard_normal((channels, samples + taps - 1))
    filters = octave_filters(sample_rate, taps)
    bands = np.stack([oaconvolve(noise, kernel[None], mode="valid", axes=1) for kernel in filters])
    bands.setflags(write=False)
    return bands


def late_tail(
    rt60_s: ArrayLike,
    sample_rate: int,
    duration: float,
    channels: int = 2,
    seed: int = 0,
    coherence: tuple[ArrayLike, ArrayLike] | None = None,
    start: float = 0.0,
    level: ArrayLike = 1.0,
) -> NDArray[np.float64]:
    """Noise whose power in octave b is `level_b^2 10^(-6 t / rt60_b)` times that of unit white noise there.

    Args:
        rt60_s: seconds, of the eight octaves 125 Hz to 16 kHz, shape `(8,)`.
        sample_rate: Hz.
        duration: seconds.
        channels: 2 for ears.
        seed: of the noise.
        coherence: frequencies in Hz and real interaural coherence at them; only for two channels.
        start: seconds that the tail waits; it is silent before, and its decay counts from time 0 all the same.
        level: amplitude at time 0, one for all octaves or `(8,)`.

    Returns:
        Shape `(channels, samples)`.
    """
    samples = max(1, round(duration * sample_rate))
    bands = tail_noise_bands(sample_rate, samples, channels, seed)
    time = np.arange(samples) / sample_rate
    rate = 3.0 * np.log(10.0) / np.broadcast_to(np.asarray(rt60_s, float), (8,))
    amount = np.broadcast_to(np.asarray(level, float), (8,))
    tail = np.einsum("bcs,bs->cs", bands, amount[:, None] * np.exp(-rate[:, None] * time))
    tail *= fade_in(samples, sample_rate, start)
    return tail if coherence is None else with_coherence(tail, sample_rate, *coherence)


def diffuse_level(size: ArrayLike, sample_rate: float, speed_of_sound: float) -> float:
    """RMS amplitude at time 0 of the late field of a room, for a source of amplitude 1 at 1 m: `sqrt(4 pi c / (V fs))`.

    The images of a source fill space evenly, one in a room's volume V, so in one sample `4 pi (c t)^2 c / (V fs)` of
    them arrive, each with the power `1 / (c t)^2` before the walls take theirs.

    Args:
        size: metres along x, y, z.
        sample_rate: Hz.
        speed_of_sound: metres per second.
    """
    return float(np.sqrt(4.0 * np.pi * speed_of_sound / (np.prod(np.asarray(size, float)) * sample_rate)))


def fade_in(samples: int, sample_rate: int, start: float) -> NDArray[np.float64]:
    """0 before `start` in seconds, 1 from it on, over 4 ms of raised cosine about it; shape `(samples,)`."""
    if start <= 0.0:
        return np.ones(samples)
    place = (np.arange(samples) / sample_rate - start) / 0.004 + 0.5
    return 0.5 - 0.5 * np.cos(np.pi * np.clip(place, 0.0, 1.0))


def with_coherence(
    tail: NDArray[np.float64], sample_rate: int, frequency_hz: ArrayLike, coherence: ArrayLike
) -> NDArray[np.float64]:
    """Mix two independent channels so that they have a real interaural coherence; their power stays.

    Args:
        tail: two independent channels, shape `(2, samples)`.
        sample_rate: Hz.
        frequency_hz: where the coherence is given, rising.
        coherence: in [-1, 1].

    Source: Borss and Martin, "An improved parametric model for perception-based design of virtual acoustics" (AES
    35th conference, 2009), section 3.
    """
    if tail.shape[0] != 2:
        raise ValueError(f"interaural coherence needs two channels, found {tail.shape[0]}")
    length = 2 * tail.shape[1]
    spectrum = np.fft.rfft(tail, length, axis=1)
    wanted = np.interp(np.fft.rfftfreq(length, 1.0 / sample_rate), np.asarray(frequency_hz), np.asarray(coherence))
    half = 0.5 * np.arcsin(np.clip(wanted, -1.0, 1.0))
    left = np.cos(half) * spectrum[0] + np.sin(half) * spectrum[1]
    right = np.sin(half) * spectrum[0] + np.cos(half) * spectrum[1]
    return np.fft.irfft(np.stack([left, right]), length, axis=1)[:, : tail.shape[1]]
