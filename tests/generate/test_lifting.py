"""Lifting: the start view is the photo, a step aside shows no holes, nothing hangs between near and far."""

import cv2
import numpy as np
import pytest

from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.depth.protocol import DepthEstimate
from sonovista.generate.lifting.depth_edges import jump_sides, sharpen_jumps
from sonovista.generate.lifting.hidden import hidden_layer
from sonovista.generate.lifting.layered import LayeredLifter, Options
from sonovista.generate.outpainting.protocol import Panorama
from sonovista.geometry import PerspectiveCamera
from sonovista.geometry.equirectangular import pixel_directions
from sonovista.render.splats import render_view_float
from sonovista.scene.gaussians import Gaussians

WALLS = (-4.0, 5.0), (-3.0, 3.5), (-1.6, 1.4)
BOARD = 2.0, -0.4, 0.5  # distance, right and left end
BUDGET = 60_000
HEIGHT = 192
CALIBRATION = Calibration(-0.08, 0.03, np.deg2rad(60.0), 1.0, 1.0, 1.0, "known")


def trace(rays, origin=(0.0, 0.0, 0.0)):
    """Colour and distance along rays in a box room with a board in it, both patterned."""
    origin = np.asarray(origin)
    with np.errstate(divide="ignore"):
        hits = np.stack([np.where(rays[..., i] > 0, WALLS[i][1], WALLS[i][0]) - origin[i] for i in range(3)], -1) / rays
    distance = hits.min(axis=-1)
    point = origin + rays * distance[..., None]
    to_board = (BOARD[0] - origin[0]) / np.where(rays[..., 0] > 1e-6, rays[..., 0], 1e-6)
    on_board = origin + rays * to_board[..., None]
    board = (
        (rays[..., 0] > 1e-6) & (to_board < distance) & (on_board[..., 1] > BOARD[1]) & (on_board[..., 1] < BOARD[2])
    )
    board &= on_board[..., 2] < 0.5
    distance = np.where(board, to_board, distance)
    pattern = np.where(board[..., None], on_board * 9.0 + 1.0, point * 4.0)
    tint = np.where(board[..., None], [0.8, 0.4, 0.2], [0.3, 0.5, 0.6])
    colours = tint + 0.15 * np.sin(pattern) * np.sin(pattern[..., ::-1] * 0.7)
    return np.clip(colours, 0.0, 1.0), distance.astype(np.float32)


@pytest.fixture(scope="module")
def world():
    colours, distance = trace(pixel_directions(HEIGHT))
    camera = CALIBRATION.camera(240, 160)
    photo, photo_distance = trace(camera.ray_directions())
    u, v, z = camera.project(pixel_directions(HEIGHT))
    observed = (z > 0) & (u > 0) & (u < 240) & (v > 0) & (v < 160)
    bytes_of = lambda a: np.rint(255.0 * a).astype(np.uint8)  # noqa: E731
    sky = np.zeros(distance.shape, bool)
    depth = DepthEstimate(distance, sky, photo_distance, np.zeros((160, 240), bool), 1.6, True)
    return Panorama(bytes_of(colours), observed), depth, bytes_of(photo)


@pytest.fixture(scope="module")
def lifted(world) -> Gaussians:
    panorama, depth, photo = world
    return LayeredLifter()(panorama, depth, photo, CALIBRATION, BUDGET, 0)


def psnr(a, b) -> float:
    return float(-10.0 * np.log10(np.mean((np.clip(a, 0.0, 1.0) - b) ** 2)))


def test_the_budget_is_kept_and_the_arrays_are_sound(lifted):
    assert BUDGET // 4 < len(lifted) <= BUDGET
    for array in (lifted.positions, lifted.scales, lifted.rotations, lifted.opacities, lifted.colours):
        assert array.dtype == np.float32
        assert np.isfinite(array).all()
    assert (lifted.scales > 0.0).all()
    assert ((lifted.opacities > 0.0) & (lifted.opacities < 1.0)).all()
    assert ((lifted.colours >= 0.0) & (lifted.colours <= 1.0)).all()
    np.testing.assert_allclose(np.linalg.norm(lifted.rotations, axis=1), 1.0, atol=1e-5)


