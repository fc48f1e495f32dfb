"""Weather: rain, wind, leaves in the wind, thunder."""

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.sounding.synthesis.events import add_noise_grains, poisson_times, unit
from sonovista.generate.sounding.synthesis.water import add_bubbles
from sonovista.signal.noise import band_gain, banded_noise, circular_filter, fluctuation, gain_curve, shaped_noise

Loop = NDArray[np.float64]


def rain(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """Rain: single drops near by over the even hiss of all the drops far off.

    Drop sizes follow Marshall and Palmer 1948 (exponential); the force of a drop's impact grows with its volume times
    its terminal speed (Atlas and others 1973); some drops trap a bubble (Pumphrey and Elmore 1990, JFM 220).
    """
    intensity = rng.uniform(0.0, 1.0)  # 0 a drizzle, 1 a downpour
    count_rate = 250 * 6**intensity
    start = poisson_times(samples / sample_rate, count_rate, rng)
    diameter = np.clip(0.6 + rng.exponential(0.45 + 0.35 * intensity, len(start)), 0.6, 5.0)  # mm
    speed = 9.65 - 10.3 * np.exp(-0.6 * diameter)
    distance = rng.uniform(0.15, 1.0, len(start)) ** 0.5  # drops are spread evenly over the ground
    strength = np.minimum(diameter**2 * speed / distance, 90.0)  # near drops strike softer things than a drum
    near = np.zeros(samples)
    surface = float(
        np.exp(rng.uniform(np.log(1300), np.log(4500)))
    )  # what the drops fall on: soft ground is dull, leaves and tin are bright
    add_noise_grains(
        near,
        sample_rate,
        start,
        surface * rng.lognormal(0, 0.45, len(start)),
        4000.0,
        rng.uniform(250, 900, len(start)),
        strength,
        rng,
    )
    puddles = np.zeros(samples)
    trapped = rng.uniform(size=len(start)) < rng.uniform(0.03, 0.12)
    radius = np.clip(0.0004 + 0.0003 * diameter[trapped], 0.0005, 0.002)
    add_bubbles(puddles, sample_rate, start[trapped] + 0.01, radius, strength[trapped], np.full(len(radius), 0.05))
    body = rng.uniform(0.0, 1.0)  # 0 where the rain drums on roofs and water, with lows of its own
    hiss = shaped_noise(
        samples,
        sample_rate,
        gain_curve(
            [
                (60, -8 - 14 * body),
                (250, -12 - 6 * body),
                (surface / 2, -3),
                (surface, 0),
                (9000, -3 - 4 * (1 - body)),
                (20000, -18),
            ]
        ),
        rng,
    )
    hiss *= np.exp(0.06 * fluctuation(samples, sample_rate, 1.0, rng))
    return hiss + rng.uniform(0.25, 0.7) * unit(near) + 0.12 * unit(puddles)


def gusts(rng: np.random.Generator, samples: int, sample_rate: int, strength: float) -> Loop:
    """Wind speed over a loop in units of its mean, never below 0.1: the -5/3 spectrum of turbulence (Kaimal 1972)."""
    slow = fluctuation(samples, sample_rate, 0.22, rng, 5 / 6)
    return np.maximum(1 + strength * slow, 0.1)


def wind(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """Wind: a low roar that swells with the gusts, and whistles whose pitch follows the wind's speed.

    A whistle is the vortex shedding of an edge or wire of diameter `d`: `0.2 U / d` (Strouhal 1878; Selfridge, Moffat
    and Reiss 2017, Sound synthesis of objects swinging through air); the roar's power grows as speed to the sixth.
    Wind over grass and ground is dull, through cracks and bare branches bright and howling: cavities and edges answer
    with broad resonances (Blake 1986, Mechanics of Flow-Induced Sound, chapter 3).
    """
    speed = gusts(rng, samples, sample_rate, rng.uniform(0.2, 0.45))
    smooth = circular_filter(speed, sample_rate, band_gain(1e-6, 2.0))
    smooth = np.clip(smooth, 0.15, 2.2)
    howling = rng.uniform(0.0, 1.0) ** 2
    centres = (45.0, 110.0, 240.0, 520.0, 1100.0, 2400.0)
    steep = rng.uniform(0.65, 1.15)
    tilt = 10 ** (np.array([-4.0, 0.0, -3.0, -9.0, -17.0, -27.0]) * steep / 20)
    exponents = np.array([1.2, 1.6, 2.0, 2.5, 3.0, 3.5])  # stronger wind is also brighter
    envelopes = tilt[:, None] * smooth[None, :] ** exponents[:, None]
    out = banded_noise(envelopes, centres, sample_rate, rng)
    for _ in range(int(rng.integers(1, 4))):
        out += rng.uniform(0.03, 0.09) * (1 + 6 * howling) * _whistle(rng, smooth, sample_rate, howling)
    return out


def _whistle(rng: np.random.Generator, speed: Loop, sample_rate: int, howling: float) -> Loop:
    """A band of noise round a pitch that follows the wind's speed, wide where it howls: noise shifted by that pitch."""
    samples = len(speed)
    pitch = rng.uniform(280, 650) * np.clip(speed, 0.5, 1.8)
    phase = 2 * np.pi * np.cumsum(pitch) / sample_rate
    phase *= np.round(phase[-1] / (2 * np.pi)) / (phase[-1] / (2 * np.pi))
    width = rng.uniform(12, 30) * (1 + 3 * howling)
    low = band_gain(1e-6, width, 2)
    real, imaginary = (shaped_noise(samples, sample_rate, low, rng) for _ in range(2))
    return (real * np.cos(phase) - imaginary * np.sin(phase)) * np.clip(speed - 0.6, 0, None) ** (2 - howling)


def leaves(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """Leaves in the wind: thousands of small taps and rubs, as many as the wind of the moment moves.

    Wind-induced vegetation noise: broad, with its peak at some kilohertz, level growing with wind speed (Fegeant 1999,
    Acustica 85; Bolin 2009, Applied Acoustics 70).
    """
    seconds = samples / sample_rate
    speed = gusts(rng, samples, sample_rate, rng.uniform(0.35, 0.5))
    moved = np.clip(circular_filter(speed, sample_rate, band_gain(1e-6, 3.0)), 0.05, 2.5) ** 2.5
    tremble = np.clip(1 + 0.5 * fluctuation(samples, sample_rate, rng.uniform(4, 7), rng), 0.1, None)
    activity = moved * tremble
    peak = rng.uniform(3000, 5500)
    start = poisson_times(seconds, rng.uniform(500, 900), rng, activity[::48])
    taps = np.zeros(samples)
    add_noise_grains(
        taps,
        sample_rate,
        start,
        peak * rng.lognormal(0, 0.35, len(start)),
        rng.uniform(2500, 6000, len(start)),
        rng.uniform(80, 400, len(start)),
        rng.lognormal(0, 0.7, len(start)),
        rng,
        attack=rng.uniform(0.0005, 0.004, len(start)),
    )
    rub = shaped_noise(
        samples,
        sample_rate,
        gain_curve([(150, -30), (800, -14), (peak, 0), (11000, -9), (20000, -24)]),
        rng,
    )
    return unit(taps) + 0.9 * activity / np.mean(activity) * rub


def thunder(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """Far thunder: N-waves of a crooked channel arriving in turn, dulled by the way (Ribner and Roy 1982, JASA 72)."""
    seconds = samples / sample_rate
    begin = rng.uniform(0.2, 1.0)
    arrivals = begin + np.sort(rng.gamma(1.3, 1.1, 180))
    arrivals = arrivals[arrivals < begin + 0.85 * seconds]
    out = np.zeros(samples)
    add_noise_grains(
        out,
        sample_rate,
        arrivals,
        rng.uniform(35, 110, len(arrivals)),
        90.0,
        rng.uniform(2.0, 9.0, len(arrivals)),
        rng.exponential(1.0, len(arrivals)) * np.exp(-(arrivals - begin) / 2.2),
        rng,
        attack=0.03,
    )
    crack = np.zeros(samples)
    add_noise_grains(
        crack,
        sample_rate,
        arrivals[:40],
        400.0,
        700.0,
        rng.uniform(6, 25, 40)[: len(arrivals[:40])],
        rng.exponential(1.0, len(arrivals[:40])),
        rng,
        0.004,
    )
    far = shaped_noise(samples, sample_rate, gain_curve([(20, -3), (60, 0), (300, -18), (2000, -45)]), rng)
    return unit(out) + rng.uniform(0.1, 0.3) * unit(crack) + 0.03 * far
