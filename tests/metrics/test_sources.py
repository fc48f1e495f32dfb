import numpy as np
import pytest

from sonovista.geometry import direction_from_angles
from sonovista.geometry.cameras import PerspectiveCamera
from sonovista.metrics.sources import Thing, angle_to_box, angle_to_middle, directions_of, pair_things

CAMERA = PerspectiveCamera(640, 480, np.radians(90.0))


def test_the_middle_of_a_photo_is_ahead_and_its_edge_half_the_field_of_view_to_the_left() -> None:
    np.testing.assert_allclose(directions_of(CAMERA, (0.5, 0.5)), [1.0, 0.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(
        directions_of(CAMERA, (0.0, 0.5)), direction_from_angles(np.radians(45.0), 0.0), atol=1e-12
    )


def test_directions_are_those_of_the_cameras_rays() -> None:
    camera = PerspectiveCamera(64, 48, np.radians(70.0), pitch=0.2, roll=-0.1)
    places = np.stack(np.meshgrid((np.arange(64) + 0.5) / 64, (np.arange(48) + 0.5) / 48), axis=-1)
    np.testing.assert_allclose(directions_of(camera, places), camera.ray_directions(), atol=1e-12)


@pytest.mark.parametrize(
    ("azimuth_deg", "expected_deg"), [(0.0, 0.0), (10.0, 0.0), (45.0, 45.0 - np.degrees(np.arctan(0.2))), (180.0, None)]
)
def test_the_angle_to_a_box_is_zero_inside_and_to_its_nearest_edge_outside(
    azimuth_deg: float, expected_deg: float | None
) -> None:
    angle = angle_to_box(direction_from_angles(np.radians(azimuth_deg), 0.0), CAMERA, (0.4, 0.4, 0.6, 0.6))
    if expected_deg is None:
        assert np.degrees(angle) > 150.0
    else:
        assert np.degrees(angle) == pytest.approx(expected_deg, abs=1e-6)


def test_the_angle_to_the_middle_counts_inside_too() -> None:
    towards = direction_from_angles(np.radians(5.0), 0.0)
    assert np.degrees(angle_to_middle(7.0 * towards, CAMERA, (0.4, 0.4, 0.6, 0.6))) == pytest.approx(5.0)


def test_things_of_other_families_are_never_paired() -> None:
    assert pair_things([Thing("dog", "animals", "point")], [Thing("wind", "wind", "ambient")], [[np.nan]]) == []


def test_certain_things_are_paired_before_equal_names_and_equal_names_before_near_ones() -> None:
    found = [Thing("songbirds", "birds", "point")]
    annotated = [Thing("songbirds", "birds", "point", certain=False), Thing("gulls", "birds", "point")]
    assert pair_things(found, annotated, [[0.0, 2.0]]) == [(0, 1)]
    both = [Thing("gulls", "birds", "point"), Thing("songbirds", "birds", "point")]
    assert pair_things(both, annotated, np.array([[0.0, 2.0], [2.0, 0.0]])) == [(0, 1), (1, 0)]
    twins = [Thing("dog", "animals", "point"), Thing("dog", "animals", "point")]
    assert pair_things(twins, twins, [[0.9, 0.1], [0.1, 0.9]]) == [(0, 1), (1, 0)]


def test_no_thing_has_two_partners() -> None:
    found = [Thing(name, "birds", "point") for name in ("songbirds", "crow", "pigeons")]
    assert len(pair_things(found, [Thing("crow", "birds", "point")], np.zeros((3, 1)))) == 1


def test_angles_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        pair_things([], [Thing("dog", "animals", "point")], [[1.0]])
