"""What a panorama is made of, given the photo that it shows and was completed from.

Where it shows the photo, the photo's own regions are taken: seen larger, they are told better. Of quilted and blended
textures a classifier that has learned from photos is less sure, and errs alike everywhere. But a completion shows at a
height what the photo shows at that height, so that how often each class occurs there is known: beliefs are corrected
for the difference of the two priors (Saerens, Latinne and Decaestecker, "Adjusting the outputs of a classifier to new a
priori probabilities", Neural Computation 2002, eq. 4).
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sonovista.generate.regions.protocol import CLASS_OF_DETAIL, DETAIL_CLASSES, REGION_CLASSES, RegionMap
from sonovista.geometry import PerspectiveCamera, angles_from_direction
from sonovista.geometry.equirectangular import pixel_angles, pixel_directions

BINS = 36
"""Bands of height from the nadir to the zenith."""
SPREAD = 1.0
"""Standard deviation, in bands, over which shares are smoothed: pieces are not laid at exactly their own height."""
REACH = 2.0
"""Bands beyond the photo's lowest and highest row over which what it shows there loses its say."""
LEAST = 0.02
"""Share that every class is given on both sides, so that none is settled by a few pixels."""
STRONGEST = 4.0
"""No class becomes more or less probable than by this factor."""
NEVER_COPIED, LEFT = ("running_water", "object"), 0.1
"""What a completion does not show again, since it would sound twice, and how much of the belief in it stays."""


def completed_like_photo(
    panorama: RegionMap, observed: NDArray[np.bool_], photo: RegionMap, camera: PerspectiveCamera
) -> RegionMap:
    """Regions of a panorama: the photo's where it is seen, elsewhere as frequent as in the photo at their height.

    Args:
        panorama: regions as a classifier sees them, `(H, 2H)`.
        observed: where the panorama is the photo itself, `(H, 2H)`.
        photo: regions of the photo, `(h, w)`.
        camera: of the photo, with as many pixels.

    Returns:
        Regions of the panorama; completed rooms, which are not quilted, keep their beliefs. A panorama that is observed
        as a whole is given back.
    """
    if observed.all():
        return panorama
    height = observed.shape[0]
    elevation = np.broadcast_to(pixel_angles(height)[1][:, None], observed.shape)
    if photo.indoor <= 0.5:
        photo_elevation = angles_from_direction(camera.ray_directions())[1]
        panorama = _corrected(panorama, ~observed, elevation, photo, photo_elevation)
    inside, row, column = camera.nearest_pixels(pixel_directions(height))
    segments = np.where(observed & inside, len(panorama.probabilities) + photo.segments[row, column], panorama.segments)
    used, segments = np.unique(segments, return_inverse=True)
    details = None
    if panorama.details is not None and photo.details is not None:
        details = np.concatenate([panorama.details, photo.details])[used]
    probabilities = np.concatenate([panorama.probabilities, photo.probabilities])[used]
    return RegionMap(segments.reshape(observed.shape).astype(np.int32), probabilities, panorama.indoor, details)


def _corrected(
    panorama: RegionMap,
    completed: NDArray[np.bool_],
    elevation: NDArray[np.floating],
    photo: RegionMap,
    photo_elevation: NDArray[np.floating],
) -> RegionMap:
    copied = np.isin(REGION_CLASSES, NEVER_COPIED)
    seen, there = shares_by_height(photo, photo_elevation, np.ones(photo.segments.shape, bool), ~copied)
    shown, _ = shares_by_height(panorama, elevation, completed, ~copied)
    ratio = np.clip((seen + LEAST) / (shown + LEAST), 1.0 / STRONGEST, STRONGEST)
    factor = np.where(copied, LEFT, ratio ** _fading(there)[:, None])
    count = len(panorama.probabilities)
    pixels = np.maximum(np.bincount(panorama.segments.ravel(), minlength=count), 1)
    factor = factor[height_bands(np.bincount(panorama.segments.ravel(), elevation.ravel(), count) / pixels)]
    details = panorama.details
    if details is not None:
        details = _normalised(details * factor[:, _CLASS_INDEX])
    return replace(panorama, probabilities=_normalised(panorama.probabilities * factor), details=details)


_CLASS_INDEX = np.array([REGION_CLASSES.index(CLASS_OF_DETAIL[detail]) for detail in DETAIL_CLASSES])


def height_bands(elevation: NDArray[np.floating]) -> NDArray[np.intp]:
    """Number of the band that elevations in radians lie in, 0 to `BINS - 1`."""
    return np.clip((np.asarray(elevation) / np.pi + 0.5) * BINS, 0, BINS - 1).astype(np.intp)


def shares_by_height(
    regions: RegionMap, elevation: NDArray[np.floating], counted: NDArray[np.bool_], classes: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Share of some classes in every band, 0 of the others, `(BINS, len(REGION_CLASSES))`; which bands have pixels."""
    count = len(regions.probabilities)
    cells = np.bincount((height_bands(elevation) * count + regions.segments)[counted], minlength=BINS * count)
    sums = cells.reshape(BINS, count) @ (classes * regions.probabilities.astype(np.float64))
    there = sums.sum(axis=1) > 0
    smooth = ndimage.gaussian_filter1d(sums, SPREAD, axis=0, mode="constant")
    return smooth / np.maximum(smooth.sum(axis=1, keepdims=True), 1e-9), there


def _fading(there: NDArray[np.bool_]) -> NDArray[np.float64]:
    """1 in the bands that the photo shows, less beyond them."""
    away = np.abs(np.arange(BINS)[:, None] - np.flatnonzero(there)[None]).min(axis=1)
    return np.clip(1.0 - away / (REACH + 1.0), 0.0, 1.0)


def _normalised(values: NDArray[np.floating]) -> NDArray[np.float32]:
    return (values / np.maximum(values.sum(axis=1, keepdims=True), 1e-9)).astype(np.float32)
