"""Machines: passing cars, trains, aircraft, transformers, fans, the tone of a room."""

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.sounding.synthesis.engines import firing, resonances
from sonovista.generate.sounding.synthesis.events import add_noise_grains, unit, whole_cycles
from sonovista.signal.noise import band_gain, banded_noise, circular_filter, fluctuation, gain_curve, shaped_noise

Loop = NDArray[np.float64]


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
    return roar + rng.uniform(0.9, 1.5) * unit(joints)


def aircraft(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """A jet: broad noise of its exhaust, dull when it is far up and bright overhead, that swells as it comes and goes.

    Jet mixing noise has one broad peak at some hundred hertz and falls by about 3 dB an octave above; near by, the fan
    adds noise and tones of its blades at 1.5 to 4 kHz (Smith 1989, Aircraft Noise, chapters 3 and 4). The air takes the
    highs of one far off, and its turbulence makes the level waver.
    """
    near = rng.uniform(0.0, 1.0)
    peak = 90 * 7**near * rng.lognormal(0, 0.25)
    jet = gain_curve(
        [(peak / 5, -10), (peak, 0), (4 * peak, -7), (4000, -38 + 24 * near), (9000, -60 + 34 * near), (20000, -75)]
    )
    roar = shaped_noise(samples, sample_rate, jet, rng)
    fan_pitch = rng.uniform(1500, 4000)
    fan_noise = shaped_noise(samples, sample_rate, band_gain(0.7 * fan_pitch, 1.5 * fan_pitch), rng)
    tone = np.sin(
        2 * np.pi * whole_cycles(fan_pitch * (1 + 0.004 * fluctuation(samples, sample_rate, 0.5, rng)), sample_rate)
    )
    level = near**2 * rng.uniform(0.0, 0.5)
    coming = fluctuation(samples, sample_rate, rng.uniform(0.1, 0.25), rng)
    waver = fluctuation(samples, sample_rate, 2.0, rng, 1.0)
    swell = np.exp(rng.uniform(0.2, 0.7) * coming + rng.uniform(0.05, 0.2) * waver)
    return swell * (roar + level * fan_noise + 0.3 * level * tone)


def helicopter(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """A helicopter: blade slap over the roar that it modulates, the tail rotor, and the turbine's whine.

    Two to five blades pass 10 to 27 times a second, and an impulse that near follows each passage (Leverton and Taylor
    1966, Helicopter blade slap, J. Sound Vib. 4); the tail rotor turns about five times as fast.
    """
    passing = rng.uniform(10, 17) if rng.uniform() < 0.6 else rng.uniform(17, 27)
    near = rng.uniform(0.0, 1.0)
    steady = 1 + 0.004 * fluctuation(samples, sample_rate, 0.6, rng)
    beat = whole_cycles(passing * steady, sample_rate)
    slap = np.exp(-rng.uniform(3.5, 11) * (beat % 1.0))
    uneven = np.exp(0.12 * fluctuation(samples, sample_rate, 4.0, rng, 1.0))
    thump = resonances(
        uneven * (slap - slap.mean()), sample_rate, [(rng.uniform(45, 90), 1.5, 1.0), (160, 2.0, 0.5)], 0.03, 1200
    )
    rush = (rng.uniform(0.0, 0.15) + slap**1.5) * shaped_noise(
        samples,
        sample_rate,
        gain_curve([(60, -4), (rng.uniform(90, 400), 0), (1500, -26 + 18 * near), (6000, -50 + 22 * near)]),
        rng,
    )
    ratio = int(rng.integers(4, 7))
    tail = sum(k**-1.0 * np.sin(2 * np.pi * k * ratio * beat) for k in (1, 2, 3))
    whine = np.sin(2 * np.pi * whole_cycles(rng.uniform(900, 1900) * steady, sample_rate))
    far = np.exp(rng.uniform(0.0, 0.3) * fluctuation(samples, sample_rate, 0.3, rng))
    sound = (
        unit(thump)
        + rng.uniform(0.4, 1.2) * unit(rush)
        + rng.uniform(0.0, 0.12) * np.asarray(tail)
        + 0.05 * near * whine
    )
    return far * sound


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
    return unit(out) + rng.uniform(0.04, 0.12) * air


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
