import csv

import numpy as np
import pytest

from sonovista.errors import InputError
from sonovista.render.video import write_video
from sonovista.slfm.streams.panoramas import crop
from sonovista.slfm.track_files import write_csv, write_plot
from sonovista.slfm.tracking import TrackWindow, VideoTrack, track

FOUND = VideoTrack(
    [TrackWindow(0.0, 1.0, 0.5, 0.1, 0.0, 0.0, 0.9, 1.0), TrackWindow(1.0, 2.0, None, 0.0, -0.2, 0.05, 0.0, 0.9)], []
)


def test_a_table_has_a_row_for_each_window(tmp_path):
    write_csv(tmp_path / "a.csv", FOUND)
    with (tmp_path / "a.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["azimuth_deg"] for row in rows] == ["28.65", ""]
    assert rows[1]["rotation_deg"] == "-11.46"


def test_a_plot_is_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    write_plot(tmp_path / "a.png", FOUND)
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
    with pytest.raises(InputError, match=r"expected a name that ends in \.png"):
        write_plot(tmp_path / "a.txt", FOUND)


def test_a_camera_that_pans_beyond_what_one_picture_shows_is_followed(tmp_path, rng):
    noise = rng.integers(0, 256, (64, 128, 3)).astype(np.uint8)
    panorama = np.kron(noise, np.ones((8, 8, 1), np.uint8))  # 512 x 1024: sharp squares to match
    yaws = np.radians(np.linspace(0.0, 90.0, 25))
    frames = [crop(panorama, yaw, 0.0, 320, 240, np.radians(60.0)) for yaw in yaws]
    sound = 0.1 * rng.standard_normal((2, 16_000 * 6)).astype(np.float32)
    write_video(tmp_path / "pan.mp4", frames, 4.0, sound, 16_000)
    found = track(tmp_path / "pan.mp4")
    last = found.windows[5]
    assert last.rotation is not None
    assert np.degrees(last.rotation) == pytest.approx(np.degrees(yaws[20:24].mean()), abs=2.0)
    turns = [window.rotation for window in found.windows if window.rotation is not None]
    assert np.all(np.diff(turns) > 0.0)
    assert found.windows[2].rotation_spread > np.radians(2.0)
