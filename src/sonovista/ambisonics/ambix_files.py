"""Ambisonic audio files: AmbiX (ACN order, SN3D), and other conventions by name."""

from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonovista.ambisonics.conventions import MAXIMUM_FUMA_ORDER, Convention, convert_convention
from sonovista.ambisonics.spherical_harmonics import channel_count, order_of_channels
from sonovista.errors import InputError
from sonovista.signal.audio_files import MAX_SECONDS, read_audio, write_audio


def read_ambix(
    path: str | Path,
    sample_rate: int = 48_000,
    order: int | None = None,
    convention: Convention = "sn3d",
    max_seconds: float = MAX_SECONDS,
) -> NDArray[np.float32]:
    """Read an Ambisonic file; what comes back is AmbiX (ACN order, SN3D).

    Args:
        path: WAV, CAF, FLAC: what libsndfile knows.
        sample_rate: Hz, to which the signals are resampled.
        order: wanted; higher orders of the file are left out. None keeps the file's.
        convention: of the file: "sn3d", "n3d" or "fuma".
        max_seconds: a longer file is refused.

    Returns:
        float32, shape `((order + 1) ** 2, samples)`.

    Raises:
        InputError: it cannot be read, its channel count is that of no order from 1 to 7 (for FuMa: 1 to 3), or its
            order is lower than wanted.
        ValueError: an unknown convention or order.
    """
    _check_convention(convention)
    channels = None if order is None else channel_count(order)
    signals = read_audio(path, sample_rate, max_seconds=max_seconds)
    found = _file_order(path, signals.shape[0], convention)
    if order is not None and found < order:
        raise InputError(f"{path}: expected order {order} ({channels} channels) at least, found order {found}")
    return convert_convention(signals, convention)[:channels].astype(np.float32, copy=False)


def write_ambix(
    path: str | Path,
    signals: ArrayLike,
    sample_rate: int = 48_000,
    subtype: str = "PCM_24",
    convention: Convention = "sn3d",
) -> None:
    """Write Ambisonic signals (ACN order, SN3D) to a WAV file.

    Args:
        path: ends in `.wav`; `.flac` holds first order only.
        signals: full scale is 1, shape `((order + 1) ** 2, samples)`.
        sample_rate: Hz.
        subtype: `PCM_16`, `PCM_24` or `FLOAT`; integer ones clip beyond full scale.
        convention: of the file: "sn3d" (AmbiX), "n3d" or "fuma".

    Raises:
        InputError: the file cannot be written, or its name ends otherwise.
        ValueError: a channel count of no order from 1 to 7, an unknown convention, signals that are not finite.
    """
    _check_convention(convention)
    signals = np.asarray(signals, np.float32)
    if signals.ndim != 2 or order_of_channels(signals.shape[0]) < 1:
        raise ValueError(f"expected signals of shape ((order + 1) ** 2, samples), found {signals.shape}")
    write_audio(path, convert_convention(signals, "sn3d", convention), sample_rate, subtype)


def _check_convention(convention: str) -> None:
    if convention not in get_args(Convention):
        raise ValueError(f"convention must be one of {', '.join(get_args(Convention))}, found {convention!r}")


def _file_order(path: str | Path, channels: int, convention: Convention) -> int:
    highest = MAXIMUM_FUMA_ORDER if convention == "fuma" else 7
    counts = [channel_count(order) for order in range(1, highest + 1)]
    if channels not in counts:
        raise InputError(
            f"{path}: expected an Ambisonic file of order 1 to {highest} "
            f"({', '.join(map(str, counts[:-1]))} or {counts[-1]} channels), found {channels}"
        )
    return order_of_channels(channels)
