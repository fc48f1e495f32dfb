"""Songs of birds: syllables as gestures of a syrinx, and the styles in which species string them together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonovista.signal.noise import fluctuation

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
        rough: 0 a clear tone, 1 noise round the pitch.
        delay: share of the syllable before its loudest moment, about 0.5 where it swells and fades alike.
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
    rough: float = 0.0
    delay: float = 0.42


@dataclass(frozen=True)
class Style:
    """How the birds of some family sing; every pair is the range that an individual is drawn from.

    Attributes:
        name: of the style.
        register: Hz.
        syllables: kinds of syllables in a repertoire.
        seconds: of a syllable.
        gap: seconds between syllables.
        repeats: of a syllable in a row.
        kinds: how many kinds of syllables go into one song.
        songs: in 8 s.
        slope: octaves, standard deviation.
        bend: octaves, standard deviation.
        spread: octaves by which syllables of a repertoire differ.
        second: amplitude of the second harmonic.
        rough: noise in the voice.
        buzzed: share of syllables with a fast vibrato or tremble.
    """

    name: str
    register: tuple[float, float]
    syllables: tuple[int, int]
    seconds: tuple[float, float]
    gap: tuple[float, float]
    repeats: tuple[int, int]
    kinds: tuple[int, int]
    songs: tuple[float, float]
    slope: float
    bend: float
    spread: float
    second: tuple[float, float]
    rough: tuple[float, float]
    buzzed: float

    def repertoire(self, rng: np.random.Generator, register: float) -> list[Syllable]:
        """The syllables of one bird whose voice lies round `register` Hz."""
        reediness, roughness = rng.uniform(*self.second), rng.uniform(*self.rough)
        gap = rng.uniform(*self.gap)
        return [
            self._syllable(rng, register, reediness, roughness, gap)
            for _ in range(int(rng.integers(self.syllables[0], self.syllables[1] + 1)))
        ]

    def _syllable(
        self, rng: np.random.Generator, register: float, reediness: float, roughness: float, gap: float
    ) -> Syllable:
        seconds = float(np.exp(rng.uniform(*np.log(self.seconds))))
        gap *= rng.uniform(0.7, 1.3)
        repeats = int(rng.integers(self.repeats[0], self.repeats[1] + 1))
        # what sweeps far cannot be repeated fast: at most 7.55 - 0.124 rate kHz (Podos 1997)
        rate = 1 / (seconds + gap)
        widest = np.log2(1 + max(300.0, 7550 - 124 * rate) / register) if repeats > 2 else 2.0
        buzzed = rng.uniform() < self.buzzed
        return Syllable(
            seconds=seconds,
            centre=register * 2 ** rng.uniform(-self.spread, self.spread),
            slope=float(np.clip(rng.normal(0, self.slope), -widest, widest)),
            bend=float(np.clip(rng.normal(0, self.bend), -widest / 2, widest / 2)),
            trill_rate=rng.uniform(25, 110) if buzzed else 0.0,
            trill_depth=rng.uniform(0.04, 0.2),
            second=reediness * rng.uniform(0.6, 1.2),
            repeats=repeats,
            gap=gap,
            rough=min(1.0, roughness * rng.uniform(0.6, 1.3)),
            delay=rng.uniform(0.15, 0.6),
        )


STYLES: dict[str, Style] = {
    style.name: style
    for style in (
        # blackbirds, thrushes, orioles: few low clear notes, long rests
        Style(
            "whistler", (1700, 3200), (4, 7), (0.09, 0.4), (0.04, 0.16), (1, 2), (3, 6), (2, 4),
            0.2, 0.2, 0.4, (0.02, 0.15), (0.0, 0.05), 0.12,
        ),
        # wrens, buntings, sparrows that trill: one syllable again and again
        Style(
            "triller", (3000, 6500), (2, 4), (0.03, 0.12), (0.012, 0.08), (6, 20), (1, 2), (2, 3.5),
            0.6, 0.3, 0.2, (0.02, 0.2), (0.0, 0.1), 0.15,
        ),
        # larks, robins, canaries, swallows: a stream of changing syllables
        Style(
            "warbler", (2300, 5200), (8, 16), (0.03, 0.16), (0.015, 0.07), (1, 4), (8, 16), (1.6, 3),
            0.4, 0.3, 0.5, (0.03, 0.3), (0.0, 0.12), 0.25,
        ),
        # house sparrows, finches: single reedy chirps, evenly on
        Style(
            "chirper", (2200, 4500), (2, 4), (0.05, 0.18), (0.12, 0.45), (2, 5), (2, 4), (1.6, 3.2),
            0.5, 0.6, 0.25, (0.15, 0.6), (0.0, 0.3), 0.2,
        ),
        # great tits, chickadees: two or three notes in turn
        Style(
            "titmouse", (3000, 6200), (2, 3), (0.06, 0.2), (0.04, 0.15), (1, 1), (2, 3), (5, 12),
            0.15, 0.15, 0.35, (0.02, 0.2), (0.0, 0.05), 0.05,
        ),
        # jays, magpies, starlings, parakeets: broad harsh calls
        Style(
            "caller", (1300, 3400), (1, 3), (0.09, 0.5), (0.05, 0.3), (1, 5), (1, 3), (2, 5),
            0.25, 0.3, 0.3, (0.35, 0.85), (0.15, 0.9), 0.4,
        ),
    )
}  # fmt: skip
"""Rates, lengths and registers as described in Catchpole and Slater 2008, Bird Song (chapters 1 and 7), and the sound
plates of Marler and Slabbekoorn 2004, Nature's Music; trills are bound as Podos 1997 (Evolution 51) measured."""


