import json
import shutil

import numpy as np
import pytest
import soundfile

from sonovista.errors import InputError
from sonovista.geometry import wrapped
from sonovista.simulate.example import Example, Viewpoints
from sonovista.simulate.storage.hm3d_ss import from_habitat, read_example, to_habitat, write_example


def some_example(seed: int = 0, views: int = 4, sources: int = 2) -> Example:
    rng = np.random.default_rng(seed)
    viewpoints = Viewpoints(
        np.array([2.0, 3.0, 1.5]) + np.zeros((views, 3)),
        rng.uniform(0.0, 2.0 * np.pi, views),
        np.radians(-22.5),
        rng.uniform(0.0, 4.0, (sources, 3)),
    )
    decay = np.exp(-np.arange(1600) / 300.0)
    return Example(
        "room-0003",
        viewpoints,
        rng.integers(0, 256, (views, 24, 32, 3)).astype(np.uint8),
        rng.uniform(0.5, 6.0, (views, 24, 32)).astype(np.float32),
        rng.normal(0.0, 0.3, (sources, views, 2, 200)).astype(np.float32),
        (decay * rng.normal(0.0, 0.2, (sources, views, 2, 1600))).astype(np.float32),
        rng.uniform(0.1, 0.5, (sources, views, 2)),
        {"seed": seed},
    )


def test_an_example_comes_back_as_it_was(tmp_path):
    example = some_example()
    write_example(tmp_path / "room" / "pair-0000", example)
    back = read_example(tmp_path / "room" / "pair-0000")

    np.testing.assert_array_equal(back.images, example.images)
    assert back.depth is not None
    assert example.depth is not None
    np.testing.assert_allclose(back.depth, example.depth, rtol=1e-3)
    for name in ("cameras", "sources"):
        np.testing.assert_allclose(getattr(back.viewpoints, name), getattr(example.viewpoints, name), atol=1e-9)
    np.testing.assert_allclose(back.viewpoints.azimuths, example.viewpoints.azimuths, atol=1e-9)
    # 16 bits at a scale of a half or a quarter.
    np.testing.assert_allclose(back.direct, example.direct, atol=2.0**-12)
    np.testing.assert_allclose(back.indirect, example.indirect, atol=2.0**-12)
    assert back.record == {"seed": 0}
    assert (back.scene, back.viewpoints.pitch) == ("room-0003", pytest.approx(np.radians(-22.5)))


def test_the_files_are_those_of_the_original_format(tmp_path):
    write_example(tmp_path / "pair-0000", some_example(views=2, sources=1))
    files = sorted(str(p.relative_to(tmp_path / "pair-0000")) for p in (tmp_path / "pair-0000").rglob("*.*"))
    assert files == [
        "binaural_rirs/sound_0_camera_0_rir.wav",
        "binaural_rirs/sound_0_camera_1_rir.wav",
        "binaural_rirs_direct/sound_0_camera_0_rir.wav",
        "binaural_rirs_direct/sound_0_camera_1_rir.wav",
        "binaural_rirs_indirect/sound_0_camera_0_rir.wav",
        "binaural_rirs_indirect/sound_0_camera_1_rir.wav",
        "camera_0_depth.png",
        "camera_0_rgb.png",
        "camera_1_depth.png",
        "camera_1_rgb.png",
        "depth.npz",
        "metadata.json",
        "sonovista.json",
    ]
    data = json.loads((tmp_path / "pair-0000" / "metadata.json").read_text())
    assert sum("camera" in key and "position" in key for key in data) == 2  # how the original counts cameras
    info = soundfile.info(tmp_path / "pair-0000" / "binaural_rirs" / "sound_0_camera_0_rir.wav")
    assert (info.samplerate, info.channels, info.subtype) == (16_000, 2, "PCM_16")


def test_stored_angles_equal_those_of_positions_and_quaternions(tmp_path):
    write_example(tmp_path / "pair-0000", some_example(seed=5))
    data = json.loads((tmp_path / "pair-0000" / "metadata.json").read_text())
    for camera in range(4):
        w, x, y, z = data[f"camera_{camera}_rotation_in_quaternion"]
        assert x == z == 0.0
        # The quaternion turns -Z, the camera's forward, about +Y.
        forward = np.array([-2 * (x * z + w * y), 0.0, -(1 - 2 * (x * x + y * y))])
        left = np.cross([0.0, 1.0, 0.0], forward)
        for source in range(2):
            offset = np.array(data[f"source_{source}_position"]) - data[f"camera_{camera}_position"]
            angle = np.degrees(np.arctan2(offset @ left, offset @ forward))
            stored = data[f"relative_angle_between_sound_{source}_camera_{camera}"]
            assert np.degrees(wrapped(np.radians(np.array(angle - stored)))) == pytest.approx(0.0, abs=1e-6)
        turned = np.degrees(np.arctan2(-forward[0], -forward[2])) % 360.0
        assert data[f"camera_{camera}_angle"] == pytest.approx(turned)


def test_the_frames_are_each_other_s_inverse():
    points = np.random.default_rng(0).normal(size=(5, 3))
    np.testing.assert_allclose(from_habitat(to_habitat(points)), points)
    np.testing.assert_allclose(to_habitat(np.array([1.0, 0.0, 0.0])), [0.0, 0.0, -1.0])
    np.testing.assert_allclose(to_habitat(np.array([0.0, 1.0, 0.0])), [-1.0, 0.0, 0.0])


def test_the_sum_is_what_the_two_parts_add_up_to(tmp_path):
    write_example(tmp_path / "p", some_example())
    parts = [
        soundfile.read(tmp_path / "p" / kind / "sound_1_camera_2_rir.wav")[0]
        for kind in ("binaural_rirs", "binaural_rirs_direct", "binaural_rirs_indirect")
    ]
    total, direct, indirect = parts
    indirect[: len(direct)] += direct
    np.testing.assert_allclose(total, indirect, atol=2.0**-14)


def test_data_without_our_own_files_is_read(tmp_path):
    write_example(tmp_path / "p", some_example())
    (tmp_path / "p" / "sonovista.json").unlink()
    (tmp_path / "p" / "depth.npz").unlink()
    back = read_example(tmp_path / "p")
    assert back.depth is None
    assert back.record == {}


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda folder: (folder / "metadata.json").unlink(), "metadata.json"),
        (lambda folder: (folder / "metadata.json").write_text("[1]"), "expected a JSON object"),
        (lambda folder: (folder / "metadata.json").write_text('{"camera_0_position": [1, 2]}'), "source"),
        (lambda folder: (folder / "camera_0_rgb.png").write_bytes(b"no picture"), "camera_0_rgb.png"),
        (lambda folder: (folder / "binaural_rirs_direct" / "sound_0_camera_0_rir.wav").unlink(), "sound_0_camera_0"),
        (
            lambda folder: soundfile.write(
                folder / "binaural_rirs_indirect" / "sound_0_camera_0_rir.wav", np.zeros((9, 1)), 8000
            ),
            "expected 2 channels at 16000 Hz",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path, spoil, named):
    write_example(tmp_path / "p", some_example())
    spoil(tmp_path / "p")
    with pytest.raises(InputError, match=named):
        read_example(tmp_path / "p")


def test_nothing_is_overwritten_or_left_half_written(tmp_path):
    write_example(tmp_path / "p", some_example())
    with pytest.raises(InputError, match="expected no such folder"):
        write_example(tmp_path / "p", some_example())
    shutil.rmtree(tmp_path / "p")
    assert list(tmp_path.iterdir()) == []
