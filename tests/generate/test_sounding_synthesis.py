"""The procedural sounds: they close, repeat by seed, differ by seed, and have what their models say."""

import numpy as np
import pytest

from sonovista.generate.sounding.procedural import synthesise
from sonovista.generate.sounding.synthesis import DISTINCT_KINDS, SYNTHESES
from sonovista.generate.sounding.synthesis.events import add_damped_sines, add_wrapped, poisson_times, whole_cycles
from sonovista.generate.sounding.synthesis.water import add_bubbles
from sonovista.metrics.sound_texture import leave_one_out, texture_vector
from sonovista.signal.loops import join_click, join_level_step

RATE = 48_000
SAMPLES = 4 * RATE


@pytest.mark.parametrize("name", sorted(SYNTHESES))
def test_every_sound_is_a_closed_loop_that_its_seed_repeats(name):
    loop = synthesise(name, SAMPLES, 3)
    assert loop.shape == (SAMPLES,)
    assert np.isfinite(loop).all()
    assert loop.std() > 0
    assert join_level_step(loop, RATE) < 1.0
    assert join_click(loop) < 4.0
    np.testing.assert_array_equal(loop, synthesise(name, SAMPLES, 3))
    other = synthesise(name, SAMPLES, 4)
    assert abs(np.corrcoef(loop, other)[0, 1]) < 0.9


def leave_one_out_accuracy(seeds: int, seconds: float) -> float:
    vectors, kinds = [], []
    for kind in DISTINCT_KINDS:
        for seed in range(seeds):
            vectors.append(texture_vector(synthesise(kind, int(seconds * RATE), seed), RATE))
            kinds.append(kind)
    names = np.array(kinds)
    return float(np.mean(leave_one_out(np.array(vectors), names) == names))


def test_sixteen_kinds_are_told_apart_by_their_texture():
    assert leave_one_out_accuracy(seeds=3, seconds=4.0) >= 0.9


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_sixteen_kinds_of_twenty_seeds_are_told_apart_by_their_texture():
    assert leave_one_out_accuracy(seeds=20, seconds=8.0) >= 0.95


@pytest.mark.parametrize("radius", [0.001, 0.003, 0.006])
def test_a_bubble_rings_at_minnaerts_frequency(radius):
    """sqrt(3 gamma p / rho) / (2 pi r), with air at one atmosphere in water."""
    out = np.zeros(RATE)
    add_bubbles(out, RATE, np.array([0.1]), np.array([radius]), np.array([1.0]), np.array([0.0]))
    peak = np.abs(np.fft.rfft(out)).argmax()  # one second: bins are Hz
    minnaert = np.sqrt(3 * 1.4 * 101_325 / 998) / (2 * np.pi * radius)
    assert peak == pytest.approx(minnaert, rel=0.1)


def test_a_rising_bubble_rises():
    out = np.zeros(RATE)
    add_bubbles(out, RATE, np.array([0.0]), np.array([0.004]), np.array([1.0]), np.array([0.1]))
    crossings = np.flatnonzero(np.diff(np.signbit(out[:6000])))
    assert np.diff(crossings)[-5:].mean() < 0.9 * np.diff(crossings)[:5].mean()


def test_events_agree_with_their_formula_and_wrap_round_the_end():
    out = np.zeros(4800)
    add_damped_sines(out, RATE, np.array([0.09]), 440.0, 60.0, 0.5, sweep=300.0, attack=0.002)
    time = np.arange(15_000) / RATE
    event = 0.5 * np.exp(-60 * time) * (1 - np.exp(-time / 0.002)) * np.sin(2 * np.pi * (440 + 150 * time) * time)
    expected = np.zeros(4800)
    add_wrapped(expected, round(0.09 * RATE), event)
    np.testing.assert_allclose(out, expected, atol=2e-3)


def test_an_oscillator_of_whole_cycles_closes():
    phase = whole_cycles(np.full(RATE, 440.3), RATE)
    tone = np.sin(2 * np.pi * phase)
    assert join_click(tone) < 1.1


def test_events_follow_their_intensity():
    rng = np.random.default_rng(0)
    times = poisson_times(8.0, 1000.0, rng, np.array([0.0, 3.0, 0.0, 1.0]))
    quarters = np.histogram(times, bins=4, range=(0, 8))[0]
    assert len(times) == pytest.approx(8000, rel=0.05)
    assert quarters[0] == 0
    assert quarters[1] / quarters[3] == pytest.approx(3.0, rel=0.1)


def test_a_church_bell_has_its_minor_third():
    """Hum, prime, tierce and nominal stand as 0.5 : 1 : 1.2 : 2 (within the warble and the seed's spread)."""
    spectrum = np.abs(np.fft.rfft(synthesise("bell", 8 * RATE, 0))) ** 2
    frequency = np.fft.rfftfreq(8 * RATE, 1 / RATE)

    def strength(prime, ratio):
        near = np.abs(frequency / (prime * ratio) - 1) < 0.015
        return spectrum[near].sum()

    primes = np.geomspace(200, 700, 600)
    product = [np.prod([strength(p, r) ** 0.25 for r in (0.5, 1.0, 1.2, 2.0)]) for p in primes]
    prime = primes[int(np.argmax(product))]
    assert 225 / 1.02 < prime < 650 * 1.02
    assert strength(prime, 1.2) > 20 * strength(prime, 1.26)  # a minor third, no major one


def test_crickets_are_a_pure_tone_in_the_range_of_their_kind():
    loop = synthesise("crickets", SAMPLES, 1)
    spectrum = np.abs(np.fft.rfft(loop)) ** 2
    frequency = np.fft.rfftfreq(SAMPLES, 1 / RATE)
    band = (frequency > 3500) & (frequency < 6000)
    assert spectrum[band].sum() / spectrum.sum() > 0.95


def test_a_transformer_hums_at_multiples_of_the_mains():
    spectrum = np.abs(np.fft.rfft(synthesise("machine_hum", SAMPLES, 2))) ** 2
    frequency = np.fft.rfftfreq(SAMPLES, 1 / RATE)
    shares = []
    for mains in (50.0, 60.0):
        off = np.abs(frequency / mains - np.round(frequency / mains)) * mains
        shares.append(spectrum[off <= 2.5].sum() / spectrum.sum())
    assert max(shares) > 0.7


def test_a_clock_ticks_evenly():
    loop = synthesise("clock", 8 * RATE, 5)
    level = np.abs(loop).reshape(-1, 480).max(axis=1)  # 10 ms
    beats = np.abs(np.fft.rfft(level - level.mean()))
    fundamental = beats[1:60].argmax() + 1
    assert fundamental / 8 in {0.5, 1.0, 1.25, 2.0, 2.5, 4.0, 5.0}
