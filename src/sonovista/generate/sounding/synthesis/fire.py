"""Fire."""

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.sounding.synthesis.events import add_damped_sines, add_noise_grains, poisson_times
from sonovista.signal.noise import band_gain, circular_filter, fluctuation, gain_curve, shaped_noise

Loop = NDArray[np.float64]


def fire(rng: np.random.Generator, samples: int, sample_rate: int) -> Loop:
    """An open fire or a stove: the roar of lapping flames, the hiss of gas, and crackles in bursts.

    The three layers are Farnell's (Designing Sound, MIT Press 2010, chapter 34): low noise that flutters, high noise
    under a fourth-power envelope, and clicks; crackle energies follow a power law and come in clusters, as measured on
    burning and tearing matter (Salje and Dahmen 2014, Annu. Rev. Condens. Matter Phys. 5). The roar of turbulent flames
    has a broad peak at 60 to some hundred hertz, the lower the larger the flame, and falls as the frequency to the
    power of -2.1 to -3.4 above (Rajaram and Lieuwen 2009, J. Fluid Mech. 637). A stove's door takes the highs.
    """
    seconds = samples / sample_rate
    size = rng.uniform(0.0, 1.0)  # 0 a small wood fire, 1 a blaze
    flutter = np.exp(rng.uniform(0.1, 0.5) * fluctuation(samples, sample_rate, rng.uniform(2, 6), rng, 1.0))
    peak = 300 * 0.25**size * rng.lognormal(0, 0.3)
    fall = rng.uniform(6.4, 10.2)  # dB an octave
    draught = rng.uniform(-44.0, -22.0)  # where the hiss of air and steam takes over
    points = [(peak / 4, -9.0), (peak, 0.0)]
    points += [(hertz, max(-fall * np.log2(hertz / peak), draught)) for hertz in peak * 2.0 ** np.arange(1, 6)]
    roar = flutter * shaped_noise(samples, sample_rate, gain_curve([*points, (20000.0, draught - 12)]), rng)
    gas = np.clip(fluctuation(samples, sample_rate, 2.0, rng, 1.0), 0, None) ** 4
    hiss = gas / (np.mean(gas) + 1e-9) * shaped_noise(samples, sample_rate, band_gain(2500, 9000), rng)
    crackle = _crackles(rng, samples, sample_rate, seconds, rate=float(np.exp(rng.uniform(np.log(7), np.log(50)))))
    sizzle = _sizzle(rng, samples, sample_rate, seconds, rate=rng.uniform(250, 900))
    seething = 0.02 + 0.45 * rng.uniform(0, 1) ** 1.5
    snapping = (1 - 0.5 * size) * 0.3 ** rng.uniform(0, 1)
    bright = rng.uniform(0.003, 0.03) * hiss + snapping * crackle + seething * sizzle
    if rng.uniform() < 0.25:  # behind a stove's door
        bright = circular_filter(bright, sample_rate, gain_curve([(300, 0), (rng.uniform(3000, 9000), -12)]))
    return (0.4 + 1.2 * size**2) * roar + bright


def _sizzle(rng: np.random.Generator, samples: int, sample_rate: int, seconds: float, rate: float) -> Loop:
    """The many faint crackles behind the few loud ones: dense short clicks, even over frequency."""
    start = poisson_times(seconds, rate, rng)
    out = np.zeros(samples)
    add_noise_grains(
        out,
        sample_rate,
        start,
        np.exp(rng.uniform(np.log(400), np.log(9000), len(start))),
        5000.0,
        rng.uniform(300, 1500, len(start)),
        rng.lognormal(0, 0.8, len(start)),
        rng,
    )
    return out / (np.sqrt(np.mean(out**2)) + 1e-12)


def _crackles(rng: np.random.Generator, samples: int, sample_rate: int, seconds: float, rate: float) -> Loop:
    """Clusters of clicks with power-law sizes; a few big ones pop."""
    bursts = np.exp(1.4 * fluctuation(max(64, samples // 48), sample_rate / 48, 1.5, rng, 1.0))
    parents = poisson_times(seconds, rate / 2.5, rng, bursts)
    children = rng.geometric(0.4, len(parents))
    start = np.repeat(parents, children) + rng.exponential(0.012, children.sum()) * (
        rng.uniform(size=children.sum()) < 0.8
    )
    amplitude = np.minimum(rng.pareto(1.2, len(start)) + 0.3, 9.0)
    out = np.zeros(samples)
    add_noise_grains(
        out,
        sample_rate,
        start,
        rng.lognormal(np.log(rng.uniform(2000, 5000)), 0.6, len(start)),
        rng.uniform(1500, 6000, len(start)),
        rng.uniform(350, 1500, len(start)),
        amplitude,
        rng,
    )
    big = amplitude > 5
    if big.any():
        add_damped_sines(
            out,
            sample_rate,
            start[big],
            rng.uniform(350, 900, big.sum()),
            rng.uniform(90, 220, big.sum()),
            0.5 * amplitude[big],
        )
    return out
