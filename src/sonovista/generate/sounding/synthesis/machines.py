"""Machines: engines, passing cars, trains, aircraft, transformers, fans, the tone of a room."""

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.sounding.synthesis.events import add_noise_grains, whole_cycles
from sonovista.signal.noise import band_gain, banded_noise, circular_filter, fluctuation, gain_curve, shaped_noise

Loop = NDArray[np.float64]


def _unit(signal: Loop) -> Loop:
    return signal / (np.sqrt(np.mean(signal**2)) + 1e-12)


def _resonances(
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
    rng: np.random.Generator, samples: int, sample_rate: int, revolutions: NDArray[np.floating], cylinders: int
) -> Loop:
    """Pressure pulses of a four-stroke engine: each cylinder fires once in two turns, none quite like the next.

    Physically informed engine synthesis (Baldan, Lachambre, Delle Monache and Boussard 2015, Physically informed car
    engine sound synthesis for virtual and augmented environments, IEEE SIVE).

    Args:
        rng: source of randomness.
        samples: of the loop.
        sample_rate: Hz.
        revolutions: turns of the crankshaft per second, per sample.
        cylinders: how many.
    """
    cycle = whole_cycles(revolutions / 2, sample_rate)  # one cycle is two turns
    out = np.zeros(samples)
    for cylinder in range(cylinders):
        at = (cycle + (cylinder + rng.normal(0, 0.02)) / cylinders) % 1.0
        strength = rng.uniform(0.75, 1.0)
        sharpness = cylinders * rng.uniform(5.0, 7.0)
        out += strength * (np.exp(-sharpness * at) - np.exp(-4 * sharpness * at))
    return out - out.mean()


