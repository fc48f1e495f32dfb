import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonovista.acoustics.bands import OCTAVE_CENTRES_HZ, octave_filters, octave_weights


@given(st.lists(st.floats(0.0, 96_000.0), min_size=1, max_size=20))
def test_weights_of_all_bands_sum_to_one(frequencies: list[float]) -> None:
    weights = octave_weights(frequencies)
    np.testing.assert_allclose(weights.sum(axis=0), 1.0)
    assert (weights >= 0.0).all()


def test_a_band_has_all_of_its_centre_and_half_of_its_edges() -> None:
    np.testing.assert_allclose(octave_weights(OCTAVE_CENTRES_HZ), np.eye(8), atol=1e-12)
    np.testing.assert_allclose(octave_weights([1000.0 * np.sqrt(2.0)])[3:5, 0], 0.5)


def test_filters_add_up_to_an_impulse_and_are_symmetric() -> None:
    filters = octave_filters(16_000, 255)
    np.testing.assert_allclose(filters.sum(axis=0), np.eye(1, 255, 127)[0], atol=1e-12)
    np.testing.assert_allclose(filters, filters[:, ::-1], atol=1e-12)


@pytest.mark.parametrize("taps", [1, 64])
def test_even_or_single_taps_are_refused(taps: int) -> None:
    with pytest.raises(ValueError, match="taps must be odd"):
        octave_filters(16_000, taps)
