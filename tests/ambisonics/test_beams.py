import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import eval_legendre

from sonovista.ambisonics import beam, beam_pattern, beam_weights, encode, energy_map, spherical_harmonics_of_directions
from sonovista.geometry import direction_from_angles
from sonovista.geometry.equirectangular import pixel_directions, pixel_solid_angles

PATTERNS = ("plane_wave", "max_re", "in_phase")
FRONT = np.array([1.0, 0.0, 0.0])


@given(st.floats(-3.1, 3.1), st.floats(-1.5, 1.5), st.integers(0, 7), st.sampled_from(PATTERNS))
def test_a_beam_hears_a_plane_wave_from_its_own_direction_as_it_is(azimuth, elevation, order: int, pattern) -> None:
    signal = np.random.default_rng(0).normal(size=20)
    heard = beam(encode(signal, azimuth, elevation, order), direction_from_angles(azimuth, elevation), pattern)
    np.testing.assert_allclose(heard, signal, atol=1e-12)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_beam_is_round_about_its_axis(pattern) -> None:
    axis = direction_from_angles(0.4, -0.3)
    others = pixel_directions(12).reshape(-1, 3)
    heard = spherical_harmonics_of_directions(5, others) @ beam_weights(axis, 5, pattern)
    n = np.arange(6)
    expected = ((2 * n + 1) * beam_pattern(5, pattern) * eval_legendre(n, (others @ axis)[:, None])).sum(axis=1)
    np.testing.assert_allclose(heard, expected, atol=1e-12)


def test_patterns_are_those_of_the_literature() -> None:
    angle = np.linspace(0.0, np.pi, 200)
    harmonics = spherical_harmonics_of_directions(3, direction_from_angles(angle, 0.0 * angle))
    in_phase = harmonics @ beam_weights(FRONT, 3, "in_phase")
    np.testing.assert_allclose(in_phase, (0.5 + 0.5 * np.cos(angle)) ** 3, atol=1e-12)
    assert np.all(np.diff(in_phase) <= 1e-12)
    # Zotter and Frank, All-round Ambisonic panning and decoding (2012): about P_n(cos(137.9 / (N + 1.51) degrees))
    n = np.arange(4)
    approximate = eval_legendre(n, np.cos(np.radians(137.9 / (3 + 1.51))))
    exact = beam_pattern(3)
    np.testing.assert_allclose(exact / exact[0], approximate, atol=3e-3)


def test_the_most_directive_beam_has_the_directivity_of_its_order() -> None:
    # directivity index of a hypercardioid of order N: (N + 1) ** 2
    directions, weights = pixel_directions(60), pixel_solid_angles(60)[:, None] / (4.0 * np.pi)

    def directivity(pattern) -> float:
        heard = spherical_harmonics_of_directions(4, directions) @ beam_weights(FRONT, 4, pattern)
        return float(1.0 / np.sum(weights * heard**2))

    assert directivity("plane_wave") == pytest.approx(25.0, rel=0.01)
    assert directivity("plane_wave") > directivity("max_re") > directivity("in_phase")


def test_no_beam_has_a_longer_energy_vector_than_max_re() -> None:
    directions, weights = pixel_directions(60), pixel_solid_angles(60)[:, None]

    def energy_vector(beam_weight: np.ndarray) -> float:
        power = weights * (spherical_harmonics_of_directions(3, directions) @ beam_weight) ** 2
        return float(np.sum(power * directions[..., 0]) / np.sum(power))

    best = energy_vector(beam_weights(FRONT, 3))
    assert best == pytest.approx(0.861136, abs=2e-3)  # the largest root of P_4
    rng = np.random.default_rng(0)
    for _ in range(20):
        other = beam_weights(FRONT, 3) * np.repeat(rng.uniform(0.7, 1.3, 4), [1, 3, 5, 7])
        assert energy_vector(other) <= best + 1e-9


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_map_peaks_with_its_power_where_the_sound_is(pattern) -> None:
    height = 36
    directions = pixel_directions(height)
    row, column = 11, 50
    azimuth, elevation = np.arctan2(*directions[row, column, [1, 0]]), np.arcsin(directions[row, column, 2])
    signal = np.random.default_rng(0).normal(size=200).astype(np.float32)
    power = energy_map(encode(signal, azimuth, elevation, 5), height, pattern)
    assert power.shape == (height, 2 * height)
    assert np.unravel_index(power.argmax(), power.shape) == (row, column)
    assert power.max() == pytest.approx(np.mean(signal**2), rel=1e-5)
    assert power.min() >= 0.0


def test_an_even_field_makes_an_even_map() -> None:
    degree = np.repeat(np.arange(4), [1, 3, 5, 7])
    # uncorrelated channels of power 1 / (2 n + 1): what a diffuse field is in SN3D
    signals = np.diag(1.0 / np.sqrt(2 * degree + 1))
    power = energy_map(signals, 8)
    np.testing.assert_allclose(power, power.mean(), rtol=1e-12)


def test_refuses_what_is_no_field() -> None:
    with pytest.raises(ValueError, match="channels"):
        beam(np.zeros((5, 3)), FRONT)
    with pytest.raises(ValueError, match="shape"):
        beam(np.zeros(4), FRONT)
    with pytest.raises(ValueError, match="pattern"):
        beam_pattern(2, "best")  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="samples"):
        energy_map(np.zeros((4, 0)))
