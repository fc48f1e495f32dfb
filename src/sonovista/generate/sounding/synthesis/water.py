"""Water that runs, falls, drips and breaks: populations of ringing bubbles, and the noise of foam."""

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.sounding.synthesis.events import add_damped_sines, add_noise_grains, poisson_times, unit
from sonovista.signal.noise import band_gain, banded_noise, circular_filter, fluctuation, gain_curve, shaped_noise

Loop = NDArray[np.float64]


def add_bubbles(
    out: Loop,
    sample_rate: int,
    start: NDArray[np.floating],
    radius: NDArray[np.floating],
    amplitude: NDArray[np.floating],
    rise: NDArray[np.floating],
) -> None:
    """Add ringing bubbles to a loop.

    Each is a damped sine at Minnaert's resonance, `3 / r` Hz, with the damping `0.13 / r + 0.0072 r^-1.5` of radiation
    and heat, whose pitch rises as the bubble nears the surface (van den Doel 2005, Physically based models for liquid
    sounds, ACM Trans. Applied Perception 2(4), equations 2 to 5; Minnaert 1933).

    Args:
        out: the loop, shape `(samples,)`.
        sample_rate: Hz.
        start: seconds, shape `(bubbles,)`.
        radius: metres.
        amplitude: linear.
        rise: how fast the pitch rises, in units of the damping; 0 for a bubble that stays deep.
    """
    frequency = 3.0 / radius
    decay = 0.13 / radius + 0.0072 * radius**-1.5
    add_damped_sines(out, sample_rate, start, frequency, decay, amplitude, rise * decay * frequency, 0.3 / frequency)


def bubble_population(
    sample_rate: int,
    samples: int,
    rng: np.random.Generator,
    rate: float,
    smallest: float,
    largest: float,
    exponent: float,
    intensity: NDArray[np.floating] | None = None,
    rising: float = 0.4,
) -> Loop:
    """The sound of `rate` bubbles a second with radii between `smallest` and `largest` metres.

    Radii follow a power law of `exponent`; amplitudes grow as `D r^1.5` with a depth `D` drawn for each bubble, as in
    van den Doel 2005, section 4; `rising` is the share of bubbles whose pitch rises.
    """
    start = poisson_times(samples / sample_rate, rate, rng, intensity)
    uniform = rng.uniform(size=len(start))
    power = 1.0 - exponent
    radius = (smallest**power + uniform * (largest**power - smallest**power)) ** (1 / power)
    depth = rng.beta(1.0, 3.0, len(start))
    rise = np.where(rng.uniform(size=len(start)) < rising, rng.uniform(0.02, 0.15, len(start)), 0.0)
    out = np.zeros(samples)
    add_bubbles(out, sample_rate, start, radius, depth * (radius / 1e-3) ** 1.5, rise)
    return out


def _splashes(
    sample_rate: int,
    samples: int,
    rng: np.random.Generator,
    rate: float,
    frequency: float,
    spread: float,
    bandwidth: float,
    decay: tuple[float, float],
    attack: float,
    intensity: NDArray[np.floating] | None = None,
) -> Loop:
    """`rate` splashes a second: noise about `frequency` (Hz, log-normal with `spread`), of unit RMS."""
    out = np.zeros(samples)
    start = poisson_times(samples / sample_rate, rate, rng, intensity)
    pitch = rng.lognormal(np.log(frequency), spread, len(start))
    fall, strength = rng.uniform(*decay, len(start)), rng.exponential(1.0, len(start))
    add_noise_grains(out, sample_rate, start, pitch, bandwidth, fall, strength, rng, attack)
    return unit(out)


