"""The distance law of a point source."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def distance_gain(
    distance: ArrayLike, absorption_per_metre: float = 0.02, minimum_distance: float = 0.3
) -> NDArray[np.float64]:
    """Amplitude at a distance relative to 1 m without absorption: `exp(-alpha d) / max(d, d_min)`.

    Args:
        distance: metres, not negative, any shape.
        absorption_per_metre: alpha, broadband absorption by air, nepers per metre.
        minimum_distance: d_min in metres, inside which a source grows no louder; positive.

    Returns:
        Gains of the shape of `distance`.

    Source: the distance decay sigma of SonoWorld (Ambisonics encoding); the minimum keeps it finite at the source.
    """
    distance = np.asarray(distance, float)
    return np.exp(-absorption_per_metre * distance) / np.maximum(distance, minimum_distance)
