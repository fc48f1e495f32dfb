"""The strip around the photo: as fine as the photo, as wide as a step needs, and where the photo ends."""

import cv2
import numpy as np
import pytest

from sonovista.generate.lifting.border import NARROWEST, WIDEST, with_strip
from sonovista.generate.lifting.detail import Inner, with_detail
from sonovista.generate.lifting.sheets import Sheet, cosines
from sonovista.geometry import PerspectiveCamera

HEIGHT = 128
STEP = 0.5
WALL = 2.0


@pytest.fixture
def photo() -> Sheet:
    camera = PerspectiveCamera(120, 90, np.deg2rad(50.0), 0.2, -0.1)
    colours = np.random.default_rng(0).random((90, 120, 3), np.float32)
    distance = np.full((90, 120), WALL, np.float32)
    return Sheet(camera, colours, distance * cosines(camera), np.ones((90, 120), bool))


def panorama(metres: float):
    return np.full((HEIGHT, 2 * HEIGHT, 3), 0.5, np.float32), np.full((HEIGHT, 2 * HEIGHT), 1.0 / metres, np.float32)


def stripes(rows, columns):
    """Sharp edges, and fine ripples on what is light alone, `(h, w, 3)`."""
    light = np.sin(2 * np.pi * (rows + 0.3 * columns) / 40.0) > 0.0
    ripples = 0.1 * np.sin(2 * np.pi * columns / 4.0) * light
    return np.repeat((np.where(light, 0.7, 0.3) + ripples)[..., None], 3, axis=2).astype(np.float32), light


def test_detail_goes_on_where_a_coarse_picture_looks_alike():
    truth, light = stripes(*np.mgrid[:120, :160])
    coarse = np.asarray(cv2.blur(truth, (4, 4)), np.float32)
    inner = Inner(20, 30, 100, 130)
    wanted = np.ones((120, 160), bool)
    wanted[20:100, 30:130] = False
    result = with_detail(coarse, wanted, truth[20:100, 30:130], inner, 4)
    np.testing.assert_array_equal(result[20:100, 30:130], truth[20:100, 30:130])
    ripple = lambda a, where: np.abs(a[:, 2:] - a[:, :-2])[(where & wanted)[:, 1:-1]].mean()  # noqa: E731
    inside = cv2.erode(light.astype(np.uint8), np.ones((9, 9))) > 0
    outside = cv2.dilate(light.astype(np.uint8), np.ones((9, 9))) == 0
    assert ripple(coarse, inside) < 0.01
    assert ripple(result, inside) > 0.6 * ripple(truth, inside)
    assert ripple(result, outside) < 0.2 * ripple(truth, inside)


def test_no_detail_comes_from_what_looks_different():
    coarse = np.zeros((80, 80, 3), np.float32)
    inner = Inner(20, 20, 60, 60)
    coarse[20:60, 20:60] = 1.0
    fine = np.random.default_rng(1).random((40, 40, 3), np.float32)
    wanted = np.zeros((80, 80), bool)
    wanted[:6] = True
    np.testing.assert_allclose(with_detail(coarse, wanted, fine, inner, 2)[:6], 0.0, atol=1e-6)


def test_the_strip_is_as_wide_as_the_step_needs(photo):
    focal = photo.camera.focal_length
    wide, inner = with_strip(photo, *panorama(WALL), STEP)
    assert wide.used[45 + inner.top, : inner.left].sum() == int(WIDEST * focal), "a wall at 2 m moves by more"
    far = Sheet(photo.camera, photo.colours, photo.depth * 100.0, photo.used)
    wide, inner = with_strip(far, *panorama(100.0 * WALL), STEP)
    assert wide.used[45 + inner.top, : inner.left].sum() == int(NARROWEST * focal)


def test_the_photo_is_left_as_it_is_and_the_strip_goes_on_from_it(photo):
    wide, inner = with_strip(photo, *panorama(WALL), STEP)
    middle = slice(inner.top, inner.bottom), slice(inner.left, inner.right)
    np.testing.assert_array_equal(wide.colours[middle], photo.colours)
    np.testing.assert_array_equal(wide.depth[middle], photo.depth)
    np.testing.assert_allclose(wide.depth, WALL * cosines(wide.camera), rtol=1e-5)
    np.testing.assert_allclose(wide.camera.ray_directions()[middle], photo.camera.ray_directions(), atol=1e-9)


def test_depth_in_the_strip_does_not_hang_between_near_and_far(photo):
    colours, inverse = panorama(10.0)
    inverse[:, : HEIGHT - 6] = 1.0 / 2.0
    wide, _ = with_strip(photo, colours, inverse, STEP)
    distance = wide.depth / cosines(wide.camera)
    assert np.isclose(distance[..., None], [2.0, 10.0], rtol=1e-3).any(axis=-1).all()


def test_a_photo_too_wide_for_a_strip_has_none():
    camera = PerspectiveCamera(80, 60, np.deg2rad(150.0))
    sheet = Sheet(camera, np.zeros((60, 80, 3), np.float32), np.ones((60, 80), np.float32), np.ones((60, 80), bool))
    wide, inner = with_strip(sheet, *panorama(WALL), STEP)
    assert (inner.left, wide.camera.width) == (0, 80)
