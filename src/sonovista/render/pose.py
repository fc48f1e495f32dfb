"""Where a listener is and which way they face, made safe for the block path."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

FARTHEST = 1e6  # metres: farther away nothing is heard, and squares of distances stay exact enough


class SafePose:
    """The last pose that made sense.

    A position that is not finite, or a matrix that is no rotation (orthonormal to 1e-3, determinant 1), is ignored:
    the listener stays where they were, since a block of sound must come out in any case. Positions are clamped to
    +-1000 km.
    """

    def __init__(self) -> None:
        self.position: NDArray[np.float64] = np.zeros(3)
        self.R_world_listener: NDArray[np.float64] = np.eye(3)

    def update(self, position: ArrayLike, R_world_listener: ArrayLike | None) -> None:
        """Take a pose, or the parts of it that make sense."""
        position = np.asarray(position, float)
        if position.shape != (3,):
            raise ValueError(f"position must have the shape (3,), found {position.shape}")
        if np.isfinite(position).all():
            np.clip(position, -FARTHEST, FARTHEST, out=self.position)
        if R_world_listener is None:
            return
        R = np.asarray(R_world_listener, float)
        if R.shape != (3, 3):
            raise ValueError(f"R_world_listener must have the shape (3, 3), found {R.shape}")
        if _is_rotation(R):
            self.R_world_listener[:] = R


def _is_rotation(R: NDArray[np.float64]) -> bool:
    a, b, c = R.tolist()
    for row, other in ((a, b), (b, c), (c, a)):
        length = row[0] * row[0] + row[1] * row[1] + row[2] * row[2]
        across = row[0] * other[0] + row[1] * other[1] + row[2] * other[2]
        if not (abs(length - 1.0) < 1e-3 and abs(across) < 1e-3):  # so written, NaN is no rotation
            return False
    determinant = (
        a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0])
    )
    return determinant > 0.0