def test_the_start_view_is_the_photo(lifted, world):
    rgb, alpha, depth = render_view_float(lifted, CALIBRATION.camera(240, 160))
    assert psnr(rgb, world[2] / 255.0) > 34.0
    assert alpha.min() > 0.8
    camera = CALIBRATION.camera(240, 160)
    z = world[1].photo * (camera.ray_directions() @ camera.R_world_camera[:, 2])
    assert np.median(np.abs(depth / z - 1.0)) < 0.02


def test_refinement_brings_the_view_nearer_to_the_photo(lifted, world):
    panorama, depth, photo = world
    raw = LayeredLifter(Options(iterations=0))(panorama, depth, photo, CALIBRATION, BUDGET, 0)
    camera = CALIBRATION.camera(240, 160)
    before = psnr(render_view_float(raw, camera)[0], photo / 255.0)
    assert psnr(render_view_float(lifted, camera)[0], photo / 255.0) > before + 3.0


@pytest.mark.parametrize("position", [(0.0, 0.5, 0.0), (0.0, -0.5, 0.0), (0.5, 0.0, 0.0), (-0.5, 0.0, 0.0)])
def test_a_step_shows_no_holes_and_the_right_view(lifted, position):
    for yaw in np.arange(4) * 0.5 * np.pi:
        camera = PerspectiveCamera(240, 160, 1.2, yaw, -0.08, 0.0, position)
        rgb, alpha, _ = render_view_float(lifted, camera)
        assert np.mean(alpha < 0.5) <= 1e-3
        truth, _ = trace(camera.ray_directions(), position)
        assert psnr(rgb, truth) > 18.0


def test_nothing_hangs_between_the_board_and_the_wall(lifted):
    x, y, z = lifted.positions.T
    assert not np.any((x > 2.3) & (x < 4.0) & (np.abs(y) < 0.4) & (z > -1.0) & (z < 0.4))


def test_lifting_does_not_depend_on_the_seed(lifted, world):
    panorama, depth, photo = world
    again = LayeredLifter()(panorama, depth, photo, CALIBRATION, BUDGET, 7)
    np.testing.assert_array_equal(again.positions, lifted.positions)
    np.testing.assert_allclose(again.colours, lifted.colours, atol=1e-3)


def test_a_blurred_jump_becomes_sharp():
    sharp = np.where(np.arange(64) < 32, 1.0 / 2.0, 1.0 / 10.0)[None, :].repeat(32, axis=0).astype(np.float32)
    blurred = np.asarray(cv2.blur(sharp, (3, 1)), np.float32)
    result = sharpen_jumps(blurred, parallax=80.0)
    assert np.isclose(result[..., None], [0.5, 0.1], atol=1e-6).any(axis=-1).all()
    near_side, far_side = jump_sides(result, 80.0)
    assert not (near_side & far_side).any()


def test_the_hidden_layer_is_as_wide_as_the_parallax_and_lies_behind():
    inverse = np.full((256, 512), 0.1, np.float32)
    inverse[100:160, 200:312] = 0.5
    layer = hidden_layer(np.zeros((256, 512, 3), np.float32), inverse, 0.5)
    width = 0.5 * (0.5 - 0.1) * 256 / np.pi
    inside = layer.mask[130, 200:256]
    assert width <= inside.sum() <= 2.0 * width
    assert (layer.inverse[layer.mask] <= 0.1).all()
    assert not layer.mask[:, :150].any()


def test_the_hidden_layer_wraps_at_the_seam():
    inverse = np.full((256, 512), 0.1, np.float32)
    inverse[100:160, 456:] = inverse[100:160, :56] = 0.5
    layer = hidden_layer(np.zeros((256, 512, 3), np.float32), inverse, 0.5)
    shifted = hidden_layer(np.zeros((256, 512, 3), np.float32), np.roll(inverse, 256, axis=1), 0.5)
    np.testing.assert_array_equal(np.roll(layer.mask, 256, axis=1), shifted.mask)
