import numpy as np
import pytest

from sonovista.acoustics.decay import decay_time, early_decay_time, energy_decay_curve, rt60

RATE = 16_000


def exponential(seconds: float, duration: float = 1.0) -> np.ndarray:
    time = np.arange(round(duration * RATE)) / RATE
    return np.random.default_rng(0).standard_normal(len(time)) * 10.0 ** (-3.0 * time / seconds)


@pytest.mark.parametrize("seconds", [0.1, 0.3, 0.9])
def test_exponential_noise_has_its_reverberation_time(seconds: float) -> None:
    response = exponential(seconds, 2.0)
    assert rt60(response, RATE) == pytest.approx(seconds, rel=0.05)
    assert decay_time(response, RATE, stop_db=-25.0) == pytest.approx(seconds, rel=0.05)
    assert early_decay_time(response, RATE) == pytest.approx(seconds, rel=0.1)


def test_curve_starts_at_0_db_never_rises_and_ends_with_the_sound() -> None:
    curve = energy_decay_curve([0.0, 2.0, 1.0, 0.0, 0.0])
    np.testing.assert_allclose(curve[:3], [0.0, 0.0, 10.0 * np.log10(0.2)], atol=1e-12)
    assert np.isneginf(curve[3:]).all()


def test_t20_takes_over_where_the_response_is_too_short() -> None:
    response = 10.0 ** (-3.0 * np.arange(RATE) / RATE / 1.0)
    whole = rt60(response, RATE)
    # A floor of single late energy: the curve stops at about -27 dB.
    short = np.append(response[: round(0.45 * RATE)], np.sqrt((response**2).sum() * 10.0**-2.7))
    assert np.isnan(decay_time(np.append(short, 0.0)[:-1], RATE, -5.0, -35.0))
    assert np.isfinite(rt60(short, RATE))
    assert whole == pytest.approx(1.0, rel=0.01)


def test_silence_and_single_pulses_have_no_reverberation_time() -> None:
    assert np.isnan(rt60(np.zeros(100), RATE))
    assert np.isnan(rt60(np.eye(1, 100)[0], RATE))
