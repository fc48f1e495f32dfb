"""Voices: a crowd's babble, speech without words, and the calls of animals, all from one source and its formants."""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonovista.generate.sounding.synthesis.events import add_noise_grains, poisson_times, whole_cycles
from sonovista.signal.noise import (
    band_gain,
    circular_filter,
    diffuse_tail,
    fluctuation,
    periodic_resample,
    shaped_noise,
)

Loop = NDArray[np.float64]
VOICE_RATE = 16_000  # Hz at which voices are computed: little of a voice lies above 8 kHz
_HOP = 80  # samples between two sets of formants: 5 ms

VOWELS = np.array(
    [
        [730, 1090, 2440, 3400],  # a
        [530, 1840, 2480, 3500],  # e
        [270, 2290, 3010, 3700],  # i
        [570, 840, 2410, 3300],  # o
        [300, 870, 2240, 3300],  # u
        [490, 1350, 1690, 3300],  # er
        [660, 1720, 2410, 3500],  # ae
        [640, 1190, 2390, 3400],  # uh
    ],
    float,
)
"""Formants in Hz of men's vowels (Peterson and Barney 1952, JASA 24, table II); the fourth is a typical value."""


@njit(cache=True, fastmath=True)
def _formant_cascade(source, formants, bandwidths, hop, sample_rate):
    """Resonators in cascade (Klatt 1980), run twice round the loop so that the second round is periodic."""
    samples = len(source)
    frames, count = formants.shape
    one = np.zeros(count)
    two = np.zeros(count)
    a = np.zeros(count)
    b = np.zeros(count)
    c = np.zeros(count)
    out = np.zeros(samples)
    for _ in range(2):
        for n in range(samples):
            if n % hop == 0:
                frame = min(n // hop, frames - 1)
                for k in range(count):
                    c[k] = -np.exp(-2 * np.pi * bandwidths[k] / sample_rate)
                    b[k] = (
                        2
                        * np.exp(-np.pi * bandwidths[k] / sample_rate)
                        * np.cos(2 * np.pi * formants[frame, k] / sample_rate)
                    )
                    a[k] = 1 - b[k] - c[k]
            value = source[n]
            for k in range(count):
                value = a[k] * value + b[k] * one[k] + c[k] * two[k]
                two[k] = one[k]
                one[k] = value
            out[n] = value
    return out


def glottal_pulses(phase: Loop, open_quotient: float = 0.62) -> Loop:
    """The derivative of Rosenberg's glottal pulse (1971, JASA 49, type C) at `phase` in cycles, smooth at the opening."""
    at = phase % 1.0
    peak = open_quotient * 0.66
    rising = np.sin(np.pi * at / peak) * (at < peak)
    falling = -1.5 * np.sin(np.pi / 2 * np.clip((at - peak) / (open_quotient - peak), 0, 1))
    return rising + falling * ((at >= peak) & (at < open_quotient))


def speak(rng: np.random.Generator, samples: int, female: bool, activity: Loop) -> Loop:
    """One talker without words at `VOICE_RATE`: vowels and fricatives in turn at four to six syllables a second.

    Args:
        rng: source of randomness.
        samples: of the loop at `VOICE_RATE`.
        female: a shorter vocal tract and a higher pitch.
        activity: in [0, 1], shape `(samples,)`: when this talker speaks.
    """
    seconds = samples / VOICE_RATE
    syllables = max(2, round(seconds * rng.uniform(4.0, 5.8)))
    frames = samples // _HOP + 1
    position = np.arange(frames) / frames * syllables
    index = position.astype(int) % syllables
    vowels = VOWELS[rng.integers(0, len(VOWELS), syllables)] * rng.uniform(0.92, 1.08) * (1.17 if female else 1.0)
    # move to the next vowel over the last half of each syllable
    blend = np.clip((position % 1.0 - 0.5) * 2, 0, 1)[:, None]
    formants = vowels[index] * (1 - blend) + vowels[(index + 1) % syllables] * blend
    at = (np.arange(samples) / samples * syllables) % 1.0
    which = (np.arange(samples) / samples * syllables).astype(int) % syllables
    stress = rng.uniform(0.35, 1.0, syllables)[which]
    opening = np.clip(np.sin(np.pi * np.clip((at - 0.18) / 0.82, 0, 1)), 0, 1) ** 0.6 * stress
    pitch = (rng.uniform(170, 240) if female else rng.uniform(90, 140)) * 2 ** (
        0.18 * fluctuation(samples, VOICE_RATE, 1.2, rng) + 0.01 * fluctuation(samples, VOICE_RATE, 25.0, rng)
    )
    pulses = glottal_pulses(whole_cycles(pitch, VOICE_RATE), rng.uniform(0.55, 0.7))
    breath = 0.04 * rng.normal(size=samples)
    voiced = _formant_cascade(
        (pulses + breath) * opening, formants, np.array([70.0, 95.0, 140.0, 220.0]), _HOP, float(VOICE_RATE)
    )
    fricative = circular_filter(rng.normal(size=samples), VOICE_RATE, band_gain(rng.uniform(2200, 3500), 7000, 2))
    consonant = np.exp(-(((at - 0.09) / 0.05) ** 2)) * (rng.uniform(size=syllables) < 0.55)[which]
    voiced /= np.sqrt(np.mean(voiced**2)) + 1e-12
    return activity * (voiced + 0.35 * fricative * consonant)


def _turns(rng: np.random.Generator, samples: int, share: float) -> Loop:
    """When a talker speaks: a smooth switch that is on for about `share` of the loop."""
    level = fluctuation(samples, VOICE_RATE, 0.35, rng)
    threshold = np.quantile(level, 1 - share)
    return 1 / (1 + np.exp(-12 * (level - threshold)))


def crowd(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """Many people talking at once, near and far: babble from a dozen or more voices, with the blur of the place."""
    inner = round(samples / sample_rate * VOICE_RATE)
    talkers = int(rng.integers(10, 22))
    near = np.zeros(inner)
    for _ in range(talkers):
        voice = speak(rng, inner, bool(rng.uniform() < 0.5), _turns(rng, inner, rng.uniform(0.5, 0.9)))
        near += np.exp(rng.normal(-0.3, 0.6)) * np.roll(voice, int(rng.integers(0, inner)))
    out = near + 0.7 * diffuse_tail(near, VOICE_RATE, rng.uniform(0.4, 1.0), rng)
    return periodic_resample(out, samples)


def speech(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """One or two people in talk, in no language."""
    inner = round(samples / sample_rate * VOICE_RATE)
    turn = _turns(rng, inner, 0.5)
    out = speak(rng, inner, bool(rng.uniform() < 0.5), turn)
    if rng.uniform() < 0.7:
        out = out + 0.8 * speak(rng, inner, bool(rng.uniform() < 0.5), 1 - turn)
    return periodic_resample(out + 0.1 * diffuse_tail(out, VOICE_RATE, 0.4, rng), samples)


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
    "dog": Call((0.14, 0.24), (280, 520), (0, 0.45, 0.3, -0.3), ((600, 1500, 2600), (900, 1700, 2900)), (160, 220, 320), 0.35, (0, 0), (1, 3), 0.22, (2, 3), 0.08),
    "cow": Call((1.3, 2.0), (95, 150), (0, 0.35, 0.45, 0.3, -0.25), ((280, 700, 2200), (600, 1000, 2400)), (80, 120, 240), 0.12, (0, 0), (1, 1), 0.5, (1, 2), 0.15),
    "sheep": Call((0.7, 1.1), (180, 300), (0, 0.1, 0.08, -0.1), ((700, 1500, 2600), (650, 1400, 2500)), (110, 160, 260), 0.2, (8.5, 0.65), (1, 2), 0.4, (1, 3), 0.1),
    "cat": Call((0.6, 1.0), (480, 700), (0, 0.3, 0.25, -0.2), ((700, 2200, 3400), (1300, 1900, 3300)), (130, 180, 260), 0.08, (0, 0), (1, 2), 0.5, (1, 2), 0.2),
    "horse": Call((1.2, 1.7), (600, 900), (0, 0.3, 0.0, -0.5, -1.0), ((1000, 2000, 3300), (700, 1600, 3000)), (200, 260, 360), 0.35, (12, 0.5), (1, 1), 0.5, (1, 1), 0.08),
    "duck": Call((0.13, 0.22), (150, 230), (0, 0.1, -0.1), ((900, 1700, 2600), (1100, 1900, 2900)), (120, 160, 220), 0.3, (0, 0), (3, 6), 0.16, (2, 3), 0.08),
    "crow": Call((0.3, 0.45), (380, 520), (0, 0.12, 0.05, -0.15), ((1100, 1700, 3000), (1300, 1800, 3200)), (220, 280, 360), 0.55, (45, 0.5), (2, 4), 0.3, (1, 2), 0.1),
    "gull": Call((0.3, 0.6), (650, 950), (0, 0.5, 0.35, 0.1, -0.25), ((1400, 2600, 4200), (1700, 3000, 4500)), (250, 320, 420), 0.15, (0, 0), (3, 7), 0.12, (2, 2), 0.1),
    "rooster": Call((1.5, 2.0), (450, 600), (0, 0.15, 0.4, 0.75, 0.7, 0.2), ((900, 1900, 3200), (1300, 2300, 3600)), (160, 220, 320), 0.25, (0, 0), (1, 1), 0.5, (1, 2), 0.1),
    "hen": Call((0.08, 0.16), (350, 500), (0, 0.25, -0.1), ((900, 1900, 3000), (1100, 2000, 3000)), (180, 240, 320), 0.35, (0, 0), (4, 8), 0.22, (2, 3), 0.1),
    "pig": Call((0.2, 0.4), (90, 160), (0, 0.2, -0.1), ((500, 1300, 2400), (700, 1500, 2500)), (180, 240, 320), 0.7, (25, 0.5), (2, 4), 0.2, (2, 3), 0.15),
}  # fmt: skip
"""Typical values of bioacoustics handbooks (Fitch 2006, Production of vocalizations in mammals, and the field guides)."""


def animal(kind: str, rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """The calls of one animal of `CALLS`: source-filter theory as for a voice (Taylor and Reby 2010, J. Zoology 280)."""
    call = CALLS[kind]
    rate = 24_000
    inner = round(samples / sample_rate * rate)
    seconds = inner / rate
    pitch = rng.uniform(*call.pitch)
    tract = rng.uniform(0.9, 1.1)
    frequency = np.full(inner, pitch)
    opening = np.zeros(inner)
    frames = inner // _HOP + 1
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
            formants[place // _HOP] = start + (stop - start) * np.minimum(1.0, 1.6 * at)[:, None]
            begin += length + call.gap * rng.uniform(0.8, 1.3)
    frequency *= 1 + 0.01 * fluctuation(inner, rate, 40.0, rng, 1.0)
    pulses = glottal_pulses(whole_cycles(frequency, rate), 0.5)
    noise = rng.normal(size=inner)
    source = ((1 - call.roughness) * pulses + call.roughness * 0.6 * noise * (0.4 + np.abs(pulses))) * opening
    voice = _formant_cascade(source, formants, np.array(call.bandwidths) * 1.0, _HOP, float(rate))
    voice = circular_filter(voice, rate, band_gain(0.7 * pitch, 9000, 2))
    return periodic_resample(voice + 0.12 * diffuse_tail(voice, rate, 0.5, rng), samples)


def frogs(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """A pond of frogs: each calls in trains of pulses that ring the air of its sac (Gerhardt 1994, the evolution of
    vocalization in frogs and toads, Annu. Rev. Ecol. Syst. 25).
    """
    out = np.zeros(samples)
    seconds = samples / sample_rate
    for singer in range(int(rng.integers(3, 7))):
        resonance = rng.uniform(700, 2200)
        pulse_rate = rng.uniform(25, 60)
        pulses = int(rng.integers(6, 16))
        calls = int(rng.integers(4, 10))
        loudness = 1.0 if singer == 0 else rng.uniform(0.2, 0.7)
        begin = rng.uniform(0, seconds) + (np.arange(calls) + rng.normal(0, 0.08, calls)) * seconds / calls
        start = (begin[:, None] + np.arange(pulses) / pulse_rate).ravel()
        swell = np.tile(np.sin(np.pi * (np.arange(pulses) + 1) / (pulses + 1)) ** 0.7, calls)
        for formant, level in ((resonance, 1.0), (resonance * 2.3, 0.35)):
            add_noise_grains(out, sample_rate, start, formant, 130.0, 70.0, loudness * level * swell, rng, attack=0.002)
    return out + 0.004 * shaped_noise(samples, sample_rate, band_gain(300, 4000), rng)


def applause(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """Applause: claps of many hands, each a short resonance at 0.6 to 2.5 kHz (Peltola and others 2007, IEEE TASLP 15)."""
    out = np.zeros(samples)
    seconds = samples / sample_rate
    people = int(rng.integers(25, 70))
    for _ in range(people):
        claps = round(seconds * rng.uniform(2.8, 4.5))
        start = rng.uniform(0, seconds) + (np.arange(claps) + rng.normal(0, 0.06, claps)) * seconds / claps
        add_noise_grains(
            out, sample_rate, start, rng.uniform(700, 2400) * rng.lognormal(0, 0.08, claps), rng.uniform(500, 1500),
            rng.uniform(150, 350), np.exp(rng.normal(-0.5, 0.6)) * rng.uniform(0.7, 1.0, claps), rng, attack=0.0003,
        )  # fmt: skip
    shuffle = poisson_times(seconds, 400, rng)
    add_noise_grains(out, sample_rate, shuffle, 1500.0, 2500.0, 200.0, 0.12, rng)
    return out
