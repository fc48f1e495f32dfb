from pathlib import Path

import numpy as np
import pytest
import soundfile
from acoustic_scenes import ambient, mixed_scene, point, point_at, scene_of

from sonovista.errors import InputError
from sonovista.render import Pose, render_ambisonics, render_binaural, render_file
from sonovista.render.encoder_reference import encode_reference
from sonovista.render.offline import BLOCK_SIZE, estimate_listener_gain, render_blocks
from sonovista.render.trajectory import orbit, still
from sonovista.scene.document import Listener
from sonovista.scene.scene import Scene
from sonovista.signal.loudness import loop_loudness


def _with_gain(scene: Scene, gain_db: float) -> Scene:
    document = scene.document.model_copy(update={"listener": Listener(gain_db=gain_db)})
    return Scene(document, scene.sounds)


def _loudness(ears: np.ndarray) -> float:
    return float(10.0 * np.log10(sum(10.0 ** (loop_loudness(ear, 48_000) / 10.0) for ear in ears)))


def test_lengths_are_those_asked_for() -> None:
    scene = mixed_scene()
    assert render_binaural(scene, still(scene, 0.25)).shape == (2, 12_000)
    assert render_binaural(scene, still(scene, 0.25), duration=0.1).shape == (2, 4800)
    assert render_ambisonics(scene, None, duration=0.01, order=3).shape == (16, 480)
    assert render_binaural(scene, None, duration=0.0).shape == (2, 0)


def test_an_orbit_is_the_reference_on_its_poses() -> None:
    scene = mixed_scene()
    path = orbit(scene, seconds=0.2)
    poses = [path.pose(k * BLOCK_SIZE / 48_000.0) for k in range(9)]
    expected = encode_reference(scene, [(pose.position, np.eye(3)) for pose in poses], 1, BLOCK_SIZE)
    found = render_ambisonics(scene, path, duration=8 * BLOCK_SIZE / 48_000.0)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_walking_an_orbit_moves_a_source_from_ear_to_ear() -> None:
    scene = scene_of(point_at(0.0, distance=5.0))
    ears = render_binaural(scene, orbit(scene, seconds=4.0)).reshape(2, 8, -1).astype(float)
    balance = 10.0 * np.log10(np.mean(ears[0] ** 2, axis=1) / np.mean(ears[1] ** 2, axis=1))
    assert np.all(balance[1:3] < -3.0)  # a quarter turn to the left: the source is at the right
    assert np.all(balance[5:7] > 3.0)


@pytest.mark.parametrize("mode", ["binaural", "ambisonics"])
def test_files_hold_what_the_arrays_hold(tmp_path: Path, mode) -> None:
    scene = mixed_scene()
    path = orbit(scene, seconds=0.3)
    render_file(scene, path, tmp_path / "out.wav", mode=mode)
    signal, rate = soundfile.read(tmp_path / "out.wav", dtype="float32", always_2d=True)
    expected = render_binaural(scene, path) if mode == "binaural" else render_ambisonics(scene, path)
    assert rate == 48_000
    np.testing.assert_allclose(signal.T, expected, atol=2.0**-22)
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.wav"]


def test_files_are_refused_with_one_clear_line(tmp_path: Path) -> None:
    scene = mixed_scene()
    with pytest.raises(InputError, match=r"\.wav"):
        render_file(scene, None, tmp_path / "out.mp3")
    with pytest.raises(InputError, match="cannot be written"):
        render_file(scene, None, tmp_path / "nowhere" / "out.wav", duration=0.1)
    with pytest.raises(InputError, match="duration"):
        render_file(scene, None, tmp_path / "out.wav", duration=1e9)
    with pytest.raises(InputError, match="duration"):
        render_binaural(scene, None, duration=float("nan"))
    assert list(tmp_path.iterdir()) == []


def test_blocks_are_of_bounded_size_however_long_the_walk() -> None:
    scene = scene_of(point_at(0.0), samples=100)
    blocks = render_blocks(scene, None, duration=24 * 3600.0)
    assert all(next(blocks).shape == (2, BLOCK_SIZE) for _ in range(5))


def test_listener_gain_gives_the_loudness_that_is_asked_for() -> None:
    scene = scene_of(point_at(30.0, distance=6.0), point("b", [3.0, -3.0, 0.0], -10.0), ambient(gain_db=-30.0))
    for target in (-30.0, -23.0):
        gain = estimate_listener_gain(scene, target)
        ears = render_binaural(_with_gain(scene, gain), None, duration=8.0)
        assert _loudness(ears) == pytest.approx(target, abs=0.1)


def test_listener_gain_stays_below_the_limiter_for_sparse_sounds() -> None:
    scene = scene_of(point_at(0.0))
    click = np.zeros(48_000, np.float32)
    click[100] = 1.0
    scene.sounds["thing"] = click
    ears = render_binaural(_with_gain(scene, estimate_listener_gain(scene)), None, duration=8.0)
    assert 0.75 < np.abs(ears).max() <= 0.8 + 1e-4


def test_listener_gain_of_silence_is_0() -> None:
    scene = scene_of(point_at(0.0))
    scene.sounds["thing"] = np.zeros(480, np.float32)
    assert estimate_listener_gain(scene) == 0.0
    assert estimate_listener_gain(scene_of()) == 0.0


def test_the_document_s_own_gain_does_not_change_the_estimate() -> None:
    scene = scene_of(point_at(0.0))
    assert estimate_listener_gain(_with_gain(scene, 40.0)) == pytest.approx(estimate_listener_gain(scene), abs=1e-6)


def test_a_pose_is_a_trajectory_that_rests() -> None:
    scene = mixed_scene()
    pose = Pose(np.array([0.3, 0.2, 0.1]), yaw=0.4)
    heard, longer = render_binaural(scene, pose, 0.05), render_binaural(scene, pose, 0.2)
    np.testing.assert_allclose(heard, longer[:, : int(0.05 * 48_000)], rtol=0, atol=1e-6)
