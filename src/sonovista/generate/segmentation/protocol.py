"""Panorama and sounding things -> where in the panorama each of them is."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.outpainting.protocol import Panorama
from sonovista.generate.regions.protocol import RegionMap
from sonovista.generate.understanding.protocol import SoundingThing


@dataclass(frozen=True)
class Instance:
    """One thing that sounds, found in the panorama.

    Attributes:
        thing: index into the things that were asked for.
        mask: bool, shape `(H, 2H)`; never empty. It may cross the seam.
        score: in [0, 1].
    """

    thing: int
    mask: NDArray[np.bool_]
    score: float


class Segmenter(Protocol):
    """Finds the instances of point and area things; a thing that the user named always has at least one."""

    def __call__(
        self,
        panorama: Panorama,
        panorama_regions: RegionMap,
        things: list[SoundingThing],
        seed: int,
    ) -> list[Instance]: ...
