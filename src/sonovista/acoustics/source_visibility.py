"""How much of every source is seen from the points of a grid, by rays through a mesh."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sonovista.acoustics.occlusion import OcclusionMap
from sonovista.acoustics.ray_casting import RayCaster

SMOOTHING = 0.65
"""Metres, standard deviation of the Gaussian over listener positions. Visibility then changes by at most
1 / (SMOOTHING sqrt(2 pi)) = 0.61 per metre in any direction, whatever the geometry: with the law of `occlusion.py`,
pink noise changes by less than 0.5 dB in 5 cm."""

RAYS = 16
"""To the disc about a point source."""

_WAVELENGTH = 343.0 / 500.0  # metres: the disc is as wide as the first Fresnel zone at 500 Hz, half way
_LARGEST_DISC = 0.75  # metres
_TOUCH = 0.2  # of the grid's spacing, within which a point touches a surface
_GAP = 0.02  # metres between a ray's end and the surface behind it


@dataclass(frozen=True)
class ListenerGrid:
    """Points at which visibility is asked for.

    Attributes:
        origin: metres, shape `(3,)`: the point of lowest x, y and z.
        spacing: metres.
        shape: points along x, y and z.
    """

    origin: NDArray[np.float64]
    spacing: float
    shape: tuple[int, int, int]

    @classmethod
    def around(
        cls, low: ArrayLike, high: ArrayLike, spacing: float = 0.25, most_points: int = 20_000
    ) -> "ListenerGrid":
        """A grid over a box, coarser than `spacing` where it would have more than `most_points`.

        Args:
            low: metres, the corner of lowest x, y and z.
            high: metres, the opposite corner.
            spacing: metres.
            most_points: at least 8.
        """
        low, high = np.asarray(low, float), np.asarray(high, float)
        extent = np.maximum(high - low, 0.0)
        while True:
            shape = np.ceil(extent / spacing - 1e-9).astype(int) + 1
            if shape.prod() <= most_points:
                break
            spacing *= 1.05
        spare = (shape - 1) * spacing - extent
        return cls(low - 0.5 * spare, float(spacing), (int(shape[0]), int(shape[1]), int(shape[2])))

    def points(self) -> NDArray[np.float64]:
        """Metres, shape `(nx * ny * nz, 3)`, x slowest."""
        axes = [self.origin[i] + self.spacing * np.arange(n) for i, n in enumerate(self.shape)]
        return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)


def map_visibility(
    caster: RayCaster,
    sources: Sequence[NDArray[np.float64] | None],
    grid: ListenerGrid,
    inside: ArrayLike,
    smoothing: float = SMOOTHING,
) -> OcclusionMap:
    """The visibility of sources from a grid of listener positions, smoothed so that it changes as a walk goes on.

    A source of one point is seen as a disc across the line of sight, whose radius is that of the first Fresnel zone at
    500 Hz half way; one of several points by one ray to each. Points of the grid that cannot be walked to from `inside`
    without passing through a surface (beyond a wall, below the ground) take the value of the nearest that can.

    Args:
        caster: of the scene's surfaces.
        sources: points of each source in metres, shape `(points, 3)`, clear of the surface that they sound from; None
            for one that nothing hides.
        grid: of listener positions.
        inside: metres, shape `(3,)`: a listener's position in the open.
        smoothing: metres, standard deviation over listener positions.
    """
    listeners = grid.points()
    nearest = _nearest_reachable(caster, grid, listeners, np.asarray(inside, float))
    used, back = np.unique(nearest, return_inverse=True)
    values = np.ones((len(sources), *grid.shape), np.float32)
    for source, points in enumerate(sources):
        if points is None:
            continue
        if len(points) == 1:
            ends = _disc(caster, points[0], listeners[used])
        else:
            ends = np.broadcast_to(points, (len(used), *points.shape))
        starts = np.repeat(listeners[used], ends.shape[1], axis=0)
        hidden = caster.blocked(starts, ends.reshape(-1, 3)).reshape(ends.shape[:2])
        raw = (1.0 - hidden.mean(axis=1))[back].reshape(grid.shape)
        smooth = gaussian_filter(raw, smoothing / grid.spacing, mode="nearest", truncate=3.5)
        values[source] = np.clip(smooth, 0.0, 1.0)
    return OcclusionMap(grid.origin, grid.spacing, values)


def _disc(caster: RayCaster, centre: NDArray[np.float64], listeners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ends of the rays from every listener: points of a disc about the source, `(listeners, RAYS, 3)`.

    A surface that the source stands on cuts the disc: its points are drawn in to where they are seen from the source.
    """
    sight = centre - listeners
    distance = np.linalg.norm(sight, axis=1)
    sight = sight / np.maximum(distance, 1e-9)[:, None]
    across = np.cross(sight, np.where(np.abs(sight[:, 2:]) < 0.9, [[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]]))
    across /= np.maximum(np.linalg.norm(across, axis=1), 1e-9)[:, None]
    upward = np.cross(across, sight)
    # Vogel's sunflower: points of equal area.
    place = np.arange(RAYS)
    radius, angle = np.sqrt((place + 0.5) / RAYS), place * np.pi * (3.0 - np.sqrt(5.0))
    width = np.minimum(0.5 * np.sqrt(_WAVELENGTH * distance), _LARGEST_DISC)[:, None, None]
    offset = (radius * np.cos(angle))[None, :, None] * across[:, None]
    offset = (offset + (radius * np.sin(angle))[None, :, None] * upward[:, None]) * width
    flat = offset.reshape(-1, 3)
    length = np.linalg.norm(flat, axis=1)
    free, _ = caster.first_hit(np.broadcast_to(centre, flat.shape), flat / np.maximum(length, 1e-9)[:, None])
    share = np.clip((free - _GAP) / np.maximum(length, 1e-9), 0.0, 1.0)
    return centre + offset * share.reshape(len(listeners), RAYS, 1)


def _nearest_reachable(
    caster: RayCaster, grid: ListenerGrid, listeners: NDArray[np.float64], inside: NDArray[np.float64]
) -> NDArray[np.intp]:
    """For every point of the grid, the index of the nearest that can be walked to from `inside`."""
    index = np.arange(len(listeners)).reshape(grid.shape)
    pairs = [
        np.stack([np.delete(index, -1, axis).ravel(), np.delete(index, 0, axis).ravel()]) for axis in range(index.ndim)
    ]
    one, other = np.concatenate(pairs, axis=1)
    # Points that touch a surface are on neither side of it, and count as beyond it: the way overshoots both ends.
    over = _TOUCH * (listeners[other] - listeners[one])
    free = ~caster.blocked(listeners[one] - over, listeners[other] + over)
    links = coo_array((np.ones(free.sum(), bool), (one[free], other[free])), shape=(len(listeners),) * 2)
    _, part = connected_components(links, directed=False)
    seen = np.flatnonzero(~caster.blocked(np.broadcast_to(inside, listeners.shape), listeners))
    if len(seen) == 0:
        return index.ravel()
    start = seen[np.linalg.norm(listeners[seen] - inside, axis=1).argmin()]
    reachable = (part == part[start]).reshape(grid.shape)
    places: Any = distance_transform_edt(~reachable, return_distances=False, return_indices=True)
    return index[tuple(places)].ravel()
