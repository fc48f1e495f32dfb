"""The sky of a completed panorama is where it was painted, not where a classifier believes it."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.regions.completed import height_bands, shares_by_height
from sonovista.generate.regions.protocol import CLASS_OF_DETAIL, DETAIL_CLASSES, REGION_CLASSES, RegionMap
from sonovista.geometry import PerspectiveCamera, angles_from_direction
from sonovista.geometry.equirectangular import pixel_angles

LEAST = 0.05
"""Belief in anything but sky below which that says nothing of what was not painted as sky."""

_SKY = np.array([name == "sky" for name in REGION_CLASSES])
_CLASS_INDEX = np.array([REGION_CLASSES.index(CLASS_OF_DETAIL[name]) for name in DETAIL_CLASSES])
_SKY_DETAILS = _SKY[_CLASS_INDEX]


def with_painted_sky(
    regions: RegionMap,
    painted: NDArray[np.bool_],
    observed: NDArray[np.bool_],
    photo: RegionMap,
    camera: PerspectiveCamera,
) -> RegionMap:
    """Regions of a panorama whose completed part is sky where it was painted as sky, and nowhere else.

    Args:
        regions: of the panorama, `(H, 2H)`.
        painted: where its completed part shows the sky, `(H, 2H)`.
        observed: where the photo was seen; there the regions stay as they are.
        photo: regions of the photo; what was believed to be sky alone is what that shows at its height.
        camera: of the photo.

    Returns:
        Regions cut along the outline of the painted sky.
    """
    count = len(regions.probabilities)
    kind = np.where(observed, 0, np.where(painted, 1, 2))
    used, segments = np.unique(regions.segments + count * kind, return_inverse=True)
    segments = segments.reshape(observed.shape).astype(np.int32)
    of, kind = used % count, used // count
    spare = _seen_at_height(segments, len(used), photo, camera)
    probabilities = _told(regions.probabilities[of], kind, _SKY, spare)
    details = regions.details
    if details is not None:
        details = _told(details[of], kind, _SKY_DETAILS, spare[:, _CLASS_INDEX])
    return replace(regions, segments=segments, probabilities=probabilities, details=details)


def _seen_at_height(
    segments: NDArray[np.int32], count: int, photo: RegionMap, camera: PerspectiveCamera
) -> NDArray[np.float64]:
    """How often the photo shows each class but sky at the height of every region, shape `(count, classes)`."""
    elevation = angles_from_direction(camera.ray_directions())[1]
    shares, _ = shares_by_height(photo, elevation, np.ones(photo.segments.shape, bool), ~_SKY)
    known = np.flatnonzero(shares.sum(axis=1) > 0)
    if len(known) == 0:
        shares, known = np.where(_SKY, 0.0, np.ones(shares.shape)), np.arange(len(shares))
    rows = pixel_angles(segments.shape[0])[1]
    pixels = np.bincount(segments.ravel(), minlength=count)
    height = np.bincount(segments.ravel(), np.repeat(rows, segments.shape[1]), count) / np.maximum(pixels, 1)
    nearest = known[np.abs(known[None, :] - height_bands(height)[:, None]).argmin(axis=1)]
    return shares[nearest]


def _told(
    beliefs: NDArray[np.float32], kind: NDArray[np.integer], sky: NDArray[np.bool_], spare: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Beliefs of kind 0 stay, of kind 1 are in sky alone, of kind 2 in all but sky."""
    is_sky = (kind == 1)[:, None]
    out = np.where(np.where(is_sky, sky, ~sky), beliefs, 0.0)
    out = np.where(out.sum(axis=1, keepdims=True) < LEAST, np.where(is_sky, sky, np.where(sky, 0.0, spare)), out)
    out /= np.maximum(out.sum(axis=1, keepdims=True), 1e-9)
    return np.where((kind == 0)[:, None], beliefs, out).astype(np.float32)
