"""What happens to every source's sound on its way to the listener: time passes, air and obstacles dull it."""

import numba
import numpy as np
from numpy.typing import NDArray

from sonovista.acoustics.occlusion import cutoff_kernel, gain_kernel, visibility_kernel
from sonovista.render.air_filter import FARTHEST, NEAR, air_coefficients, air_filter_table
from sonovista.render.fractional_delay import read_delayed
from sonovista.render.occlusion_maps import scene_occlusion
from sonovista.render.path_filters import UNCHANGED, filter_paths
from sonovista.render.sound_loops import SoundLoops
from sonovista.render.source_table import SourceTable
from sonovista.scene.document import SAMPLE_RATE
from sonovista.scene.scene import Scene

FASTEST_CHANGE = 0.5
"""Samples of delay that a sample may bring: half the speed of sound. After a leap the sound catches up at this rate."""


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _distances(centroids, shifts, placed, position, out):
    for s in range(out.shape[0]):
        dx = centroids[s, 0] + shifts[s, 0] - position[0]
        dy = centroids[s, 1] + shifts[s, 1] - position[1]
        dz = centroids[s, 2] + shifts[s, 2] - position[2]
        out[s] = np.sqrt(dx * dx + dy * dy + dz * dz) if placed[s] else 0.0


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _delays(distances, samples_per_metre, before, largest, out):
    for s in range(out.shape[0]):
        wanted = distances[s] * samples_per_metre
        out[s] = min(max(wanted, before[s] - largest), before[s] + largest)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _obstacle_coefficients(visible, sample_rate, out):
    for s in range(visible.shape[0]):
        v = visible[s]
        out[s, 3] = 1.0 - np.exp(-2.0 * np.pi * cutoff_kernel(v) / sample_rate) if v < 1.0 else 1.0
        out[s, 4] = gain_kernel(v)


class Propagation:
    """Delay with Doppler, absorption by the air, and occlusion, as far as the scene's acoustics ask for them.

    A source is one distance and one visibility away: an area source those of its centroid and its mean over points.
    Everything changes in a straight line over a block.

    Args:
        scene: its acoustics and, for occlusion, its map, which is made here where it is missing and the depth is known.
        table: its sources.
        rows: of the signals that are filtered, at least the sources, even.
        block_size: samples of a block.
    """

    def __init__(self, scene: Scene, table: SourceTable, rows: int, block_size: int) -> None:
        acoustics = scene.document.acoustics
        self._table = table
        self._placed = ~table.ambient
        self._centroids = table.centroids
        self._distance = np.zeros(len(table))
        self._samples_per_metre = SAMPLE_RATE / acoustics.speed_of_sound if acoustics.propagation_delay else 0.0
        self._largest_change = FASTEST_CHANGE * block_size
        self._delay_before = np.zeros(len(table))
        self._delay = np.zeros(len(table))
        self._lag = np.zeros(len(table))
        self._air = None if acoustics.air is None else air_filter_table(acoustics.air, SAMPLE_RATE)
        self._map = scene_occlusion(scene)
        if self._map is not None and len(self._map.values) != len(table):
            raise ValueError(f"the occlusion map must know {len(table)} sources, found {len(self._map.values)}")
        self._visible = np.ones(len(table))
        self._before = np.tile(np.array(UNCHANGED, np.float32), (rows, 1))
        self._after = self._before.copy()
        self._state = np.zeros((rows, 3), np.float32)

    @property
    def lag(self) -> NDArray[np.float64]:
        """Seconds for which what is heard of each source has been on its way, shape `(S,)`."""
        return np.divide(self._delay_before, SAMPLE_RATE, out=self._lag)

    @property
    def filters(self) -> bool:
        """Whether air or obstacles change any sound."""
        return self._air is not None or self._map is not None

    def approach(self, position: NDArray[np.float64], shifts: NDArray[np.float32]) -> None:
        """Set what is reached at the end of the next block.

        Args:
            position: of the listener, metres, shape `(3,)`.
            shifts: metres by which each source has moved, shape `(S, 3)`.
        """
        _distances(self._centroids, shifts, self._placed, position, self._distance)
        if self._samples_per_metre > 0.0:
            _delays(self._distance, self._samples_per_metre, self._delay_before, self._largest_change, self._delay)
        if self._air is not None:
            air_coefficients(self._distance, self._air, FARTHEST, NEAR, self._after)
        if self._map is not None:
            visibility_kernel(self._map.values, self._map.origin, self._map.spacing, position, self._visible)
            _obstacle_coefficients(self._visible, SAMPLE_RATE, self._after)

    def jump(self) -> None:
        """Take at once what was approached."""
        np.multiply(self._distance, self._samples_per_metre, out=self._delay)
        self._delay_before[:] = self._delay
        self._before[:] = self._after

    def read(self, loops: SoundLoops, signals: NDArray[np.float32]) -> None:
        """Write the next block of every source, as it arrives, to the rows of `signals`."""
        if self._samples_per_metre > 0.0:
            read_delayed(
                loops.samples,
                loops.starts,
                loops.lengths,
                loops.cursors,
                self._delay_before,
                self._delay,
                signals[: len(self._table)],
            )
        else:
            loops.read(signals)
        if self.filters:
            filter_paths(signals, self._before, self._after, self._state)

    def reset(self) -> None:
        """Forget what was heard."""
        self._state[:] = 0.0
