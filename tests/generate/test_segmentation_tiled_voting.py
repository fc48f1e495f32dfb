import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonovista.generate.outpainting.protocol import Panorama
from sonovista.generate.regions.protocol import REGION_CLASSES, RegionMap
from sonovista.generate.segmentation.protocol import Instance
from sonovista.generate.segmentation.spots import nearness, spread_spots
from sonovista.generate.segmentation.tiled_voting import Options, TiledVotingSegmenter, refine
from sonovista.generate.segmentation.tiles import tile_cameras, vote
from sonovista.generate.segmentation.wrapped_regions import class_agnostic_regions, connected_regions
from sonovista.generate.understanding.protocol import SoundingThing
from sonovista.geometry import angles_from_direction, direction_from_angles
from sonovista.geometry.equirectangular import pixel_directions, pixel_solid_angles

HEIGHT = 128
RAYS = pixel_directions(HEIGHT)
NOWHERE = RegionMap(
    np.zeros((HEIGHT, 2 * HEIGHT), np.int32), np.full((1, len(REGION_CLASSES)), 1 / 13, np.float32), 0.0
)
segment = TiledVotingSegmenter(Options(working_height=HEIGHT, tile_width=60))


def cone(azimuth_deg: float, elevation_deg: float, radius_deg: float) -> np.ndarray:
    centre = direction_from_angles(np.deg2rad(azimuth_deg), np.deg2rad(elevation_deg))
    return RAYS @ centre > np.cos(np.deg2rad(radius_deg))


def painted(*masks: np.ndarray) -> Panorama:
    pixels = np.full((HEIGHT, 2 * HEIGHT, 3), (90, 120, 150), np.uint8)
    for mask in masks:
        pixels[mask] = (220, 60, 40)
    return Panorama(pixels, np.ones((HEIGHT, 2 * HEIGHT), bool))


def thing(weight: np.ndarray | None, kind: str = "area", host: str = "object", **fields: object) -> SoundingThing:
    values: dict = {"confidence": 1.0, "from_user": False, "max_instances": 3, **fields}
    weight = None if weight is None else weight.astype(np.float32)
    return SoundingThing("thing", "thing", kind, (host,), 60.0, "", weight=weight, **values)  # type: ignore[arg-type]


def centre_deg(mask: np.ndarray) -> tuple[float, float]:
    weights = mask * pixel_solid_angles(HEIGHT)[:, None]
    azimuth, elevation = angles_from_direction(np.einsum("hw,hwc->c", weights, RAYS))
    return float(np.rad2deg(azimuth)), float(np.rad2deg(elevation))


def iou(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())


@pytest.mark.parametrize("azimuth_deg", [0.0, 75.0, 180.0, -100.0])
def test_a_thing_is_found_where_it_is_even_at_the_seam(azimuth_deg: float) -> None:
    truth = cone(azimuth_deg, -10.0, 12.0)
    found = segment(painted(truth), NOWHERE, [thing(0.9 * truth)], 0)
    assert len(found) == 1
    assert iou(found[0].mask, truth) > 0.85
    assert 0.5 < found[0].score <= 1.0


def test_the_pictures_edges_correct_a_weight_that_spills_over() -> None:
    truth = cone(20.0, 0.0, 15.0)
    spilled = 0.9 * cone(20.0, 0.0, 18.0) * (0.7 + 0.3 * truth)
    found = segment(painted(truth), NOWHERE, [thing(spilled)], 0)
    assert len(found) == 1
    assert iou(found[0].mask, truth) > iou(spilled > 0.5, truth)


def test_two_things_far_apart_are_two_instances_and_the_larger_comes_first() -> None:
    large, small = cone(60.0, 0.0, 12.0), cone(-60.0, 0.0, 8.0)
    found = segment(painted(large, small), NOWHERE, [thing(0.9 * (large | small))], 0)
    assert [round(centre_deg(instance.mask)[0], -1) for instance in found] == [60.0, -60.0]


def test_no_more_than_asked_for_are_kept() -> None:
    places = [cone(azimuth, 0.0, 6.0) for azimuth in range(-150, 180, 60)]
    weight = 0.9 * np.logical_or.reduce(places)
    for limit in (1, 2, 4):
        points = segment(painted(*places), NOWHERE, [thing(weight, "point", max_instances=limit)], 0)
        assert len(points) == limit
        areas = segment(painted(*places), NOWHERE, [thing(weight, max_instances=limit)], 0)
        assert len(areas) == min(limit, 2)


def test_water_that_the_photo_shows_is_taken_before_completed_water() -> None:
    shown, completed = cone(0.0, -20.0, 8.0), cone(180.0, -20.0, 20.0)
    panorama = Panorama(painted(shown, completed).pixels, cone(0.0, 0.0, 40.0))
    found = segment(panorama, NOWHERE, [thing(0.9 * shown + 0.45 * completed)], 0)
    assert len(found) == 1
    assert iou(found[0].mask, shown) > 0.8


