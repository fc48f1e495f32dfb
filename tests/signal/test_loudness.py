import numpy as np
import pytest
from scipy import signal as scipy_signal

from sonovista.signal.loudness import k_weighting, loop_loudness


def test_k_weighting_at_48_khz_has_the_coefficients_of_the_recommendation():
    shelf, high_pass = k_weighting(48_000)
    np.testing.assert_allclose(shelf[:3], [1.53512485958697, -2.69169618940638, 1.19839281085285], atol=1e-8)
    np.testing.assert_allclose(shelf[4:], [-1.69065929318241, 0.73248077421585], atol=1e-8)
    np.testing.assert_allclose(high_pass[4:], [-1.99004745483398, 0.99007225036621], atol=1e-8)


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_a_full_scale_sine_of_997_hz_has_minus_3_lufs(rate):
    """BS.1770-4, Annex 1: 0 dBFS at 997 Hz in one front channel reads -3.01 LKFS."""
    sine = np.sin(2 * np.pi * 997 * np.arange(4 * rate) / rate)
    assert loop_loudness(sine, rate) == pytest.approx(-3.01, abs=0.02)


def test_loudness_agrees_with_filtering_in_time():
    noise = np.random.default_rng(0).normal(0, 0.1, 4 * 48_000)
    filtered = np.asarray(scipy_signal.sosfilt(k_weighting(48_000), noise))
    expected = -0.691 + 10 * np.log10(np.mean(filtered**2))
    assert loop_loudness(noise, 48_000) == pytest.approx(expected, abs=0.05)


def test_pauses_do_not_make_a_sound_quieter():
    burst = np.zeros(8 * 48_000)
    burst[:96_000] = np.random.default_rng(1).normal(0, 0.1, 96_000)
    steady = np.random.default_rng(1).normal(0, 0.1, 8 * 48_000)
    # the blocks that straddle the burst's ends (6 of 26) hold less of it
    assert loop_loudness(burst, 48_000) == pytest.approx(loop_loudness(steady, 48_000), abs=0.8)


def test_silence_has_no_loudness():
    assert loop_loudness(np.zeros(48_000), 48_000) == -np.inf
