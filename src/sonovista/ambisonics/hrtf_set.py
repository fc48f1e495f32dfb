"""Head-related impulse responses of one head, measured or computed, on any grid of directions."""

from dataclasses import dataclass, replace

import numpy as np
import soxr
from numpy.typing import NDArray

_MIRROR = np.array([1.0, -1.0, 1.0])


@dataclass(frozen=True)
class HRTFSet:
    """What two ears hear of plane waves.

    Attributes:
        hrirs: shape `(directions, 2, samples)`, left ear first, float64.
        directions: unit vectors toward the sources, x forward, y left, z up, shape `(directions, 3)`.
        sample_rate: Hz.
        delay: samples from a wave's passing the (absent) head's centre to its place in the responses; None where it is
            not known.
        name: of the head.
        citation: of the measurement or the model.

    Raises:
        ValueError: shapes that do not fit, values that are not finite, directions that are no unit vectors.
    """

    hrirs: NDArray[np.float64]
    directions: NDArray[np.float64]
    sample_rate: int
    delay: float | None = None
    name: str = ""
    citation: str = ""

    def __post_init__(self) -> None:
        if self.hrirs.ndim != 3 or self.hrirs.shape[1] != 2 or 0 in self.hrirs.shape:
            raise ValueError(f"hrirs must have the shape (directions, 2, samples), found {self.hrirs.shape}")
        if self.directions.shape != (len(self.hrirs), 3):
            raise ValueError(f"directions must have the shape ({len(self.hrirs)}, 3), found {self.directions.shape}")
        if not (np.isfinite(self.hrirs).all() and np.isfinite(self.directions).all()):
            raise ValueError("hrirs and directions must be finite")
        if np.abs(np.linalg.norm(self.directions, axis=1) - 1.0).max() > 1e-6:
            raise ValueError("directions must be unit vectors")

    @property
    def weights(self) -> NDArray[np.float64]:
        """Solid angle of each direction as a part of the sphere, shape `(directions,)`; they sum to 1."""
        return quadrature_weights(self.directions)

    def spectra(self, size: int) -> NDArray[np.complex128]:
        """Transfer functions by an FFT of `size` samples, shape `(directions, 2, size // 2 + 1)`."""
        return np.fft.rfft(self.hrirs, size, axis=-1)

    def resampled(self, sample_rate: int) -> "HRTFSet":
        """The same head at another rate (soxr, very high quality); gains per frequency stay what they were.

        A response that begins within half a millisecond loses a little of the filter's ringing (about -35 dB).
        """
        if sample_rate == self.sample_rate:
            return self
        columns = np.ascontiguousarray(self.hrirs.reshape(-1, self.hrirs.shape[-1]).T)
        # in parts, since soxr takes no more than some hundreds of channels at once
        parts = [
            soxr.resample(columns[:, start : start + 64], self.sample_rate, sample_rate, quality="VHQ")
            for start in range(0, columns.shape[1], 64)
        ]
        hrirs = np.concatenate(parts, axis=1).T.reshape(*self.hrirs.shape[:2], -1)
        ratio = sample_rate / self.sample_rate
        # a transfer function is a sum over samples: at twice the rate each sample counts half
        return replace(
            self,
            hrirs=np.ascontiguousarray(hrirs) / ratio,
            sample_rate=sample_rate,
            delay=None if self.delay is None else self.delay * ratio,
        )

    def is_symmetric(self, tolerance: float = 1e-6) -> bool:
        """Whether the right ear hears of every direction what the left hears of its mirror image."""
        distances = np.linalg.norm(self.directions[:, None] * _MIRROR - self.directions[None], axis=-1)
        partner = distances.argmin(axis=1)
        if distances[np.arange(len(partner)), partner].max() > 1e-4:
            return False
        difference = np.abs(self.hrirs[:, 1] - self.hrirs[partner, 0]).max()
        return bool(difference <= tolerance * np.abs(self.hrirs).max())

    def symmetrized(self) -> "HRTFSet":
        """The head and its mirror image as one set, on the directions of both; itself where it is symmetric."""
        if self.is_symmetric():
            return self
        return replace(
            self,
            hrirs=np.concatenate([self.hrirs, self.hrirs[:, ::-1]]),
            directions=np.concatenate([self.directions, self.directions * _MIRROR]),
        )


def quadrature_weights(directions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Area of each direction's Voronoi cell as a part of the sphere, shape `(directions,)`.

    Directions that coincide share a cell. Where no cells can be drawn (fewer than four directions, or all in one
    plane), all weigh alike.
    """
    from scipy.spatial import QhullError, SphericalVoronoi

    index, group, counts = merge_coincident(directions)
    if len(index) < 4 or np.linalg.matrix_rank(directions[index] - directions[index].mean(axis=0), tol=1e-3) < 3:
        return np.full(len(directions), 1.0 / len(directions))
    try:
        areas = SphericalVoronoi(directions[index]).calculate_areas()
    except (ValueError, QhullError):
        return np.full(len(directions), 1.0 / len(directions))
    return (areas / areas.sum() / counts)[group]


def merge_coincident(directions: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Which of many directions are the same, to five decimals.

    Args:
        directions: unit vectors, shape `(D, 3)`.

    Returns:
        Index of one direction of every group, shape `(G,)`; the group of every direction, `(D,)`; the groups' sizes,
        `(G,)`.
    """
    _, index, group, counts = np.unique(
        np.round(directions, 5), axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    return index, group.reshape(-1), counts