def sing(syllable: Syllable, sample_rate: int, rng: np.random.Generator) -> Loop:
    """One rendering of a syllable, with small variations of pitch and length.

    A pressure gesture (a half sine to a power) sets the amplitude and a tension gesture the pitch, after Gardner,
    Cecchi, Magnasco, Laje and Mindlin 2001, Simple motor gestures for birdsongs (Phys. Rev. Lett. 87); the weak second
    harmonic stands for the vocal tract's filter, which passes little above the fundamental (Nowicki 1987, Nature 325).
    Harsh voices jitter, which spreads every harmonic into a band (Fletcher 2000, A class of chaotic bird calls, JASA
    108).
    """
    count = max(16, int(syllable.seconds * rng.uniform(0.95, 1.05) * sample_rate))
    time = np.arange(count) / count
    seconds = np.arange(count) / sample_rate
    octaves = syllable.slope * (time - 0.5) + syllable.bend * np.sin(np.pi * time)
    if syllable.trill_rate:
        octaves = octaves + syllable.trill_depth * np.sin(2 * np.pi * syllable.trill_rate * seconds)
    if syllable.rough > 0.02:
        octaves = octaves + 0.35 * syllable.rough * fluctuation(count, sample_rate, 600.0, rng, 1.0)
    frequency = np.clip(syllable.centre * 2 ** (octaves + rng.normal(0, 0.01)), 200.0, 0.2 * sample_rate)
    phase = 2 * np.pi * np.cumsum(frequency) / sample_rate + rng.uniform(0, 2 * np.pi)
    pressure = np.sin(np.pi * time ** (np.log(0.5) / np.log(syllable.delay))) ** 0.7
    voice = np.sin(phase)
    for harmonic in range(2, 7):
        level = syllable.second ** (harmonic - 1)
        if level > 0.003 and harmonic * syllable.centre < 0.3 * sample_rate:
            voice = voice + level * pressure * np.sin(harmonic * phase)
    return pressure * voice


def draw_song(
    rng: np.random.Generator, style: Style, repertoire: list[Syllable], sample_rate: int, longest: float
) -> Loop:
    """A song of some of a bird's syllables, each with its repeats, cut at `longest` seconds."""
    many = min(int(rng.integers(style.kinds[0], style.kinds[1] + 1)), len(repertoire))
    parts: list[Loop] = []
    spent = 0.0
    for index in rng.permutation(len(repertoire))[:many]:
        syllable = repertoire[index]
        loudness = rng.uniform(0.45, 1.0)
        for _ in range(syllable.repeats):
            parts.append(loudness * sing(syllable, sample_rate, rng))
            parts.append(np.zeros(int(syllable.gap * rng.uniform(0.9, 1.1) * sample_rate)))
            spent += (len(parts[-1]) + len(parts[-2])) / sample_rate
            if spent > longest:
                return np.concatenate(parts)
    return np.concatenate(parts)
