import numpy as np
import pytest
from scipy.signal import coherence

from sonovista.acoustics.bands import OCTAVE_CENTRES_HZ
from sonovista.acoustics.decay import decay_time
from sonovista.acoustics.late_tail import fade_in, late_tail, tail_noise_bands, with_coherence
from sonovista.acoustics.pulses import pulse_table

RATE = 16_000


def test_bands_add_up_to_white_noise_and_are_read_only() -> None:
    bands = tail_noise_bands(RATE, 16_000)
    noise = bands.sum(axis=0)
    assert noise.std() == pytest.approx(1.0, rel=0.02)
    spectrum = np.abs(np.fft.rfft(noise)) ** 2
    octaves = [spectrum[:, 200:400], spectrum[:, 400:800], spectrum[:, 2000:4000]]
    levels = [10.0 * np.log10(part.mean() / 16_000) for part in octaves]
    assert np.abs(levels).max() < 0.6
    with pytest.raises(ValueError, match="read-only"):
        bands[0, 0, 0] = 1.0


def test_octaves_decay_in_their_times() -> None:
    times = np.array([1.2, 1.1, 1.0, 0.8, 0.6, 0.4, 0.3, 0.3])
    tail = late_tail(times, RATE, 1.5)
    size = 2 * tail.shape[1]  # lest the band's filter go round
    frequency = np.fft.rfftfreq(size, 1.0 / RATE)
    for band in (2, 3, 4, 5):
        centre = OCTAVE_CENTRES_HZ[band]
        near = np.abs(np.log2(np.maximum(frequency, 1.0) / centre)) < 0.15
        octave = np.fft.irfft(np.fft.rfft(tail[0], size) * near)[: tail.shape[1]]
        assert decay_time(octave, RATE, -5.0, -25.0) == pytest.approx(times[band], rel=0.15)


def test_seeds_differ_and_repeat() -> None:
    first, again, other = (late_tail(0.3, RATE, 0.2, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert abs(np.corrcoef(first[0], other[0])[0, 1]) < 0.1


def test_a_tail_waits_and_then_has_its_level() -> None:
    whole, late = late_tail(0.5, RATE, 0.4), late_tail(0.5, RATE, 0.4, start=0.1)
    at = round(0.1 * RATE)
    assert not late[:, : at - 40].any()
    np.testing.assert_array_equal(late[:, at + 40 :], whole[:, at + 40 :])
    assert fade_in(2 * at, RATE, 0.1)[at] == pytest.approx(0.5, abs=0.01)


def test_ears_get_the_coherence_asked_for() -> None:
    noise = np.random.default_rng(0).standard_normal((2, 1 << 17))
    frequency = np.array([0.0, 500.0, 2000.0, 8000.0])
    wanted = np.array([0.95, 0.5, -0.2, 0.0])
    ears = with_coherence(noise, RATE, frequency, wanted)
    np.testing.assert_allclose(ears.std(axis=1), 1.0, atol=0.02)
    at, squared = coherence(ears[0], ears[1], RATE, nperseg=512)
    np.testing.assert_allclose(np.sqrt(squared), np.abs(np.interp(at, frequency, wanted)), atol=0.12)
    with pytest.raises(ValueError, match="two channels"):
        with_coherence(noise[:1], RATE, frequency, wanted)


@pytest.mark.parametrize(("half_width", "edge"), [(40, 0.96), (12, 0.87)])
def test_pulses_delay_all_that_lies_below_the_band_edge(half_width: int, edge: float) -> None:
    table = pulse_table(half_width)
    frequency = np.linspace(0.0, edge * np.pi, 200)
    time = np.arange(2 * half_width + 1) - half_width
    for row in (0, 64, 128, 200, 256):
        response = table[row] @ np.exp(-1j * time[:, None] * frequency)
        error = response * np.exp(1j * frequency * row / 256)
        assert np.abs(20.0 * np.log10(np.abs(error))).max() < 0.15
        assert np.abs(np.angle(error)).max() < 0.02
