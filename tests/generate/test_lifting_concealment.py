"""Concealment: what is hidden lies behind all that is seen where it lies, and looks the same from the start."""

import numpy as np
import pytest

from sonovista.generate.lifting.concealment import BEHIND, concealed, farthest_seen
from sonovista.generate.lifting.sheets import Sheet, cosines
from sonovista.geometry import PerspectiveCamera
from sonovista.geometry.equirectangular import pixel_directions
from sonovista.scene.gaussians import Gaussians

HEIGHT = 64


def cloud(directions, distance, angular_size) -> Gaussians:
    count = len(directions)
    return Gaussians(
        (directions * distance).astype(np.float32),
        np.full((count, 3), angular_size * distance, np.float32),
        np.tile(np.array([1.0, 0.0, 0.0, 0.0], np.float32), (count, 1)),
        np.full(count, 0.9, np.float32),
        np.full((count, 3), 0.5, np.float32),
    )


def test_what_lies_behind_all_that_is_seen_stays_where_it_is():
    directions = pixel_directions(HEIGHT)[10:-10:7, ::9].reshape(-1, 3)
    gaussians = cloud(directions, 5.0, 0.02)
    after = concealed(gaussians, np.full((HEIGHT, 2 * HEIGHT), 0.25, np.float32))
    np.testing.assert_array_equal(after.positions, gaussians.positions)
    np.testing.assert_array_equal(after.scales, gaussians.scales)


def test_what_lies_before_it_moves_behind_along_its_ray_and_keeps_its_angular_size():
    directions = pixel_directions(HEIGHT)[10:-10:7, ::9].reshape(-1, 3)
    after = concealed(cloud(directions, 3.0, 0.02), np.full((HEIGHT, 2 * HEIGHT), 0.25, np.float32))
    distance = np.linalg.norm(after.positions, axis=1)
    np.testing.assert_allclose(distance, 4.0 / BEHIND, rtol=1e-5)
    np.testing.assert_allclose(after.positions / distance[:, None], directions, atol=1e-5)
    np.testing.assert_allclose(after.scales / distance[:, None], 0.02, rtol=1e-5)


@pytest.mark.parametrize(("angular_size", "moves"), [(0.02, False), (0.2, True)])
def test_a_wide_gaussian_counts_far_things_beside_it_also_across_the_seam(angular_size, moves):
    seen = np.full((HEIGHT, 2 * HEIGHT), 0.5, np.float32)
    seen[:, :4] = 0.1  # right of the seam at the back; the Gaussian lies to its left, four pixels away
    direction = pixel_directions(HEIGHT)[HEIGHT // 2, -4][None]
    after = concealed(cloud(direction, 2.0 / BEHIND, angular_size), seen)
    assert (np.linalg.norm(after.positions) > 9.0) == moves


def test_a_pixel_of_the_panorama_holds_the_farthest_of_the_photos_pixels():
    camera = PerspectiveCamera(160, 120, np.deg2rad(60.0))
    distance = np.full((120, 160), 2.0, np.float32)
    distance[::2, ::2] = 8.0
    sheet = Sheet(camera, np.zeros((120, 160, 3), np.float32), distance * cosines(camera), np.ones((120, 160), bool))
    seen = farthest_seen(np.full((32, 64), 0.5, np.float32), sheet)
    assert seen[16, 32] == pytest.approx(1.0 / 8.0)
    assert seen[16, 0] == np.float32(0.5)
