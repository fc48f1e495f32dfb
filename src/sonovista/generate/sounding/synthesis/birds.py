"""Birds: songs of chirped syllables, owls, doves, and the harsher calls of gulls, crows and ducks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.sounding.synthesis.events import add_wrapped
from sonovista.signal.noise import diffuse_tail, gain_curve, shaped_noise

Loop = NDArray[np.float64]


@dataclass(frozen=True)
class Syllable:
    """One syllable of a song: gestures of tension and pressure, as a syrinx makes them.

    Attributes:
        seconds: its length.
        centre: Hz.
        slope: octaves that the pitch rises from its start to its end; negative falls.
        bend: octaves of a half sine on top (a hook up or down).
        trill_rate: Hz of a fast vibrato, 0 for none.
        trill_depth: octaves.
        second: amplitude of the second harmonic, relative; harmonic k has `second^(k-1)`.
        repeats: how often it is sung in a row.
        gap: seconds between repeats.
    """

    seconds: float
    centre: float
    slope: float
    bend: float
    trill_rate: float
    trill_depth: float
    second: float
    repeats: int
    gap: float


def draw_syllable(rng: np.random.Generator, register: float, reediness: float) -> Syllable:
    """A syllable of a songbird whose voice lies round `register` Hz; `reediness` is its second harmonic's level."""
    trilled = rng.uniform() < 0.25
    short = rng.uniform() < 0.45
    seconds = rng.uniform(0.03, 0.07) if short else rng.uniform(0.08, 0.22)
    return Syllable(
        seconds=seconds,
        centre=register * 2 ** rng.uniform(-0.5, 0.5),
        slope=rng.normal(0, 0.35),
        bend=rng.normal(0, 0.25),
        trill_rate=rng.uniform(25, 60) if trilled else 0.0,
        trill_depth=rng.uniform(0.05, 0.2),
        second=reediness * rng.uniform(0.6, 1.2),
        repeats=int(rng.integers(2, 9)) if short else int(rng.integers(1, 4)),
        gap=rng.uniform(0.02, 0.06) if short else rng.uniform(0.05, 0.12),
    )


def sing(syllable: Syllable, sample_rate: int, rng: np.random.Generator) -> Loop:
    """One rendering of a syllable, with small variations of pitch and length.

    A pressure gesture (a half sine to a power) sets the amplitude and a tension gesture the pitch, after Gardner,
    Cecchi, Magnasco, Laje and Mindlin 2001, Simple motor gestures for birdsongs (Phys. Rev. Lett. 87); the weak second
    harmonic stands for the vocal tract's filter, which passes little above the fundamental (Nowicki 1987, Nature 325).
    """
    count = max(16, int(syllable.seconds * rng.uniform(0.95, 1.05) * sample_rate))
    time = np.arange(count) / count
    seconds = np.arange(count) / sample_rate
    octaves = syllable.slope * (time - 0.5) + syllable.bend * np.sin(np.pi * time)
    if syllable.trill_rate:
        octaves = octaves + syllable.trill_depth * np.sin(2 * np.pi * syllable.trill_rate * seconds)
    frequency = np.clip(syllable.centre * 2 ** (octaves + rng.normal(0, 0.01)), 200.0, 0.2 * sample_rate)
    phase = 2 * np.pi * np.cumsum(frequency) / sample_rate + rng.uniform(0, 2 * np.pi)
    pressure = np.sin(np.pi * time**0.8) ** 0.7
    voice = np.sin(phase)
    for harmonic in range(2, 6):
        level = syllable.second ** (harmonic - 1)
        if level > 0.003 and harmonic * syllable.centre < 0.3 * sample_rate:
            voice = voice + level * pressure * np.sin(harmonic * phase)
    return pressure * voice


