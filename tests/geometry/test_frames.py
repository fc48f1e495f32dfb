"""Frames: what is left, what is up, and that rotations are rotations."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sonovista.geometry import (
    R_BODY_CAMERA,
    PerspectiveCamera,
    angles_from_direction,
    direction_from_angles,
    elevation_of,
    rotation_from_yaw_pitch_roll,
    yaw_pitch_roll_from_rotation,
)

angle = st.floats(-3.1, 3.1)
steep = st.floats(-1.5, 1.5)


def test_left_is_positive_azimuth_and_up_is_positive_elevation() -> None:
    np.testing.assert_allclose(direction_from_angles(np.pi / 2, 0.0), [0, 1, 0], atol=1e-15)
    np.testing.assert_allclose(direction_from_angles(0.0, np.pi / 2), [0, 0, 1], atol=1e-15)


def test_turning_left_looking_up_and_tilting_have_their_signs() -> None:
    forward, left = np.array([1.0, 0, 0]), np.array([0, 1.0, 0])
    assert (rotation_from_yaw_pitch_roll(yaw=0.3) @ forward)[1] > 0
    assert (rotation_from_yaw_pitch_roll(pitch=0.3) @ forward)[2] > 0
    assert (rotation_from_yaw_pitch_roll(roll=0.3) @ left)[2] > 0


def test_a_camera_looks_forward_with_its_right_to_the_right() -> None:
    np.testing.assert_array_equal(R_BODY_CAMERA @ [0, 0, 1], [1, 0, 0])
    np.testing.assert_array_equal(R_BODY_CAMERA @ [1, 0, 0], [0, -1, 0])
    np.testing.assert_array_equal(R_BODY_CAMERA @ [0, 1, 0], [0, 0, -1])


@given(yaw=angle, pitch=steep, roll=angle)
def test_rotations_are_orthonormal_and_give_back_their_angles(yaw: float, pitch: float, roll: float) -> None:
    R = rotation_from_yaw_pitch_roll(yaw, pitch, roll)
    np.testing.assert_allclose(R @ R.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(R) > 0.999
    np.testing.assert_allclose(yaw_pitch_roll_from_rotation(R), (yaw, pitch, roll), atol=1e-9)


@given(azimuth=angle, elevation=steep, scale=st.floats(0.01, 100.0))
def test_angles_and_directions_are_inverse(azimuth: float, elevation: float, scale: float) -> None:
    back = angles_from_direction(scale * direction_from_angles(azimuth, elevation))
    np.testing.assert_allclose(back, (azimuth, elevation), atol=1e-9)


@given(azimuth=angle, elevation=steep)
def test_elevation_of_unit_vectors_is_that_of_their_angles(azimuth: float, elevation: float) -> None:
    direction = direction_from_angles(azimuth, elevation)
    np.testing.assert_allclose(elevation_of(direction), elevation, atol=1e-9)
    assert elevation_of(direction.astype(np.float32)).dtype == np.float32


def test_rounding_above_the_zenith_is_the_zenith() -> None:
    assert elevation_of([0.0, 0.0, 1.0 + 1e-15]) == np.pi / 2


@given(yaw=angle, pitch=steep, roll=angle, fov=st.floats(0.3, 2.5))
def test_a_camera_projects_its_rays_to_their_pixels(yaw: float, pitch: float, roll: float, fov: float) -> None:
    camera = PerspectiveCamera(8, 6, fov, yaw, pitch, roll, position=(1.0, -2.0, 3.0))
    u, v, z = camera.project(np.asarray(camera.position) + 4.0 * camera.ray_directions())
    np.testing.assert_allclose(u, np.broadcast_to(np.arange(8) + 0.5, (6, 8)), atol=1e-9)
    np.testing.assert_allclose(v, np.broadcast_to(np.arange(6)[:, None] + 0.5, (6, 8)), atol=1e-9)
    assert (z > 0).all()


def test_what_is_behind_a_camera_has_no_pixel() -> None:
    u, v, z = PerspectiveCamera(8, 6, 1.0).project([-1.0, 0.0, 0.0])
    assert np.isnan(u)
    assert np.isnan(v)
    assert z < 0


def test_a_point_falls_on_the_pixel_whose_ray_leads_to_it():
    camera = PerspectiveCamera(40, 30, np.radians(70.0), 0.4, -0.2, 0.1)
    inside, row, column = camera.nearest_pixels(5.0 * camera.ray_directions())
    assert inside.all()
    assert (row == np.arange(30)[:, None]).all()
    assert (column == np.arange(40)).all()
    inside, row, column = camera.nearest_pixels(-camera.ray_directions())
    assert not inside.any()
    assert not row.any()
    assert not column.any()