def test_no_mask_of_what_stands_on_the_ground_reaches_into_the_sky() -> None:
    segments = (RAYS[..., 2] > 0.05).astype(np.int32)
    probabilities = np.full((2, len(REGION_CLASSES)), 0.01, np.float32)
    probabilities[0, REGION_CLASSES.index("vegetation")] = 0.88
    probabilities[1, REGION_CLASSES.index("sky")] = 0.88
    panorama, regions = painted(segments == 1), RegionMap(segments, probabilities, 0.0)
    spilled = 0.9 * (np.abs(RAYS[..., 2]) < 0.2)
    for kind, hosts in (("point", ("vegetation",)), ("area", ("vegetation",))):
        for instance in segment(panorama, regions, [thing(spilled, kind, *hosts)], 0):
            assert not np.any(instance.mask & (RAYS[..., 2] > 0.07))


def test_what_stands_lower_in_the_picture_is_nearer() -> None:
    near = (np.abs(RAYS[..., 1]) < 0.1) & (np.abs(RAYS[..., 2]) < 0.3) & (RAYS[..., 0] > 0.0)
    far = (np.abs(RAYS[..., 1]) < 0.1) & (RAYS[..., 2] > -0.03) & (RAYS[..., 2] < 0.3) & (RAYS[..., 0] < 0.0)
    seems = nearness(near | far)
    assert seems[near].min() > 0.9
    assert seems[far].max() < 0.3
    assert seems[~(near | far)].max() == 0.0


def test_parts_of_an_area_that_nearly_touch_are_one() -> None:
    stream = cone(0.0, -20.0, 10.0) & (np.abs(RAYS[..., 1]) > 0.012)
    found = segment(painted(stream), NOWHERE, [thing(0.9 * stream)], 0)
    assert len(found) == 1
    assert found[0].mask[:, :HEIGHT].any()
    assert found[0].mask[:, HEIGHT:].any()


def test_birds_in_a_wood_get_compact_places_apart_from_each_other_inside_it() -> None:
    wood = (np.abs(RAYS[..., 2]) < 0.4) & (np.abs(RAYS[..., 1]) < 0.8) & (RAYS[..., 0] > 0.0)
    found = segment(painted(wood), NOWHERE, [thing(0.8 * wood, "point", "vegetation")], 0)
    assert len(found) == 3
    directions = []
    for instance in found:
        share = (instance.mask * pixel_solid_angles(HEIGHT)[:, None]).sum()
        assert share < np.pi * np.deg2rad(4.0) ** 2
        assert (instance.mask & wood).sum() > 0.9 * instance.mask.sum()
        directions.append(direction_from_angles(*np.deg2rad(centre_deg(instance.mask))))
    apart = [np.arccos(a @ b) for i, a in enumerate(directions) for b in directions[:i]]
    assert min(apart) > np.deg2rad(15.0)


def test_birds_prefer_what_the_photo_shows() -> None:
    wood = np.abs(RAYS[..., 2]) < 0.4
    observed = cone(0.0, 0.0, 35.0)
    panorama = Panorama(painted(wood).pixels, observed)
    inside = [
        observed[instance.mask].mean() > 0.5
        for seed in range(6)
        for instance in segment(panorama, NOWHERE, [thing(wood, "point", "vegetation", max_instances=1)], seed)
    ]
    assert np.mean(inside) > 0.5  # by area alone it would be one in eight


def test_a_large_object_stays_whole() -> None:
    bus = cone(10.0, -5.0, 20.0)
    found = segment(painted(bus), NOWHERE, [thing(0.9 * bus, "point", "object")], 0)
    assert len(found) == 1
    assert iou(found[0].mask, bus) > 0.85


def test_what_the_user_named_is_always_there() -> None:
    faint = 0.02 * cone(70.0, 10.0, 1.2)
    asked = [
        thing(faint, "point", from_user=True),
        thing(np.zeros((HEIGHT, 2 * HEIGHT)), "point", from_user=True),
        thing(None, "area", from_user=True),
        thing(np.zeros((HEIGHT, 2 * HEIGHT)), "point"),
    ]
    found = segment(painted(), NOWHERE, asked, 0)
    assert [instance.thing for instance in found] == [0, 1, 2]
    assert centre_deg(found[0].mask) == pytest.approx((70.0, 10.0), abs=3.0)
    assert abs(centre_deg(found[1].mask)[0]) < 30.0
    assert not np.any(found[1].mask & found[2].mask)


@pytest.mark.parametrize("kind", ["point", "area"])
def test_what_was_seen_far_away_and_small_is_there_too(kind: str) -> None:
    weight = 0.8 * cone(40.0, -2.0, 1.5)
    assert 0 < (weight > 0).sum() < 16
    found = segment(painted(), NOWHERE, [thing(weight, kind)], 0)
    assert len(found) == 1
    assert np.abs(np.subtract(centre_deg(found[0].mask), (40.0, -2.0))).max() < 3.0


def test_a_thing_without_weight_goes_to_its_host() -> None:
    segments = cone(-90.0, 0.0, 10.0).astype(np.int32)
    probabilities = np.full((2, len(REGION_CLASSES)), 0.01, np.float32)
    probabilities[0, REGION_CLASSES.index("sky")] = 0.88
    probabilities[1, REGION_CLASSES.index("building")] = 0.88
    found = segment(
        painted(segments == 1),
        RegionMap(segments, probabilities, 0.0),
        [thing(None, "point", "building", from_user=True)],
        0,
    )
    assert centre_deg(found[0].mask) == pytest.approx((-90.0, 0.0), abs=6.0)


