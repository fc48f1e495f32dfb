import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonovista.signal.loops import best_loop_start, join_click, join_level_step, make_loop, rotated_to_steadiest

RATE = 8_000


def low_passed_noise(samples: int, seed: int = 0) -> np.ndarray:
    return np.convolve(np.random.default_rng(seed).normal(size=samples + 63), np.hanning(64), "valid")


@settings(max_examples=25, deadline=None)
@given(seconds=st.floats(0.02, 7.0), seed=st.integers(0, 100))
def test_any_recording_becomes_a_loop_of_the_wanted_length(seconds, seed):
    signal = low_passed_noise(int(seconds * RATE), seed)
    loop = make_loop(signal, 3 * RATE, RATE, np.random.default_rng(seed))
    assert loop.shape == (3 * RATE,)
    assert loop.dtype == np.float32
    assert np.isfinite(loop).all()


@pytest.mark.parametrize("seconds", [1.3, 3.05, 10.0])
def test_the_join_is_as_any_other_place(seconds):
    loop = make_loop(low_passed_noise(int(seconds * RATE)), 3 * RATE, RATE, np.random.default_rng(0))
    assert join_level_step(loop, RATE) < 1.0
    assert join_click(loop) < 1.5


def test_a_plain_cut_is_noticed_by_the_measures():
    ramp = low_passed_noise(3 * RATE) * np.linspace(0.05, 1, 3 * RATE)
    assert join_level_step(ramp, RATE) > 6
    sine = np.sin(2 * np.pi * 100.4 * np.arange(3 * RATE) / RATE)
    assert join_click(sine) > 3


def test_a_loop_whose_join_meets_an_event_is_begun_elsewhere():
    time = np.arange(4 * RATE) / RATE
    ticks = 0.01 * low_passed_noise(4 * RATE) + 30 * np.exp(-60 * (time % 0.5)) * np.sin(2 * np.pi * 700 * time)
    rotated = rotated_to_steadiest(ticks, RATE)
    assert join_level_step(ticks, RATE) > -3  # among the largest steps of the loop
    assert join_level_step(rotated, RATE) < -10
    shift = int(np.flatnonzero(np.isclose(rotated[0], ticks))[0])
    np.testing.assert_array_equal(np.roll(rotated, shift), ticks)


def test_a_loop_too_short_to_judge_stays_as_it_is():
    loop = low_passed_noise(RATE // 2)
    assert rotated_to_steadiest(loop, RATE) is loop


def test_level_stays_through_the_crossfade():
    loop = make_loop(low_passed_noise(10 * RATE), 3 * RATE, RATE, np.random.default_rng(0))
    windows = loop[: 3 * RATE // 800 * 800].reshape(-1, 800)
    levels = 10 * np.log10(np.mean(windows.astype(float) ** 2, axis=1))
    fade = levels[:5]  # the first half second is the crossfade
    assert abs(fade.mean() - levels[5:].mean()) < 1.0


def test_the_loop_point_is_found_where_the_sound_repeats():
    period = low_passed_noise(2 * RATE)
    different = 8 * low_passed_noise(RATE, 7)
    signal = np.concatenate([different, period, period, different])
    start = best_loop_start(signal, 2 * RATE, RATE // 4, RATE)
    assert RATE - 200 <= start <= 3 * RATE - RATE // 4


def test_a_short_event_is_repeated_with_rests():
    time = np.arange(RATE // 2) / RATE
    bark = np.sin(2 * np.pi * 400 * time) * np.sin(np.pi * time / 0.5) ** 4
    loop = make_loop(bark, 8 * RATE, RATE, np.random.default_rng(0))
    loud = np.abs(loop) > 0.3
    assert 3 <= np.sum(np.diff(loud[::200].astype(int)) == 1) <= 8
    assert np.mean(np.abs(loop) < 1e-3) > 0.4
    assert np.abs(loop).max() == pytest.approx(1.0, abs=0.02)


def test_too_little_to_loop_is_refused():
    with pytest.raises(ValueError, match="10 ms"):
        make_loop(np.zeros(10), RATE, RATE, np.random.default_rng(0))
