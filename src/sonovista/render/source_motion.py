"""Sources that move: along the paths in a scene's document, or as they are told."""

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonovista.render.pose import FARTHEST
from sonovista.scene.document import SceneDocument


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _follow(time, lag, owners, bounds, times, offsets, held, shifts):
    """Write how far each source with a path has moved from its place at a time, in straight lines between waypoints."""
    for p in range(owners.shape[0]):
        s = owners[p]
        if held[s]:
            continue
        begin, end = bounds[p], bounds[p + 1]
        period = times[end - 1]
        now = time - lag[s]
        now -= np.floor(now / period) * period
        k = min(begin + np.searchsorted(times[begin:end], now, side="right"), end - 1)
        share = (now - times[k - 1]) / (times[k] - times[k - 1])
        for axis in range(3):
            shifts[s, axis] = offsets[k - 1, axis] + share * (offsets[k, axis] - offsets[k - 1, axis])


class SourceMotion:
    """Where the sources have gone.

    Attributes:
        shifts: metres by which each source has moved from its place in the document, float32, shape `(S, 3)`.

    Args:
        document: of the scene.
    """

    def __init__(self, document: SceneDocument) -> None:
        sources = document.sources
        self.shifts = np.zeros((len(sources), 3), np.float32)
        self._held = np.zeros(len(sources), np.bool_)
        owners, bounds, times, offsets = [], [0], [np.zeros(0)], [np.zeros((0, 3))]
        for index, source in enumerate(sources):
            if source.path is None or source.position is None:
                continue
            owners.append(index)
            times.append(np.array([waypoint.time_s for waypoint in source.path]))
            offsets.append(np.array([waypoint.position for waypoint in source.path]) - source.position)
            bounds.append(bounds[-1] + len(source.path))
        self._paths = (
            np.array(owners, np.int64),
            np.array(bounds, np.int64),
            np.concatenate(times),
            np.concatenate(offsets),
        )

    def move(self, index: int, shift: ArrayLike) -> None:
        """Hold a source at so many metres from its place, shape `(3,)`; it leaves its path."""
        wanted = np.asarray(shift, float)
        if wanted.shape != (3,) or not np.isfinite(wanted).all():
            raise ValueError(f"a source can only be moved by three finite numbers, found {shift}")
        self._held[index] = True
        self.shifts[index] = np.clip(wanted, -FARTHEST, FARTHEST)

    def follow(self, time: float, lag: NDArray[np.float64]) -> None:
        """Go on to where each source was when it emitted what is heard now.

        Args:
            time: seconds since the scene began.
            lag: seconds that the sound has been on its way, shape `(S,)`.
        """
        if len(self._paths[0]):
            _follow(time, lag, *self._paths, self._held, self.shifts)
