import json
from pathlib import Path

import numpy as np
import pytest
from acoustic_scenes import scene_of
from hypothesis import given, settings
from hypothesis import strategies as st

from sonovista.errors import InputError
from sonovista.render.trajectory import MAXIMUM_FILE_BYTES, Trajectory, load, orbit, still
from sonovista.scene.document import Listener, SceneDocument
from sonovista.scene.scene import Scene


def _scene(**listener) -> Scene:
    return Scene(SceneDocument(sources=[], listener=Listener(**listener), camera_height=1.6))


def test_still_stays_at_the_start_pose() -> None:
    path = still(_scene(position=(1.0, 2.0, 3.0), yaw_deg=30.0, pitch_deg=-5.0), seconds=4.0)
    assert path.duration == 4.0
    for time in (-1.0, 0.0, 2.2, 9.0):
        pose = path.pose(time)
        np.testing.assert_allclose(pose.position, [1.0, 2.0, 3.0])
        assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx((np.radians(30.0), np.radians(-5.0), 0.0))


def test_orbit_is_a_closed_circle_that_is_walked_looking_ahead() -> None:
    path = orbit(_scene(position=(1.0, 0.0, 0.0), yaw_deg=90.0), radius=0.5, seconds=8.0)
    np.testing.assert_allclose(path.pose(0.0).position, [1.0, 0.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(path.pose(8.0).position, [1.0, 0.0, 0.0], atol=1e-12)
    centre = np.array([0.5, 0.0, 0.0])  # half a metre to the left of someone who looks along +y
    for time in np.linspace(0.1, 7.9, 13):
        pose, later = path.pose(time), path.pose(time + 0.01)
        assert np.linalg.norm(pose.position - centre) == pytest.approx(0.5, abs=1e-4)
        motion = later.position - pose.position
        assert motion @ pose.R_world_listener[:, 0] > 0.9999 * np.linalg.norm(motion)
        assert pose.yaw == pytest.approx(0.5 * np.pi + 2.0 * np.pi * time / 8.0)


def test_between_poses_it_moves_in_a_straight_line() -> None:
    path = Trajectory(
        np.array([0.0, 2.0]), np.array([[0.0, 0, 0], [4.0, 2.0, 0]]), np.array([[0.0, 0, 0], [1.0, 0.2, 0]])
    )
    pose = path.pose(0.5)
    np.testing.assert_allclose(pose.position, [1.0, 0.5, 0.0])
    assert (pose.yaw, pose.pitch) == pytest.approx((0.25, 0.05))


def test_equal_times_are_a_jump() -> None:
    path = Trajectory(np.array([0.0, 1.0, 1.0, 2.0]), np.array([[0.0, 0, 0]] * 2 + [[5.0, 0, 0]] * 2), np.zeros((4, 3)))
    assert path.pose(0.999).position[0] == 0.0
    assert path.pose(1.0).position[0] == 5.0


def test_json_and_csv_say_the_same(tmp_path: Path) -> None:
    rows = [
        {"time": 0, "x": 0, "y": 0, "z": 0, "yaw_deg": 0, "pitch_deg": 5, "roll_deg": 0},
        {"time": 1.5, "x": 1, "y": -2, "z": 0.5, "yaw_deg": 90, "pitch_deg": 0, "roll_deg": -3},
    ]
    (tmp_path / "walk.json").write_text(json.dumps({"poses": rows}))
    lines = [",".join(rows[0]), *(",".join(str(value) for value in row.values()) for row in rows)]
    (tmp_path / "walk.csv").write_text("\n".join(lines))
    from_json, from_csv = load(tmp_path / "walk.json"), load(tmp_path / "walk.csv")
    for name in ("times", "positions", "angles"):
        np.testing.assert_array_equal(getattr(from_json, name), getattr(from_csv, name))
    np.testing.assert_allclose(from_json.angles[1], np.radians([90.0, 0.0, -3.0]))


def test_angles_may_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "walk.csv").write_text("time,x,y,z\n0,1,2,3\n")
    np.testing.assert_array_equal(load(tmp_path / "walk.csv").angles, np.zeros((1, 3)))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.json", "not json", "JSON"),
        ("a.json", "[]", "poses"),
        ("a.json", '{"poses": []}', "1 to"),
        ("a.json", '{"poses": [5]}', r"poses\[0\]"),
        ("a.json", '{"poses": [{"time": 0, "x": 0, "y": 0}]}', r"poses\[0\].z"),
        ("a.json", '{"poses": [{"time": 0, "x": NaN, "y": 0, "z": 0}]}', r"poses\[0\].x"),
        ("a.json", '{"poses": [{"time": 0, "x": true, "y": 0, "z": 0}]}', r"poses\[0\].x"),
        ("a.json", "[" * 100_000, "JSON"),
        ("a.csv", "", "columns"),
        ("a.csv", "time,x,y\n0,0,0\n", "named z"),
        ("a.csv", "time,x,y,z\n0,0,0,up\n", r"poses\[0\].z"),
        ("a.csv", "time,x,y,z\n0,0,0\n", r"poses\[0\].z"),
        ("a.csv", "time,x,y,z\n0,0,0,1e300\n", r"poses\[0\].z"),
        ("a.csv", "time,x,y,z\n1,0,0,0\n0,0,0,0\n", r"poses\[1\].time"),
        ("a.csv", "time,x,y,z\n-1,0,0,0\n", r"poses\[0\].time"),
    ],
)
def test_nonsense_is_refused_with_one_line_that_names_the_place(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=said) as caught:
        load(tmp_path / name)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_binary_and_huge_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="missing"):
        load(tmp_path / "missing.json")
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\xff\xfe\x00")
    with pytest.raises(InputError, match="UTF-8"):
        load(tmp_path / "picture.csv")
    with (tmp_path / "huge.csv").open("wb") as file:
        file.truncate(MAXIMUM_FILE_BYTES + 1)
    with pytest.raises(InputError, match="at most"):
        load(tmp_path / "huge.csv")


@settings(max_examples=50)
@given(st.lists(st.tuples(st.floats(0, 10), st.floats(-5, 5)), min_size=1, max_size=8), st.floats(-2, 12))
def test_it_never_leaves_the_hull_of_its_poses(rows: list[tuple[float, float]], time: float) -> None:
    rows.sort(key=lambda row: row[0])
    times, places = np.array(rows).T
    path = Trajectory(times, np.tile(places[:, None], 3), np.zeros((len(rows), 3)))
    found = path.pose(time).position
    assert np.all(found >= places.min() - 1e-9)
    assert np.all(found <= places.max() + 1e-9)


def test_orbit_needs_no_sources() -> None:
    assert orbit(scene_of()).duration == 8.0
