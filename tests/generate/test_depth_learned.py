"""Learned depth: its parts on cases with known answers, and the whole on a rendered world."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from depth_scenes import absolute_relative_error, as_panorama, make_world, render, render_both
from scipy.stats import rankdata

from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.depth import learned
from sonovista.generate.depth.aligning import (
    fit_rising_map,
    fit_scale_and_shift,
    ground_seen,
    lay_on_ground,
    within_reach,
)
from sonovista.generate.depth.ground_plane import GroundPlaneOptions
from sonovista.generate.depth.learned import TILE_FOV, LearnedDepth, LearnedDepthOptions
from sonovista.generate.depth.merging import merge_gradients
from sonovista.generate.depth.relative import RelativeDepth
from sonovista.generate.depth.sharpening import follow_picture, sharpen_edges
from sonovista.generate.outpainting.protocol import Panorama
from sonovista.generate.regions.protocol import REGION_CLASSES, RegionMap
from sonovista.geometry import PerspectiveCamera
from sonovista.geometry.equirectangular import pixel_angles


def test_scale_and_shift_are_found_beside_gross_errors():
    rng = np.random.default_rng(0)
    relative = rng.uniform(-1, 1, 500)
    known = 1.7 * relative + 0.4
    known[:60] += 3.0
    a, b = fit_scale_and_shift(relative, known, np.ones(500))
    assert a == pytest.approx(1.7, abs=0.02)
    assert b == pytest.approx(0.4, abs=0.02)


def test_without_anything_known_only_the_shift_is_fitted():
    relative = np.linspace(0, 1, 100)
    assert fit_scale_and_shift(relative, relative + 2.0, np.zeros(100)) == pytest.approx((1.0, 2.0))


def test_a_rising_map_finds_a_bend_beside_gross_errors_and_keeps_the_order():
    rng = np.random.default_rng(0)
    relative = rng.uniform(-1, 1, 3000)
    known = np.where(relative < 0, 0.8 * relative, 1.6 * relative) + 2.0
    known[:300] += 3.0
    found = fit_rising_map(relative, known, np.ones(3000), 1.2)
    assert np.median(np.abs(found(relative) - known)) < 0.05
    wide = np.sort(rng.uniform(-5, 5, 1000))
    assert (np.diff(found(wide)) > 0).all()


def test_what_is_known_over_a_narrow_range_does_not_tell_the_slope():
    relative = np.linspace(0, 1, 500)
    known = 4.0 * relative - 1.0
    wide = fit_rising_map(relative * 3, known * 3, np.ones(500), 2.0)
    assert wide.slope == pytest.approx(4.0, rel=0.05)
    narrow = fit_rising_map(relative * 0.05, known * 0.05, np.ones(500), 2.0)
    assert narrow.slope == pytest.approx(2.0, rel=0.05)
    assert np.median(narrow(relative * 0.05) - known * 0.05) == pytest.approx(0.0, abs=0.01)


def test_a_rising_map_of_few_values_is_one_piece_of_the_usual_slope():
    relative = np.linspace(0, 1, 60)
    found = fit_rising_map(relative, relative - 1.0, np.ones(60), 1.0)
    assert found(np.array([-3.0, 4.0])) == pytest.approx([-4.0, 3.0])


def test_the_ground_behind_a_thing_is_the_tilted_plane_around_it():
    camera = Calibration(np.radians(-15.0), 0.0, np.radians(60.0), 1.0, 1.0, 1.0, "known").camera(120, 90)
    elevation = np.arcsin(camera.ray_directions()[..., 2])
    falling = (0.1 - np.tan(elevation)) / 1.6
    truth = -np.log(np.maximum(falling, 1e-3) * np.cos(elevation))
    ground = falling > 1 / 40
    ground[20:70, 40:60] = False  # a thing
    known = np.where(ground, truth, 0.3)
    found = ground_seen(known, ground, elevation, 1.6, level=False)
    near = truth < np.log(20.0)
    assert np.abs(found - truth)[near].max() < 0.02
    assert np.isinf(found[elevation > np.radians(8.0)]).all()
    floor = ground_seen(known, ground, elevation, 1.6, level=True)
    low = elevation < np.radians(-10.0)
    assert floor[low] == pytest.approx(np.log(1.6 / -np.sin(elevation[low])))
    assert np.isinf(ground_seen(known, np.zeros_like(ground), elevation, 1.6, level=False)).all()


def test_laying_on_the_ground_keeps_the_order_over_equal_ground():
    rng = np.random.default_rng(1)
    plane = np.repeat(np.log(np.geomspace(60, 1.8, 40))[:, None], 200, axis=1)
    plane[0] = np.inf
    metric = rng.uniform(np.log(0.7), np.log(90.0), plane.shape)
    laid = lay_on_ground(metric, plane)
    order = np.argsort(metric, axis=1)
    assert (np.diff(np.take_along_axis(laid, order, axis=1), axis=1) > 0).all()
    assert np.array_equal(laid[0], metric[0])


def test_near_ground_is_the_plane_and_what_stands_out_of_it_stays():
    plane = np.repeat(np.log(np.geomspace(9, 1.8, 30))[:, None], 50, axis=1)
    bumpy = plane + np.random.default_rng(2).uniform(-0.08, 0.08, plane.shape)
    bumpy[:20, 20:30] = np.log(1.2)
    laid = lay_on_ground(bumpy, plane)
    things = np.zeros(plane.shape, bool)
    things[:20, 20:30] = True
    assert np.abs(laid - plane)[~things].max() < 0.002
    assert laid[:15][things[:15]] == pytest.approx(np.log(1.2))


def test_distances_out_of_reach_are_pressed_together_in_their_order():
    log_metres = np.linspace(np.log(0.05), np.log(3000.0), 400)
    out = within_reach(log_metres, 0.5, 100.0)
    assert (np.diff(np.exp(out).astype(np.float32)) > 0).all()
    assert np.exp(out).min() > 0.5
    assert np.exp(out).max() < 100.0
    between = (log_metres > np.log(1.1)) & (log_metres < np.log(49.0))
    assert np.array_equal(out[between], log_metres[between])


@pytest.mark.parametrize(("kind", "seed"), [("boards", 1), ("street", 1), ("room", 6)])
def test_a_world_keeps_the_heads_order_becomes_metric_and_closes(kind, seed, monkeypatch):
    world = make_world(kind, seed)
    panorama, photo = render_both(world)
    cameras = [world.calibration.camera(320, 240)]
    cameras += [PerspectiveCamera(28 * 14, 21 * 14, TILE_FOV, 2 * np.pi * k / 8) for k in range(8)]
    calls = iter(cameras)

    def head(image, longest, flip=False):
        """The truth, bent by an unknown rising function, at half the picture's size."""
        camera = next(calls)
        height, width = image.shape[:2]
        seen = render(world, replace(camera, width=width // 2, height=height // 2).ray_directions()).depth
        log = np.log(np.where(np.isfinite(seen), seen, 120.0))
        return RelativeDepth((0.3 * log + 0.02 * log**2 - 0.7).astype(np.float32), np.isinf(seen).astype(np.float32))

    monkeypatch.setattr(learned, "relative_depth", head)
    height = world.camera_height
    depth = LearnedDepth(
        LearnedDepthOptions(
            tile_patches=28,
            classical=GroundPlaneOptions(outdoor_camera_height=height, indoor_camera_height=height),
        )
    )
    found = depth(as_panorama(panorama), panorama.regions, photo.pixels, photo.regions, world.calibration)
    solid = np.isfinite(photo.depth)
    assert np.corrcoef(rankdata(found.photo[solid]), rankdata(photo.depth[solid]))[0, 1] > 0.98
    assert absolute_relative_error(found.photo, photo.depth) < 0.2
    grounds = [REGION_CLASSES.index(name) for name in ("ground", "grass", "floor")]
    near = np.isin(photo.regions.labels(), grounds) & (photo.depth < 10.0)
    assert np.median(np.abs(found.photo[near] / photo.depth[near] - 1.0)) < 0.02
    inside, seen, _ = learned._project(cameras[0], 256, np.log(found.photo), found.photo_sky)
    own = inside & ~found.panorama_sky
    assert found.panorama[own] == pytest.approx(np.exp(seen[own]), rel=1e-5)
    underfoot = ~inside & np.isin(panorama.regions.labels(), grounds) & (panorama.depth < 3.0)
    assert np.quantile(np.abs(found.panorama[underfoot] / panorama.depth[underfoot] - 1.0), 0.95) < 0.03
    step = np.abs(np.diff(np.log(found.panorama[:, [-1, 0]].astype(float)), axis=1))
    inner = np.abs(np.diff(np.log(found.panorama[:, :2].astype(float)), axis=1))
    assert np.quantile(step, 0.95) < np.quantile(inner, 0.95) + 0.05


def test_what_ends_at_the_photos_border_goes_on_beyond_it(monkeypatch):
    height, rng = 256, np.random.default_rng(0)
    shape = (height, 2 * height)
    elevation = pixel_angles(height)[1]
    inside = np.zeros(shape, bool)
    inside[96:160, 200:312] = True
    # Plants stand 10 m away by geometry and 25 m by what the photo shows; ground as flat as it should be.
    level = np.log(1.6 / np.maximum(np.sin(-elevation), 0.16))[:, None]
    flat = np.broadcast_to(level < np.log(10.0), shape)
    geometric = np.broadcast_to(np.minimum(level, np.log(10.0)), shape)
    classes = np.zeros((2, len(REGION_CLASSES)), np.float32)
    classes[0, REGION_CLASSES.index("vegetation")] = classes[1, REGION_CLASSES.index("grass")] = 1.0
    regions = RegionMap(flat.astype(np.int32), classes, 0.0)
    seen = np.where(flat, geometric, np.log(25.0))
    # The tile believes in another step at the border.
    tile = np.where(inside, 0.0, 0.8) + geometric
    monkeypatch.setattr(LearnedDepth, "_tiles", lambda *_: [(tile, np.ones(shape))])
    panorama = Panorama(rng.integers(100, 110, (*shape, 3), dtype=np.uint8), inside)
    nowhere = np.zeros(shape, bool)
    found = LearnedDepth()._completed(panorama, regions, inside, seen, nowhere, geometric, indoor=False)
    across = np.where(inside, seen, found)[100:120]
    assert across[:, [198, 313]] == pytest.approx(np.log(25.0), abs=0.2)
    assert np.abs(np.diff(across, axis=1)).max() < 0.15
    assert found[95, 210:302] == pytest.approx(np.log(25.0), abs=0.2)
    near = flat & (geometric < np.log(6.0)) & ~inside
    assert found[near] == pytest.approx(geometric[near], abs=0.05)
    back = found[100:120, [0, -1]]
    assert back == pytest.approx(np.log(10.0), abs=0.1)


def test_a_field_is_recovered_from_its_steps_across_the_seam():
    azimuth = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    field = np.sin(azimuth)[None, :] + np.linspace(0, 1, 24)[:, None]
    trust = np.zeros(field.shape)
    trust[12, 5] = 1.0
    ones = np.ones(field.shape)
    steps = np.roll(field, -1, 1) - field, np.diff(field, axis=0)
    merged = merge_gradients(np.zeros(field.shape), *steps, ones, ones[1:], field, trust, rounds=600)
    assert np.abs(merged - field).max() < 1e-3


def test_a_ramp_between_two_surfaces_becomes_a_step_and_slopes_stay():
    row = np.concatenate([np.zeros(10), [0.25, 0.5, 0.8], np.ones(10)])
    values = np.tile(row, (9, 1)).astype(np.float32)
    sharp = sharpen_edges(values, np.ones(values.shape, bool), 5, 0.12)
    assert set(np.unique(sharp)) <= {0.0, 1.0}
    slope = np.tile(np.linspace(0, 1, 60), (9, 1)).astype(np.float32)
    assert np.array_equal(sharpen_edges(slope, np.ones(slope.shape, bool), 5, 0.12), slope)


def test_coarse_values_are_drawn_along_the_pictures_edges():
    picture = np.full((80, 120, 3), 220, np.uint8)
    picture[30:, 40:80] = (150, 60, 20)  # a thing before the sky, with a spire
    picture[12:30, 58:62] = (150, 60, 20)
    thing = (picture[..., 2] < 100).astype(np.float32)
    coarse = cv2.resize(cv2.resize(thing, (10, 7), interpolation=cv2.INTER_AREA), (120, 80))
    drawn = follow_picture(coarse.astype(np.float32), picture, 12)
    assert np.mean((drawn > 0.5) != (thing > 0.5)) < 0.3 * np.mean((coarse > 0.5) != (thing > 0.5))
    assert drawn.min() >= coarse.min()
    assert drawn.max() <= coarse.max()


def test_the_head_answers_at_half_the_pictures_size_or_says_what_is_missing():
    from sonovista.errors import BackendUnavailable
    from sonovista.generate.depth.relative import relative_depth

    image = np.random.default_rng(0).integers(0, 255, (60, 80, 3), dtype=np.uint8)
    try:
        found = relative_depth(image, 8)
    except BackendUnavailable as error:
        pytest.skip(str(error))
    assert found.log_distance.shape == found.sky.shape == (42, 56)
    assert np.isfinite(found.log_distance).all()
    assert 0 <= found.sky.min() <= found.sky.max() <= 1
