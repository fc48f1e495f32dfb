"""Animals: calls from a source and its formants, and frogs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.sounding.synthesis.events import add_noise_grains, whole_cycles
from sonovista.generate.sounding.synthesis.voices import FORMANT_HOP, formant_cascade, glottal_pulses
from sonovista.signal.noise import (
    band_gain,
    circular_filter,
    diffuse_tail,
    fluctuation,
    gain_curve,
    periodic_resample,
    shaped_noise,
)

Loop = NDArray[np.float64]


@dataclass(frozen=True)
class Call:
    """An animal's call, as source and filter.

    Attributes:
        seconds: shortest and longest.
        pitch: Hz, lowest and highest start of the fundamental.
        contour: octaves relative to the start, at evenly spaced times through the call.
        formants: Hz at the start and at the end.
        bandwidths: Hz.
        roughness: 0 a clear tone, 1 noise.
        flutter: Hz and depth of an amplitude tremble (a sheep's bleat), 0 for none.
        burst: how many calls in a row, fewest and most.
        gap: seconds between calls of a burst.
        bursts: how many bursts in a loop of 8 s, fewest and most.
        attack: share of the call in which it swells.
    """

    seconds: tuple[float, float]
    pitch: tuple[float, float]
    contour: tuple[float, ...]
    formants: tuple[tuple[float, ...], tuple[float, ...]]
    bandwidths: tuple[float, ...]
    roughness: float
    flutter: tuple[float, float]
    burst: tuple[int, int]
    gap: float
    bursts: tuple[int, int]
    attack: float


CALLS: dict[str, Call] = {
    "dog": Call(
        (0.14, 0.24),
        (280, 520),
        (0, 0.45, 0.3, -0.3),
        ((600, 1500, 2600), (900, 1700, 2900)),
        (160, 220, 320),
        0.35,
        (0, 0),
        (1, 7),
        0.22,
        (1, 2),
        0.08,
    ),
    "cow": Call(
        (1.3, 2.0),
        (95, 150),
        (0, 0.35, 0.45, 0.3, -0.25),
        ((280, 700, 2200), (600, 1000, 2400)),
        (80, 120, 240),
        0.12,
        (0, 0),
        (1, 1),
        0.5,
        (1, 2),
        0.15,
    ),
    "sheep": Call(
        (0.7, 1.1),
        (180, 300),
        (0, 0.1, 0.08, -0.1),
        ((700, 1500, 2600), (650, 1400, 2500)),
        (110, 160, 260),
        0.2,
        (8.5, 0.65),
        (1, 2),
        0.4,
        (1, 3),
        0.1,
    ),
    "cat": Call(
        (0.6, 1.0),
        (480, 700),
        (0, 0.3, 0.25, -0.2),
        ((700, 2200, 3400), (1300, 1900, 3300)),
        (130, 180, 260),
        0.08,
        (0, 0),
        (1, 2),
        0.5,
        (1, 2),
        0.2,
    ),
    "horse": Call(
        (1.2, 1.7),
        (600, 900),
        (0, 0.3, 0.0, -0.5, -1.0),
        ((1000, 2000, 3300), (700, 1600, 3000)),
        (200, 260, 360),
        0.35,
        (12, 0.5),
        (1, 1),
        0.5,
        (1, 1),
        0.08,
    ),
    "duck": Call(
        (0.13, 0.22),
        (150, 230),
        (0, 0.1, -0.1),
        ((900, 1700, 2600), (1100, 1900, 2900)),
        (120, 160, 220),
        0.3,
        (0, 0),
        (2, 9),
        0.16,
        (1, 2),
        0.08,
    ),
    "crow": Call(
        (0.3, 0.45),
        (380, 520),
        (0, 0.12, 0.05, -0.15),
        ((1100, 1700, 3000), (1300, 1800, 3200)),
        (220, 280, 360),
        0.55,
        (45, 0.5),
        (2, 4),
        0.3,
        (1, 2),
        0.1,
    ),
    "gull": Call(
        (0.3, 0.6),
        (650, 950),
        (0, 0.5, 0.35, 0.1, -0.25),
        ((1400, 2600, 4200), (1700, 3000, 4500)),
        (250, 320, 420),
        0.15,
        (0, 0),
        (3, 7),
        0.12,
        (2, 2),
        0.1,
    ),
    "rooster": Call(
        (1.5, 2.0),
        (450, 600),
        (0, 0.15, 0.4, 0.75, 0.7, 0.2),
        ((900, 1900, 3200), (1300, 2300, 3600)),
        (160, 220, 320),
        0.25,
        (0, 0),
        (1, 1),
        0.5,
        (1, 2),
        0.1,
    ),
    "hen": Call(
        (0.08, 0.16),
        (350, 500),
        (0, 0.25, -0.1),
        ((900, 1900, 3000), (1100, 2000, 3000)),
        (180, 240, 320),
        0.35,
        (0, 0),
        (4, 8),
        0.22,
        (2, 3),
        0.1,
    ),
    "pig": Call(
        (0.2, 0.4),
        (90, 160),
        (0, 0.2, -0.1),
        ((500, 1300, 2400), (700, 1500, 2500)),
        (180, 240, 320),
        0.7,
        (25, 0.5),
        (2, 4),
        0.2,
        (2, 3),
        0.15,
    ),
}
"""Typical values by hand, after Fitch 2006, Production of vocalizations in mammals (Encyclopedia of Language)."""


def animal(kind: str, rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """The calls of one animal of `CALLS`, by source and filter as a voice (Taylor and Reby 2010, J. Zoology 280)."""
    call = CALLS[kind]
    rate = 24_000
    inner = round(samples / sample_rate * rate)
    seconds = inner / rate
    # young and old, small and large of their kind
    build = float(np.exp(rng.uniform(-0.2, 0.2)))
    pitch = rng.uniform(*call.pitch) * build
    tract = build**0.6 * rng.uniform(0.92, 1.08)
    roughness = float(np.clip(call.roughness * rng.lognormal(0, 0.4), 0.02, 0.9))
    frequency = np.full(inner, pitch)
    opening = np.zeros(inner)
    frames = inner // FORMANT_HOP + 1
    formants = np.tile(np.array(call.formants[0]) * tract, (frames, 1))
    bursts = max(1, round(int(rng.integers(call.bursts[0], call.bursts[1] + 1)) * seconds / 8))
    offset = rng.uniform(0, seconds)
    for burst in range(bursts):
        begin = offset + (burst + rng.uniform(-0.1, 0.1)) * seconds / bursts
        for _ in range(int(rng.integers(call.burst[0], call.burst[1] + 1))):
            length = rng.uniform(*call.seconds)
            count = int(length * rate)
            at = np.linspace(0, 1, count)
            place = (int(begin * rate) + np.arange(count)) % inner
            contour = np.interp(at, np.linspace(0, 1, len(call.contour)), call.contour)
            frequency[place] = pitch * rng.uniform(0.96, 1.04) * 2**contour
            swell = np.clip(at / call.attack, 0, 1) ** 0.7 * np.clip((1 - at) / 0.35, 0, 1) ** 1.2
            tremble = 1 - call.flutter[1] * (0.5 + 0.5 * np.sin(2 * np.pi * call.flutter[0] * at * length))
            opening[place] = swell * (tremble if call.flutter[0] else 1.0) * rng.uniform(0.75, 1.0)
            start, stop = (np.array(f) * tract for f in call.formants)
            formants[place // FORMANT_HOP] = start + (stop - start) * np.minimum(1.0, 1.6 * at)[:, None]
            begin += length + call.gap * rng.uniform(0.8, 1.3)
    frequency *= 1 + 0.01 * fluctuation(inner, rate, 40.0, rng, 1.0)
    pulses = glottal_pulses(whole_cycles(frequency, rate), 0.5)
    noise = rng.normal(size=inner)
    source = ((1 - roughness) * pulses + roughness * 0.6 * noise * (0.4 + np.abs(pulses))) * opening
    voice = formant_cascade(source, formants, np.array(call.bandwidths) * 1.0, FORMANT_HOP, float(rate))
    voice = circular_filter(voice, rate, band_gain(0.7 * pitch, 9000, 2))
    # the loop starts in its longest rest, so that no call straddles the join
    start = int(rate * _rest_middle(opening, rate))
    around = rng.uniform(0.05, 0.4) * diffuse_tail(voice, rate, rng.uniform(0.3, 1.2), rng)
    air = shaped_noise(inner, rate, gain_curve([(80, -4), (300, 0), (2000, -8), (10000, -26)]), rng)
    air *= 10 ** (rng.uniform(-60, -30) / 20) * np.sqrt(np.mean(voice**2))
    return periodic_resample(np.roll(voice + around + air, -start), samples)


def _rest_middle(opening: Loop, sample_rate: int) -> float:
    """Seconds at the middle of the loop's longest silence."""
    sounding = np.flatnonzero(opening > 0)
    rests = np.diff(np.append(sounding, sounding[0] + len(opening)))
    longest = int(rests.argmax())
    return float((sounding[longest] + rests[longest] / 2) % len(opening)) / sample_rate


def frogs(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """A pond of frogs of one or two kinds: each calls in trains of pulses that ring the air of its sac.

    Gerhardt 1994, The evolution of vocalization in frogs and toads (Annu. Rev. Ecol. Syst. 25): large frogs croak low
    in slow pulses, tree frogs in quick notes of two peaks about an octave apart, toads trill, and small ones pipe; the
    pitch falls with body size from 4 kHz to some hundred hertz (Gingras and others 2013, J. Evol. Biol. 26).
    """
    out = np.zeros(samples)
    kinds = rng.choice(len(_FROGS), int(rng.integers(1, 3)), replace=False)
    for singer in range(int(rng.integers(2, 8))):
        loudness = 1.0 if singer == 0 else rng.uniform(0.1, 0.7)
        _add_frog(out, rng, sample_rate, _FROGS[int(kinds[singer % len(kinds)])], loudness)
    out = out + rng.uniform(0.03, 0.15) * diffuse_tail(out, sample_rate, rng.uniform(0.3, 0.8), rng)
    night = shaped_noise(samples, sample_rate, band_gain(300, 4000), rng)
    return out + 10 ** (rng.uniform(-60, -28) / 20) * np.sqrt(np.mean(out**2)) * night


@dataclass(frozen=True)
class Frog:
    """A kind of frog: ranges of pitch (Hz), ratio and level of the second peak, bandwidth (Hz), pulses a second, pulses
    in a note, notes a second, notes in a bout, bouts in 8 s.
    """

    pitch: tuple[float, float]
    ratio: tuple[float, float]
    level: tuple[float, float]
    bandwidth: tuple[float, float]
    pulse_rate: tuple[float, float]
    pulses: tuple[int, int]
    note_rate: tuple[float, float]
    notes: tuple[int, int]
    bouts: tuple[float, float]


_FROGS = (
    # water frogs and bullfrogs: low pulsed croaks
    Frog((350, 1500), (2.0, 2.6), (0.2, 0.6), (90, 200), (22, 60), (6, 16), (0.8, 1.6), (1, 3), (2, 5)),
    # tree frogs: series of quick notes
    Frog((900, 1700), (2.0, 2.6), (0.5, 1.4), (70, 180), (80, 140), (8, 16), (3.5, 7.0), (8, 30), (1, 2)),
    # toads: long trills
    Frog((1000, 2200), (2.0, 3.0), (0.02, 0.2), (40, 120), (15, 45), (40, 160), (0.2, 0.3), (1, 1), (1, 2)),
    # spring peepers, midwife toads: piping notes
    Frog((1200, 3300), (2.0, 2.1), (0.01, 0.1), (15, 45), (150, 200), (8, 25), (0.6, 1.6), (4, 8), (1, 1.5)),
)


def _add_frog(out: Loop, rng: np.random.Generator, sample_rate: int, kind: Frog, loudness: float) -> None:
    seconds = len(out) / sample_rate
    resonance = float(np.exp(rng.uniform(*np.log(kind.pitch))))
    pulse_rate, note_rate = rng.uniform(*kind.pulse_rate), rng.uniform(*kind.note_rate)
    pulses = int(rng.integers(kind.pulses[0], kind.pulses[1] + 1))
    pulses = max(2, min(pulses, int(0.9 * seconds * pulse_rate), int(0.85 * pulse_rate / note_rate)))
    bouts = max(1, round(rng.uniform(*kind.bouts) * seconds / 8))
    notes = max(1, min(int(rng.integers(kind.notes[0], kind.notes[1] + 1)), int(0.95 * seconds * note_rate / bouts)))
    bout = rng.uniform(0, seconds) + (np.arange(bouts) + rng.normal(0, 0.06, bouts)) * seconds / bouts
    note = (np.arange(notes) + rng.normal(0, 0.03, notes)) / note_rate
    start = (bout[:, None, None] + note[None, :, None] + np.arange(pulses) / pulse_rate).ravel()
    swell = np.tile(np.sin(np.pi * (np.arange(pulses) + 1) / (pulses + 1)) ** 0.7, bouts * notes)
    width = rng.uniform(*kind.bandwidth)
    fall = rng.uniform(0.5, 0.9) * pulse_rate
    for formant, level in ((resonance, 1.0), (resonance * rng.uniform(*kind.ratio), rng.uniform(*kind.level))):
        add_noise_grains(out, sample_rate, start, formant, width, fall, loudness * level * swell, rng, attack=0.002)
