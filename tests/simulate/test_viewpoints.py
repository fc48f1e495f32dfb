import numpy as np
import pytest

from sonovista.geometry import wrapped
from sonovista.simulate.example import ExampleOptions, Viewpoints
from sonovista.simulate.places.box import DrawnBox
from sonovista.simulate.rooms.layout import RoomOptions
from sonovista.simulate.viewpoints import NoRoomLeft, draw_viewpoints


class Hall(DrawnBox):
    """An empty box in which a wall at x = 4, from the floor to 3 m, may hide things."""

    def __init__(self, movable: bool = True, wall: bool = False):
        super().__init__(np.random.default_rng(0), RoomOptions(shortest_side=8.0, longest_side=8.1, highest=3.6))
        self.movable, self.wall = movable, wall

    def sees(self, position, target) -> bool:
        return not self.wall or (position[0] - 4.0) * (target[0] - 4.0) > 0.0


def drawn(count: int, place: Hall | None = None, **options) -> list[Viewpoints]:
    settings = ExampleOptions.model_validate(options)
    return [draw_viewpoints(place or Hall(), settings, np.random.default_rng(seed)) for seed in range(count)]  # pyright: ignore[reportArgumentType]


def test_views_turn_by_10_to_50_degrees_either_way():
    turns = np.degrees([v.rotations[1:] for v in drawn(60)]).ravel()
    assert ((np.abs(turns) >= 10.0) & (np.abs(turns) <= 50.0)).all()
    assert 0.35 < (turns > 0.0).mean() < 0.65
    assert all(v.rotations[0] == 0.0 for v in drawn(3))


def test_sources_are_all_around_as_often_as_their_solid_angle_says():
    azimuths = np.array([v.azimuths[0, 0] for v in drawn(800)])
    counts = np.bincount(((azimuths + np.pi) / (np.pi / 4)).astype(int) % 8, minlength=8)
    # Chi-squared with 7 degrees of freedom: above 24.3 once in a thousand.
    assert ((counts - 100.0) ** 2 / 100.0).sum() < 24.3


def test_sources_keep_to_their_heights_and_distances():
    for v in drawn(60, sources=2):
        assert ((v.sources[:, 2] >= 0.7) & (v.sources[:, 2] <= 1.7)).all()
        across = np.linalg.norm((v.sources[:, None] - v.cameras[None])[..., :2], axis=-1)
        assert (across >= 0.8).all()
        assert (np.linalg.norm(v.sources[:, None] - v.cameras[None], axis=-1) <= 4.0).all()


def test_sources_are_in_free_line_of_sight():
    for v in drawn(40, Hall(wall=True)):
        assert (v.cameras[0, 0] > 4.0) == (v.sources[0, 0] > 4.0)


def test_views_move_only_where_they_may():
    moved = drawn(20, translation=0.5)
    distance = np.array([np.linalg.norm(v.cameras - v.cameras[0], axis=1) for v in moved])
    assert (distance[:, 0] == 0.0).all()
    assert 0.1 < distance[:, 1:].max() <= 0.5
    still = drawn(5, Hall(movable=False), translation=0.5)
    assert all((v.cameras == v.cameras[0]).all() for v in still)


def test_a_place_without_room_says_so():
    with pytest.raises(NoRoomLeft, match="no free place for a camera 5 m above"):
        drawn(1, camera_height=5.0)
    with pytest.raises(NoRoomLeft, match="no place for 1 sources within 50 m"):
        drawn(1, nearest_source=9.9, farthest_source=50.0, lowest_source=4.0, highest_source=5.0)


def test_angles_are_wrapped_to_a_half_open_circle():
    np.testing.assert_allclose(wrapped(np.array([np.pi, -np.pi, 3.0 * np.pi, 0.1])), [np.pi, np.pi, np.pi, 0.1])
