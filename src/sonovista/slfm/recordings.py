"""Binaural sound and pictures of a user's files, with what has to be said of them before they are believed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonovista.errors import InputError
from sonovista.signal.audio_files import MAX_SECONDS, read_audio, resample

SAMPLE_RATE = 16_000
VIDEO_ENDINGS = {".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".m4a", ".aac", ".opus"}
FEW_SAMPLES = 1_600
"""0.1 s: less says little of direction."""
CLIPPED_SHARE = 0.0005
CLIPPED_RUN = 3
"""Samples in a row at a channel's limit: a sound that was not clipped touches its peak once."""
ALIKE_DB = -40.0
"""Of what is left of one channel when the other is taken away at its best gain: two ears are never so alike."""
SILENCE_DB = -70.0
_MAX_VIDEO_SECONDS = 3600.0


@dataclass(frozen=True)
class BinauralRecording:
    """Two ears' sound.

    Attributes:
        signal: left ear first, 16 kHz, shape `(2, samples)`, float32.
        warnings: one line each.
        trust: what confidence is at most, in [0, 1].
    """

    signal: NDArray[np.float32]
    warnings: list[str] = field(default_factory=list)
    trust: float = 1.0


def read_binaural(path: str | Path) -> BinauralRecording:
    """Read a stereo sound file or the sound of a video.

    Raises:
        InputError: no such file, no sound in it, or another number of channels than two.
    """
    path = Path(path)
    if path.suffix.lower() in VIDEO_ENDINGS:
        signal, rate = _sound_of_video(path)
    else:
        rate = _rate_of(path)
        signal = read_audio(path, rate)
    if len(signal) != 2:
        hint = "a direction needs two ears" if len(signal) == 1 else "mix it down to what two ears hear"
        raise InputError(f"{path}: expected 2 channels (left and right ear), found {len(signal)}: {hint}")
    return checked_recording(signal, rate)


def checked_recording(signal: NDArray[np.float32], sample_rate: int) -> BinauralRecording:
    """Look for what makes a direction doubtful.

    Args:
        signal: full scale is 1, shape `(2, samples)`.
        sample_rate: Hz.
    """
    warnings, trust = [], 1.0
    if sample_rate < SAMPLE_RATE:
        warnings.append(
            f"sampled at {sample_rate} Hz: what is above {sample_rate // 2} Hz is missing, directions are less sure"
        )
        trust = min(trust, 0.7)
    if signal.shape[1] < FEW_SAMPLES * sample_rate // SAMPLE_RATE:
        milliseconds = 1000.0 * signal.shape[1] / sample_rate
        warnings.append(f"only {milliseconds:.0f} ms long: too little to be sure of a direction")
        trust = min(trust, 0.2)
    clipped = clipped_share(signal)
    if clipped > CLIPPED_SHARE:
        warnings.append(
            f"clipped: {100 * clipped:.1f} % of all samples are at the limit, level differences are lost there"
        )
        trust = min(trust, 0.6)
    if _level_db(signal) < SILENCE_DB:
        warnings.append("silence: there is no sound to localize")
        trust = 0.0
    elif np.array_equal(signal[0], signal[1]):
        warnings.append("both channels are the same (mono in two channels): they say nothing of direction")
        trust = 0.0
    elif min(_level_db(signal[:1]), _level_db(signal[1:])) < SILENCE_DB:
        warnings.append("one channel is silent: this is no binaural recording")
        trust = min(trust, 0.1)
    elif _differ_in_level_alone(signal):
        warnings.append("both channels are the same but for their level (panned mono): no two ears heard this")
        trust = min(trust, 0.1)
    return BinauralRecording(resample(signal, sample_rate, SAMPLE_RATE), warnings, trust)


def clipped_share(signal: NDArray[np.floating]) -> float:
    """Share of samples that lie in a row at their channel's limit, whatever gain came afterwards.

    Args:
        signal: shape `(channels, samples)`.
    """
    count = 0
    for channel in signal:
        peak = float(np.abs(channel).max(initial=0.0))
        if peak < 0.01:  # so soft that 16 bits repeat values
            continue
        for side in (channel, -channel):
            at_limit = np.concatenate([[False], side >= (1.0 - 5e-5) * peak, [False]])
            edges = np.flatnonzero(at_limit[1:] != at_limit[:-1])
            runs = edges[1::2] - edges[::2]
            count += int(runs[runs >= CLIPPED_RUN].sum())
    return count / max(1, signal.size)


def is_silent(signal: NDArray[np.floating]) -> bool:
    """Whether a stretch is softer than -70 dB full scale."""
    return _level_db(signal) < SILENCE_DB


def video_frames(path: str | Path, every: float) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Time in seconds and RGB picture `(h, w, 3)` of a video, the first one at or after each multiple of `every`.

    Raises:
        InputError: no such file, or no pictures in it.
    """
    import av
    import av.error

    path = Path(path)
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise InputError(f"{path}: expected a video, found no pictures in it")
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            wanted, first = 0.0, None
            for frame in container.decode(stream):
                time = float(frame.time or 0.0)
                first = time if first is None else first
                if time - first + 1e-6 >= wanted:
                    if time - first > _MAX_VIDEO_SECONDS:
                        raise InputError(f"{path}: expected at most {_MAX_VIDEO_SECONDS:g} s, found more")
                    yield time - first, np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
                    wanted += every
    except av.error.FFmpegError as error:
        raise InputError(f"{path}: expected a video, found what cannot be decoded ({error.strerror})") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None


def _differ_in_level_alone(signal: NDArray[np.floating]) -> bool:
    left, right = signal.astype(np.float64)
    gain = float(left @ right) / max(float(right @ right), 1e-20)
    return _level_db(left - gain * right) < _level_db(left) + ALIKE_DB


def _rate_of(path: Path) -> int:
    import soundfile

    try:
        with soundfile.SoundFile(path) as file:
            return int(file.samplerate)
    except (soundfile.LibsndfileError, OSError):
        return SAMPLE_RATE  # `read_audio` says what is wrong


def _sound_of_video(path: Path) -> tuple[NDArray[np.float32], int]:
    import av
    import av.error

    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise InputError(f"{path}: expected a recording with sound, found none in it")
            stream = container.streams.audio[0]
            rate, channels = int(stream.rate or 0), int(stream.channels or 0)
            resampler = av.AudioResampler(format="fltp", layout=stream.layout, rate=rate)
            blocks, total = [], 0
            for frame in container.decode(stream):
                for part in resampler.resample(frame):
                    blocks.append(part.to_ndarray())
                    total += blocks[-1].shape[-1]
                if total > MAX_SECONDS * rate:
                    raise InputError(f"{path}: expected at most {MAX_SECONDS:g} s of audio, found more")
    except av.error.FFmpegError as error:
        raise InputError(f"{path}: expected a recording, found what cannot be decoded ({error.strerror})") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    if not blocks:
        raise InputError(f"{path}: expected audio, found no samples")
    signal = np.concatenate(blocks, axis=-1).astype(np.float32).reshape(channels, -1)
    return signal, rate


def _level_db(signal: NDArray[np.floating]) -> float:
    mean_square = float(np.mean(np.square(signal, dtype=np.float64))) if signal.size else 0.0
    return 10.0 * float(np.log10(max(mean_square, 1e-20)))
