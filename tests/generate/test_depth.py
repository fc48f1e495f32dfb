"""Depth on worlds whose depth is known, and on what must hold for any picture."""

import numpy as np
import pytest
from depth_scenes import (
    KINDS,
    absolute_relative_error,
    as_panorama,
    make_world,
    render_both,
    twenty_worlds,
)

from sonovista.errors import InputError
from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.depth.ground_plane import FARTHEST, NEAREST, GroundPlaneDepth, GroundPlaneOptions
from sonovista.generate.depth.protocol import SKY_DISTANCE, DepthEstimate
from sonovista.generate.outpainting.protocol import Panorama
from sonovista.generate.regions.protocol import REGION_CLASSES, RegionClass, RegionMap
from sonovista.geometry.equirectangular import direction_to_pixel, pixel_angles

LEVEL = Calibration(0.0, 0.0, np.radians(60.0), 1.0, 1.0, 1.0, "known")


COARSE = {"photo_columns": 160, "step_deg": 0.5}


def estimate(world, **options):
    panorama, photo = render_both(world)
    result = GroundPlaneDepth(GroundPlaneOptions(**{**COARSE, **options}))(
        as_panorama(panorama), panorama.regions, photo.pixels, photo.regions, world.calibration
    )
    return result, panorama, photo


def painted(rows: list[tuple[float, RegionClass]], height: int = 256, observed: bool = True) -> DepthEstimate:
    """Depth of a world that looks the same all around: classes by the tangent of elevation from which they begin."""
    names = [name for _, name in rows]
    edges = np.array([edge for edge, _ in rows])
    probabilities = np.zeros((len(rows), len(REGION_CLASSES)), np.float32)
    probabilities[np.arange(len(rows)), [REGION_CLASSES.index(name) for name in names]] = 1.0
    indoor = float("floor" in names)

    def regions(tangent: np.ndarray) -> RegionMap:
        return RegionMap(
            np.maximum((tangent[..., None] >= edges).sum(axis=-1) - 1, 0).astype(np.int32), probabilities, indoor
        )

    def colours(map_: RegionMap) -> np.ndarray:
        return (40 + 30 * np.repeat(map_.segments[..., None], 3, axis=-1)).astype(np.uint8)

    tangent = np.tan(np.broadcast_to(pixel_angles(height)[1][:, None], (height, 2 * height)))
    rays = LEVEL.camera(160, 120).ray_directions()
    around, inside = regions(tangent), regions(rays[..., 2] / np.hypot(rays[..., 0], rays[..., 1]))
    panorama = Panorama(colours(around), np.full((height, 2 * height), observed))
    return GroundPlaneDepth(GroundPlaneOptions(**COARSE))(panorama, around, colours(inside), inside, LEVEL)


def at(result: DepthEstimate, elevation_deg: float, azimuth_deg: float = 100.0) -> float:
    a, e = np.radians([azimuth_deg, elevation_deg])
    u, v = direction_to_pixel(
        np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)]), result.panorama.shape[0]
    )
    return float(result.panorama[int(v), int(u)])


def test_twenty_worlds_are_within_a_quarter_of_the_truth():
    errors = []
    for world in twenty_worlds():
        result, panorama, photo = estimate(world)
        errors.append(
            (
                absolute_relative_error(result.panorama, panorama.depth),
                absolute_relative_error(result.photo, photo.depth),
            )
        )
    in_panorama, in_photo = np.median(errors, axis=0)
    assert in_panorama <= 0.25
    assert in_photo <= 0.25


@pytest.mark.parametrize("kind", KINDS)
def test_with_the_true_height_of_the_camera_the_error_is_small(kind):
    world = make_world(kind, 3)
    height = world.camera_height
    result, panorama, _ = estimate(world, outdoor_camera_height=height, indoor_camera_height=height)
    assert absolute_relative_error(result.panorama, panorama.depth) < 0.12


@pytest.mark.parametrize("kind", KINDS)
def test_every_depth_is_in_range_and_only_the_sky_is_beyond(kind):
    result, panorama, photo = estimate(make_world(kind, 11))
    for depth, sky in ((result.panorama, result.panorama_sky), (result.photo, result.photo_sky)):
        assert depth.dtype == np.float32
        assert np.all(depth[sky] == SKY_DISTANCE)
        assert np.all((depth[~sky] >= NEAREST) & (depth[~sky] <= FARTHEST))
    assert result.panorama.shape == panorama.depth.shape
    assert result.photo.shape == photo.depth.shape
    assert result.indoor == (kind == "room")
    if kind != "room":
        assert np.mean(result.photo_sky == np.isinf(photo.depth)) > 0.99


@pytest.mark.parametrize("kind", KINDS)
def test_the_photo_agrees_with_the_panorama(kind):
    world = make_world(kind, 5)
    result, panorama, photo = estimate(world)
    rays = world.calibration.camera(photo.depth.shape[1], photo.depth.shape[0]).ray_directions()
    u, v = direction_to_pixel(rays, len(panorama.depth))
    seen = result.panorama[v.astype(int), u.astype(int) % result.panorama.shape[1]]
    difference = np.abs(np.log(seen / result.photo))
    assert np.median(difference) < 0.01
    assert np.mean(difference > 0.1) < 0.06  # what straddles an edge of the depth


