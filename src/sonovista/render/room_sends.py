"""How much of every source a scene's room hears."""

from math import cos, radians, sin

import numba
import numpy as np
from numpy.typing import NDArray

from sonovista.render.source_table import SourceTable
from sonovista.scene.document import Room


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _shares(centroids, shifts, placed, centre, half_size, cosine, sine, gains, out):
    for s in range(out.shape[0]):
        if not placed[s]:
            out[s] = 0.0
            continue
        dx = centroids[s, 0] + shifts[s, 0] - centre[0]
        dy = centroids[s, 1] + shifts[s, 1] - centre[1]
        dz = centroids[s, 2] + shifts[s, 2] - centre[2]
        x = max(abs(dx * cosine + dy * sine) - half_size[0], 0.0)
        y = max(abs(dy * cosine - dx * sine) - half_size[1], 0.0)
        z = max(abs(dz) - half_size[2], 0.0)
        out[s] = gains[s] / (1.0 + np.sqrt(x * x + y * y + z * z))


class RoomSends:
    """Gains from the sources to their room's reverberation.

    A source in the room is heard by it with its amplitude at 1 m, one that stands d metres outside of it with
    `1 / (1 + d)` of that; ambience was recorded with its room and is not heard again.

    Args:
        room: of the scene.
        table: its sources.
    """

    def __init__(self, room: Room, table: SourceTable) -> None:
        self._arguments = (np.array(room.centre), 0.5 * np.array(room.size), cos(radians(room.yaw_deg)))
        self._sine = sin(radians(room.yaw_deg))
        self._centroids = table.centroids
        self._placed = ~table.ambient

    def shares(self, shifts: NDArray[np.float32], gains: NDArray[np.float32], out: NDArray[np.float32]) -> None:
        """Write the gains of all sources to `out`, shape `(S,)`.

        Args:
            shifts: metres by which each source has moved, shape `(S, 3)`.
            gains: linear, shape `(S,)`.
            out: float32, shape `(S,)`.
        """
        _shares(self._centroids, shifts, self._placed, *self._arguments, self._sine, gains, out)
