import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import RegularGridInterpolator

from sonovista.acoustics.occlusion import OcclusionMap, occlusion_cutoff_hz, occlusion_gain, visibility

RATE = 48_000


def a_map(seed: int = 0, shape: tuple[int, ...] = (3, 4, 5, 6)) -> OcclusionMap:
    values = np.random.default_rng(seed).random(shape).astype(np.float32)
    return OcclusionMap(np.array([-1.0, 2.0, 0.5]), 0.4, values)


def test_visibility_is_trilinear_as_scipys():
    occlusion = a_map()
    axes = [occlusion.origin[i] + 0.4 * np.arange(occlusion.values.shape[i + 1]) for i in range(3)]
    positions = np.random.default_rng(1).uniform([a[0] for a in axes], [a[-1] for a in axes], (5, 7, 3))
    found = visibility(occlusion, positions)
    assert found.shape == (5, 7, 3)
    for source in range(3):
        expected = RegularGridInterpolator(axes, occlusion.values[source])(positions)
        np.testing.assert_allclose(found[..., source], expected, atol=1e-6)


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=3, max_size=3))
@settings(max_examples=200, deadline=None)
def test_any_position_gives_a_visibility_between_the_grids_extremes(position: list[float]):
    occlusion = a_map()
    found = visibility(occlusion, position)
    low, high = occlusion.values.min(axis=(1, 2, 3)), occlusion.values.max(axis=(1, 2, 3))
    assert np.all((found >= low - 1e-6) & (found <= high + 1e-6))


def test_outside_of_the_grid_the_nearest_point_counts():
    occlusion = a_map()
    np.testing.assert_allclose(visibility(occlusion, [-50.0, -50.0, -50.0]), occlusion.values[:, 0, 0, 0])
    np.testing.assert_allclose(visibility(occlusion, [50.0, 50.0, 50.0]), occlusion.values[:, -1, -1, -1])


def test_a_grid_of_one_point_is_the_same_everywhere():
    occlusion = a_map(shape=(2, 1, 1, 1))
    np.testing.assert_allclose(visibility(occlusion, [[0, 0, 0], [9, 9, 9]]), [occlusion.values[:, 0, 0, 0]] * 2)


def test_a_hidden_source_loses_what_it_does_behind_a_screen():
    """ISO 9613-2:1996, eq. 14, detour of 0.3 m, octaves 125 Hz to 8 kHz."""
    frequency = 125.0 * 2.0 ** np.arange(7)
    screen_db = 10.0 * np.log10(3.0 + 20.0 * 2.0 * 0.3 * frequency / 343.0)
    a = 1.0 - np.exp(-2.0 * np.pi * occlusion_cutoff_hz(0.0) / RATE)
    response = occlusion_gain(0.0) * a / np.abs(1.0 - (1.0 - a) * np.exp(-2j * np.pi * frequency / RATE))
    np.testing.assert_allclose(-20.0 * np.log10(response), screen_db, atol=3.5)


def test_on_the_edge_half_the_free_field_is_left_and_in_full_view_all_of_it():
    assert occlusion_gain(0.5) == pytest.approx(0.5)
    assert occlusion_gain(1.0) == 1.0
    assert 1.0 - np.exp(-2.0 * np.pi * occlusion_cutoff_hz(1.0) / RATE) > 0.998


def test_gain_and_cutoff_grow_with_visibility_and_stand_still_beyond_its_range():
    v = np.linspace(-0.5, 1.5, 201)
    for law in (occlusion_gain(v), occlusion_cutoff_hz(v)):
        steps = np.diff(law)
        inside = (v[1:] > 0.0) & (v[:-1] < 1.0)
        assert np.all(steps[inside] > 0.0)
        assert np.all(steps[~inside] == 0.0)


@pytest.mark.parametrize(
    ("origin", "spacing", "values"),
    [
        (np.zeros(2), 0.5, np.ones((1, 2, 2, 2), np.float32)),
        (np.array([0.0, np.nan, 0.0]), 0.5, np.ones((1, 2, 2, 2), np.float32)),
        (np.zeros(3), 0.0, np.ones((1, 2, 2, 2), np.float32)),
        (np.zeros(3), 0.5, np.ones((1, 2, 2), np.float32)),
        (np.zeros(3), 0.5, np.ones((1, 2, 2, 2))),
        (np.zeros(3), 0.5, np.ones((1, 0, 2, 2), np.float32)),
    ],
)
def test_a_map_that_makes_no_sense_is_refused(origin: np.ndarray, spacing: float, values: np.ndarray):
    with pytest.raises(ValueError):
        OcclusionMap(origin, spacing, values)
