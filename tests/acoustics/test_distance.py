import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sonovista.acoustics import distance_gain


def test_halves_with_twice_the_distance_where_the_air_absorbs_nothing() -> None:
    np.testing.assert_allclose(distance_gain([1.0, 2.0, 4.0, 10.0], 0.0), [1.0, 0.5, 0.25, 0.1])


def test_absorption_is_exponential() -> None:
    np.testing.assert_allclose(distance_gain(50.0, 0.02), np.exp(-1.0) / 50.0)


@given(st.floats(0.0, 1e6), st.floats(0.0, 1e6), st.floats(0.0, 10.0), st.floats(0.01, 100.0))
def test_never_rises_with_distance_and_never_exceeds_its_cap(
    a: float, b: float, absorption: float, minimum: float
) -> None:
    near, far = distance_gain([min(a, b), max(a, b)], absorption, minimum)
    assert 0.0 <= far <= near <= 1.0 / minimum
