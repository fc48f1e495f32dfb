"""Masks and depth -> where in the world each source is."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.segmentation.protocol import Instance
from sonovista.generate.understanding.protocol import SoundingThing


@dataclass(frozen=True)
class Anchor:
    """Where an instance is.

    Attributes:
        position: metres in the world, shape `(3,)`: the surface-weighted centroid.
        points: metres in the world, shape `(N, 3)`: up to 1000 points sampled in proportion to surface for an area
            source, the centroid alone for a point source.
    """

    position: NDArray[np.float64]
    points: NDArray[np.float64]


class Anchorer(Protocol):
    """Back-projects masks to the world, one anchor for each instance."""

    def __call__(
        self,
        depth: NDArray[np.float32],  # [H, 2H] metres along rays
        instances: list[Instance],
        things: list[SoundingThing],
        seed: int,
    ) -> list[Anchor]: ...