def phrase(rng: np.random.Generator, syllables: list[Syllable], sample_rate: int, longest: float) -> Loop:
    """A phrase of these syllables in order, each with its repeats, cut at `longest` seconds."""
    parts: list[Loop] = []
    spent = 0.0
    for syllable in syllables:
        loudness = rng.uniform(0.5, 1.0)
        for _ in range(syllable.repeats):
            parts.append(loudness * sing(syllable, sample_rate, rng))
            parts.append(np.zeros(int(syllable.gap * rng.uniform(0.9, 1.1) * sample_rate)))
            spent += (len(parts[-1]) + len(parts[-2])) / sample_rate
            if spent > longest:
                return np.concatenate(parts)
    return np.concatenate(parts)


def birds(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """A songbird in a tree: it sings phrases of its own repertoire; another, farther off, may answer."""
    out = np.zeros(samples)
    singers = int(rng.integers(1, 4))
    for singer in range(singers):
        register = float(np.exp(rng.uniform(np.log(1900), np.log(5600))))
        reediness = float(rng.choice([0.03, 0.12, 0.45]))
        repertoire = [draw_syllable(rng, register, reediness) for _ in range(int(rng.integers(3, 6)))]
        loudness = 1.0 if singer == 0 else rng.uniform(0.15, 0.4)
        phrases = int(rng.integers(3, 5)) if singer == 0 else int(rng.integers(1, 4))
        offset = rng.uniform(0, samples)
        for index in range(phrases):
            order = rng.permutation(len(repertoire))[: int(rng.integers(2, len(repertoire) + 1))]
            song = phrase(rng, [repertoire[i] for i in order], sample_rate, 0.8 * samples / sample_rate / phrases)
            begin = offset + (index + rng.uniform(-0.08, 0.08)) * samples / phrases
            add_wrapped(out, int(begin), loudness * song)
    return _among_trees(out, rng, sample_rate)


def _among_trees(signal: Loop, rng: np.random.Generator, sample_rate: int) -> Loop:
    """Echoes from trunks and ground, a faint tail of the wood, and the air round the bird; circular like the rest."""
    out = signal.copy()
    for delay in rng.uniform(0.02, 0.25, 12):
        out += 0.09 * np.exp(-delay * 7) * rng.choice((-1.0, 1.0)) * np.roll(signal, int(delay * sample_rate))
    out += rng.uniform(0.03, 0.12) * diffuse_tail(signal, sample_rate, rng.uniform(0.5, 1.1), rng)
    air = shaped_noise(
        len(signal), sample_rate, gain_curve([(100, -2), (400, 0), (2000, -6), (8000, -16), (16000, -30)]), rng
    )
    level = 10 ** (rng.uniform(-60, -20) / 20)
    return out + level * np.sqrt(np.mean(signal**2)) * air


def owl(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """An owl's hoots: almost pure tones at 300 to 500 Hz, one long or a short series, once or twice in a loop."""
    out = np.zeros(samples)
    pitch = rng.uniform(300, 480)
    pattern = [(0.0, 0.35), (0.75, 0.12), (0.95, 0.12), (1.2, 0.6)] if rng.uniform() < 0.5 else [(0.0, 0.6), (1.3, 0.9)]
    for call in range(2):
        begin = (call * 0.5 + 0.1) * samples
        for at, seconds in pattern:
            hoot = Syllable(seconds, pitch, rng.normal(-0.05, 0.03), 0.12, 6.0, 0.01, 0.06, 1, 0)
            add_wrapped(out, int(begin + at * sample_rate), sing(hoot, sample_rate, rng))
    return _among_trees(out, rng, sample_rate)


def dove(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """A dove or pigeon: soft coos in groups of three at 400 to 600 Hz, with a purr in the longer ones."""
    out = np.zeros(samples)
    pitch = rng.uniform(400, 600)
    lengths = rng.uniform((0.2, 0.4, 0.2), (0.3, 0.6, 0.35))
    groups = 3
    for group in range(groups):
        at = (group + rng.uniform(-0.05, 0.05)) * samples / groups
        for index, seconds in enumerate(lengths):
            coo = Syllable(float(seconds), pitch, -0.05, 0.15, 28.0 if index == 1 else 0.0, 0.03, 0.1, 1, 0)
            add_wrapped(out, int(at), sing(coo, sample_rate, rng))
            at += (seconds + 0.12) * sample_rate
    return _among_trees(out, rng, sample_rate)
