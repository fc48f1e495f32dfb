import numpy as np
import pytest

from sonovista.signal.loops import join_click, join_level_step
from sonovista.signal.noise import (
    band_gain,
    banded_noise,
    circular_filter,
    diffuse_tail,
    fluctuation,
    gain_curve,
    periodic_resample,
    shaped_noise,
)

RATE = 48_000


def test_noise_has_the_spectrum_that_was_asked_for():
    noise = shaped_noise(8 * RATE, RATE, gain_curve([(100, 0), (1000, -20), (10000, -40)]), np.random.default_rng(0))
    power = np.abs(np.fft.rfft(noise)) ** 2
    frequency = np.fft.rfftfreq(len(noise), 1 / RATE)

    def level(centre):
        return 10 * np.log10(power[(frequency > centre / 1.05) & (frequency < centre * 1.05)].mean())

    assert level(1000) - level(100) == pytest.approx(-20, abs=1.5)
    assert level(5000) - level(500) == pytest.approx(-20, abs=1.5)
    assert np.sqrt(np.mean(noise**2)) == pytest.approx(1.0)


def test_a_circular_filter_knows_what_lies_before_the_start():
    signal = np.random.default_rng(1).normal(size=4800)
    gain = band_gain(200, 2000)
    shifted = circular_filter(np.roll(signal, 1234), RATE, gain)
    np.testing.assert_allclose(shifted, np.roll(circular_filter(signal, RATE, gain), 1234), atol=1e-12)


def test_fluctuation_is_slow_and_of_unit_spread():
    movement = fluctuation(8 * RATE, RATE, 2.0, np.random.default_rng(2))
    assert movement.std() == pytest.approx(1.0, rel=1e-6)
    power = np.abs(np.fft.rfft(movement)) ** 2
    assert power[: (8 * 20)].sum() / power.sum() > 0.99  # below 20 Hz
    assert abs(movement[0] - movement[-1]) < 0.05


def test_periodic_resampling_keeps_a_sine_exact():
    coarse = np.sin(2 * np.pi * 5 * np.arange(100) / 100)
    fine = np.sin(2 * np.pi * 5 * np.arange(960) / 960)
    np.testing.assert_allclose(periodic_resample(coarse, 960), fine, atol=1e-12)


def test_bands_under_flat_envelopes_make_flat_noise():
    centres = (100.0, 400.0, 1600.0)
    noise = banded_noise(np.ones((3, 4 * RATE)), centres, RATE, np.random.default_rng(3))
    assert np.isfinite(noise).all()
    assert join_level_step(noise, RATE) < 1.0


def test_noise_closes_without_a_click():
    rng = np.random.default_rng(4)
    for noise in (
        shaped_noise(2 * RATE, RATE, band_gain(100, 1000), rng),
        diffuse_tail(shaped_noise(2 * RATE, RATE, band_gain(100, 1000), rng), RATE, 0.5, rng),
    ):
        assert join_click(noise) < 1.5
