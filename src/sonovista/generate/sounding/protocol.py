"""A sounding thing -> its sound."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sonovista.scene.document import SAMPLE_RATE as SAMPLE_RATE


@dataclass(frozen=True)
class Sound:
    """A mono loop and how loud it is.

    Attributes:
        signal: float32, shape `(samples,)`, at `SAMPLE_RATE`, a seamless loop whose peak is at -1 dBFS at most.
        gain_db: what the renderer adds, so that the source is at its level at a distance of 1 m.
        provenance: where it comes from: "synthesis: <model> (<citation>)" or "file: <name>", with the seed.
    """

    signal: NDArray[np.float32]
    gain_db: float
    provenance: str


class SoundMaker(Protocol):
    """Makes the sound of a thing; different seeds give different instances of the same kind of sound."""

    def __call__(
        self,
        name: str,  # the thing's name in the ontology, or the user's words
        prompt: str,
        level_db: float,  # dB SPL at 1 m
        duration: float,  # seconds
        seed: int,
    ) -> Sound: ...
