"""What tells a good estimate of sound direction from a bad one."""

import numpy as np
from numpy.typing import NDArray

from sonovista.slfm.classical.time_delay import gcc_phat_azimuth
from sonovista.slfm.recordings import SAMPLE_RATE
from sonovista.slfm.runtime import MotionNetworks

SOUND_EVIDENCE = 4
PARTS = 4
"""Overlapping halves of a window whose estimates must agree for it to be sure."""
_FINEST = 0.02
"""Radians of disagreement below which less says nothing."""


def sound_evidence(stretch: NDArray[np.float32], front: NDArray[np.float64], doubt: float) -> NDArray[np.float64]:
    """What confidence is fitted to, shape `(SOUND_EVIDENCE,)`.

    How far the parts spread, how far their mean is from the whole, how far off the delay between the ears says that it
    is (logarithms), and the network's own doubt.

    Args:
        stretch: the sound, shape `(2, samples)`, 16 kHz.
        front: azimuths in front, radians, of all of it, then of its parts, shape `(1 + PARTS,)`.
        doubt: the error that the network's embedding lets expect, see `Doubt`.
    """
    by_delay = gcc_phat_azimuth(stretch)
    apart = np.array([np.std(front[1:]), abs(front[0] - front[1:].mean()), abs(front[0] - by_delay)], np.float64)
    return np.append(np.log(apart + _FINEST), doubt)


def asked_of(stretch: NDArray[np.float32], networks: MotionNetworks) -> list[NDArray[np.float32]]:
    """What the network is asked about for one stretch, `(2, samples)`: the whole, then its overlapping halves."""
    half = max(1, stretch.shape[1] // 2)
    starts = np.linspace(0, stretch.shape[1] - half, PARTS).astype(int)
    pieces = [stretch, *(stretch[:, start : start + half] for start in starts)]
    return [_features(piece, networks) for piece in pieces]


def _features(piece: NDArray[np.float32], networks: MotionNetworks) -> NDArray[np.float32]:
    """Of a piece of any length: short ones are repeated, long ones cut if they must be."""
    needed = round(networks.seconds * SAMPLE_RATE)
    if piece.shape[1] < needed:
        piece = np.tile(piece, (1, -(-needed // max(1, piece.shape[1]))))[:, :needed]
    return networks.sound_features(piece if networks.any_length else piece[:, :needed])
