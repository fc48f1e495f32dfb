"""Sound behind an obstacle: how much of a source is seen from where, and how its sound is dulled by that.

Visibility v is 1 in the open, 1/2 on the shadow's edge and 0 deep in the shadow. Its gain and low-pass follow the loss
behind a thin screen, `10 log10(3 + 20 N)` dB (Maekawa 1968, "Noise reduction by screens", Applied Acoustics 1, fig. 1,
in the form of ISO 9613-2:1996, eq. 14 with K_met = 1), for a detour of 0.3 m at v = 0: within 3.4 dB of it in the
octaves 125 Hz to 8 kHz. On the edge itself the field of a knife edge is half the free one.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

HIDDEN_GAIN = 0.25
"""Amplitude of a wholly hidden source at low frequencies; on the edge it is the square root, 1/2."""

HIDDEN_CUTOFF_HZ = 1500.0
"""Of the one-pole low-pass on a wholly hidden source."""

OPEN_CUTOFF_HZ = 48_000.0
"""On a source in full view: so high that the filter changes nothing that is heard."""
_OCTAVES = float(np.log2(OPEN_CUTOFF_HZ / HIDDEN_CUTOFF_HZ))


@dataclass(frozen=True)
class OcclusionMap:
    """How much of every source is seen from the points of a grid of listener positions.

    Attributes:
        origin: metres, world frame, shape `(3,)`: the grid's point of lowest x, y and z.
        spacing: metres between neighbours, positive.
        values: visibility in [0, 1], float32, C-contiguous, shape `(sources, nx, ny, nz)`.
    """

    origin: NDArray[np.float64]
    spacing: float
    values: NDArray[np.float32]

    def __post_init__(self) -> None:
        if np.shape(self.origin) != (3,) or not np.isfinite(self.origin).all():
            raise ValueError(f"origin must be three finite numbers, found {self.origin}")
        if not (np.isfinite(self.spacing) and self.spacing > 0.0):
            raise ValueError(f"spacing must be positive, found {self.spacing}")
        if self.values.ndim != 4 or self.values.dtype != np.float32 or not self.values.flags.c_contiguous:
            raise ValueError("values must be C-contiguous float32 of shape (sources, nx, ny, nz)")
        if min(self.values.shape[1:]) < 1:
            raise ValueError(f"the grid must have a point along every axis, found {self.values.shape[1:]}")


@njit(cache=True, nogil=True)
def visibility_kernel(values, origin, spacing, position, out):  # pragma: no cover - compiled
    """Write the visibility of every source from one position into `out`; allocates nothing.

    Args:
        values: `OcclusionMap.values`, shape `(sources, nx, ny, nz)`.
        origin: metres, float64, shape `(3,)`.
        spacing: metres.
        position: metres, shape `(3,)`; outside of the grid its nearest point counts, and NaN as the lowest.
        out: shape `(sources,)`.
    """
    sources, nx, ny, nz = values.shape
    x = (position[0] - origin[0]) / spacing
    y = (position[1] - origin[1]) / spacing
    z = (position[2] - origin[2]) / spacing
    x = min(x, nx - 1.0) if x > 0.0 else 0.0
    y = min(y, ny - 1.0) if y > 0.0 else 0.0
    z = min(z, nz - 1.0) if z > 0.0 else 0.0
    x0, y0, z0 = int(x), int(y), int(z)
    x1, y1, z1 = min(x0 + 1, nx - 1), min(y0 + 1, ny - 1), min(z0 + 1, nz - 1)
    fx, fy, fz = x - x0, y - y0, z - z0
    for s in range(sources):
        v = values[s]
        low = (v[x0, y0, z0] * (1.0 - fx) + v[x1, y0, z0] * fx) * (1.0 - fy)
        low += (v[x0, y1, z0] * (1.0 - fx) + v[x1, y1, z0] * fx) * fy
        high = (v[x0, y0, z1] * (1.0 - fx) + v[x1, y0, z1] * fx) * (1.0 - fy)
        high += (v[x0, y1, z1] * (1.0 - fx) + v[x1, y1, z1] * fx) * fy
        out[s] = low * (1.0 - fz) + high * fz


def visibility(occlusion_map: OcclusionMap, positions: ArrayLike) -> NDArray[np.float64]:
    """Visibility in [0, 1] of every source from listener positions, trilinear between the grid's points.

    Args:
        occlusion_map: of the scene.
        positions: metres, world frame, shape `(..., 3)`; outside of the grid its nearest point counts.

    Returns:
        Shape `(..., sources)`.
    """
    positions = np.asarray(positions, float)
    flat = np.ascontiguousarray(positions.reshape(-1, 3))
    out = np.empty((len(flat), len(occlusion_map.values)))
    for position, row in zip(flat, out, strict=True):
        visibility_kernel(occlusion_map.values, occlusion_map.origin, occlusion_map.spacing, position, row)
    return out.reshape(*positions.shape[:-1], -1)


@njit(cache=True, nogil=True)
def gain_kernel(v):
    """`occlusion_gain` of one visibility in [0, 1]."""
    return HIDDEN_GAIN ** (1.0 - v)


@njit(cache=True, nogil=True)
def cutoff_kernel(v):
    """`occlusion_cutoff_hz` of one visibility in [0, 1]."""
    return HIDDEN_CUTOFF_HZ * 2.0 ** (_OCTAVES * v)


def occlusion_gain(visibility: ArrayLike) -> NDArray[np.float64]:
    """Amplitude in [0.25, 1] by visibility in [0, 1]: `0.25 ** (1 - v)`, linear in decibels; any shape."""
    return gain_kernel.py_func(np.clip(np.asarray(visibility, float), 0.0, 1.0))


def occlusion_cutoff_hz(visibility: ArrayLike) -> NDArray[np.float64]:
    """Where the one-pole low-pass has lost 3 dB, in [1500, 48000] Hz, by visibility in [0, 1]; linear in octaves.

    The filter is `y[n] = y[n-1] + a (x[n] - y[n-1])` with `a = 1 - exp(-2 pi cutoff / sample_rate)`, which is 0.998 in
    full view at 48 kHz.
    """
    return cutoff_kernel.py_func(np.clip(np.asarray(visibility, float), 0.0, 1.0))