def engine(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """A car or lorry that stands with its engine running."""
    cylinders = int(rng.choice([3, 4, 4, 6]))
    idle = rng.uniform(10.5, 16.0)  # turns per second: 630 to 960 a minute
    wander = (
        1 + 0.012 * fluctuation(samples, sample_rate, 0.8, rng) + 0.006 * fluctuation(samples, sample_rate, 9.0, rng)
    )
    pulses = firing(rng, samples, sample_rate, idle * wander, cylinders)
    exhaust = _resonances(
        pulses,
        sample_rate,
        [
            (rng.uniform(65, 110), 2.0, 1.6),
            (rng.uniform(160, 260), 3.0, 0.9),
            (rng.uniform(380, 620), 4.0, 0.6),
            (rng.uniform(900, 1500), 4.0, 0.3),
        ],
        0.12,
        3500,
    )
    knock = np.clip(pulses, 0, None) ** 2
    clatter = knock / (knock.max() + 1e-9) * shaped_noise(samples, sample_rate, band_gain(900, 3800), rng)
    belt = shaped_noise(samples, sample_rate, gain_curve([(100, -8), (400, 0), (2000, -12), (8000, -28)]), rng)
    return _unit(exhaust) + rng.uniform(0.25, 0.6) * _unit(clatter) + rng.uniform(0.12, 0.3) * belt


def traffic(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """A road: cars that pass one after another over the rush of those far off.

    Rolling noise has its peak near 1 kHz (Sandberg 2003, The multi-coincidence peak around 1000 Hz in tyre/road noise
    spectra, Euronoise), the engine adds below 300 Hz; each pass rises and falls as `1 / (distance^2 + (v t)^2)`.
    """
    seconds = samples / sample_rate
    time = np.arange(samples) / sample_rate
    centres = (50.0, 110.0, 230.0, 480.0, 1000.0, 2100.0, 4400.0)
    tilt = 10 ** (np.array([-4, -5, -7, -4, 0, -9, -21]) / 20)
    far = 10 ** (np.array([0, 1, 0, -3, -5, -20, -40]) / 20)
    envelopes = np.tile(rng.uniform(0.12, 0.25) * far[:, None], (1, samples))
    passes = int(rng.integers(2, 6))
    hum = np.zeros(samples)
    offset = rng.uniform(0, seconds)
    for index in range(passes):
        speed, distance = rng.uniform(9, 17), rng.uniform(5, 12)
        away = (
            time - offset - (index + rng.uniform(-0.2, 0.2)) * seconds / passes + seconds / 2
        ) % seconds - seconds / 2
        level = distance**2 / (distance**2 + (speed * away) ** 2)
        level -= level[np.argmax(np.abs(away))]  # no step at the far end of the road, half a loop away
        loudness = rng.uniform(0.5, 1.0)
        heavy = rng.uniform(0, 1) ** 2
        weights = tilt * np.array([1 + 2 * heavy, 1 + 2 * heavy, 1 + heavy, 1, 1, 1, 1])
        # ground and air swallow the high bands of a car far away
        for band, weight in enumerate(weights):
            envelopes[band] += loudness * weight * np.maximum(level, 0) ** (0.5 + 0.08 * band)
        doppler = 1 - (speed / 343) * np.tanh(speed * away / distance) * (1 - (2 * np.abs(away) / seconds) ** 4)
        pulses = firing(rng, samples, sample_rate, rng.uniform(28, 42) * doppler, 4)
        hum += loudness * (0.15 + 0.5 * heavy) * np.maximum(level, 0) * pulses / (np.std(pulses) + 1e-9)
    hum = circular_filter(hum, sample_rate, gain_curve([(30, -6), (80, 0), (300, -8), (1000, -24), (4000, -50)]))
    return banded_noise(envelopes, centres, sample_rate, rng) + 0.5 * hum


def motorbike(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """A small engine that revs: one or two cylinders, 25 to 60 turns a second."""
    revolutions = rng.uniform(25, 45) * np.exp(0.18 * fluctuation(samples, sample_rate, 0.35, rng))
    pulses = firing(rng, samples, sample_rate, revolutions, int(rng.integers(1, 3)))
    body = _resonances(pulses, sample_rate, [(130, 2, 1.0), (340, 3, 0.9), (900, 4, 0.5), (2100, 4, 0.25)], 0.06, 5000)
    intake = shaped_noise(samples, sample_rate, band_gain(300, 2500), rng) * np.clip(pulses, 0, None)
    return _unit(body) + 0.25 * _unit(intake)


def train(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """A train: the roar of wheels on rails, and axles in pairs over the joints (Thompson 2009, Railway Noise)."""
    seconds = samples / sample_rate
    roar = shaped_noise(
        samples, sample_rate, gain_curve([(40, -6), (120, -2), (500, 0), (1200, -3), (3000, -12), (9000, -32)]), rng
    )
    roar *= np.exp(0.15 * fluctuation(samples, sample_rate, 2.0, rng))
    cars = max(2, round(seconds * rng.uniform(0.7, 1.2)))
    axles = np.array([0.0, rng.uniform(0.1, 0.16)])
    bogies = np.array([0.0, rng.uniform(0.34, 0.42)]) * seconds / cars
    start = (np.arange(cars)[:, None, None] * seconds / cars + bogies[None, :, None] + axles[None, None, :]).ravel()
    joints = np.zeros(samples)
    for hertz, level, decay in ((90.0, 1.0, 28.0), (420.0, 0.7, 45.0), (1500.0, 0.35, 90.0)):
        add_noise_grains(joints, sample_rate, start, hertz, hertz * 0.6, decay, level, rng, attack=0.002)
    return roar + rng.uniform(0.9, 1.5) * _unit(joints)


def aircraft(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """A jet far up: broad low noise of its exhaust, which the air's turbulence makes swell and fade."""
    roar = shaped_noise(samples, sample_rate, gain_curve([(30, -4), (90, 0), (300, -3), (1000, -14), (4000, -44)]), rng)
    return roar * np.exp(0.35 * fluctuation(samples, sample_rate, 0.5, rng))


def helicopter(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """A helicopter: blade slap at 11 to 26 beats a second with the roar it modulates, and the turbine's whine."""
    beat = whole_cycles(np.full(samples, rng.uniform(11, 26)), sample_rate)
    slap = np.exp(-9 * (beat % 1.0))
    thump = _resonances(slap - slap.mean(), sample_rate, [(70, 1.5, 1.0), (160, 2.0, 0.5)], 0.03, 1200)
    rush = (0.25 + slap) * shaped_noise(
        samples, sample_rate, gain_curve([(80, -4), (300, 0), (1500, -10), (6000, -30)]), rng
    )
    whine = np.sin(
        2
        * np.pi
        * whole_cycles(rng.uniform(900, 1900) * (1 + 0.002 * fluctuation(samples, sample_rate, 1.0, rng)), sample_rate)
    )
    return _unit(thump) + 0.7 * _unit(rush) + 0.04 * whine


def boat(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """A small boat's diesel, slow and muffled, with water along the hull."""
    wander = 1 + 0.01 * fluctuation(samples, sample_rate, 0.6, rng)
    pulses = firing(rng, samples, sample_rate, rng.uniform(9, 15) * wander, int(rng.integers(1, 4)))
    body = _resonances(pulses, sample_rate, [(75, 2, 1.0), (190, 3, 0.7), (430, 4, 0.4)], 0.03, 1200)
    lapping = shaped_noise(samples, sample_rate, band_gain(250, 1400), rng)
    lapping *= np.exp(0.8 * fluctuation(samples, sample_rate, 1.2, rng))
    return _unit(body) + 0.2 * _unit(lapping)


def machine_hum(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """A transformer, refrigerator or pump: harmonics of twice the mains, slow beats, and a motor just below them.

    The core's magnetostriction moves at twice the mains frequency; an induction motor turns a few per cent slower
    (slip), which makes the hum beat (Beranek and Ver 1992, Noise and Vibration Control Engineering, chapter 18).
    """
    seconds = samples / sample_rate
    mains = float(rng.choice([50.0, 60.0]))
    phase = 2 * np.pi * whole_cycles(np.full(samples, mains), sample_rate)
    out = np.zeros(samples)
    for harmonic in range(1, 17):
        even = harmonic % 2 == 0
        level = (1.0 if even else 0.25) * harmonic**-0.8 * rng.lognormal(0, 0.6)
        depth = rng.uniform(0.0, 0.25)
        beat = np.round(rng.uniform(0.3, 2.0) * seconds) / seconds
        time = np.arange(samples) / sample_rate
        out += level * (1 + depth * np.sin(2 * np.pi * beat * time)) * np.sin(harmonic * phase + rng.uniform(0, 6.28))
    shaft = whole_cycles(np.full(samples, mains / 2 * rng.uniform(0.93, 0.98)), sample_rate)
    for harmonic, level in ((1, 0.3), (2, 0.2), (7, 0.08), (14, 0.04)):
        out += level * rng.uniform(0.3, 1.0) * np.sin(2 * np.pi * harmonic * shaft)
    air = shaped_noise(samples, sample_rate, gain_curve([(60, -6), (200, 0), (1000, -12), (6000, -34)]), rng)
    return _unit(out) + rng.uniform(0.04, 0.12) * air


def fan(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """A ventilator: broad noise of the flow, and the tones of its blades passing (Lowson 1965, Proc. R. Soc. A 286)."""
    blades = int(rng.integers(3, 8))
    turning = whole_cycles(rng.uniform(9, 24) * (1 + 0.002 * fluctuation(samples, sample_rate, 0.5, rng)), sample_rate)
    flow = shaped_noise(
        samples, sample_rate, gain_curve([(50, -8), (180, 0), (700, -3), (2500, -12), (9000, -32)]), rng
    )
    flow *= 1 + 0.2 * np.sin(2 * np.pi * blades * turning) + 0.06 * np.sin(2 * np.pi * turning)
    tones = sum(k**-1.5 * np.sin(2 * np.pi * k * blades * turning + rng.uniform(0, 6.28)) for k in range(1, 5))
    return flow + rng.uniform(0.08, 0.3) * np.asarray(tones)


def room_tone(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """A quiet room: low noise of the house's air that falls like a noise-criterion curve, and a trace of the mains."""
    air = shaped_noise(
        samples,
        sample_rate,
        gain_curve([(31, 0), (63, -4), (125, -12), (250, -20), (500, -27), (1000, -32), (4000, -40), (12000, -50)]),
        rng,
    )
    air *= np.exp(0.05 * fluctuation(samples, sample_rate, 0.4, rng))
    phase = 2 * np.pi * whole_cycles(np.full(samples, float(rng.choice([50.0, 60.0]))), sample_rate)
    hum = sum(level * np.sin(k * phase + rng.uniform(0, 6.28)) for k, level in ((2, 1.0), (4, 0.3), (6, 0.15)))
    return air + rng.uniform(0.01, 0.06) * np.asarray(hum)
