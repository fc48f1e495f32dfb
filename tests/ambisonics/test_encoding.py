import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonovista.ambisonics import encode, intensity_direction, spherical_harmonics
from sonovista.geometry import direction_from_angles


def test_a_static_source_is_its_signal_times_the_harmonics() -> None:
    signal = np.random.default_rng(0).normal(size=64)
    field = encode(signal, 0.4, -0.2, 3)
    assert field.shape == (16, 64)
    np.testing.assert_allclose(field, spherical_harmonics(3, 0.4, -0.2)[:, None] * signal, atol=1e-15)
    np.testing.assert_allclose(field[0], signal)


def test_a_moving_source_has_its_own_direction_at_every_sample() -> None:
    signal = np.random.default_rng(0).normal(size=100)
    azimuth, elevation = np.linspace(0.0, 6.0, 100), np.linspace(-0.5, 0.5, 100)
    field = encode(signal, azimuth, elevation, 2)
    for t in (0, 37, 99):
        np.testing.assert_allclose(
            field[:, t], signal[t] * spherical_harmonics(2, azimuth[t], elevation[t]), atol=1e-15
        )


def test_precision_follows_the_signal() -> None:
    assert encode(np.zeros(4, np.float32), 0.0, 0.0, 1).dtype == np.float32
    assert encode(np.zeros(4), 0.0, 0.0, 1).dtype == np.float64


def test_refuses_angles_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="angles"):
        encode(np.zeros(10), np.zeros(9), 0.0, 1)
    with pytest.raises(ValueError, match="samples"):
        encode(np.zeros((2, 10)), 0.0, 0.0, 1)


@given(st.floats(-np.pi, np.pi), st.floats(-1.57, 1.57), st.integers(1, 7), st.sampled_from(["sn3d", "n3d"]))
def test_intensity_points_at_a_plane_wave(azimuth: float, elevation: float, order: int, normalization) -> None:
    signal = np.random.default_rng(1).normal(size=50)
    found = intensity_direction(encode(signal, azimuth, elevation, order, normalization))
    np.testing.assert_allclose(found, direction_from_angles(azimuth, elevation), atol=1e-12)


def test_intensity_of_two_uncorrelated_waves_lies_between_them_by_power() -> None:
    t = np.arange(4800) / 48_000.0
    left = encode(2.0 * np.sin(2 * np.pi * 500.0 * t), 0.5 * np.pi, 0.0, 1)
    front = encode(np.sin(2 * np.pi * 700.0 * t), 0.0, 0.0, 1)
    found = intensity_direction(left + front)
    np.testing.assert_allclose(found, np.array([1.0, 4.0, 0.0]) / np.sqrt(17.0), atol=1e-6)


def test_no_direction_gives_zeros() -> None:
    np.testing.assert_array_equal(intensity_direction(np.zeros((4, 10))), np.zeros(3))
    with pytest.raises(ValueError, match="first-order"):
        intensity_direction(np.zeros((2, 10)))
