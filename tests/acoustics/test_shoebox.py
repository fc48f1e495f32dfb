import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonovista.acoustics.image_sources import image_sources
from sonovista.acoustics.shoebox import (
    absorption_for_rt60,
    box_decay,
    box_rt60,
    checked_absorption,
    equivalent_absorption_area,
    mixing_time,
    reverberation_times,
    wall_areas,
)

SIZE = (6.0, 5.0, 3.0)


def test_areas_and_absorption_area() -> None:
    np.testing.assert_allclose(wall_areas(SIZE), [15.0, 15.0, 18.0, 18.0, 30.0, 30.0])
    absorption = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    assert equivalent_absorption_area(SIZE, absorption) == pytest.approx([15 * 0.3 + 18 * 0.7 + 30 * 1.1])


def test_little_absorption_gives_sabines_time() -> None:
    # 0.161 s/m V / A at 343 m/s
    sabine = 24.0 * np.log(10.0) / 343.0 * 90.0 / (0.01 * 126.0)
    assert reverberation_times(SIZE, 0.01) == pytest.approx([sabine], rel=0.006)


def test_air_shortens_reverberation() -> None:
    times = reverberation_times(SIZE, np.full((6, 2), 0.1), [0.0, 0.05])
    # 1/T grows by 4 m V / (24 ln 10 V / c), m in nepers per metre
    added = 1.0 / times[1] - 1.0 / times[0]
    assert added == pytest.approx(0.05 * 343.0 / 60.0, rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.tuples(*[st.floats(2.0, 12.0)] * 3), st.floats(0.1, 1.5))
def test_absorption_for_a_time_gives_that_time(size: tuple[float, float, float], seconds: float) -> None:
    absorption = absorption_for_rt60(size, seconds)
    if 0.001 < absorption < 0.999:
        assert box_rt60(size, np.full(6, absorption)) == pytest.approx(seconds, rel=0.01)


def test_times_out_of_reach_give_the_nearest_absorption() -> None:
    assert absorption_for_rt60(SIZE, 1e6) == 0.001
    assert absorption_for_rt60((50.0, 40.0, 30.0), 1e-4) == 0.999


def test_decay_is_that_of_the_images_energy() -> None:
    """In windows of 20 ms, the energy of all images against the mean of exponentials, walls unequal."""
    absorption = np.array([0.1, 0.3, 0.2, 0.2, 0.5, 0.15])
    images = image_sources(SIZE, [1.3, 3.9, 1.1], [4.2, 1.7, 1.6], absorption, max_distance=343.0 * 0.3)
    energy, edges = np.histogram(
        images.distance / 343.0, np.arange(0.04, 0.3, 0.02), weights=images.gain[:, 0] ** 2 / images.distance**2
    )
    middle = 0.5 * (edges[1:] + edges[:-1])
    expected = 4.0 * np.pi * 343.0 / 90.0 * 0.02 * box_decay(SIZE, np.sqrt(1.0 - absorption), middle)
    error = 10.0 * np.log10(energy / expected)
    assert np.abs(error).max() < 1.0
    assert abs(error.mean()) < 0.2


def test_mixing_time_is_the_root_of_the_volume_in_milliseconds() -> None:
    assert mixing_time((10.0, 5.0, 2.0)) == pytest.approx(0.010)


@pytest.mark.parametrize("absorption", [0.0, 1.0, -0.1, np.full(5, 0.1), np.full((6, 2, 2), 0.1), float("nan")])
def test_absorption_that_cannot_be_is_refused(absorption: object) -> None:
    with pytest.raises(ValueError, match="absorption must"):
        checked_absorption(absorption)  # pyright: ignore[reportArgumentType]
