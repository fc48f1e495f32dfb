import numpy as np
import pytest
from heads import fibonacci
from hypothesis import given
from hypothesis import strategies as st

from sonovista.ambisonics import diffuseness, directions_over_time, encode, spherical_harmonics_of_directions
from sonovista.geometry import angles_from_direction, direction_from_angles


@given(st.floats(-3.1, 3.1), st.floats(-1.5, 1.5), st.integers(1, 5))
def test_a_plane_wave_is_not_diffuse(azimuth: float, elevation: float, order: int) -> None:
    signal = np.random.default_rng(0).normal(size=100)
    assert diffuseness(encode(signal, azimuth, elevation, order)) == pytest.approx(0.0, abs=1e-9)


def test_sound_from_everywhere_is_diffuse() -> None:
    directions = fibonacci(400)
    waves = np.random.default_rng(0).normal(size=(400, 20_000))
    field = spherical_harmonics_of_directions(1, directions).T @ waves
    assert diffuseness(field) > 0.97
    assert diffuseness(np.zeros((4, 100))) == 1.0


@pytest.mark.parametrize("ratio", [0.1, 0.5, 2.0])
def test_a_wave_in_a_diffuse_field_has_the_share_of_the_rest(ratio: float) -> None:
    # intensity is the wave's power, energy that of both: psi = 1 - wave / (wave + diffuse)
    diffuse = np.random.default_rng(1).normal(size=(4, 400_000)) / np.sqrt([[1.0], [3.0], [3.0], [3.0]])
    wave = encode(np.sqrt(ratio) * np.random.default_rng(2).normal(size=400_000), 1.0, 0.3, 1)
    assert diffuseness(wave + diffuse) == pytest.approx(1.0 / (1.0 + ratio), abs=0.01)


def test_two_opposite_waves_of_one_loudness_have_no_intensity() -> None:
    rng = np.random.default_rng(0)
    field = sum(encode(rng.normal(size=200_000), azimuth, 0.0, 1) for azimuth in (0.0, np.pi))
    assert diffuseness(field) == pytest.approx(1.0, abs=0.01)


def test_a_moving_source_is_followed() -> None:
    azimuth = np.linspace(-1.0, 2.0, 48_000)
    field = encode(np.random.default_rng(0).normal(size=48_000), azimuth, 0.2, 1)
    directions, diffuse = directions_over_time(field, 1024)
    centres = np.arange(len(directions)) * 512 + 512
    found, elevation = angles_from_direction(directions)
    np.testing.assert_allclose(found, azimuth[centres], atol=0.02)
    np.testing.assert_allclose(elevation, 0.2, atol=0.01)
    assert diffuse.max() < 0.01


def test_blocks_are_counted_whole() -> None:
    field = encode(np.ones(100), 0.5, 0.0, 1)
    directions, diffuse = directions_over_time(field, 32, 16)
    assert directions.shape == (5, 3)
    assert diffuse.shape == (5,)
    np.testing.assert_allclose(directions, np.tile(direction_from_angles(0.5, 0.0), (5, 1)), atol=1e-12)
    assert directions_over_time(field, 101)[0].shape == (0, 3)
    silent, diffuse = directions_over_time(np.zeros((4, 64)), 32)
    assert not silent.any()
    assert (diffuse == 1.0).all()


def test_refuses_what_is_no_field() -> None:
    with pytest.raises(ValueError, match="first-order"):
        diffuseness(np.zeros((3, 10)))
    with pytest.raises(ValueError, match="block"):
        directions_over_time(np.zeros((4, 10)), 0)