def running_water(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """A trickle, a brook, a strong stream, or water that pours into a basin: the seed sets which.

    Small bubbles sing at some kilohertz between the stones, large ones gurgle in the pools; splashes and hiss grow with
    the flow (van den Doel 2005, section 5; bubbles of 0.5 to 5 mm as counted in brooks, Leighton and Walton 1987, Eur.
    J. Phys. 8). Where water falls into water, single bubbles are lost in broad noise that reaches far down, since
    clouds of bubbles oscillate together (Prosperetti 1988, JASA 84). A brook's octaves are about even from 500 Hz to 8
    kHz, a pour's fall by 3 to 5 dB an octave above 1 kHz (Watts and others 2009; Galbrun and Ali 2013, JASA 133).
    """
    size = rng.uniform(0.0, 1.0)  # 0 a trickle, 1 a strong stream
    brightness = rng.uniform(0.0, 1.0)  # stones and small drops, or deep pools
    pouring = rng.beta(0.6, 0.8)  # 0 runs over stones, 1 falls into a basin
    depth = rng.uniform(0.05, 0.9) * (1 - 0.5 * pouring)
    gurgle = np.exp(depth * fluctuation(len_frames(samples), 1000.0, rng.uniform(1.5, 6), rng, 1.5))
    bubbles = unit(
        bubble_population(
            sample_rate, samples, rng, 350 * 4**size, 0.0006, 0.004 + 0.004 * size, rng.uniform(1.6, 2.2), gurgle
        )
    )
    singing = unit(bubble_population(sample_rate, samples, rng, 900 * 3**size, 0.00032, 0.0012, 2.0, gurgle))
    patter = _splashes(
        sample_rate,
        samples,
        rng,
        180 * 3**size,
        1800.0 * 2.2**brightness,
        0.6,
        3000.0,
        (40.0, 220.0),
        0.003,
        intensity=gurgle,
    )
    bright = 0.15 + 1.1 * brightness**1.5
    flow = (0.1 + 0.5 * size) * (0.4 + bright) + 3.0 * pouring**1.5
    swell = np.exp(rng.uniform(0.03, 0.45) * fluctuation(samples, sample_rate, rng.uniform(0.8, 3.0), rng, 1.5))
    foam = swell * _flow_noise(rng, samples, sample_rate, brightness, pouring)
    return bubbles + bright * (0.8 * singing + 0.7 * patter) + flow * foam


def _flow_noise(rng: np.random.Generator, samples: int, sample_rate: int, brightness: float, pouring: float) -> Loop:
    """The noise of so many small bubbles that none is heard: white between stones, falling and deep in a basin."""
    low = 500.0 * 0.07**pouring
    fall = 3.0 * (1 - 0.7 * brightness) + rng.uniform(2.0, 5.0) * pouring  # dB an octave of the density from 1 kHz
    points = [(low / 4, -26.0), (low / 2, -10.0), (low, -3.0 * (1 - pouring)), (1000.0, -1.5 * pouring)]
    points += [(hertz, -1.5 * pouring - fall * np.log2(hertz / 1000)) for hertz in (2000.0, 4000.0, 8000.0)]
    points += [(18000.0, -1.5 * pouring - fall * 4.17 - 10)]
    return shaped_noise(samples, sample_rate, gain_curve(points), rng)


def len_frames(samples: int) -> int:
    """Frames at about 1000 Hz for an intensity over a loop of `samples` at 48 kHz."""
    return max(64, samples // 48)


def waterfall(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """A waterfall: so many bubbles and drops that they melt into broad noise, with a rumble that the height sets.

    The plunging water is modelled as a dense bubble population (van den Doel 2005) over noise whose spectrum falls with
    about 4 dB an octave above some hundred hertz, as measured at waterfalls (Watts and others 2009, Applied Acoustics).
    """
    height = rng.uniform(0.0, 1.0)
    peak = 700 * 2 ** (-1.5 * height) * rng.lognormal(0, 0.15)
    noise = shaped_noise(
        samples,
        sample_rate,
        gain_curve(
            [
                (peak / 10, -24),
                (peak / 2, -4),
                (peak, 0),
                (2000, -4 - 3 * height),
                (6000, -10 - 4 * height),
                (18000, -24),
            ]
        ),
        rng,
    )
    plunge = bubble_population(
        sample_rate, samples, rng, rate=2500, smallest=0.0008, largest=0.012 + 0.01 * height, exponent=1.5
    )
    spray = shaped_noise(samples, sample_rate, band_gain(3500, 11000), rng)
    spray *= np.exp(0.25 * fluctuation(samples, sample_rate, 12.0, rng, 1.0))
    swell = np.exp(0.08 * fluctuation(samples, sample_rate, 0.6, rng))
    return swell * (noise + 0.45 * unit(plunge) + rng.uniform(0.2, 0.35) * spray)


def fountain(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """A fountain: many small splashes on a basin, brighter and steadier than a brook."""
    splash = _splashes(sample_rate, samples, rng, rng.uniform(250, 500), 3500.0, 0.4, 2500.0, (60.0, 200.0), 0.002)
    bubbles = bubble_population(
        sample_rate, samples, rng, rate=rng.uniform(900, 1800), smallest=0.0005, largest=0.003, exponent=1.8
    )
    bed = shaped_noise(
        samples, sample_rate, gain_curve([(200, -24), (1000, -6), (3500, 0), (9000, -6), (18000, -20)]), rng
    )
    return unit(bubbles) + 0.5 * splash + 0.35 * bed


def dripping(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """Drops into standing water: the tick of impact, then the bubble it traps (Pumphrey and Elmore 1990, JFM 220)."""
    seconds = samples / sample_rate
    count = int(rng.integers(8, 22))
    start = (np.arange(count) + rng.normal(0, 0.12, count)) * seconds / count
    out = np.zeros(samples)
    add_noise_grains(out, sample_rate, start, 5500.0, 4000.0, 900.0, rng.uniform(0.1, 0.3, count), rng)
    radius = rng.choice(rng.uniform(0.0016, 0.004, 3), count) * rng.uniform(0.9, 1.1, count)
    add_bubbles(
        out,
        sample_rate,
        start + rng.uniform(0.008, 0.025, count),
        radius,
        rng.uniform(0.6, 1, count),
        rng.uniform(0.05, 0.18, count),
    )
    echo = circular_filter(
        np.roll(out, int(0.047 * sample_rate)) + 0.7 * np.roll(out, int(0.081 * sample_rate)),
        sample_rate,
        band_gain(200, 3000),
    )
    return out + 0.25 * echo


def surf(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """Waves on a beach: each swells, breaks in a bright rush, and runs back as hissing foam.

    Breaking waves radiate through the bubbles that they entrain: bright and loud at the break, with a spectrum that
    falls with about 5 dB an octave (Deane and Stokes 2002, Nature 418; Bolin and Abom 2010, JASA 127).
    """
    seconds = samples / sample_rate
    waves = int(max(1, round(seconds / rng.uniform(3.6, 8.5))))
    time = np.arange(samples) / sample_rate
    centres = (80.0, 200.0, 450.0, 1000.0, 2200.0, 4800.0, 10500.0)
    tilt = 10 ** (np.array([-6, -2, 0, -3, -7, -12, -20]) / 20)
    envelopes = np.tile(rng.uniform(0.08, 0.14) * tilt[:, None], (1, samples))
    for wave in range(waves):
        begin = (wave + rng.uniform(-0.12, 0.12)) * seconds / waves
        strength = rng.uniform(0.6, 1.0)
        swell, wash = rng.uniform(0.9, 1.5), rng.uniform(1.2, 2.0)
        since = (time - begin) % seconds
        before = (begin - time) % seconds
        for band, centre in enumerate(centres):
            # low bands rise first with the swell; high ones start at the break and hiss on in the foam
            lead = swell * (450.0 / centre) ** 0.35
            rise = np.exp(-((before / lead) ** 2))
            fall = np.exp(-since / (wash * (centre / 1000.0) ** 0.25)) * (1 - np.exp(-since / 0.03)) + rise * np.exp(
                -since / 0.03
            )
            envelopes[band] += (
                strength * tilt[band] * np.maximum(rise * (before < seconds / 2), fall * (since < seconds))
            )
    envelopes *= np.exp(0.15 * fluctuation(samples, sample_rate, 8.0, rng, 1.0))
    return banded_noise(envelopes, centres, sample_rate, rng)
