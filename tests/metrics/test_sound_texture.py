import numpy as np
import pytest

from sonovista.metrics.sound_texture import (
    BANDS,
    a_weighting,
    cochlear_envelopes,
    erb_number,
    leave_one_out,
    nearest_kinds,
    texture_statistics,
    texture_vector,
)

RATE = 48_000


def noise(seconds=2.0, seed=0, rate=RATE):
    return np.random.default_rng(seed).normal(size=int(seconds * rate))


def test_level_does_not_matter():
    signal = noise()
    np.testing.assert_allclose(texture_vector(signal, RATE), texture_vector(0.001 * signal, RATE), atol=1e-9)


def test_where_the_loop_starts_does_not_matter():
    signal = noise()
    np.testing.assert_allclose(texture_vector(signal, RATE), texture_vector(np.roll(signal, 7200), RATE), atol=0.02)


def test_a_weighting_has_the_standards_values():
    """IEC 61672-1, table 3: 63 Hz -26.2 dB, 250 Hz -8.6, 1 kHz 0, 4 kHz +1.0, 8 kHz -1.1."""
    decibels = 20 * np.log10(a_weighting(np.array([63.0, 250.0, 1000.0, 4000.0, 8000.0])))
    np.testing.assert_allclose(decibels, [-26.2, -8.6, 0.0, 1.0, -1.1], atol=0.15)


def test_a_tone_stands_in_the_band_of_its_frequency():
    tone = np.sin(2 * np.pi * 1000 * np.arange(2 * RATE) / RATE)
    envelopes, rate = cochlear_envelopes(tone, RATE)
    assert envelopes.shape == (BANDS, 800)
    assert rate == pytest.approx(400)
    centres = np.linspace(erb_number(52.0), erb_number(8844.0), BANDS)
    assert abs(envelopes.mean(axis=1).argmax() - np.abs(centres - erb_number(1000.0)).argmin()) <= 1
    assert envelopes.std(axis=1).max() < 0.05


def test_a_trembling_sound_shows_the_rate_of_its_tremble():
    signal = noise(4.0) * (1 + 0.9 * np.sin(2 * np.pi * 8 * np.arange(4 * RATE) / RATE))
    shares = texture_statistics(signal, RATE).modulation.mean(axis=0)
    centres = np.geomspace(0.5, 180.0, len(shares))
    assert centres[shares.argmax()] == pytest.approx(8, rel=0.25)


def test_bands_that_move_together_correlate():
    together = texture_statistics(noise() * (1 + 0.9 * np.sin(np.arange(2 * RATE) * 2 * np.pi * 5 / RATE)), RATE)
    apart = texture_statistics(noise(), RATE)
    assert together.correlation[:10, 5].mean() > apart.correlation[:10, 5].mean() + 0.3


def test_clicks_are_more_kurtotic_than_noise():
    clicks = 0.01 * noise(4.0)
    clicks[:: RATE // 3] += 30
    assert np.median(texture_statistics(clicks, RATE).kurtosis) > 2 * np.median(
        texture_statistics(noise(4.0), RATE).kurtosis
    )


def test_neighbours_are_found():
    rng = np.random.default_rng(0)
    centres = np.array([[0.0, 0.0], [5.0, 5.0]])
    vectors = np.concatenate([centre + rng.normal(0, 0.5, (10, 2)) for centre in centres])
    kinds = np.repeat(["a", "b"], 10)
    assert (leave_one_out(vectors, kinds) == kinds).all()
    found, distances = nearest_kinds(vectors, kinds, np.array([[4.0, 5.0], [0.5, 0.0]]))
    assert list(found) == ["b", "a"]
    assert distances.shape == (2, 2)


def test_too_short_a_sound_is_refused():
    with pytest.raises(ValueError, match=r"0\.5 s"):
        texture_vector(noise(0.2), RATE)
