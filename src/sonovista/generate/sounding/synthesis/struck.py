"""Things that are struck or plucked: bells, chimes, clocks, steps, hammers, strings."""

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.sounding.synthesis.events import add_damped_sines, add_noise_grains, poisson_times, unit
from sonovista.signal.noise import band_gain, fluctuation, gain_curve, shaped_noise

Loop = NDArray[np.float64]

CHURCH_BELL = np.array(
    [
        # ratio to the nominal / 2, level, decay relative to the hum's
        [0.5, 0.55, 1.0],  # hum
        [1.0, 0.7, 1.7],  # prime
        [1.2, 1.0, 2.0],  # tierce: the minor third
        [1.5, 0.3, 3.0],  # quint
        [2.0, 0.9, 3.5],  # nominal
        [2.5, 0.25, 5.0],  # major third above
        [2.61, 0.3, 5.5],
        [3.0, 0.45, 6.5],  # superquint
        [4.0, 0.35, 9.0],  # octave nominal
        [5.33, 0.2, 13.0],
        [6.8, 0.12, 18.0],
        [8.3, 0.08, 24.0],
    ]
)
"""Partials of a minor-third church bell (Rossing 2000, Science of Percussion Instruments, table 13.1)."""


def strike_modes(
    out: Loop,
    sample_rate: int,
    start: NDArray[np.floating],
    strength: NDArray[np.floating],
    frequency: NDArray[np.floating],
    level: NDArray[np.floating],
    decay: NDArray[np.floating],
    rng: np.random.Generator,
    attack: float = 0.0005,
) -> None:
    """Strike a body of modes at each start: modal synthesis (van den Doel and Pai 1998, Presence 7)."""
    shape = (len(start), len(frequency))
    # every strike meets the body at a slightly other place, so the modes' levels change a little
    levels = level * np.exp(rng.normal(0, 0.12, shape)) * strength[:, None]
    add_damped_sines(
        out,
        sample_rate,
        np.broadcast_to(start[:, None], shape).ravel(),
        np.broadcast_to(frequency, shape).ravel(),
        np.broadcast_to(decay, shape).ravel(),
        levels.ravel(),
        attack=attack,
    )


