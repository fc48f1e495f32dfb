"""What a photo shows of sky and water holds its horizon where it can be."""

import numpy as np
import pytest

from sonovista.generate.calibration.horizon import MOST, keep_horizon
from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.regions.protocol import DETAIL_CLASSES, REGION_CLASSES, RegionMap

HEIGHT, WIDTH = 120, 160
FOV = float(np.radians(60.0))


def photo(rows: list[tuple[int, str, str]], indoor: float = 0.0) -> RegionMap:
    """Bands from the top: the row where each ends, its class and its finer class."""
    segments = np.zeros((HEIGHT, WIDTH), np.int32)
    probabilities = np.zeros((len(rows), len(REGION_CLASSES)), np.float32)
    details = np.zeros((len(rows), len(DETAIL_CLASSES)), np.float32)
    start = 0
    for index, (end, name, detail) in enumerate(rows):
        segments[start:end] = index
        probabilities[index, REGION_CLASSES.index(name)] = 1.0
        details[index, DETAIL_CLASSES.index(detail)] = 1.0
        start = end
    return RegionMap(segments, probabilities, indoor, details)


def held(pitch_deg: float = 0.0, confidence: float = 0.0) -> Calibration:
    return Calibration(float(np.radians(pitch_deg)), 0.0, FOV, confidence, 0.0, 0.0, "prior")


def horizon_row(calibration: Calibration) -> float:
    """Where the horizon crosses the photo's middle column, in rows."""
    u, v, _ = calibration.camera(WIDTH, HEIGHT).project(np.array([[100.0, 0.0, 0.0]]))
    assert abs(float(u[0]) - WIDTH / 2) < 1e-6
    return float(v[0])


def test_sky_that_reaches_below_the_horizon_raises_the_camera():
    regions = photo([(100, "sky", "sky"), (HEIGHT, "grass", "grass")])
    settled = keep_horizon(held(), regions)
    assert horizon_row(settled) == pytest.approx(100.0, abs=3.0)
    assert settled.pitch > 0
    assert "sky below the horizon" in settled.method


def test_water_that_reaches_above_the_horizon_lowers_the_camera_to_its_end():
    regions = photo([(25, "sky", "sky"), (80, "water", "sea"), (HEIGHT, "ground", "sand")])
    settled = keep_horizon(held(), regions)
    assert horizon_row(settled) == pytest.approx(25.0, abs=4.0)
    assert "open water above" in settled.method


@pytest.mark.parametrize(
    ("calibration", "regions"),
    [
        (held(), photo([(50, "sky", "sky"), (HEIGHT, "grass", "grass")])),  # a hill may rise above the horizon
        (held(0.0, 0.9), photo([(100, "sky", "sky"), (HEIGHT, "building", "building")])),  # lines are surer
        (held(), photo([(100, "sky", "sky"), (HEIGHT, "floor", "floor")], indoor=0.9)),
        (held(), photo([(HEIGHT, "vegetation", "tree")])),
        (held(), photo([(30, "rock", "rock"), (70, "water", "running_water"), (HEIGHT, "rock", "rock")])),  # a fall
    ],
)
def test_where_nothing_contradicts_it_or_lines_speak_for_it_a_pitch_is_kept(calibration, regions):
    assert keep_horizon(calibration, regions) is calibration


def test_waves_are_no_lines_to_be_trusted():
    regions = photo([(40, "sky", "sky"), (HEIGHT, "water", "sea")])
    settled = keep_horizon(held(8.0, 1.0), regions)
    assert horizon_row(settled) == pytest.approx(40.0, abs=4.0)


def test_a_pitch_is_moved_by_no_more_than_regions_are_worth():
    regions = photo([(HEIGHT - 1, "sky", "sky"), (HEIGHT, "grass", "grass")])
    assert keep_horizon(held(-20.0), regions).pitch == pytest.approx(np.radians(-20.0) + MOST, abs=0.02)