def test_ambient_things_have_no_place() -> None:
    assert segment(painted(), NOWHERE, [thing(None, "ambient", from_user=True)], 0) == []


def test_masks_have_the_panoramas_size() -> None:
    truth = cone(180.0, 0.0, 12.0)
    coarse = TiledVotingSegmenter(Options(working_height=64, tile_width=60))
    found = coarse(painted(truth), NOWHERE, [thing(0.9 * truth)], 0)
    assert found[0].mask.shape == truth.shape
    assert iou(found[0].mask, truth) > 0.8


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 1000), kind=st.sampled_from(["point", "area"]), limit=st.integers(1, 5))
def test_any_weight_gives_legal_instances(seed: int, kind: str, limit: int) -> None:
    random = np.random.default_rng(seed)
    coarse = np.repeat(np.repeat(random.random((8, 16)), 16, 0), 16, 1)
    panorama = Panorama(random.integers(0, 256, (HEIGHT, 2 * HEIGHT, 3), dtype=np.uint8), coarse > 0.5)
    asked = [thing(coarse**4, kind, "grass", from_user=True, max_instances=limit, confidence=0.5)]
    found = segment(panorama, NOWHERE, asked, seed)
    again = segment(panorama, NOWHERE, asked, seed)
    assert 1 <= len(found) <= limit
    for instance, same in zip(found, again, strict=True):
        assert isinstance(instance, Instance)
        assert instance.mask.dtype == np.bool_
        assert instance.mask.any()
        assert 0.0 <= instance.score <= 1.0
        np.testing.assert_array_equal(instance.mask, same.mask)


# The parts


def test_twelve_tiles_see_everything_within_forty_degrees_of_the_horizon() -> None:
    cameras = tile_cameras(60)
    assert len(cameras) == 12
    assert np.rad2deg(cameras[0].vertical_fov) == pytest.approx(90.0, abs=1.0)
    band = np.abs(RAYS[..., 2]) < np.sin(np.deg2rad(40.0))
    seen = np.zeros(band.shape, int)
    for camera in cameras:
        u, v, _ = camera.project(RAYS)
        seen += (u >= 0) & (u < camera.width) & (v >= 0) & (v < camera.height)
    assert seen[band].min() >= 2


def test_votes_are_shares_and_follow_the_threshold() -> None:
    truth = cone(30.0, 0.0, 15.0)
    shares = vote(painted(truth).pixels, 0.8 * truth[None].astype(np.float32), [0.5], 60)
    assert shares.shape == (1, HEIGHT, 2 * HEIGHT)
    assert shares.min() == 0.0
    assert shares.max() == 1.0
    assert iou(shares[0] >= 0.5, truth) > 0.85
    assert not vote(painted(truth).pixels, 0.8 * truth[None].astype(np.float32), [0.85], 60).any()


def test_regions_and_components_go_on_across_the_seam() -> None:
    ball = cone(180.0, 0.0, 20.0)
    regions = class_agnostic_regions(painted(ball).pixels, scale=100.0, min_size=20)
    row = HEIGHT // 2
    assert regions[row, 0] == regions[row, -1]
    assert regions[row, 0] != regions[row, HEIGHT]
    assert set(np.unique(regions)) == set(range(regions.max() + 1))
    labels, count = connected_regions(ball | cone(0.0, 0.0, 10.0))
    assert count == 2
    assert labels[row, 0] == labels[row, -1] != labels[row, HEIGHT]
    assert connected_regions(np.zeros((4, 8), bool))[1] == 0


def test_regions_replace_a_mask_only_where_they_agree() -> None:
    region = cone(0.0, 0.0, 20.0)
    nearly = region & (RAYS[..., 1] < 0.3)
    part = region & (RAYS[..., 1] < -0.1)
    np.testing.assert_array_equal(refine(nearly, region.astype(np.int32)), region)
    assert iou(refine(part, region.astype(np.int32)), part) > 0.9


def test_a_small_host_has_room_for_one_spot_only() -> None:
    host = cone(0.0, 0.0, 3.0)
    spots = spread_spots(host, host.astype(np.float32), 5, np.deg2rad(4.0), np.random.default_rng(0))
    assert len(spots) == 1
    assert np.all(host[spots[0]])


def test_spots_stay_where_they_fit_and_do_not_flee_behind_the_listener():
    host = np.zeros((64, 128), bool)
    host[34:44] = True
    weight = np.where(np.abs(np.arange(128) - 64) < 12, 1.0, 0.1)[None].repeat(64, axis=0).astype(np.float32)
    behind = 0
    for seed in range(20):
        random = np.random.default_rng(seed)
        spots = spread_spots(host, weight, 3, np.deg2rad(2.5), random)
        behind += sum(bool(np.abs(np.nonzero(spot)[1] - 64).min() > 12) for spot in spots)
    assert behind < 12  # 21 of 60 where the farthest place won
