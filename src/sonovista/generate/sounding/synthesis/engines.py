"""Engines: cars and lorries that stand, motorbikes, small boats."""

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from sonovista.generate.sounding.synthesis.events import unit, whole_cycles
from sonovista.signal.noise import band_gain, circular_filter, fluctuation, gain_curve, shaped_noise

Loop = NDArray[np.float64]


def resonances(
    signal: Loop, sample_rate: int, peaks: list[tuple[float, float, float]], floor: float, top: float
) -> Loop:
    """A body's magnitude: a floor with resonances `(Hz, quality, height)`, falling above `top` Hz."""

    def gain(frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
        ratio = np.maximum(frequencies, 1.0)
        total = np.full_like(frequencies, floor)
        for hertz, quality, height in peaks:
            total += height / np.sqrt(1 + (quality * (ratio / hertz - hertz / ratio)) ** 2)
        return total * band_gain(18, top, 2)(frequencies)

    return circular_filter(signal, sample_rate, gain)


def firing(
    rng: np.random.Generator,
    samples: int,
    sample_rate: int,
    revolutions: NDArray[np.floating],
    cylinders: int,
    variation: float = 0.0,
) -> Loop:
    """Pressure pulses of a four-stroke engine: each cylinder fires once in two turns, none quite like the next.

    Physically informed engine synthesis (Baldan, Lachambre, Delle Monache and Boussard 2015, Physically informed car
    engine sound synthesis for virtual and augmented environments, IEEE SIVE). No two combustions are alike either: the
    work of a cycle varies by some per cent under load and by 10 % and more at idle (Heywood 1988, Internal Combustion
    Engine Fundamentals, section 9.4).

    Args:
        rng: source of randomness.
        samples: of the loop.
        sample_rate: Hz.
        revolutions: turns of the crankshaft per second, per sample.
        cylinders: how many.
        variation: of a cylinder's pulse from cycle to cycle, standard deviation relative to its mean.
    """
    cycle = whole_cycles(revolutions / 2, sample_rate)  # one cycle is two turns
    cycles = round(float(cycle[-1])) + 1
    out = np.zeros(samples)
    for cylinder in range(cylinders):
        turned = cycle + (cylinder + rng.normal(0, 0.02)) / cylinders
        at = turned % 1.0
        strength = rng.uniform(0.75, 1.0) * np.exp(variation * rng.normal(size=cycles))
        sharpness = cylinders * rng.uniform(5.0, 7.0)
        which = np.floor(turned).astype(np.int64) % cycles
        out += strength[which] * (np.exp(-sharpness * at) - np.exp(-4 * sharpness * at))
    return out - out.mean()


def _among_walls(signal: Loop, sample_rate: int, share: float, seconds: float, rng: np.random.Generator) -> Loop:
    """What the silencer, the ground and the walls near by add: a short diffuse tail, at `share` of the power."""
    samples = len(signal)
    tail = rng.normal(size=samples) * np.exp(-6.91 * np.arange(samples) / (sample_rate * seconds))
    tail *= np.sqrt(share / np.sum(tail**2))
    tail[0] += np.sqrt(1 - share)
    return np.asarray(fft.irfft(np.asarray(fft.rfft(signal)) * np.asarray(fft.rfft(tail)), samples))


def _levels(rng: np.random.Generator, *ranges: tuple[float, float]) -> list[float]:
    return [10 ** (rng.uniform(*decibels) / 20) for decibels in ranges]


def engine(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """A car or lorry that stands with its engine running, or a generator or tractor at work.

    Exhaust pulses, mechanical noise that is only partly in step with the firing, the flow of intake and cooling fan,
    and a whine of what the belt drives. Noise grows by some 30 dB a decade of speed in diesels and by 50 in petrol
    engines (Priede 1971, Origins of automotive vehicle noise, J. Sound Vib. 15); how the parts mix depends on the side
    that is heard: exhaust, bonnet or intake (Harrison 2004, Vehicle Refinement, chapter 3).
    """
    cylinders = int(rng.choice([1, 3, 4, 4, 6, 6, 8]))
    # idle of cars and lorries, 520 to 960 a minute, or the working speed of generators and tractors
    turning = rng.uniform(8.7, 16.0) if rng.uniform() < 0.55 else rng.uniform(18.0, 34.0)
    # governors hunt, and what works for its living is loaded and let go
    swing = rng.uniform(0.04, 0.35) if rng.uniform() < 0.65 else 0.0
    load = swing * fluctuation(samples, sample_rate, rng.uniform(0.3, 1.0), rng)
    unsteady = rng.uniform(0.004, 0.012)
    speed = np.exp(load) * (
        1
        + 1.5 * unsteady * fluctuation(samples, sample_rate, 0.8, rng)
        + unsteady * fluctuation(samples, sample_rate, 9.0, rng)
    )
    variation = rng.uniform(0.08, 0.3) if turning < 17 else rng.uniform(0.02, 0.1)
    pulses = firing(rng, samples, sample_rate, turning * speed, cylinders, variation)
    peaks = [
        (rng.uniform(low, high), quality, height * rng.lognormal(0, 0.5))
        for low, high, quality, height in (
            (55, 120, 2.0, 1.6),
            (140, 280, 3.0, 0.9),
            (330, 680, 4.0, 0.6),
            (800, 1600, 4.0, 0.3),
        )
    ]
    exhaust = unit(resonances(pulses, sample_rate, peaks, 0.12, rng.uniform(1500, 4500)))
    knock = np.clip(pulses, 0, None) ** 1.5
    in_step = rng.uniform(0.1, 0.8)
    low = rng.uniform(300, 1100)
    mechanical = shaped_noise(samples, sample_rate, band_gain(low, low * rng.uniform(3, 9), 1), rng)
    mechanical = unit(mechanical * (1 - in_step + in_step * knock / (knock.mean() + 1e-9)))
    peak, top = rng.uniform(120, 600), rng.uniform(-30, -14)
    flow = shaped_noise(
        samples,
        sample_rate,
        gain_curve([(peak / 6, -14), (peak, 0), (5 * peak, -10), (9000, top), (20000, top - 19)]),
        rng,
    )
    order = rng.uniform(9, 24)
    whine = np.sin(2 * np.pi * whole_cycles(order * turning * speed, sample_rate))
    clatter, rush, sing = _levels(rng, (-16, 0), (-14, 1), (-42, -22))
    mixed = exhaust + clatter * mechanical + rush * flow + sing * whine
    mixed = _among_walls(
        mixed * speed ** rng.uniform(1.5, 2.5), sample_rate, rng.uniform(0.1, 0.7), rng.uniform(0.05, 0.5), rng
    )
    tilt = rng.uniform(-2.0, 2.0)  # dB an octave about 500 Hz: bonnet or exhaust side, near or shut away
    return circular_filter(mixed, sample_rate, gain_curve([(62, -3 * tilt), (4000, 3 * tilt), (20000, 3 * tilt - 8)]))


def motorbike(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """A small engine that revs: one or two cylinders, 25 to 60 turns a second; chainsaws turn faster still."""
    fast = rng.uniform() < 0.3  # two-strokes of saws and mopeds: 80 to 160 firings a second
    base = rng.uniform(80, 160) if fast else rng.uniform(25, 45)
    revolutions = base * np.exp(rng.uniform(0.08, 0.2) * fluctuation(samples, sample_rate, 0.35, rng))
    pulses = firing(rng, samples, sample_rate, revolutions, int(rng.integers(1, 3)), rng.uniform(0.05, 0.25))
    height = rng.lognormal(0, 0.4, 4)
    body = resonances(
        pulses,
        sample_rate,
        [(130, 2, height[0]), (340, 3, 0.9 * height[1]), (900, 4, 0.5 * height[2]), (2100, 4, 0.25 * height[3])],
        rng.uniform(0.04, 0.15),
        rng.uniform(3500, 7000),
    )
    intake = shaped_noise(samples, sample_rate, band_gain(300, rng.uniform(2000, 6000), 1), rng)
    intake *= 0.2 * np.std(pulses) + np.clip(pulses, 0, None)
    mixed = unit(body) + rng.uniform(0.15, 0.6) * unit(intake)
    return _among_walls(mixed, sample_rate, rng.uniform(0.05, 0.5), rng.uniform(0.05, 0.4), rng)


def boat(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """A small boat's diesel, slow and muffled, with water along the hull."""
    wander = 1 + 0.01 * fluctuation(samples, sample_rate, 0.6, rng)
    pulses = firing(rng, samples, sample_rate, rng.uniform(9, 15) * wander, int(rng.integers(1, 4)), 0.1)
    body = resonances(pulses, sample_rate, [(75, 2, 1.0), (190, 3, 0.7), (430, 4, 0.4)], 0.03, 1200)
    lapping = shaped_noise(samples, sample_rate, band_gain(250, 1400), rng)
    lapping *= np.exp(0.8 * fluctuation(samples, sample_rate, 1.2, rng))
    return unit(body) + 0.2 * unit(lapping)
