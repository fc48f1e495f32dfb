"""Where the land meets the sky and the ground meets what stands on it: these lines must meet where pieces meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.easing import smooth_step
from sonovista.generate.outpainting.projection import photo_coordinates, sample_photo
from sonovista.generate.outpainting.source import FLAT_CLASSES, UNIQUE_CLASSES
from sonovista.geometry.frames import direction_from_angles

if TYPE_CHECKING:
    from sonovista.generate.outpainting.band import Band

Array = NDArray[Any]

POINTS = 256
"""Azimuths across the photo at which contours are known."""

FADE = 0.4
"""Radians above and below the contours over which their displacement dies away."""

STEEPEST = 0.7
"""Steepest slope of a contour: what rises more steeply, such as a single tree, stands above it."""

LIMIT = 0.22
"""Radians by which a contour may be displaced at most."""


@dataclass(frozen=True)
class Contours:
    """Two lines across the photo, as elevations in radians at azimuths that rise from the right edge to the left.

    Attributes:
        azimuth: shape `(POINTS,)`, rising.
        lines: of the upper border of all that is solid and of the ground, shape `(2, POINTS)`; equal where the photo
            shows only one of them.
    """

    azimuth: Array
    lines: Array

    def at(self, azimuth: Array) -> Array:
        """Both lines at azimuths of any shape, which are mirrored beyond the photo: shape `(2, ...)`."""
        right, left = self.azimuth[0], self.azimuth[-1]
        folded = np.mod(azimuth - right, 2.0 * (left - right))
        folded = right + np.minimum(folded, 2.0 * (left - right) - folded)
        return np.stack([np.interp(folded, self.azimuth, line) for line in self.lines])


def find_contours(band: Band) -> Contours | None:
    """The photo's contours without their steep peaks, or None if it shows neither sky nor ground all across."""
    source = band.source
    azimuth = np.linspace(band.right, band.left, POINTS)
    elevation = band.elevation[::2]
    u, v, outside = photo_coordinates(direction_from_angles(azimuth[None, :], elevation[:, None]), source.camera)
    inside = outside == 0.0
    solid = (sample_photo(source.backdrop, u, v, cv2.INTER_LINEAR) < 0.5) & inside
    # Buildings and things are never repeated: what goes on is what stands before them.
    solid &= sample_photo(source.share(*UNIQUE_CLASSES), u, v, cv2.INTER_LINEAR) < 0.5
    flat = (sample_photo(source.share(*FLAT_CLASSES), u, v, cv2.INTER_LINEAR) > 0.5) & inside & solid
    points_per_radian = POINTS / (band.left - band.right)
    lines = []
    if band.sky is not None:
        lines.append(_line(solid, inside, elevation, points_per_radian))
    lines.append(_line(flat, inside, elevation, points_per_radian))
    known = [line for line in lines if line is not None]
    if not known:
        return None
    top, bottom = np.maximum(known[0], known[-1]), known[-1]
    return Contours(azimuth, np.stack([top, bottom]))


def _line(
    mask: NDArray[np.bool_], inside: NDArray[np.bool_], elevation: Array, points_per_radian: float
) -> Array | None:
    """Upper border of a mask per column; None if too few columns show it within the frame."""
    rows = np.arange(mask.shape[0])[:, None]
    # Small islands are none of it: the mask must go on below its border.
    depth = max(round(0.02 / abs(float(elevation[1] - elevation[0]))), 1)
    kept = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((depth, 3), np.uint8)) > 0
    highest = np.where(kept, rows, mask.shape[0]).min(axis=0)
    frame = np.where(inside, rows, mask.shape[0]).min(axis=0)
    known = (highest < mask.shape[0]) & (highest > frame + 2)
    if known.mean() < 0.7:
        return None
    points = np.arange(mask.shape[1])
    line = np.interp(points, points[known], elevation[highest[known]]).astype(np.float32)[None]
    line = line[0]
    slope = np.abs(points[:, None] - points[None, :]) * (STEEPEST / points_per_radian)
    line = (line[None, :] + slope).min(axis=1).astype(np.float32)[None]
    border = cv2.BORDER_REFLECT
    smooth = cv2.GaussianBlur(line, (0, 0), max(np.radians(0.7) * points_per_radian, 0.5), borderType=border)
    return smooth[0].astype(np.float64)


def displacement(elevation: Array, lines: Array, moved: Array) -> Array:
    """How far what is seen at an elevation was moved up, if the contours were moved: linear between them.

    Args:
        elevation: radians, shape broadcastable with the rest.
        lines: where the upper and the lower contour lie now, shape `(2, ...)`.
        moved: by how much they were moved up, shape `(2, ...)`.

    Returns:
        Radians, to be subtracted from `elevation` to find what is seen there; it dies away above and below.
    """
    top, bottom = lines
    share = np.clip((elevation - bottom) / np.maximum(top - bottom, 1e-3), 0.0, 1.0)
    middle = moved[1] + (moved[0] - moved[1]) * share
    away = np.maximum(np.maximum(elevation - top, bottom - elevation), 0.0)
    fade = np.clip(1.0 - away / FADE, 0.0, 1.0)
    return middle * fade


def moves(target: Array, seen: Array, overlap: int, closes: bool) -> Array:
    """By how much a piece's contours must be moved up, column by column from where it joins.

    In the overlap they meet those of the canvas; from there on they come to rest over the rest of the piece.

    Args:
        target: the canvas's contours, shape `(2, w)`; known in the overlap alone.
        seen: the piece's own, shape `(2, w)`.
        overlap: columns.
        closes: whether the piece overlaps with the canvas at its far end as well.

    Returns:
        Radians, shape `(2, w)`.
    """
    width = seen.shape[1]
    wanted = np.clip(target - seen, -LIMIT, LIMIT)
    overlap = min(overlap, width)
    rest = smooth_step((np.arange(width) - overlap + 1) / max(width - overlap * (2 if closes else 1), 1))
    moved = wanted[:, overlap - 1, None] * (1.0 - rest)
    moved[:, :overlap] = wanted[:, :overlap]
    if closes:
        moved += wanted[:, -overlap, None] * rest
        moved[:, -overlap:] = wanted[:, -overlap:]
        moved[:, :overlap] = wanted[:, :overlap]
    return moved
