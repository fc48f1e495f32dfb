"""Stretches of sound that time delays are learned from: of both ears, or of one ear twice, altered."""

import numpy as np
from numpy.typing import NDArray

TRIES = 20
QUIETEST = 0.5
"""Of the whole sound's level: pauses say nothing of delay."""
TAIL = 400
"""Samples (25 ms) of the reverberation that is put on."""


def stereo_segment(binaural: NDArray[np.float32], samples: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """A stretch of both ears at the same time, where there is sound; shape `(2, samples)`.

    Args:
        binaural: left ear first, 16 kHz, shape `(2, n)`; shorter sounds are followed by silence.
        samples: of the stretch.
        rng: decides where.
    """
    start = _start(binaural, samples, rng)
    return _padded(binaural[:, start : start + samples], samples)


def mono_segments(binaural: NDArray[np.float32], samples: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """A stretch of one ear twice, each altered in its own way, neither delayed; shape `(2, samples)`.

    Reverberation, spectral slope and noise are drawn for each: what differs between two ears beside the delay.

    Args:
        binaural: left ear first, 16 kHz, shape `(2, n)`.
        samples: of the stretch.
        rng: decides where, which ear and how.
    """
    mono = binaural[int(rng.integers(2))]
    start = _start(mono[None], samples, rng)
    before = min(start, TAIL)
    piece = _padded(mono[None, start - before : start + samples], before + samples)[0]
    return np.stack([altered(piece, rng)[before:] for _ in range(2)])


def altered(signal: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """The same sound in another room, with another slope and noise; its direct part stays where it is.

    Args:
        signal: shape `(n,)`.
        rng: to draw from.
    """
    decay = np.exp(-np.arange(1, TAIL) / rng.uniform(20.0, 150.0))
    tail = decay * rng.standard_normal(TAIL - 1)
    response = np.concatenate([[1.0], rng.uniform(0.0, 0.7) * tail / np.linalg.norm(tail)])
    aside = rng.uniform(-0.3, 0.45)  # symmetric, so that nothing is delayed
    heard = np.convolve(np.convolve(signal, response)[: len(signal)], [aside, 1.0, aside], mode="same")
    level = float(np.sqrt(np.mean(np.square(heard)))) * 10.0 ** (-rng.uniform(10.0, 40.0) / 20.0)
    return (heard + level * rng.standard_normal(len(signal))).astype(np.float32)


def _start(signal: NDArray[np.float32], samples: int, rng: np.random.Generator) -> int:
    last = signal.shape[1] - samples
    if last <= 0:
        return 0
    least = QUIETEST * float(np.sqrt(np.mean(np.square(signal))))
    start = 0
    for _ in range(TRIES):
        start = int(rng.integers(last + 1))
        if np.sqrt(np.mean(np.square(signal[:, start : start + samples]))) >= least:
            break
    return start


def _padded(signal: NDArray[np.float32], samples: int) -> NDArray[np.float32]:
    return np.pad(signal, [(0, 0), (0, samples - signal.shape[1])])
