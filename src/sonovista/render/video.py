"""Pictures and sound -> an MP4 file that any player opens (H.264 and AAC)."""

from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path

import av
import av.container
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from numpy.typing import NDArray

from sonovista.whole_files import whole_file

AUDIO_BLOCK = 1024
"""Samples of an AAC frame."""

CRF = "18"
"""H.264's constant rate factor: visually lossless."""


def write_video(
    path: str | Path,
    frames: Iterable[NDArray[np.uint8]],
    frame_rate: float,
    audio: NDArray[np.float32] | None = None,
    sample_rate: int = 48000,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Write frames as they come, under a temporary name that is renamed when whole.

    Args:
        path: of the MP4 file; its folder must exist.
        frames: RGB, each `(H, W, 3)`, uint8, all of one size, at least one; an odd last row or column is left out,
            since the format has colour for pairs of pixels only.
        frame_rate: frames a second.
        audio: in [-1, 1], shape `(channels, samples)` with one or two channels, or None; it is cut to the frames'
            duration, or followed by silence.
        sample_rate: Hz.
        progress: called with the number of frames written so far.

    Raises:
        ValueError: no frames, frames of different sizes, or audio of another shape.
        OSError: the file cannot be written; nothing is left behind.
    """
    if not frame_rate > 0.0:
        raise ValueError(f"expected a positive frame rate, found {frame_rate}")
    if audio is not None and (audio.ndim != 2 or audio.shape[0] not in (1, 2)):
        raise ValueError(f"expected audio of shape (1 or 2, samples), found {audio.shape}")
    path = Path(path)
    options = {"movflags": "+faststart"}
    with whole_file(path) as part, av.open(str(part), "w", format="mp4", options=options) as container:
        _write(container, frames, frame_rate, audio, sample_rate, progress)


def _write(
    container: av.container.OutputContainer,
    frames: Iterable[NDArray[np.uint8]],
    frame_rate: float,
    audio: NDArray[np.float32] | None,
    sample_rate: int,
    progress: Callable[[int], None] | None,
) -> None:
    rate = Fraction(frame_rate).limit_denominator(1001)
    video: VideoStream = container.add_stream("libx264", rate=rate, options={"crf": CRF, "preset": "medium"})
    video.pix_fmt = "yuv420p"
    sound: AudioStream | None = None
    if audio is not None:
        layout = "mono" if audio.shape[0] == 1 else "stereo"
        sound = container.add_stream("aac", rate=sample_rate, layout=layout, bit_rate=192_000)
    count = heard = 0
    shape: tuple[int, ...] | None = None
    for frame in frames:
        if shape is None:
            shape = frame.shape
            if len(shape) != 3 or shape[2] != 3 or min(shape[:2]) < 2:
                raise ValueError(f"expected frames of shape (H, W, 3) of at least 2 x 2 pixels, found {shape}")
            video.height, video.width = shape[0] // 2 * 2, shape[1] // 2 * 2
        elif frame.shape != shape:
            raise ValueError(f"expected frames of one size, found {shape} and {frame.shape}")
        even = np.ascontiguousarray(frame[: video.height, : video.width], np.uint8)
        container.mux(video.encode(av.VideoFrame.from_ndarray(even, format="rgb24")))
        count += 1
        if audio is not None and sound is not None:
            # Sound goes in as its pictures do, so that a player finds both side by side.
            heard = _write_sound(container, sound, audio, heard, int(count / rate * sample_rate), sample_rate)
        if progress is not None:
            progress(count)
    if count == 0:
        raise ValueError("expected at least one frame, found none")
    container.mux(video.encode(None))
    if audio is not None and sound is not None:
        _write_sound(container, sound, audio, heard, int(count / rate * sample_rate), sample_rate, last=True)
        container.mux(sound.encode(None))


def _write_sound(
    container: av.container.OutputContainer,
    stream: AudioStream,
    audio: NDArray[np.float32],
    start: int,
    end: int,
    sample_rate: int,
    last: bool = False,
) -> int:
    """Encode samples from `start` to `end`, whole blocks unless they are the last; returns where it stopped."""
    while end - start >= AUDIO_BLOCK or (last and end > start):
        stop = min(start + AUDIO_BLOCK, end)
        block = np.zeros((audio.shape[0], stop - start), np.float32)
        heard = audio[:, start:stop]
        block[:, : heard.shape[1]] = heard
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=stream.layout.name)
        frame.sample_rate = sample_rate
        frame.pts = start
        frame.time_base = Fraction(1, sample_rate)
        container.mux(stream.encode(frame))
        start = stop
    return start
