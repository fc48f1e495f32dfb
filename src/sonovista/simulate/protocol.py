"""What a place must offer so that examples can be made there."""

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sonovista.geometry import PerspectiveCamera
from sonovista.render.room_head import RoomHead
from sonovista.simulate.example import Viewpoints


@dataclass(frozen=True)
class View:
    """What a camera sees.

    Attributes:
        rgb: shape `(h, w, 3)`, uint8.
        depth: metres along the rays, infinite where nothing is hit, shape `(h, w)`, float32; None where it is unknown.
    """

    rgb: NDArray[np.uint8]
    depth: NDArray[np.float32] | None


@dataclass(frozen=True)
class Heard:
    """Impulse responses from every source to the ears at every camera, 16 kHz, 1 for the direct sound at 1 m.

    Attributes:
        direct: the direct sound alone, shape `(S, V, 2, n)`, left ear first, float32.
        indirect: all other sound, at least as long, shape `(S, V, 2, m)`, float32.
        record: how it was made, ready for JSON.
    """

    direct: NDArray[np.float32]
    indirect: NDArray[np.float32]
    record: dict[str, Any] = field(default_factory=dict)


class Place(Protocol):
    """Somewhere that can be seen, and that reverberates. Positions are in metres, z up, the floor at z = 0."""

    @property
    def size(self) -> NDArray[np.float64]:
        """Metres along x, y, z of the box that holds it; its low corner is the origin."""
        ...

    @property
    def movable(self) -> bool:
        """Whether cameras may stand at different positions."""
        ...

    def view(self, camera: PerspectiveCamera) -> View:
        """What a camera sees."""
        ...

    def stand(self, height: float, margin: float, rng: np.random.Generator) -> NDArray[np.float64] | None:
        """A position at a height over the floor, `margin` metres from everything; None if none is found."""
        ...

    def free(self, position: NDArray[np.float64], margin: float) -> bool:
        """Whether a listener or a source can be at a position, `margin` metres from everything."""
        ...

    def sees(self, position: NDArray[np.float64], target: NDArray[np.float64]) -> bool:
        """Whether the straight line between two positions is free."""
        ...

    def hear(self, viewpoints: Viewpoints, rt60: float, head: RoomHead, seed: int) -> Heard:
        """What ears at the cameras, turned as they are, receive from every source.

        Args:
            viewpoints: cameras and sources.
            rt60: reverberation time in seconds that what absorbs sound is chosen for.
            head: at 16 kHz.
            seed: of whatever is random in it.
        """
        ...
