"""3D Gaussians: the arrays in memory, and INRIA's PLY files."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Gaussians:
    """A cloud of N oriented, coloured, translucent ellipsoids in the world frame (x forward, y left, z up).

    Attributes:
        positions: metres, shape `(N, 3)`, float32.
        scales: standard deviations along the ellipsoid's own axes in metres, shape `(N, 3)`, float32, positive.
        rotations: unit quaternions (w, x, y, z) of `R_world_gaussian`, shape `(N, 4)`, float32.
        opacities: in (0, 1), shape `(N,)`, float32.
        colours: sRGB in [0, 1] as displayed, shape `(N, 3)`, float32.
    """

    positions: NDArray[np.float32]
    scales: NDArray[np.float32]
    rotations: NDArray[np.float32]
    opacities: NDArray[np.float32]
    colours: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.positions)
