"""Hand drums and tuned bars that somebody plays: struck modes on a beat that fits the loop."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import jn_zeros, jv

from sonovista.generate.sounding.synthesis.events import add_noise_grains
from sonovista.generate.sounding.synthesis.struck import strike_modes

Loop = NDArray[np.float64]

HIGHEST_ORDER, CIRCLES = 4, 3
"""Nodal diameters and circles up to which a membrane's modes are played."""

BAR = np.array([1.0, 4.0, 9.2])
BAR_LEVELS = np.array([1.0, 0.25, 0.06])
"""Partials of a marimba's bar, whose second is two octaves up (Fletcher and Rossing 1998, section 19.3)."""

PENTATONIC = np.array([0, 2, 4, 7, 9, 12, 14, 16])
"""Semitones above the lowest bar that are played."""


@dataclass(frozen=True)
class _Stroke:
    """Where on the head a hand falls, as a share of the radius, and what it leaves.

    Attributes:
        place: 0 in the middle, 1 at the rim.
        ringing: factor of all decay times: a hand that stays damps.
        air: level of the body's own tone, which a stroke in the middle wakes.
        slap: level of the skin's noise.
    """

    place: float
    ringing: float
    air: float
    slap: float


BASS, TONE, SLAP = _Stroke(0.05, 1.0, 1.0, 0.05), _Stroke(0.7, 1.0, 0.1, 0.12), _Stroke(0.86, 0.55, 0.02, 0.6)
PATTERNS = ("B..TT.B.B..TT.S.", "B.S.TTB.B.S.T.TT", "B..B..TTB..BS.TT", "B.TTS.TTB.TTS.S.")
"""Sixteenths of a bar of four beats, as they are taught by syllables: bass, tone, slap."""


def membrane_modes() -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Nodal diameters of a circular membrane's modes, and the zeros of Bessel functions that tune them."""
    zeros = [(m, zero) for m in range(HIGHEST_ORDER + 1) for zero in jn_zeros(m, CIRCLES)]
    return np.array([m for m, _ in zeros]), np.array([zero for _, zero in zeros])


def drum(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """A goblet drum played by hand: modes of a circular membrane, woken by where the hand falls, and the body's air.

    A mode with m nodal diameters and n circles has the frequency of the nth zero of the Bessel function J_m and is
    woken as J_m says at the hand's place; modes without diameters radiate best and die first (Fletcher and Rossing
    1998, sections 3.2 and 18.1). The goblet adds a Helmholtz resonance below them (Prak 1996).
    """
    seconds = samples / sample_rate
    order, zeros = membrane_modes()
    lowest = float(rng.uniform(165.0, 235.0))
    frequency = lowest * zeros / zeros[0] * rng.normal(1.0, 0.008, len(zeros))
    quality = np.where(order == 0, 8.0, 28.0)
    fall = np.pi * frequency / quality
    body = float(rng.uniform(62.0, 84.0))
    out = np.zeros(samples)
    for stroke, start, strength in _played(rng, seconds):
        woken = np.abs(jv(order, zeros * stroke.place)) * (frequency / lowest) ** (-0.5 if stroke.slap < 0.3 else 0.1)
        strike_modes(out, sample_rate, start, strength, frequency, woken, fall / stroke.ringing, rng, attack=0.001)
        air = np.full(1, 0.5 * stroke.air)
        strike_modes(out, sample_rate, start, strength, np.full(1, body), air, np.full(1, 20.0), rng, attack=0.004)
        add_noise_grains(out, sample_rate, start, 2600.0, 2400.0, 160.0, stroke.slap * strength, rng)
    return out


def _played(rng: np.random.Generator, seconds: float) -> list[tuple[_Stroke, NDArray[np.float64], NDArray[np.float64]]]:
    """Times and strengths of each sort of stroke: whole bars that fill the loop, by a hand that is not a clock."""
    bars = max(1, round(seconds * rng.uniform(88.0, 118.0) / 240.0))
    pattern = "".join(PATTERNS[k] for k in rng.integers(len(PATTERNS), size=bars))
    step = seconds / len(pattern)
    place = np.arange(len(pattern))
    swing = float(rng.uniform(0.0, 0.12)) * (place % 2)
    time = np.mod((place + swing + rng.normal(0.0, 0.035, len(pattern))) * step + rng.uniform(0.0, seconds), seconds)
    accent = np.where(place % 8 == 0, 1.0, np.where(place % 4 == 0, 0.8, 0.62)) * np.exp(
        rng.normal(0, 0.1, len(pattern))
    )
    sorts = {"B": BASS, "T": TONE, "S": SLAP}
    letters = np.array(list(pattern))
    return [
        (sort, time[letters == key], accent[letters == key]) for key, sort in sorts.items() if (letters == key).any()
    ]


def xylophone(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """Tuned wooden bars over resonators: a wandering melody of five tones, mallets, now and then two bars at once."""
    seconds = samples / sample_rate
    base = float(rng.uniform(260.0, 420.0))
    steps = max(4, round(seconds * rng.uniform(2.6, 4.2)))
    step = seconds / steps
    tone = np.clip(np.cumsum(rng.integers(-2, 3, steps)) % (2 * len(PENTATONIC)), 0, None)
    tone = np.minimum(tone, 2 * len(PENTATONIC) - 1 - tone)
    sounding = rng.uniform(size=steps) < 0.8
    offset = rng.uniform(0.0, seconds)
    out = np.zeros(samples)
    for number in np.unique(tone[sounding]):
        played = np.flatnonzero(sounding & (tone == number))
        start = np.mod((played + rng.normal(0.0, 0.03, len(played))) * step + offset, seconds)
        frequency = base * 2.0 ** (PENTATONIC[number] / 12.0) * BAR
        fall = np.array([5.0, 22.0, 60.0]) * (frequency[0] / 350.0) ** 0.7
        strength = rng.uniform(0.6, 1.0, len(played))
        strike_modes(out, sample_rate, start, strength, frequency, BAR_LEVELS, fall, rng, attack=0.0008)
        add_noise_grains(out, sample_rate, start, 1400.0, 1600.0, 220.0, 0.06 * strength, rng)
    return out
