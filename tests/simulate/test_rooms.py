import numpy as np
import pytest

from sonovista.geometry import PerspectiveCamera
from sonovista.simulate.rooms.layout import RoomOptions, draw_room
from sonovista.simulate.rooms.room import ProceduralRoom
from sonovista.simulate.rooms.shading import mip_levels
from sonovista.simulate.rooms.surfaces import Finish, Surfaces
from sonovista.simulate.rooms.textures import SIZE


@pytest.fixture(scope="module")
def room() -> ProceduralRoom:
    return ProceduralRoom(5)


def spot(room: ProceduralRoom, seed: int = 0) -> np.ndarray:
    found = room.stand(1.5, 0.5, np.random.default_rng(seed))
    assert found is not None
    return found


def camera(room: ProceduralRoom, yaw: float, seed: int = 0, width: int = 160) -> PerspectiveCamera:
    x, y, z = (float(value) for value in spot(room, seed))
    return PerspectiveCamera(width, width * 3 // 4, np.radians(60.0), yaw, np.radians(-22.5), 0.0, (x, y, z))


def test_a_seed_decides_everything(room):
    again, other = ProceduralRoom(5), ProceduralRoom(6)
    np.testing.assert_array_equal(room.size, again.size)
    view = camera(room, 0.3)
    np.testing.assert_array_equal(room.view(view).rgb, again.view(view).rgb)
    assert not np.array_equal(room.size, other.size)


def test_depth_ends_at_the_walls_or_before(room):
    for yaw in np.arange(0.0, 2.0 * np.pi, 0.8):
        view = camera(room, yaw)
        depth = room.view(view).depth
        assert depth is not None
        assert np.isfinite(depth).all()
        ends = np.asarray(view.position) + depth[..., None] * view.ray_directions()
        assert (ends > -0.05).all()
        assert (ends < room.size + 0.05).all()


def test_turned_views_show_the_same_room(room):
    """Median difference of at most 4/255 where both views see the same direction."""
    for seed in range(4):
        first, second = camera(room, 1.0 + seed, seed, 320), camera(room, 1.4 + seed, seed, 320)
        a, b = room.view(first).rgb.astype(float), room.view(second).rgb.astype(float)
        u, v, z = second.project(first.ray_directions() + np.asarray(second.position))
        inside = (z > 0.0) & (u > 1) & (u < 318) & (v > 1) & (v < 238)
        assert inside.mean() > 0.3
        x, y = u[inside] - 0.5, v[inside] - 0.5
        x0, y0 = x.astype(int), y.astype(int)
        fx, fy = (x - x0)[:, None], (y - y0)[:, None]
        top, bottom = b[y0, x0] * (1 - fx) + b[y0, x0 + 1] * fx, b[y0 + 1, x0] * (1 - fx) + b[y0 + 1, x0 + 1] * fx
        assert np.median(np.abs(top * (1 - fy) + bottom * fy - a[inside])) <= 4.0


def test_pictures_are_lit_and_have_things_in_them():
    for seed in (1, 2, 3):
        place = ProceduralRoom(seed)
        pictures = np.stack([place.view(camera(place, yaw)).rgb for yaw in (0.0, 1.6, 3.1, 4.7)])
        assert 30 < pictures.mean() < 220
        assert pictures.std() > 15
        assert np.mean(pictures == 255) < 0.2


def test_nobody_stands_in_furniture_or_outside(room):
    margin = 0.3
    for x0, x1, y0, y1, top in room.layout.surfaces.footprints:
        inside = np.array([0.5 * (x0 + x1), 0.5 * (y0 + y1), 0.5 * top])
        assert not room.free(inside, margin)
    assert not room.free(np.array([-0.1, 1.0, 1.5]), 0.0)
    assert not room.free(room.size * [0.5, 0.5, 1.1], 0.0)
    assert room.free(spot(room), margin)


def test_walls_and_furniture_block_the_view(room):
    place = spot(room)
    assert not room.sees(place, place + np.array([20.0, 0.0, 0.0]))
    assert room.sees(place, place + np.array([0.1, 0.0, 0.0]))
    x0, x1, y0, y1, top = room.layout.surfaces.footprints[0]
    low, high = np.array([x0 - 0.01, 0.5 * (y0 + y1), 0.02]), np.array([x1 + 0.01, 0.5 * (y0 + y1), top + 0.02])
    assert room.sees(high, low) == room.sees(low, high)


def test_rooms_keep_to_their_options():
    options = RoomOptions(shortest_side=4.0, longest_side=4.5, lowest=2.5, highest=2.6, along_walls=0, in_the_middle=0)
    for seed in range(5):
        layout = draw_room(np.random.default_rng(seed), options)
        assert ((layout.size[:2] >= 4.0) & (layout.size[:2] <= 4.5)).all()
        assert 2.5 <= layout.size[2] <= 2.6
        assert layout.surfaces.footprints == []


def test_pictures_may_be_photographs():
    """A room with a red photograph on its walls shows red that the same room without it does not."""
    red = np.zeros((1, SIZE, SIZE, 3), np.float32)
    red[..., 0] = 1.0
    with_red = draw_room(np.random.default_rng(3), photographs=red).textures
    reddest = (with_red[..., 0] - with_red[..., 1:].max(axis=-1)).mean(axis=(1, 2)).max()
    assert reddest > 0.5


def test_rectangles_are_lit_on_the_side_that_they_face():
    surfaces = Surfaces()
    surfaces.add((0, 0, 0), (1, 0, 0), (0, 1, 0), Finish(0), (0.5, 0.5, 1.0))
    surfaces.add((0, 0, 0), (0, 1, 0), (1, 0, 0), Finish(0), (0.5, 0.5, -1.0))
    np.testing.assert_array_equal(surfaces.rectangles[0].normal, [0, 0, 1])
    np.testing.assert_array_equal(surfaces.rectangles[1].normal, [0, 0, -1])
    surfaces.add_box((0, 0, 0), (1, 1, 1), Finish(0))
    for rectangle in surfaces.rectangles[2:]:
        middle = rectangle.corner + 0.5 * (rectangle.edge_u + rectangle.edge_v)
        assert (middle - 0.5) @ rectangle.normal > 0.0
    vertices, triangles = surfaces.mesh()
    assert vertices.shape == (32, 3)
    assert triangles.shape == (16, 3)


def test_smaller_copies_of_textures_hold_as_much_light():
    texture = np.random.default_rng(0).uniform(0.0, 1.0, (1, SIZE, SIZE, 3)).astype(np.float32)
    texels = (mip_levels(texture)[0] / 255.0) ** 2.2
    assert texels[: SIZE * SIZE].mean() == pytest.approx(texels[-16:].mean(), rel=0.02)
