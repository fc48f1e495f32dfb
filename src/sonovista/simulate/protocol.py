"""What a place must offer so that examples can be made there."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sonovista.geometry import PerspectiveCamera


@dataclass(frozen=True)
class View:
    """What a camera sees.

    Attributes:
        rgb: shape `(h, w, 3)`, uint8.
        depth: metres along the rays, infinite where nothing is hit, shape `(h, w)`, float32; None where it is unknown.
    """

    rgb: NDArray[np.uint8]
    depth: NDArray[np.float32] | None


class Place(Protocol):
    """Somewhere that can be seen, and that reverberates."""

    @property
    def size(self) -> NDArray[np.float64]:
        """Metres along x, y, z of the box that reverberates; its low corner is the origin, the floor z = 0."""
        ...

    def view(self, camera: PerspectiveCamera) -> View:
        """What a camera sees; its position is in metres from the low corner."""
        ...

    def free(self, position: NDArray[np.float64], margin: float) -> bool:
        """Whether a listener or a source can be at a position, `margin` metres from everything."""
        ...

    def sees(self, position: NDArray[np.float64], target: NDArray[np.float64]) -> bool:
        """Whether the straight line between two positions is free."""
        ...
