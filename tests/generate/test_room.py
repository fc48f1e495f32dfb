import numpy as np
import pytest
from depth_scenes import make_world, render, twenty_worlds

from sonovista.acoustics.shoebox import reverberation_times
from sonovista.generate.backends import build_backend
from sonovista.generate.regions.protocol import REGION_CLASSES, RegionMap
from sonovista.generate.room.box import FittedBox, fit_box
from sonovista.generate.room.estimated import EstimatedRoom
from sonovista.geometry.equirectangular import pixel_directions
from sonovista.scene.mesh import mesh_from_depth

DIRECTIONS = pixel_directions(192)


def box_depth(box: FittedBox) -> np.ndarray:
    return box.hit(DIRECTIONS)[0].astype(np.float32)


def a_box(seed: int) -> FittedBox:
    rng = np.random.default_rng(seed)
    return FittedBox(
        float(rng.uniform(-0.7, 0.7)), -rng.uniform([1.5, 1.2, 1.2], [5.0, 4.0, 1.7]), rng.uniform(1.1, 4.0, 3)
    )


@pytest.mark.parametrize("seed", range(5))
def test_the_box_around_is_found_wherever_the_listener_stands(seed: int):
    true = a_box(seed)
    found = fit_box(mesh_from_depth(box_depth(true)))
    assert found is not None
    assert found.yaw == pytest.approx(true.yaw, abs=np.radians(0.3))
    np.testing.assert_allclose(found.low, true.low, rtol=0.01)
    np.testing.assert_allclose(found.high, true.high, rtol=0.01)


def test_a_boxs_walls_are_hit_where_its_planes_are():
    box = a_box(0)
    reach, wall, cosine = box.hit(DIRECTIONS)
    points = reach[..., None] * DIRECTIONS @ box.R_box_world.T
    bounds = np.stack([box.low, box.high], axis=1).ravel()
    axis = (wall // 2)[..., None]
    np.testing.assert_allclose(np.take_along_axis(points, axis, -1)[..., 0], bounds[wall], rtol=1e-9)
    assert np.all((points > box.low - 1e-9) & (points < box.high + 1e-9))
    local = DIRECTIONS @ box.R_box_world.T
    np.testing.assert_allclose(cosine, np.abs(np.take_along_axis(local, axis, -1)[..., 0]))


def rooms_of_the_depth_tests() -> list[int]:
    return [i for i, world in enumerate(twenty_worlds()) if world.kind == "room"]


@pytest.mark.parametrize("index", rooms_of_the_depth_tests())
def test_a_furnished_room_has_the_true_size_and_place(index: int):
    world = twenty_worlds()[index]
    rendering = render(world, DIRECTIONS)
    room = EstimatedRoom()(rendering.depth.astype(np.float32), rendering.regions)
    assert room is not None
    true = next(box for box in world.boxes if box.inside)
    quarter = round((room.yaw - true.yaw) / (np.pi / 2))
    size = np.array(true.size)[[0, 1, 2] if quarter % 2 == 0 else [1, 0, 2]]
    np.testing.assert_allclose(room.size, size, rtol=0.02)
    assert np.sin(2 * (room.yaw - true.yaw)) == pytest.approx(0.0, abs=0.02)
    np.testing.assert_allclose(room.centre, [*true.centre, 0.5 * true.size[2] - world.camera_height], atol=0.05)


def test_streets_and_fields_have_no_room():
    for world in twenty_worlds():
        if world.kind != "room":
            rendering = render(world, DIRECTIONS)
            depth = np.where(np.isfinite(rendering.depth), rendering.depth, 150.0).astype(np.float32)
            assert EstimatedRoom()(depth, rendering.regions) is None
            assert EstimatedRoom()(depth) is None


def test_what_is_surely_outdoors_has_none_even_where_walls_are_all_around():
    world = make_world("room", 0)
    rendering = render(world, DIRECTIONS)
    court = RegionMap(rendering.regions.segments, rendering.regions.probabilities, 0.0)
    assert EstimatedRoom()(rendering.depth.astype(np.float32), court) is None


def one_class(name: str) -> RegionMap:
    probabilities = np.zeros((1, len(REGION_CLASSES)), np.float32)
    probabilities[0, [str(c) for c in REGION_CLASSES].index(name)] = 1.0
    return RegionMap(np.zeros(DIRECTIONS.shape[:2], np.int32), probabilities, 1.0)


def test_furniture_shortens_the_reverberation():
    box = a_box(1)
    bare = box_depth(box)
    azimuth = np.arctan2(DIRECTIONS[..., 1], DIRECTIONS[..., 0])
    sofa = (np.abs(azimuth) < 0.8) & (DIRECTIONS[..., 2] < 0.0) & (DIRECTIONS[..., 2] > -0.6)
    furnished = np.where(sofa, 0.6 * bare, bare).astype(np.float32)
    times = []
    for depth in (bare, furnished):
        room = EstimatedRoom()(depth)
        assert room is not None
        times.append(reverberation_times(room.size, room.absorption))
    assert np.all(times[1] < 0.95 * times[0])


def test_a_photo_of_a_furnished_part_stands_for_the_rest():
    """With the same thing in view, the smaller the part that was seen the more of its kind there are in all."""
    box = a_box(1)
    bare = box_depth(box)
    azimuth = np.arctan2(DIRECTIONS[..., 1], DIRECTIONS[..., 0])
    thing = (np.abs(azimuth) < 0.3) & (np.abs(DIRECTIONS[..., 2] + 0.2) < 0.1)
    depth = np.where(thing, 0.6 * bare, bare).astype(np.float32)
    everywhere, part = EstimatedRoom()(depth), EstimatedRoom()(depth, None, np.abs(azimuth) < 0.6)
    assert everywhere is not None
    assert part is not None
    assert np.all(part.absorption[:5] > everywhere.absorption[:5])
    np.testing.assert_array_equal(part.absorption[5], everywhere.absorption[5])


def test_a_carpet_lies_on_the_floor_and_absorbs_more_than_wood():
    depth = box_depth(a_box(2))
    carpet, wood = EstimatedRoom()(depth, one_class("grass")), EstimatedRoom()(depth, one_class("floor"))
    assert carpet is not None
    assert wood is not None
    assert np.all(carpet.absorption[4, 3:] > 2.0 * wood.absorption[4, 3:])
    np.testing.assert_allclose(carpet.absorption[[0, 1, 2, 3, 5]], wood.absorption[[0, 1, 2, 3, 5]])


def test_an_opening_takes_what_falls_into_it():
    depth = box_depth(a_box(3))
    azimuth = np.arctan2(DIRECTIONS[..., 1], DIRECTIONS[..., 0])
    door = (np.abs(azimuth) < 0.2) & (np.abs(DIRECTIONS[..., 2]) < 0.3)
    opened = EstimatedRoom()(np.where(door, 30.0, depth).astype(np.float32))
    closed = EstimatedRoom()(depth)
    assert opened is not None
    assert closed is not None
    assert opened.absorption.sum() > closed.absorption.sum() + 0.2
    np.testing.assert_allclose(opened.size, closed.size, rtol=0.01)


def test_it_is_a_backend_with_checked_options():
    assert isinstance(build_backend("room", "estimated", {"largest_opening": 0.1}), EstimatedRoom)


@pytest.mark.parametrize("depth", [np.ones((8, 8), np.float32)])
def test_what_is_no_panorama_is_refused(depth: np.ndarray):
    with pytest.raises(ValueError):
        EstimatedRoom()(depth)
