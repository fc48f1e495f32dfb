"""What an example is to the learner, and what any source of examples must offer."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Views:
    """One place seen and heard from several directions; what is learned without labels never looks at the angles.

    Attributes:
        images: RGB, shape `(V, h, w, 3)`, uint8; `(V, 0, 0, 3)` where there are none.
        binaural: left ear first, 16 kHz, shape `(V, 2, samples)`, float32; each view hears another moment.
        azimuths: of the (dominant) source, radians in (-pi, pi], left positive, shape `(V,)`.
        rotations: of each camera from the first, radians in (-pi, pi], left positive, shape `(V,)`.
        estimated_rotations: the same as estimated from pictures beforehand, or None.
    """

    images: NDArray[np.uint8]
    binaural: NDArray[np.float32]
    azimuths: NDArray[np.float64]
    rotations: NDArray[np.float64]
    estimated_rotations: NDArray[np.float64] | None = None


class ExampleStream(Protocol):
    """Examples by number: the same number gives the same example, so that training resumes where it stopped."""

    def example(self, index: int) -> Views:
        """The example of a number, at least 0."""
        ...
