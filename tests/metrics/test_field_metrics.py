import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sonovista.metrics.field import (
    angular_error,
    auc_judd,
    correlation,
    covariance,
    energy_map,
    equal_area_samples,
    loud_points,
)

vectors = arrays(float, 3, elements=st.floats(-1.0, 1.0)).filter(lambda v: np.linalg.norm(v) > 1e-3)


@pytest.mark.parametrize("angle", [0.0, 1e-9, 0.3, np.pi / 2, 3.0, np.pi - 1e-9, np.pi])
def test_angular_error_is_the_great_circle_angle_however_small(angle: float) -> None:
    found = angular_error([2.0, 0.0, 0.0], [np.cos(angle), np.sin(angle), 0.0])
    assert found == pytest.approx(angle, abs=1e-12)


@settings(deadline=None)
@given(vectors, vectors, vectors)
def test_angular_error_is_a_distance_on_the_sphere(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
    assert angular_error(a, b) == pytest.approx(angular_error(b, a), abs=1e-12)
    assert angular_error(a, c) <= angular_error(a, b) + angular_error(b, c) + 1e-9
    assert angular_error(a, -a) == pytest.approx(np.pi)


def test_no_direction_has_no_angle() -> None:
    assert np.isnan(angular_error([0.0, 0.0, 0.0], [1.0, 0.0, 0.0]))
    with pytest.raises(ValueError, match="shape"):
        angular_error([1.0, 0.0], [1.0, 0.0, 0.0])


def test_energy_map_is_the_rms_of_what_a_beam_hears(rng: np.random.Generator) -> None:
    field, beams = rng.normal(size=(9, 500)), rng.normal(size=(4, 5, 9))
    expected = np.sqrt(np.mean((beams @ field) ** 2, axis=-1))
    np.testing.assert_allclose(energy_map(covariance(field), beams), expected, rtol=1e-10)


@pytest.mark.parametrize("height", [18, 90, 180])
def test_equal_area_samples_average_as_the_sphere_does(height: int) -> None:
    elevation = np.pi / 2 - (np.arange(height) + 0.5) * np.pi / height
    rows = np.repeat(elevation[:, None], 2 * height, axis=1)
    assert len(equal_area_samples(rows)) == pytest.approx(2 * height**2 * 2 / np.pi, rel=0.01)
    assert np.mean(np.sin(equal_area_samples(rows)) ** 2) == pytest.approx(1 / 3, abs=0.005)
    columns = np.tile(-np.pi + (np.arange(2 * height) + 0.5) * np.pi / height, (height, 1))
    assert np.mean(np.cos(equal_area_samples(columns))) == pytest.approx(0.0, abs=0.01)


def test_correlation_is_pearsons(rng: np.random.Generator) -> None:
    a, b = rng.normal(size=300), rng.normal(size=300)
    assert correlation(a, b) == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert correlation(a, 3.0 * a + 2.0) == pytest.approx(1.0)
    assert correlation(a, -a) == pytest.approx(-1.0)
    assert np.isnan(correlation(a, np.full(300, 7.0)))
    with pytest.raises(ValueError, match="same points"):
        correlation(a, b[:-1])


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 200), st.integers(1, 5))
def test_auc_equals_an_independent_implementation_with_ties(seed: int, points: int, levels: int) -> None:
    from sklearn.metrics import roc_auc_score

    generator = np.random.default_rng(seed)
    values = generator.integers(0, 4 * levels, points).astype(float)
    chosen = generator.random(points) < 0.4
    if chosen.all() or not chosen.any():
        assert np.isnan(auc_judd(values, chosen))
    else:
        assert auc_judd(values, chosen) == pytest.approx(roc_auc_score(chosen, values))


def test_auc_is_one_for_the_map_itself_and_zero_for_its_opposite(rng: np.random.Generator) -> None:
    values = rng.random(1000)
    loud = loud_points(values)
    assert 0 < loud.sum() < 1000
    assert values[loud].min() > values.max() - values.std()
    assert auc_judd(values, loud) == 1.0
    assert auc_judd(-values, loud) == 0.0
    assert auc_judd(np.ones(1000), loud) == 0.5
