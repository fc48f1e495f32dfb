from dataclasses import replace

import numpy as np
import pytest

from sonovista.errors import InputError
from sonovista.geometry import PerspectiveCamera
from sonovista.render.splats import render_view
from sonovista.scene import Acoustics, Scene
from sonovista.scene.document import Room
from sonovista.simulate.example import ExampleOptions
from sonovista.simulate.options import ExampleSet, SimulationOptions
from sonovista.simulate.places.scene import REACH, ScenePlace
from sonovista.simulate.rooms.layout import RoomOptions
from sonovista.simulate.simulation import simulate
from sonovista.simulate.storage.hm3d_ss import read_example

ROOM = Room.model_validate(
    {"centre": (1.0, 0.5, -0.2), "size": (6.0, 4.0, 3.0), "yaw_deg": 30.0, "absorption": [(0.2,) * 8] * 6}
)


@pytest.fixture
def folder(small_scene: Scene, tmp_path):
    """The small scene with everything 4 m off, in a room that is turned."""
    small_scene.depth = np.full((16, 32), 4.0, np.float32)
    small_scene.document = small_scene.document.model_copy(update={"acoustics": Acoustics(room=ROOM)})
    small_scene.save(tmp_path / "scene")
    return tmp_path / "scene"


def test_the_camera_sees_what_the_renderer_draws(folder, small_scene):
    place = ScenePlace(folder, 0, RoomOptions())
    np.testing.assert_array_equal(place.size, ROOM.size)
    # The room's corner is the origin, and its x axis is turned 30 degrees to the left of the world's.
    corner = 0.5 * np.array(ROOM.size)
    turn = np.radians(30.0)
    c, s = np.cos(turn), np.sin(turn)
    offset = -np.array(ROOM.centre)
    origin = corner + np.array([c * offset[0] + s * offset[1], -s * offset[0] + c * offset[1], offset[2]])
    camera = PerspectiveCamera(64, 48, 1.2, 0.4 - turn, -0.1, 0.0, tuple(origin))
    drawn = render_view(Scene.load(folder).gaussians, replace(camera, yaw=0.4, position=(0.0, 0.0, 0.0)))  # pyright: ignore[reportArgumentType]
    assert np.abs(place.view(camera).rgb.astype(int) - drawn).max() <= 1


def test_it_is_seen_from_near_its_origin_only(folder):
    place = ScenePlace(folder, 0, RoomOptions())
    positions = [place.stand(1.5, 0.8, np.random.default_rng(seed)) for seed in range(10)]
    assert all(position is not None for position in positions)
    spread = np.array(positions)
    assert np.ptp(spread, axis=0)[:2].max() <= 2.0 * REACH
    assert np.ptp(spread, axis=0)[2] == 0.0


def test_what_the_depth_shows_hides_what_is_behind_it(folder):
    place = ScenePlace(folder, 0, RoomOptions())
    middle = place.stand(1.5, 0.3, np.random.default_rng(0))
    assert middle is not None
    assert place.sees(middle, middle + np.array([1.0, 0.0, 0.0]))
    assert not place.sees(middle, middle + np.array([6.0, 0.0, 0.0]))


def test_a_scene_is_simulated_end_to_end(folder, tmp_path):
    example = ExampleOptions(views=3, width=48, height=36, translation=0.3)
    options = SimulationOptions(kind="scenes", folder=folder, scenes=1, sets=(ExampleSet(examples=2, example=example),))
    assert simulate(tmp_path / "out", options).failures == []
    made = read_example(tmp_path / "out" / "scene" / "pair-0001")
    assert made.images.shape == (3, 36, 48, 3)
    assert np.linalg.norm(made.viewpoints.cameras - made.viewpoints.cameras[0], axis=1).max() > 0.01


def test_without_a_room_a_box_is_drawn(small_scene, tmp_path):
    small_scene.save(tmp_path / "open")
    one, other = (ScenePlace(tmp_path / "open", seed, RoomOptions()) for seed in (0, 1))
    assert not np.array_equal(one.size, other.size)


def test_a_scene_without_gaussians_is_refused(small_scene, tmp_path):
    small_scene.gaussians = None
    small_scene.save(tmp_path / "bare")
    with pytest.raises(InputError, match="bare: expected a scene with Gaussians"):
        ScenePlace(tmp_path / "bare", 0, RoomOptions())
