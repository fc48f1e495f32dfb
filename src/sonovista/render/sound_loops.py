"""The looped sounds of a scene's sources, one after the other in memory."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonovista.render.mixing_kernels import advance, read_loops
from sonovista.scene.scene import Scene

LOUDEST_SAMPLE = 16.0
"""Samples of sounds are clamped to this, and to 0 where they are not finite."""
MARGIN = 16
"""Samples of the loop's other end before and after each loop, so that an interpolator never has to wrap."""


def clean_sound(sound: ArrayLike) -> NDArray[np.float32]:
    """A loop of at least one sample, finite and within `LOUDEST_SAMPLE`."""
    cleaned = np.nan_to_num(np.asarray(sound, np.float32).reshape(-1), nan=0.0, posinf=0.0, neginf=0.0)
    return np.clip(cleaned, -LOUDEST_SAMPLE, LOUDEST_SAMPLE) if cleaned.size else np.zeros(1, np.float32)


def scene_sounds(scene: Scene) -> list[NDArray[np.float32]]:
    """The clean sound of every source, in the document's order; a `ValueError` where one is missing."""
    for source in scene.document.sources:
        if source.id not in scene.sounds:
            raise ValueError(f"source {source.id!r}: the scene holds no sound for it")
    return [clean_sound(scene.sounds[source.id]) for source in scene.document.sources]


class SoundLoops:
    """Loops that all began together, read block by block.

    Attributes:
        samples: all loops with their margins, float32.
        starts: of each loop in `samples`, after its margin.
        lengths: of each loop.
        cursors: where each loop is, in [0, length).

    Args:
        sounds: clean ones, each of shape `(samples,)`.
    """

    def __init__(self, sounds: Sequence[NDArray[np.float32]]) -> None:
        self.lengths = np.array([len(sound) for sound in sounds], np.int64)
        reach = self.lengths + 2 * MARGIN
        self.starts = np.cumsum(reach) - reach + MARGIN
        self.samples = np.concatenate([*map(_with_margins, sounds), np.zeros(1, np.float32)])
        self.cursors = np.zeros(len(sounds), np.int64)

    def read(self, signals: NDArray[np.float32]) -> None:
        """Write the next block of every loop to the first rows of `signals`, shape `(at least S, block)`."""
        rows = signals[: len(self.lengths)]
        read_loops(self.samples, self.starts, self.lengths, self.cursors, rows)

    def advance(self, block_size: int) -> None:
        """Go on by a block."""
        advance(self.cursors, self.lengths, block_size)

    def reset(self) -> None:
        """Back to the beginning of every loop."""
        self.cursors[:] = 0


def _with_margins(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    return sound[np.arange(-MARGIN, len(sound) + MARGIN) % len(sound)]
