import numpy as np
import pytest
from hearing_aids import example_with_clicks, write_sounds
from scipy.signal import fftconvolve

from sonovista.simulate.listening import ListeningOptions, convolved, listen
from sonovista.simulate.sounds import DrySounds


@pytest.fixture(scope="module")
def sounds(tmp_path_factory) -> DrySounds:
    return DrySounds(write_sounds(tmp_path_factory.mktemp("sounds")))


def heard(sounds: DrySounds, seed: int = 0, sources: int = 1, **options):
    settings = ListeningOptions.model_validate({"seconds": 1.0} | options)
    return listen(example_with_clicks(sources), sounds, settings, np.random.default_rng(seed), "room-0000/pair-0000")


def test_shapes_and_angles_are_those_of_the_example(sounds):
    out = heard(sounds, sources=2, keep_sources=True)
    assert out.views.shape == (3, 24, 32, 3)
    assert out.binaural.shape == (3, 2, 16_000)
    assert out.binaural.dtype == np.float32
    assert out.azimuths.shape == (2, 3)
    assert out.rotations.shape == (3,)
    assert out.rotations[0] == 0.0
    assert out.sources is not None
    np.testing.assert_allclose(out.sources.sum(axis=0), out.binaural, atol=1e-6)


def test_a_part_of_a_convolution_is_what_the_whole_has_there():
    rng = np.random.default_rng(0)
    dry, responses = rng.normal(size=(2, 5000)), rng.normal(size=(2, 2, 700))
    whole = fftconvolve(np.repeat(dry[:, None], 2, axis=1), responses, axes=2)
    for start in (0, 300, 2500):
        np.testing.assert_allclose(convolved(dry, responses, start, 2000), whole[..., start : start + 2000], atol=1e-3)


def test_the_ratio_scales_the_indirect_sound_alone(sounds):
    dry, full, half = (heard(sounds, indirect_ratio=ratio).binaural for ratio in (0.0, 1.0, 0.5))
    np.testing.assert_allclose(half, 0.5 * (dry + full), atol=1e-6)
    # The click 100 samples later has half the direct one's level.
    delayed = np.zeros_like(dry)
    delayed[..., 100:] = 0.5 * dry[..., :-100]
    np.testing.assert_allclose((full - dry)[..., 100:], delayed[..., 100:], atol=1e-6)


def test_the_left_ear_hears_it_first(sounds):
    left, right = heard(sounds, indirect_ratio=0.0).binaural[0]
    np.testing.assert_allclose(right[4:], left[:-4], atol=1e-6)


def test_views_hear_different_moments_of_one_sound(sounds):
    out = heard(sounds).binaural[:, 0]
    assert np.abs(np.corrcoef(out) - np.eye(3)).max() < 0.8
    same = heard(sounds, same_moment=True).binaural[:, 0]
    assert np.corrcoef(same).min() > 0.999
    # Half a second apart, so that one begins in the other's middle.
    shifts = [np.abs(np.correlate(out[0][8000:12000], out[k], "valid")).max() for k in (0, 1, 2)]
    assert shifts[0] > 0.0


def test_the_first_source_is_dominant(sounds):
    for seed in range(8):
        out = heard(sounds, seed, sources=3, keep_sources=True, least_dominance_db=10.0, same_moment=True)
        assert out.sources is not None
        power = (out.sources.astype(float) ** 2).mean(axis=(1, 2, 3))
        assert (power[1:] < power[0] * 10.0**-0.9).all()


def test_levels_and_noise_are_as_asked_for(sounds):
    loud = heard(sounds, quietest_rms=0.1, loudest_rms=0.1, indirect_ratio=0.0).binaural
    # Half the dry level, by the click's gain.
    assert np.sqrt((loud.astype(float) ** 2).mean()) == pytest.approx(0.05, rel=0.05)
    noisy = heard(
        sounds, quietest_rms=0.1, loudest_rms=0.1, indirect_ratio=0.0, noise=True, least_snr_db=20.0, most_snr_db=20.0
    )
    difference = noisy.binaural - loud
    assert (difference.astype(float) ** 2).mean() == pytest.approx(0.01 * 0.05**2, rel=0.1)


def test_the_same_seed_hears_the_same(sounds):
    np.testing.assert_array_equal(heard(sounds, 3).binaural, heard(sounds, 3).binaural)
    assert not np.array_equal(heard(sounds, 3).binaural, heard(sounds, 4).binaural)
