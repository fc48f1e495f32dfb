"""Videos: the pictures and the sound that go in come out."""

import av
import numpy as np
import pytest

from sonovista.render.video import write_video


def moving_square(count: int, height: int = 48, width: int = 64) -> list[np.ndarray]:
    frames = []
    for i in range(count):
        frame = np.full((height, width, 3), 40, np.uint8)
        frame[16:32, 2 * i : 2 * i + 16] = (230, 120, 30)
        frames.append(frame)
    return frames


def test_frames_come_back_in_order_at_their_rate(tmp_path):
    frames = moving_square(20)
    seen = []
    write_video(tmp_path / "a.mp4", iter(frames), 25.0, progress=seen.append)
    with av.open(str(tmp_path / "a.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.average_rate == 25
        decoded = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(decoded) == 20
    assert seen == list(range(1, 21))
    for before, after in zip(frames, decoded, strict=True):
        # Colour is halved in resolution, so edges of colour are soft.
        assert np.abs(before.astype(int) - after.astype(int)).mean() < 6.0
    assert list(tmp_path.iterdir()) == [tmp_path / "a.mp4"]


@pytest.mark.parametrize("seconds", [0.3, 1.0, 2.5])
def test_sound_lasts_as_long_as_the_pictures(tmp_path, seconds):
    rate = 48000
    time = np.arange(int(seconds * rate)) / rate
    audio = np.stack([0.5 * np.sin(2 * np.pi * 440 * time), 0.25 * np.sin(2 * np.pi * 880 * time)]).astype(np.float32)
    write_video(tmp_path / "a.mp4", moving_square(25), 25.0, audio, rate)
    with av.open(str(tmp_path / "a.mp4")) as container:
        blocks = [frame.to_ndarray() for frame in container.decode(audio=0)]
    heard = np.concatenate(blocks, axis=1)
    assert heard.shape[0] == 2
    assert heard.shape[1] == pytest.approx(rate, abs=2048)
    part = slice(4096, 12288)
    spectrum = np.abs(np.fft.rfft(heard[:, part] * np.hanning(8192), axis=1))
    peaks = spectrum.argmax(axis=1) * rate / 8192
    np.testing.assert_allclose(peaks, [440.0, 880.0], atol=6.0)
    assert np.sqrt(np.mean(heard[0, part] ** 2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.1)


def test_odd_sizes_lose_their_last_row_and_column(tmp_path):
    write_video(tmp_path / "a.mp4", moving_square(3, 49, 63), 24.0)
    with av.open(str(tmp_path / "a.mp4")) as container:
        frame = next(container.decode(video=0))
        assert (frame.height, frame.width) == (48, 62)


@pytest.mark.parametrize(
    ("frames", "audio", "words"),
    [
        ([], None, "at least one frame"),
        ([np.zeros((8, 8, 3), np.uint8), np.zeros((8, 10, 3), np.uint8)], None, "one size"),
        ([np.zeros((8, 8), np.uint8)], None, "shape"),
        (moving_square(2), np.zeros((4, 100), np.float32), "audio of shape"),
    ],
)
def test_what_cannot_be_written_leaves_nothing_behind(tmp_path, frames, audio, words):
    with pytest.raises(ValueError, match=words):
        write_video(tmp_path / "a.mp4", frames, 25.0, audio)
    assert list(tmp_path.iterdir()) == []


def test_an_error_in_the_frames_leaves_nothing_behind(tmp_path):
    def broken():
        yield from moving_square(2)
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        write_video(tmp_path / "a.mp4", broken(), 25.0)
    assert list(tmp_path.iterdir()) == []
