"""Panoramas: where directions lie, that they close, and that looking into them is exact."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonovista.geometry import PerspectiveCamera, direction_from_angles
from sonovista.geometry.equirectangular import (
    direction_to_pixel,
    perspective_view,
    pixel_angles,
    pixel_directions,
    pixel_solid_angles,
    sample,
)


def test_the_centre_looks_ahead_and_the_left_half_is_left() -> None:
    directions = pixel_directions(64)
    np.testing.assert_allclose(directions[31:33, 63:65].mean(axis=(0, 1)), [1, 0, 0], atol=1e-2)
    assert directions[32, 32, 1] > 0.99
    assert directions[0, :, 2].min() > 0.99
    azimuth, elevation = pixel_angles(64)
    assert azimuth[0] > 3.1
    assert azimuth[-1] < -3.1
    assert elevation[0] > elevation[-1]


def test_all_pixels_together_are_the_whole_sphere() -> None:
    np.testing.assert_allclose(pixel_solid_angles(90).sum() * 180, 4 * np.pi, rtol=1e-12)


@given(height=st.integers(2, 64))
def test_pixels_and_directions_are_inverse(height: int) -> None:
    u, v = direction_to_pixel(pixel_directions(height), height)
    np.testing.assert_allclose(u, np.broadcast_to(np.arange(2 * height) + 0.5, u.shape), atol=1e-6)
    np.testing.assert_allclose(v, np.broadcast_to(np.arange(height)[:, None] + 0.5, v.shape), atol=1e-6)


def smooth_panorama(height: int) -> np.ndarray:
    """A panorama whose value is the direction itself: smooth over the seam and over the poles."""
    return pixel_directions(height).astype(np.float32)


@pytest.mark.parametrize("azimuth", [np.pi - 1e-4, -np.pi + 1e-4, 0.3])
@pytest.mark.parametrize("elevation", [-1.5705, -0.2, 1.5705])
def test_looking_up_is_smooth_across_the_seam_and_the_poles(azimuth: float, elevation: float) -> None:
    direction = direction_from_angles(azimuth, elevation)
    value = sample(smooth_panorama(128), direction[None, None])
    np.testing.assert_allclose(value[0, 0], direction, atol=2e-3)


def test_a_view_sees_the_directions_of_its_rays() -> None:
    camera = PerspectiveCamera(40, 30, 1.2, yaw=3.0, pitch=0.8, roll=0.2)
    np.testing.assert_allclose(perspective_view(smooth_panorama(256), camera), camera.ray_directions(), atol=2e-3)


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="twice as wide"):
        sample(np.zeros((10, 10, 3), np.float32), np.ones((1, 1, 3)))
