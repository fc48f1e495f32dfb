import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonovista.metrics.interaural import interaural_time_difference


def delayed(seconds: float, rate: float, samples: int = 256) -> np.ndarray:
    """A pulse delayed by a fraction of a sample: exact in the frequency domain."""
    frequency = np.fft.rfftfreq(samples, 1.0 / rate)
    return np.fft.irfft(np.exp(-2j * np.pi * frequency * (0.002 + seconds)), samples)


@given(st.floats(-0.0008, 0.0008), st.sampled_from((16_000.0, 44_100.0, 48_000.0)))
def test_a_known_delay_is_found(seconds, rate):
    samples = round(0.016 * rate) // 2 * 2
    found = interaural_time_difference(delayed(0.0, rate, samples), delayed(seconds, rate, samples), rate)
    assert found == pytest.approx(seconds, abs=2e-6)


def test_ears_exchanged_give_the_opposite_and_one_sound_gives_none(rng):
    left, right = rng.standard_normal((2, 512))
    there, back = interaural_time_difference(left, right, 48_000), interaural_time_difference(right, left, 48_000)
    assert there == pytest.approx(-back, abs=1e-9)
    assert interaural_time_difference(left, left, 48_000) == pytest.approx(0.0, abs=1e-9)


def test_no_head_delays_more_than_a_millisecond_and_silence_is_no_error():
    assert abs(interaural_time_difference(delayed(0.0, 48_000), delayed(0.0015, 48_000), 48_000)) <= 1e-3
    assert np.isfinite(interaural_time_difference(np.zeros(64), np.zeros(64), 48_000))
