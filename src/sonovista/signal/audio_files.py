"""Audio files: read with every check that a stranger's file needs, written whole or not at all."""

import io
import os
import struct
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from sonovista.errors import InputError
from sonovista.whole_files import whole_file

MAX_SECONDS = 3600.0
"""Seconds that `read_audio` reads at most, unless told otherwise."""
MAX_CHANNELS = 64
MAX_FILE_BYTES = 4 << 30
MIN_SAMPLE_RATE, MAX_SAMPLE_RATE = 1_000, 768_000
_BLOCK_SAMPLES = 1 << 20
_STREAMED_SIZES = (0, 0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000)  # what programs write that cannot seek back to the header


def read_audio(
    path: str | Path,
    sample_rate: int,
    channels: int | None = None,
    max_seconds: float = MAX_SECONDS,
    truncate: bool = False,
) -> NDArray[np.float32]:
    """Read an audio file (WAV, FLAC, Ogg, AIFF, MP3: what libsndfile knows) at a wanted rate.

    Args:
        path: the file.
        sample_rate: Hz, to which the sound is resampled (soxr, high quality).
        channels: None keeps the file's channels; 1 takes their mean; any other number must be the file's own.
        max_seconds: a longer file is refused before its samples are read.
        truncate: take the first `max_seconds` of a longer file instead.

    Returns:
        float32, shape `(channels, samples)`, full scale is 1; values beyond it, which float files may hold, are kept.

    Raises:
        InputError: no such file, empty, not audio, too long, truncated (fewer samples than its header promises), not
            finite, or another number of channels.
    """
    path = Path(path)
    _check_file(path)
    try:
        with soundfile.SoundFile(path) as file:
            native_rate, native_channels, promised = file.samplerate, file.channels, file.frames
            _check_header(path, native_rate, native_channels)
            limit = int(max_seconds * native_rate)
            # a streamed FLAC promises 0 samples or an absurd number: it is read until it ends
            counted = 0 < promised < 1 << 36
            if counted and promised > limit and not truncate:
                raise InputError(
                    f"{path}: expected at most {max_seconds:g} s of audio, found {promised / native_rate:.1f} s"
                )
            signal = _read_blocks(file, limit + 1)
    except soundfile.LibsndfileError as error:
        raise InputError(
            f"{path}: expected a whole audio file, found one that cannot be decoded ({error.error_string})"
        ) from None
    if signal.shape[1] > limit:
        if not truncate:
            raise InputError(f"{path}: expected at most {max_seconds:g} s of audio, found more")
        signal = signal[:, :limit]
    elif counted and signal.shape[1] < promised:
        raise InputError(f"{path}: its header promises {promised} samples, found {signal.shape[1]}: truncated?")
    if signal.shape[1] == 0:
        raise InputError(f"{path}: expected audio, found a file with no samples")
    if not np.isfinite(signal).all():
        raise InputError(f"{path}: expected finite samples, found NaN or infinity")
    return resample(_as_channels(path, signal, channels), native_rate, sample_rate)


def write_audio(
    path: str | Path,
    signal: NDArray[np.floating],
    sample_rate: int,
    subtype: str = "PCM_24",
) -> None:
    """Write an audio file under a temporary name and rename it, so that a killed run leaves no half of a file.

    Args:
        path: ends in `.wav` or `.flac` (case does not matter); its folder exists.
        signal: float, full scale is 1, shape `(channels, samples)` or `(samples,)`. Integer subtypes clip beyond it.
        sample_rate: Hz.
        subtype: libsndfile's name: `PCM_16`, `PCM_24`, or for WAV also `FLOAT`.

    Raises:
        InputError: another ending, a FLAC of more than 8 channels, or a folder that cannot be written.
        ValueError: a signal that is not finite or has another number of dimensions.
    """
    path = Path(path)
    signal = np.atleast_2d(np.asarray(signal, dtype=np.float32))
    if signal.ndim != 2:
        raise ValueError(f"signal: expected (channels, samples) or (samples,), found {signal.ndim} dimensions")
    if not np.isfinite(signal).all():
        raise ValueError("signal: expected finite samples, found NaN or infinity")
    kind = {".wav": "WAV", ".flac": "FLAC"}.get(path.suffix.lower())
    if kind is None:
        raise InputError(f"{path}: expected a name that ends in .wav or .flac, found {path.suffix or 'no ending'!r}")
    if kind == "FLAC" and signal.shape[0] > 8:
        raise InputError(f"{path}: FLAC holds at most 8 channels, found {signal.shape[0]}; write .wav")
    if not soundfile.check_format(kind, subtype):
        raise ValueError(f"subtype: {kind} does not know {subtype!r}")
    buffer = io.BytesIO()
    soundfile.write(buffer, signal.T, sample_rate, format=kind, subtype=subtype)
    with whole_file(path) as temporary:
        temporary.write_bytes(buffer.getbuffer())


