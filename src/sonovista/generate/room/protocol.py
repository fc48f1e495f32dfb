"""Depth and regions of a panorama -> the room that reverberates, or none in the open."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.regions.protocol import RegionMap


@dataclass(frozen=True)
class RoomEstimate:
    """A box room and what its walls absorb, furniture included.

    Attributes:
        centre: metres in the world, shape `(3,)`.
        size: metres along the box's own x, y, z, shape `(3,)`.
        yaw: radians, of the box's x axis from the world's, left positive.
        absorption: of energy, in (0, 1), of the walls -x, +x, -y, +y, -z, +z in the octaves 125 Hz to 16 kHz,
            shape `(6, 8)`.
        provenance: how it was found.
    """

    centre: NDArray[np.float64]
    size: NDArray[np.float64]
    yaw: float
    absorption: NDArray[np.float64]
    provenance: str


class RoomEstimator(Protocol):
    """Finds the room around the world's origin; None where there is none."""

    def __call__(
        self,
        depth: NDArray[np.float32],  # [H, 2H] metres along rays
        regions: RegionMap | None = None,  # of the panorama; None where only its depth is known
        observed: NDArray[np.bool_] | None = None,  # [H, 2H]: what the photo shows; None where that is all of it
    ) -> RoomEstimate | None: ...
