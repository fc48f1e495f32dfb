import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonovista.slfm.angles import angular_error, folded, reflected, wrapped
from sonovista.slfm.features.pictures import as_input, jittered, noise_like, with_field_of_view
from sonovista.slfm.features.spatial import frames_of, spatial_features, swapped_spatial
from sonovista.slfm.features.spectrograms import (
    complex_spectrogram,
    magnitude_and_phase,
    swapped_magnitude_and_phase,
)
from sonovista.slfm.features.votes import left_right_vote

ANGLE = st.floats(-10.0, 10.0)


@given(ANGLE)
def test_folding_keeps_the_side_and_is_blind_to_reflection(angle):
    assert np.sin(folded(angle)) == pytest.approx(np.sin(angle), abs=1e-7)
    assert folded(reflected(angle)) == pytest.approx(folded(angle), abs=1e-6)
    assert -np.pi < wrapped(angle) <= np.pi


def test_errors_wrap():
    assert np.degrees(angular_error(np.radians(179.0), np.radians(-179.0))) == pytest.approx(2.0)


def test_a_delay_turns_the_cross_spectrum_and_a_gain_the_level_difference(rng):
    noise = rng.standard_normal(16_008).astype(np.float32)
    left, right = noise[8:], 0.5 * noise[:-8]  # the right ear hears it 8 samples later and 6 dB softer
    real, imaginary, difference, level = spatial_features(np.stack([left, right]))
    assert real.shape == (40, frames_of(16_000))
    centre_hz = 31.25 * (3 + 4 * np.arange(8) + 1.5)
    expected = 2 * np.pi * centre_hz * 8 / 16_000
    found = np.angle(real[:8].mean(1) + 1j * imaginary[:8].mean(1))
    np.testing.assert_allclose(np.angle(np.exp(1j * (found - expected))), 0.0, atol=0.05)
    assert difference.mean() == pytest.approx(0.301, abs=0.03)
    assert level.max() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("features", "swap"), [(spatial_features, swapped_spatial), (magnitude_and_phase, swapped_magnitude_and_phase)]
)
def test_exchanging_ears_before_is_exchanging_them_after(rng, features, swap):
    binaural = rng.standard_normal((2, 16_000)).astype(np.float32)
    np.testing.assert_allclose(features(binaural[::-1]), swap(features(binaural)), atol=1e-4)


@pytest.mark.parametrize("samples", [1, 160, 511, 512, 4_000, 40_800])
def test_any_length_and_silence_give_finite_features(rng, samples):
    for signal in (np.zeros((2, samples)), rng.standard_normal((2, samples))):
        assert np.isfinite(spatial_features(signal)).all()


def test_shapes_are_the_papers():
    signal = np.zeros((2, 40_800))
    assert magnitude_and_phase(signal).shape == (4, 256, 256)
    assert complex_spectrogram(signal[0]).shape == (2, 256, 256)
    assert magnitude_and_phase(signal)[:2].max() == pytest.approx(-1.0, abs=0.01)  # silence is -100 dB


def test_a_tone_is_where_it_should_be():
    tone = np.sin(2 * np.pi * 1000.0 * np.arange(40_800) / 16_000)
    real, imaginary = complex_spectrogram(tone)
    power = real**2 + imaginary**2
    assert (power[:, 5:-5].argmax(axis=0) == 32).all()  # 1000 Hz over 31.25 Hz


def test_the_louder_ear_wins_the_vote(rng):
    noise = rng.standard_normal(16_000)
    assert left_right_vote(np.stack([noise, 0.5 * noise])) == (1.0, 1.0)
    assert left_right_vote(np.stack([0.5 * noise, noise]))[0] == -1.0
    assert left_right_vote(np.stack([noise, noise])) == (0.0, 0.5)
    assert left_right_vote(np.zeros((2, 16_000))) == (0.0, 0.5)


def test_pictures_of_another_lens_are_brought_to_sixty_degrees():
    height, width = 480, 640
    columns = np.broadcast_to(np.arange(width, dtype=np.uint8)[None, :, None], (height, width, 3))
    wide = with_field_of_view(columns, np.radians(90.0))
    expected = width * np.tan(np.radians(30.0)) / np.tan(np.radians(45.0))
    assert wide.shape[1] == round(expected)
    assert wide.shape[0] == round(wide.shape[1] * 3 / 4)
    narrow = with_field_of_view(columns, np.radians(40.0))
    assert narrow.shape[1] > width
    assert (narrow[:, 0] == 114).all()
    assert with_field_of_view(columns, np.radians(60.0)).shape == (480, 640, 3)


def test_network_input_is_small_and_centred(rng):
    out = as_input(rng.integers(0, 256, (240, 320, 3)).astype(np.uint8), 160, 120)
    assert out.shape == (3, 120, 160)
    assert abs(out.mean()) < 0.5
    assert out.dtype == np.float32


def test_jitter_changes_pictures_but_not_what_they_show(rng):
    picture = np.tile(np.linspace(40, 200, 64).astype(np.uint8)[None, :, None], (48, 1, 3))
    other = jittered(picture, rng)
    assert not np.array_equal(other, picture)
    assert np.corrcoef(other.ravel(), picture.ravel())[0, 1] > 0.95


@pytest.mark.parametrize("size", [7, 2_097_152, 8 * 2 * 160_000])  # the last: as many views and seconds as can be asked
def test_noise_of_any_length_is_white(rng, size):
    noise = noise_like(rng, size)
    assert noise.shape == (size,)
    if size > 7:
        assert noise.std() == pytest.approx(1.0, abs=0.01)
        assert abs(float(np.mean(noise[1:] * noise[:-1]))) < 0.01
