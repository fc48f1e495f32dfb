"""From a thing's level in decibels to the gain of its loop.

SonoWorld sets each source's loudness as `a_i(t) = 10^(v_i / 20) a_raw,i(t)` (section 3, equalisation), with `v_i` named
by a language model as a peak level: about -18 dB for what stands in front, -28 dB for the background. Here `v_i` is
computed:

1. The loop is brought to `LOOP_LOUDNESS` (K-weighted, gated), or to a peak of `PEAK_DBFS` where that comes first, so
that
   files use their resolution and all loops are comparable.
2. A source of `level_db` dB SPL at 1 m shall have the loudness
   `REFERENCE_LOUDNESS + COMPRESSION * (level_db - REFERENCE_LEVEL)` at 1 m. A thing of 70 dB SPL (a brook near by, a
   voice raised) lands at -30 LUFS, whose peaks are near the paper's -18 dB for the usual crest factor of 12 dB; 50 dB
   SPL (leaves) lands 12 dB lower, near the paper's -28 to -30. Real levels in one picture span 80 dB; compressed to 0.6
   of that, a clock is still heard in a room with a street outside, and the order of loudness stays.
"""

import numpy as np
from numpy.typing import NDArray

from sonovista.signal.loudness import loop_loudness

PEAK_DBFS = -1.0
"""Highest sample of a loop."""
LOOP_LOUDNESS = -20.0
"""LUFS of a loop as it is written, where its peaks allow it."""
REFERENCE_LEVEL = 70.0
"""dB SPL at 1 m that has `REFERENCE_LOUDNESS`."""
REFERENCE_LOUDNESS = -30.0
"""LUFS at 1 m of a source of `REFERENCE_LEVEL`."""
COMPRESSION = 0.6
"""dB of loudness for each dB of level."""
MIN_GAIN_DB, MAX_GAIN_DB = -60.0, 24.0


def normalise_loop(signal: NDArray[np.floating], sample_rate: int) -> tuple[NDArray[np.float32], float]:
    """Bring a loop to `LOOP_LOUDNESS` without its peak passing `PEAK_DBFS`.

    Args:
        signal: shape `(samples,)`, any scale, not silent.
        sample_rate: Hz.

    Returns:
        The loop, float32, and its loudness in LUFS (`LOOP_LOUDNESS`, or less where it is spiky).
    """
    signal = np.asarray(signal, float) - np.mean(signal)
    peak = float(np.abs(signal).max())
    if not peak > 0:
        return np.zeros(len(signal), np.float32), -np.inf
    signal = signal / peak
    loudness = loop_loudness(signal, sample_rate)
    scale_db = min(LOOP_LOUDNESS - loudness, PEAK_DBFS) if np.isfinite(loudness) else PEAK_DBFS
    return (signal * 10 ** (scale_db / 20)).astype(np.float32), loudness + scale_db


def loudness_at_one_metre(level_db: float) -> float:
    """LUFS at 1 m of a source of `level_db` dB SPL at 1 m."""
    return REFERENCE_LOUDNESS + COMPRESSION * (level_db - REFERENCE_LEVEL)


def source_gain(level_db: float, loop_loudness_lufs: float) -> float:
    """The paper's `v_i`: dB that a loop of that loudness needs, so that its source has its level at 1 m."""
    if not np.isfinite(loop_loudness_lufs):
        return MIN_GAIN_DB
    return float(np.clip(loudness_at_one_metre(level_db) - loop_loudness_lufs, MIN_GAIN_DB, MAX_GAIN_DB))