def test_flat_ground_lies_at_the_camera_height_below():
    result = painted([(-np.inf, "grass"), (0.0, "sky")])
    for elevation in (-70.0, -45.0, -20.0, -8.0):
        assert at(result, elevation) == pytest.approx(1.6 / np.sin(np.radians(-elevation)), rel=0.06)


def test_a_wall_of_trunks_takes_the_horizontal_distance_of_its_foot():
    foot = -0.2  # tangent: 8 m away
    result = painted([(-np.inf, "ground"), (foot, "building"), (0.8, "sky")])
    for elevation in (-8.0, 0.0, 20.0, 35.0):
        assert at(result, elevation) * np.cos(np.radians(elevation)) == pytest.approx(8.0, rel=0.08)


def test_what_is_seen_over_something_lies_beyond_it():
    result = painted([(-np.inf, "grass"), (-0.2, "vegetation"), (0.1, "building"), (0.4, "sky")])
    assert at(result, 15.0) > 1.2 * at(result, 0.0)


def test_mountains_behind_trees_are_far_and_recede():
    result = painted([(-np.inf, "grass"), (-0.08, "vegetation"), (0.05, "rock"), (0.3, "sky")])
    assert at(result, 5.0) > 45.0
    assert at(result, 15.0) >= at(result, 5.0)
    assert at(result, 0.0) < 25.0


@pytest.mark.parametrize("name", ["grass", "ground", "running_water", "rock"])
def test_terrain_that_rises_above_the_horizon_recedes_and_is_neither_a_wall_nor_endless(name):
    result = painted([(-np.inf, name), (0.25, "vegetation"), (0.9, "sky")])
    distances = [at(result, elevation) for elevation in (-30.0, -15.0, -5.0, 5.0, 12.0)]
    assert np.all(np.diff(distances) > 0)
    assert distances[0] > 1.5
    assert 4.0 < distances[-1] < 60.0


def test_a_room_is_closed_on_all_sides():
    # Walls that meet the floor at tangent -0.4 and the ceiling at 0.35 in every direction: about 3.5 m and 1.2 m.
    result = painted([(-np.inf, "floor"), (-0.4, "wall"), (0.35, "ceiling")])
    assert result.indoor
    assert not result.panorama_sky.any()
    assert result.panorama.max() < 8.0
    assert at(result, 85.0) == pytest.approx(1.2, rel=0.2)
    assert at(result, -85.0) == pytest.approx(1.4, rel=0.05)


def test_a_fully_unknown_panorama_still_gives_depth():
    result = painted([(-np.inf, "vegetation")])
    assert np.isfinite(result.panorama).all()
    assert not result.panorama_sky.any()


def test_it_is_the_same_every_time():
    world = make_world("street", 2)
    first, second = estimate(world)[0], estimate(world)[0]
    np.testing.assert_array_equal(first.photo, second.photo)
    np.testing.assert_array_equal(first.panorama, second.panorama)


def test_a_completed_panorama_has_no_step_at_the_photos_border():
    world = make_world("street", 4)
    panorama, photo = render_both(world)
    rays = world.calibration.camera(*photo.depth.shape[::-1])
    u, v, _ = rays.project(np.stack(np.broadcast_arrays(*np.moveaxis(_directions(len(panorama.depth)), -1, 0)), -1))
    seen = (u >= 0) & (u < photo.depth.shape[1]) & (v >= 0) & (v < photo.depth.shape[0])
    # The completed part is called plants where the photo shows buildings: the regions disagree at the border.
    wrong = RegionMap(panorama.regions.segments, panorama.regions.probabilities.copy(), 0.0)
    building = wrong.probabilities[:, REGION_CLASSES.index("building")] > 0.5
    wrong.probabilities[building] = np.eye(len(REGION_CLASSES), dtype=np.float32)[REGION_CLASSES.index("vegetation")]
    result = GroundPlaneDepth()(Panorama(panorama.pixels, seen), wrong, photo.pixels, photo.regions, world.calibration)
    log = np.log(result.panorama)
    crosses = (seen[:, :-1] != seen[:, 1:]) & ~result.panorama_sky[:, :-1] & ~result.panorama_sky[:, 1:]
    assert np.median(np.abs(np.diff(log, axis=1))[crosses]) < 0.1


def _directions(height: int) -> np.ndarray:
    azimuth, elevation = pixel_angles(height)
    a, e = np.meshgrid(azimuth, elevation)
    return np.stack([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)], axis=-1)


def test_regions_of_another_size_are_refused():
    world = make_world("boards", 1)
    panorama, photo = render_both(world)
    with pytest.raises(InputError, match="regions: expected the photo's"):
        GroundPlaneDepth()(as_panorama(panorama), panorama.regions, photo.pixels[:-1], photo.regions, world.calibration)
    with pytest.raises(InputError, match="panorama_regions"):
        GroundPlaneDepth()(as_panorama(panorama), photo.regions, photo.pixels, photo.regions, world.calibration)