def bell(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """A church bell that tolls: partials of a minor-third bell in pairs that beat, struck again and again."""
    seconds = samples / sample_rate
    nominal = float(np.exp(rng.uniform(np.log(450), np.log(1300))))
    ratio, level, fall = CHURCH_BELL.T
    ratio = ratio * rng.normal(1.0, 0.004, len(ratio))
    warble = rng.uniform(0.0003, 0.0015, len(ratio))  # a bell is never quite round: each partial is a pair
    frequency = nominal / 2 * np.concatenate([ratio * (1 - warble), ratio * (1 + warble)])
    level = np.concatenate([level, level * rng.uniform(0.3, 0.9, len(level))])
    decay = np.tile(fall, 2) * 6.91 / rng.uniform(9, 16) * (nominal / 800) ** 0.4
    strokes = max(2, round(seconds / rng.uniform(1.3, 2.7)))
    start = rng.uniform(0, seconds) + (np.arange(strokes) + rng.normal(0, 0.012, strokes)) * seconds / strokes
    strength = rng.uniform(0.8, 1.0, strokes)
    out = np.zeros(samples)
    strike_modes(out, sample_rate, start, strength, frequency, level, decay, rng, attack=0.001)
    add_noise_grains(out, sample_rate, start, 3.1 * nominal, 2500.0, 120.0, 0.5 * strength, rng)
    return out


def bicycle_bell(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """A bicycle bell: a small dome, rung in quick double strokes now and then."""
    seconds = samples / sample_rate
    base = rng.uniform(1900, 2900)
    ratio = np.array([1.0, 1.006, 2.31, 2.32, 4.0, 6.1])
    rings = int(rng.integers(2, 4))
    begin = rng.uniform(0, seconds) + (np.arange(rings) + rng.uniform(-0.1, 0.1, rings)) * seconds / rings
    start = (begin[:, None] + np.arange(6)[None, :] * rng.uniform(0.05, 0.07)).ravel()
    out = np.zeros(samples)
    strength = rng.uniform(0.5, 1.0, len(start))
    strike_modes(
        out, sample_rate, start, strength, base * ratio, np.array([1, 0.8, 0.5, 0.4, 0.25, 0.1]), 4 * ratio**0.8, rng
    )
    return out


def wind_chimes(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """Wind chimes: tubes struck at random as the wind moves, each a bar with free ends.

    Its modes stand as 1 : 2.756 : 5.404 : 8.933 (Fletcher and Rossing 1998, The Physics of Musical Instruments, 2.15).
    """
    seconds = samples / sample_rate
    tubes = rng.uniform(520, 800) * 2 ** (np.array([0, 2, 4, 7, 9, 12]) / 12)
    ratio = np.array([1.0, 2.756, 5.404, 8.933])
    gust = np.exp(1.2 * fluctuation(max(64, samples // 48), sample_rate / 48, 0.4, rng))
    start = poisson_times(seconds, rng.uniform(1.5, 3.5), rng, gust)
    which = rng.integers(0, len(tubes), len(start))
    out = np.zeros(samples)
    for tube, frequency in enumerate(tubes):
        mine = start[which == tube]
        if len(mine):
            strike_modes(
                out,
                sample_rate,
                mine,
                rng.uniform(0.3, 1.0, len(mine)),
                frequency * ratio,
                np.array([1, 0.6, 0.3, 0.12]),
                1.4 * ratio**0.9,
                rng,
            )
    return out


def clock(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """A clock's tick and tock: each beat of the escapement is three knocks within some milliseconds, on a small case.

    Unlocking, impulse and drop of the lever escapement follow each other within about 15 ms (Du and Xie 2013, The
    Mechanics of Mechanical Watches and Clocks, chapter 4); the case's modes ring after them.
    """
    seconds = samples / sample_rate
    per_second = float(rng.choice([1.0, 2.0, 2.5, 4.0, 5.0]))
    beats = max(2, 2 * round(seconds * per_second / 2))
    small = per_second > 2
    beat = np.arange(beats) * seconds / beats + rng.uniform(0, 0.3)
    out = np.zeros(samples)
    modes = np.sort(rng.uniform(900 if small else 350, 6500, 9))
    decay = rng.uniform(60, 160, 9) * (modes / 1500) ** 0.6
    limp = rng.uniform(0.0, 0.03) * seconds / beats  # a clock that hangs askew limps
    for delay, strength in ((0.0, 0.35), (rng.uniform(0.003, 0.006), 0.55), (rng.uniform(0.009, 0.016), 1.0)):
        for parity in (0, 1):
            start = beat[parity::2] + delay + parity * limp
            colour = np.exp(rng.normal(0, 0.45, 9)) * (1.0 if parity else 0.8)
            blow = strength * rng.uniform(0.92, 1.0, len(start))
            strike_modes(out, sample_rate, start, blow, modes, colour / 9, decay, rng, attack=0.00015)
            add_noise_grains(out, sample_rate, start, rng.uniform(3500, 6000), 4000.0, 900.0, 0.25 * blow, rng)
    return out


def footsteps(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """Someone who walks: heel, then the ball of the foot, with the grit that is pressed between.

    The grains are Cook's PhISEM (1997, Physically informed sonic modeling, Computer Music Journal 21): random
    collisions in a resonance, under the energy of the step.
    """
    seconds = samples / sample_rate
    steps = max(2, 2 * round(seconds * rng.uniform(1.6, 2.1) / 2))
    heel = (np.arange(steps) + rng.normal(0, 0.03, steps)) * seconds / steps
    gravel = rng.uniform(0, 1)  # 0 a hard floor, 1 gravel
    out = np.zeros(samples)
    strength = rng.uniform(0.7, 1.0, steps)
    ball = heel + rng.uniform(0.09, 0.14)
    for start, level in ((heel, 1.0), (ball, 0.6)):
        add_damped_sines(out, sample_rate, start, rng.uniform(70, 130), 45.0, level * strength, attack=0.002)
        add_noise_grains(
            out, sample_rate, start, rng.uniform(500, 1400), 1200.0, 90.0, 1.2 * level * strength, rng, 0.001
        )
    grains = int(20 + 90 * gravel)
    start = (heel[:, None] + rng.beta(1.5, 2.5, (steps, grains)) * 0.24).ravel()
    energy = rng.exponential(1.0, len(start)) * (0.1 + 0.6 * gravel)
    add_noise_grains(out, sample_rate, start, rng.uniform(1800, 4500, len(start)), 2500.0, 350.0, energy, rng)
    return out


def hammering(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """Work with a hammer: blows on wood or metal at one or two a second, with rests."""
    seconds = samples / sample_rate
    blows = max(3, round(seconds * rng.uniform(1.3, 2.2)))
    start = ((np.arange(blows) + rng.normal(0, 0.05, blows)) * seconds / blows)[rng.uniform(size=blows) < 0.8]
    start = start if len(start) else np.array([0.0])
    metal = rng.uniform() < 0.5
    modes = np.sort(rng.uniform(300, 5500, 8))
    decay = rng.uniform(10, 30, 8) if metal else rng.uniform(70, 180, 8)
    out = np.zeros(samples)
    strength = rng.uniform(0.6, 1.0, len(start))
    strike_modes(out, sample_rate, start, strength, modes, rng.uniform(0.2, 1.0, 8) / 4, decay, rng)
    add_noise_grains(out, sample_rate, start, 1500.0, 3000.0, 220.0, 0.8 * strength, rng)
    return out


def typing(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """A keyboard: each key's click going down and, fainter, coming up, in bursts of words."""
    seconds = samples / sample_rate
    flow = np.exp(1.5 * fluctuation(max(64, samples // 48), sample_rate / 48, 0.7, rng))
    down = np.sort(poisson_times(seconds, rng.uniform(4, 7), rng, flow))
    out = np.zeros(samples)
    for start, level in ((down, 1.0), (down + rng.uniform(0.07, 0.11, len(down)), 0.45)):
        strength = level * rng.uniform(0.6, 1.0, len(start))
        add_noise_grains(out, sample_rate, start, rng.uniform(2200, 4500, len(start)), 2000.0, 500.0, strength, rng)
        add_noise_grains(out, sample_rate, start, rng.uniform(300, 600, len(start)), 300.0, 200.0, 0.6 * strength, rng)
    return out


def strings(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """A guitar, harp, banjo or piano played softly: plucked strings on a pentatonic scale.

    Harmonics of an ideal string plucked at a point, `sin(k pi p) / k^2` at the string and less steep through a bright
    bridge, each damped the more the higher it is (Fletcher and Rossing 1998, chapter 2); a banjo's strings die away in
    a fraction of a second, a harp's and a piano's in several (ibidem, chapters 9 to 12).
    """
    seconds = samples / sample_rate
    scale = 85 * 4 ** rng.uniform(0, 1) * 2 ** (np.array([0, 2, 4, 7, 9, 12, 14, 16]) / 12)
    damping = float(np.exp(rng.uniform(np.log(0.7), np.log(3.5))))
    beats = max(4, round(seconds * rng.uniform(1.5, 2.2 + damping)))  # what rings long is played slowly
    start = np.arange(beats) * seconds / beats + rng.normal(0, 0.008, beats)
    walk = np.abs((np.cumsum(rng.integers(-2, 3, beats)) + 3) % 14 - 7) % 8
    place = rng.uniform(0.08, 0.3)
    harmonic = np.arange(1, 21)
    level = np.abs(np.sin(harmonic * np.pi * place)) / harmonic ** rng.uniform(0.9, 2.0)
    out = np.zeros(samples)
    ratio = harmonic * np.sqrt(1 + 1e-4 * harmonic**2)
    for begin, note in zip(start, walk, strict=True):
        decay = damping * (1.0 + 0.35 * harmonic**1.2)
        strike_modes(
            out, sample_rate, np.array([begin]), rng.uniform(0.5, 1.0, 1), scale[note] * ratio, level, decay, rng
        )
    touch = rng.uniform(0.01, 0.08) * float(np.std(out)) * 8
    add_noise_grains(out, sample_rate, start, rng.uniform(900, 3500), 2500.0, 250.0, touch, rng)
    return out


def flag(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """Cloth in the wind: flaps of a flag or sail, quick when the wind is strong."""
    seconds = samples / sample_rate
    gust = np.clip(1 + 0.5 * fluctuation(max(64, samples // 48), sample_rate / 48, 0.4, rng), 0.05, None)
    start = poisson_times(seconds, rng.uniform(5, 9), rng, gust)
    out = np.zeros(samples)
    strength = rng.uniform(0.3, 1.0, len(start))
    add_noise_grains(out, sample_rate, start, rng.uniform(150, 500, len(start)), 300.0, 35.0, strength, rng, 0.008)
    add_noise_grains(
        out, sample_rate, start, rng.uniform(900, 2000, len(start)), 1500.0, 70.0, 0.4 * strength, rng, 0.004
    )
    return out + 0.02 * shaped_noise(samples, sample_rate, band_gain(80, 700), rng)


def applause(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """Applause: claps of the hands near by over the rush of a whole hall, whose zeal swells and ebbs.

    Each of the near claps two to five times a second with hands of its own colour: flat palms sound at some 600 Hz,
    fingers on a palm at 2 kHz and more, and all reach up to 8 kHz (Repp 1987, The sound of two hands clapping, JASA 81;
    Peltola and others 2007, IEEE TASLP 15). The many far off are a dense Poisson process, which is noise.
    """
    seconds = samples / sample_rate
    claps = np.zeros(samples)
    zeal = np.exp(rng.uniform(0.1, 0.5) * fluctuation(max(64, samples // 48), sample_rate / 48, 0.5, rng))
    for _ in range(int(rng.integers(12, 50))):
        rate = rng.uniform(2.0, 5.0)
        beats = max(1, round(seconds * rate))
        start = rng.uniform(0, seconds) + (np.arange(beats) + rng.normal(0, 0.08, beats)) * seconds / beats
        at = (start % seconds / seconds * len(zeal)).astype(int)
        strength = np.exp(rng.normal(-0.5, 0.4)) * rng.uniform(0.6, 1.0, beats) * zeal[at]
        colour = np.exp(rng.uniform(np.log(600), np.log(2600))) * rng.lognormal(0, 0.08, beats)
        width, decay = rng.uniform(500, 1800), rng.uniform(150, 500)
        add_noise_grains(claps, sample_rate, start, colour, width, decay, strength, rng, 0.0003)
        snap = rng.uniform(0.1, 0.5) * strength
        add_noise_grains(claps, sample_rate, start, 4500.0, 6000.0, rng.uniform(600, 1500), snap, rng)
    peak = rng.uniform(1100, 2200)
    hall = shaped_noise(
        samples,
        sample_rate,
        gain_curve([(120, -26), (peak / 3, -8), (peak, 0), (3 * peak, -7), (10000, -20), (20000, -36)]),
        rng,
    )
    frames = np.interp(np.arange(samples) / samples * len(zeal), np.arange(len(zeal) + 1), np.append(zeal, zeal[0]))
    rattle = np.exp(rng.uniform(0.0, 0.15) * fluctuation(samples, sample_rate, 8.0, rng, 1.0))
    return unit(claps) + rng.uniform(0.5, 2.5) * frames * rattle * hall