def resample(signal: NDArray[np.float32], from_rate: int, to_rate: int) -> NDArray[np.float32]:
    """Resample `(..., samples)` from `from_rate` to `to_rate` Hz with soxr's high quality; float32."""
    signal = np.asarray(signal, dtype=np.float32)
    if from_rate == to_rate:
        return signal
    rows = signal.reshape(-1, signal.shape[-1])
    resampled = soxr.resample(np.ascontiguousarray(rows.T), from_rate, to_rate, quality="HQ").T
    return np.ascontiguousarray(resampled, dtype=np.float32).reshape(*signal.shape[:-1], -1)


def _check_file(path: Path) -> None:
    """Refuse what is no file, is empty or too big, and a WAV whose data chunk is shorter than it says."""
    try:
        if path.is_dir():
            raise InputError(f"{path}: expected an audio file, found a folder")
        size = path.stat().st_size
        if size == 0:
            raise InputError(f"{path}: expected an audio file, found an empty file")
        if size > MAX_FILE_BYTES:
            raise InputError(f"{path}: expected at most {MAX_FILE_BYTES >> 30} GiB, found {size / 2**30:.1f} GiB")
        with path.open("rb") as file:
            _check_wav_length(path, file, size)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None


def _check_wav_length(path: Path, file: io.BufferedReader, size: int) -> None:
    """A truncated WAV is silently shortened by libsndfile, so its chunks are walked here."""
    if (header := file.read(12))[:4] != b"RIFF" or header[8:] != b"WAVE":
        return
    while len(chunk := file.read(8)) == 8:
        name, length = struct.unpack("<4sI", chunk)
        if name == b"data":
            left = size - file.tell()
            if length not in _STREAMED_SIZES and length > left:
                raise InputError(f"{path}: its header promises {length} bytes of samples, found {left}: truncated?")
            return
        file.seek(length + length % 2, os.SEEK_CUR)


def _check_header(path: Path, sample_rate: int, channels: int) -> None:
    if not MIN_SAMPLE_RATE <= sample_rate <= MAX_SAMPLE_RATE:
        raise InputError(
            f"{path}: expected a sample rate of {MIN_SAMPLE_RATE} to {MAX_SAMPLE_RATE} Hz, found {sample_rate}"
        )
    if channels > MAX_CHANNELS:
        raise InputError(f"{path}: expected at most {MAX_CHANNELS} channels, found {channels}")


def _read_blocks(file: soundfile.SoundFile, limit: int) -> NDArray[np.float32]:
    """Read at most `limit` samples; memory grows with what is there, not with what the header promises."""
    blocks: list[NDArray[np.float32]] = []
    left = limit
    while left > 0:
        block = np.asarray(file.read(min(left, _BLOCK_SAMPLES), dtype="float32", always_2d=True), np.float32)
        if len(block) == 0:
            break
        blocks.append(block)
        left -= len(block)
    if not blocks:
        return np.zeros((file.channels, 0), np.float32)
    return np.ascontiguousarray(np.concatenate(blocks).T)


def _as_channels(path: Path, signal: NDArray[np.float32], channels: int | None) -> NDArray[np.float32]:
    if channels is None or signal.shape[0] == channels:
        return signal
    if channels == 1:
        return signal.mean(axis=0, keepdims=True, dtype=np.float32)
    raise InputError(f"{path}: expected {channels} channels, found {signal.shape[0]}")
