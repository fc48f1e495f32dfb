"""Insects: crickets, cicadas, bees and flies."""

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.sounding.synthesis.events import add_wrapped, whole_cycles
from sonovista.signal.noise import band_gain, fluctuation, shaped_noise

Loop = NDArray[np.float64]


def crickets(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """Field crickets: chirps of three to five pulses of an almost pure tone at 4 to 5.5 kHz.

    Each pulse is one closing stroke of the wings, some 15 to 20 ms long, about 30 a second (Bennet-Clark 1989, in
    Cricket Behavior and Neurobiology); warm nights are faster (Dolbear 1897). Several sing, near and far.
    """
    out = np.zeros(samples)
    warmth = rng.uniform(0.8, 1.25)
    for singer in range(int(rng.integers(2, 6))):
        loudness = 1.0 if singer == 0 else rng.uniform(0.08, 0.45)
        _add_cricket(out, rng, sample_rate, loudness, warmth)
    return out


def _add_cricket(out: Loop, rng: np.random.Generator, sample_rate: int, loudness: float, warmth: float) -> None:
    samples = len(out)
    carrier = rng.uniform(4000, 5300) * warmth**0.2
    pulses = int(rng.integers(3, 6))
    pulse_period = rng.uniform(0.030, 0.038) / warmth
    chirps = round(samples / sample_rate * rng.uniform(1.8, 3.2) * warmth)
    count = int(rng.uniform(0.45, 0.6) * pulse_period * sample_rate)
    time = np.arange(count) / sample_rate
    # the closing wing slows down, so the tone falls by a few per cent; quick start, then an even ring
    window = np.minimum(1, time / 0.003) * np.cos(np.pi / 2 * (np.arange(count) / count)) ** 0.5
    offset = rng.uniform(0, samples)
    for chirp in range(chirps):
        begin = offset + (chirp + rng.normal(0, 0.02)) * samples / chirps
        for pulse in range(pulses):
            frequency = carrier * (1 + rng.normal(0, 0.002)) * (1 - 1.2 * time)
            tone = np.sin(2 * np.pi * np.cumsum(frequency) / sample_rate)
            strength = loudness * (0.55 + 0.45 * (pulse + 1) / pulses)
            add_wrapped(out, int(begin + pulse * pulse_period * sample_rate), strength * window * tone)


def cicadas(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """Cicadas: clicks of the buckling tymbal ring a resonance at 4 to 8 kHz, hundreds a second, in slow swells.

    Young and Bennet-Clark 1995, The role of the tymbal in cicada sound production (J. Exp. Biol. 198).
    """
    out = np.zeros(samples)
    for singer in range(int(rng.integers(2, 5))):
        rate = rng.uniform(110, 240)
        resonance = rng.uniform(4200, 7500)
        wander = 1 + 0.03 * fluctuation(samples, sample_rate, 3.0, rng)
        phase = whole_cycles(rate * wander, sample_rate)
        clicks = np.exp(-6.0 * (phase % 1.0))
        carrier = shaped_noise(samples, sample_rate, band_gain(resonance / 1.12, resonance * 1.12, 3), rng)
        throb = 1 + rng.uniform(0.2, 0.8) * np.sin(
            2 * np.pi * whole_cycles(np.full(samples, rng.uniform(0.3, 5.0)), sample_rate)
        )
        out += (1.0 if singer == 0 else rng.uniform(0.2, 0.6)) * clicks * carrier * throb
    return out


def _wingbeats(
    rng: np.random.Generator, samples: int, sample_rate: int, pitch: tuple[float, float], flyers: int, wander: float
) -> Loop:
    """Several insects on the wing: harmonics of the wingbeat, each insect nearing and leaving as it circles.

    The spectrum of a beating wing falls by about 6 dB a harmonic from the second on (Sueur, Tuck and Robert 2005, Sound
    radiation around a flying fly, JASA 118).
    """
    out = np.zeros(samples)
    for _ in range(flyers):
        base = rng.uniform(*pitch)
        nearness = np.exp(rng.uniform(0.7, 1.3) * fluctuation(samples, sample_rate, rng.uniform(0.4, 1.2), rng))
        frequency = base * (
            1
            + wander * fluctuation(samples, sample_rate, 1.5, rng)
            + 0.006 * fluctuation(samples, sample_rate, 18.0, rng)
        )
        phase = 2 * np.pi * whole_cycles(frequency, sample_rate)
        tone = np.zeros(samples)
        for harmonic in range(1, 15):
            level = (0.6 if harmonic == 1 else harmonic**-1.0) * rng.uniform(0.5, 1.0)
            tone += level * np.sin(harmonic * phase + rng.uniform(0, 2 * np.pi))
        out += np.minimum(nearness, 6.0) * tone
    rustle = shaped_noise(samples, sample_rate, band_gain(300, 3000), rng)
    return out + 0.05 * np.sqrt(np.mean(out**2)) * rustle


def bees(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """Bees among flowers: wingbeats at 190 to 260 Hz, several at once, pitch and nearness wandering."""
    return _wingbeats(rng, samples, sample_rate, (185.0, 265.0), int(rng.integers(4, 10)), 0.03)


def flies(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """One or two flies or mosquitoes: wingbeats at 150 to 600 Hz, coming and going."""
    low = rng.uniform(150, 450)
    return _wingbeats(rng, samples, sample_rate, (low, low * 1.3), int(rng.integers(1, 3)), 0.06)
