"""Directions in which a head was not measured, filled in from those in which it was."""

import numpy as np
from numpy.typing import NDArray

from sonovista.ambisonics.spherical_harmonics import degrees_and_indices, spherical_harmonics_of_directions
from sonovista.ambisonics.spherical_head import sphere_delay

_GAP = np.radians(15.0)  # a direction without a measured one so near is filled in


def complete_sphere(
    spectra: NDArray[np.complex128], directions: NDArray[np.float64], frequencies: NDArray[np.float64]
) -> tuple[NDArray[np.complex128], NDArray[np.float64]]:
    """Responses and directions, followed by those filled in where no measured direction is near.

    Args:
        spectra: time zero at the head's centre, shape `(directions, 2, bins)`.
        directions: unit vectors, shape `(directions, 3)`.
        frequencies: Hz, shape `(bins,)`.

    Returns:
        `spectra` and `directions`, with more rows where the sphere has gaps of 15 degrees about.
    """
    gaps = _unmeasured(directions)
    if len(gaps) == 0:
        return spectra, directions
    filled = _filled_in(spectra, directions, gaps, frequencies)
    return np.concatenate([spectra, filled]), np.concatenate([directions, gaps])


def _unmeasured(directions: NDArray[np.float64], count: int = 400) -> NDArray[np.float64]:
    """Evenly spread directions that lie far from every measured one; the left half's and their mirror images."""
    from scipy.spatial import KDTree

    index = np.arange(count) + 0.5
    z = 1.0 - 2.0 * index / count
    turn = np.pi * (1.0 + 5.0**0.5) * index
    planar = np.sqrt(1.0 - z * z)
    every = np.stack([planar * np.cos(turn), planar * np.sin(turn), z], axis=-1)
    left = every[every[:, 1] > 0.02]
    every = np.concatenate([left, left * [1.0, -1.0, 1.0]])
    distance, _ = KDTree(directions).query(every)
    return every[2.0 * np.arcsin(np.clip(0.5 * distance, 0.0, 1.0)) > _GAP]


def _filled_in(
    spectra: NDArray[np.complex128],
    directions: NDArray[np.float64],
    gaps: NDArray[np.float64],
    frequencies: NDArray[np.float64],
) -> NDArray[np.complex128]:
    """Smooth low-order fits of the time-aligned responses and of their magnitudes, taken where nothing was measured.

    The first gives the phases, the second the magnitudes, which the first would lose where phases scatter. The idea, a
    fit of low order where nothing was measured, is that of Ahrens, Thomas and Tashev (2012).
    """
    order = 4
    fit = spherical_harmonics_of_directions(order, directions, "n3d")
    n, _ = degrees_and_indices(order)
    normal = fit.T @ fit + 0.01 * len(fit) * np.diag((n * (n + 1) / 6.0) ** 2 + 1e-6)
    at_gaps = spherical_harmonics_of_directions(order, gaps, "n3d") @ np.linalg.solve(normal, fit.T)
    phase = 2j * np.pi * frequencies
    aligned = np.tensordot(at_gaps, spectra * np.exp(phase * sphere_delay(directions)[..., None]), 1)
    measured = np.abs(spectra)
    magnitude = np.clip(np.tensordot(at_gaps, measured, 1), measured.min(axis=0), measured.max(axis=0))
    turned = np.exp(1j * np.angle(aligned) - phase * sphere_delay(gaps)[..., None])
    ends = np.where(aligned[..., [0, -1]].real < 0.0, -1.0, 1.0)
    turned[..., [0, -1]] = ends  # real there, as the spectra of real responses are
    return np.asarray(magnitude * turned, complex)
