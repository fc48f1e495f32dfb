"""Voices: a crowd's babble, speech without words, and the calls of animals, all from one source and its formants."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonovista.generate.sounding.synthesis.events import whole_cycles
from sonovista.signal.noise import (
    band_gain,
    circular_filter,
    diffuse_tail,
    fluctuation,
    gain_curve,
    periodic_resample,
)

Loop = NDArray[np.float64]
VOICE_RATE = 16_000  # Hz at which voices are computed: little of a voice lies above 8 kHz
FORMANT_HOP = 80  # samples between two sets of formants: 5 ms

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


_HIGHER_POLES = gain_curve([(125, 2.5), (250, 1.5), (500, 0), (1000, -3.5), (2000, 3), (4000, 9.5), (8000, 11)])
"""What four formants and a differentiated pulse lack against long-term speech in twelve languages (Byrne and others
1994, An international comparison of long-term average speech spectra, JASA 96): mostly formants above the fourth."""


@njit(cache=True, fastmath=True)
def formant_cascade(source, formants, bandwidths, hop, sample_rate):
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
    """A glottal pulse after Rosenberg (1971, JASA 49, type C), differentiated, at `phase` in cycles."""
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
    frames = samples // FORMANT_HOP + 1
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
    voiced = formant_cascade(
        (pulses + breath) * opening, formants, np.array([70.0, 95.0, 140.0, 220.0]), FORMANT_HOP, float(VOICE_RATE)
    )
    fricative = circular_filter(rng.normal(size=samples), VOICE_RATE, band_gain(rng.uniform(2200, 3500), 7000, 2))
    consonant = np.exp(-(((at - 0.09) / 0.05) ** 2)) * (rng.uniform(size=syllables) < 0.55)[which]
    voiced /= np.sqrt(np.mean(voiced**2)) + 1e-12
    return activity * circular_filter(voiced + 0.35 * fricative * consonant, VOICE_RATE, _HIGHER_POLES)


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
