"""`sonovista localize`, `rotation`, `track` and `train` as a user runs them."""

import json

import numpy as np
import pytest
import soundfile
from command_line import Run, refused
from PIL import Image

from sonovista.render.video import write_video


def panning(frames: int) -> list[np.ndarray]:
    """A camera that turns right over a textured wall: what it sees moves left."""
    rng = np.random.default_rng(0)
    wall = np.asarray(Image.fromarray(rng.integers(0, 256, (30, 80, 3)).astype(np.uint8)).resize((640, 240)))
    return [wall[:, 6 * k : 6 * k + 320] for k in range(frames)]


@pytest.fixture
def stereo() -> np.ndarray:
    noise = 0.1 * np.random.default_rng(1).standard_normal(48_000 * 2)
    return np.stack([noise, 0.4 * np.roll(noise, 20)]).astype(np.float32)


def test_localize(sonovista: Run, tmp_path, stereo):
    soundfile.write(tmp_path / "walk.wav", stereo.T, 48_000)
    found = json.loads(sonovista("localize", "walk.wav", "--json").stdout)
    assert len(found["windows"]) == 2
    assert all(window["azimuth_deg"] > 0 for window in found["windows"])
    table = sonovista("localize", "walk.wav")
    assert table.returncode == 0
    assert "azimuth" in table.stdout


def test_mono_is_refused(sonovista: Run, tmp_path, stereo):
    soundfile.write(tmp_path / "mono.wav", stereo[0], 48_000)
    assert "expected 2 channels" in refused(sonovista("localize", "mono.wav", "--json"))


def test_rotation(sonovista: Run, tmp_path):
    first, *_, last = panning(12)
    Image.fromarray(first).save(tmp_path / "a.png")
    Image.fromarray(last).save(tmp_path / "b.png")
    found = json.loads(sonovista("rotation", "a.png", "b.png", "--json").stdout)
    # 66 of 320 pixels at 60 degrees
    assert found["rotation_deg"] == pytest.approx(-13.4, abs=3.0)
    assert set(found) >= {"rotation_deg", "confidence", "warnings"}


def test_track(sonovista: Run, tmp_path, stereo):
    write_video(tmp_path / "walk.mp4", panning(30), 15.0, stereo, 48_000)
    result = sonovista("track", "walk.mp4", "--json", "--csv", "walk.csv")
    found = json.loads(result.stdout)
    assert [window["start_s"] for window in found["windows"]] == [0.0, 1.0]
    assert found["windows"][1]["rotation_deg"] < found["windows"][0]["rotation_deg"] < 0.0
    assert (tmp_path / "walk.csv").read_text().count("\n") == 3


def test_a_video_without_sound_is_refused(sonovista: Run, tmp_path):
    write_video(tmp_path / "silent.mp4", panning(3), 15.0)
    assert "expected a recording with sound" in refused(sonovista("track", "silent.mp4"))


def test_a_wrong_option_of_a_run_is_named(sonovista: Run, tmp_path):
    (tmp_path / "run.yaml").write_text("name: a\ntraining: {batch: none}\n")
    assert "run.yaml: training.batch" in refused(sonovista("train", "run.yaml"))
    assert "no.yaml: cannot be read" in refused(sonovista("train", "no.yaml"))
