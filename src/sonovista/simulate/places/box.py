"""A shoebox drawn around a listener, for places whose walls are not known."""

import numpy as np
from numpy.typing import NDArray

from sonovista.simulate.rooms.layout import RoomOptions


class DrawnBox:
    """A box without anything in it: what reverberates around a panorama or an open scene.

    Args:
        rng: draws its size.
        options: between what lengths.
    """

    def __init__(self, rng: np.random.Generator, options: RoomOptions) -> None:
        low, high = options.shortest_side, options.longest_side
        self.size: NDArray[np.float64] = np.array(
            [*rng.uniform(low, high, 2), rng.uniform(options.lowest, options.highest)]
        )

    def stand(self, height: float, margin: float, rng: np.random.Generator) -> NDArray[np.float64] | None:
        """Anywhere in it, `margin` metres from its walls; None where it is too small for that."""
        if (self.size[:2] <= 2.0 * margin).any() or not 0.0 < height < self.size[2]:
            return None
        return np.array([*rng.uniform(margin, self.size[:2] - margin), height])

    def free(self, position: NDArray[np.float64], margin: float) -> bool:
        """Whether a position is inside, `margin` metres from the walls."""
        return bool(((position > margin) & (position < self.size - margin)).all())
