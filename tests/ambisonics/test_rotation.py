import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from sonovista.ambisonics import encode, rotation_matrix, spherical_harmonics_of_directions
from sonovista.geometry import angles_from_direction, rotation_from_yaw_pitch_roll

angles = st.floats(-7.0, 7.0)
rotations = st.builds(rotation_from_yaw_pitch_roll, angles, angles, angles)
orders = st.integers(0, 7)


@settings(deadline=None, max_examples=40)
@given(rotations, rotations, orders)
def test_a_product_of_rotations_is_the_product_of_their_matrices(A: np.ndarray, B: np.ndarray, order: int) -> None:
    together = rotation_matrix(A @ B, order)
    np.testing.assert_allclose(together, rotation_matrix(A, order) @ rotation_matrix(B, order), atol=1e-12)


@settings(deadline=None, max_examples=40)
@given(rotations, orders)
def test_the_inverse_is_the_transpose(R: np.ndarray, order: int) -> None:
    matrix = rotation_matrix(R, order)
    np.testing.assert_allclose(rotation_matrix(R.T, order), matrix.T, atol=1e-12)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(len(matrix)), atol=1e-12)


@settings(deadline=None, max_examples=40)
@given(rotations, orders)
def test_turns_the_field_as_the_rotation_turns_directions(R: np.ndarray, order: int) -> None:
    directions = Rotation.random(20, rng=np.random.default_rng(3)).apply([1.0, 0.0, 0.0])
    expected = spherical_harmonics_of_directions(order, directions @ R.T)
    found = spherical_harmonics_of_directions(order, directions) @ rotation_matrix(R, order).T
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("order", range(8))
def test_no_rotation_is_the_identity(order: int) -> None:
    np.testing.assert_allclose(rotation_matrix(np.eye(3), order), np.eye((order + 1) ** 2), atol=1e-14)


def test_many_rotations_at_once() -> None:
    R = Rotation.random(6, rng=np.random.default_rng(1)).as_matrix().reshape(2, 3, 3, 3)
    together = rotation_matrix(R, 4)
    assert together.shape == (2, 3, 25, 25)
    np.testing.assert_allclose(together[1, 2], rotation_matrix(R[1, 2], 4), atol=1e-15)


def test_a_head_that_turns_left_hears_the_front_on_its_right() -> None:
    R_world_listener = rotation_from_yaw_pitch_roll(yaw=0.5 * np.pi)
    signal = np.ones(8)
    heard = rotation_matrix(R_world_listener.T, 3) @ encode(signal, 0.0, 0.0, 3)
    np.testing.assert_allclose(heard, encode(signal, -0.5 * np.pi, 0.0, 3), atol=1e-14)
    azimuth, _ = angles_from_direction(R_world_listener.T @ [1.0, 0.0, 0.0])
    assert azimuth == pytest.approx(-0.5 * np.pi)


def test_refuses_what_is_no_matrix() -> None:
    with pytest.raises(ValueError, match="3, 3"):
        rotation_matrix(np.eye(4), 1)
