"""The band around the horizon: tall pieces of the photo laid side by side around the circle.

Pieces keep their elevations, so that what stands far away stays far away and the horizon stays level. They are bent,
scaled and relit, overlap, and meet along seams; places where they agree best are searched among many random ones, as
in image quilting (Efros and Freeman 2001) and video textures (Schoedl et al. 2000), here with columns for frames.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.outpainting.blending import Canvas, paste
from sonovista.generate.outpainting.contours import displacement
from sonovista.generate.outpainting.noise import smooth_noise
from sonovista.generate.outpainting.placement import Placement, PlacementSearch
from sonovista.generate.outpainting.projection import photo_coordinates, sample_photo
from sonovista.generate.outpainting.source import Source
from sonovista.generate.outpainting.variety import Shown, vary
from sonovista.geometry.frames import direction_from_angles

Float = NDArray[Any]

TONE_HEIGHTS = 0.03
"""Of the panorama's height: over how much of it light is compared where pieces join."""

SCANT = 0.5
"""Summed brightness in a row below which light is that of all rows."""


@dataclass(frozen=True)
class Band:
    """What all pieces share.

    Attributes:
        source: the photo.
        sky: the panorama's backdrop, rolled as the canvas, or None for a scene without sky.
        azimuth: of the canvas's columns, radians; the photo is at both ends and the back in the middle.
        elevation: of its rows.
        left: azimuth of the photo's left edge, radians.
        right: of its right edge.
    """

    source: Source
    sky: Float | None
    azimuth: NDArray[np.float64]
    elevation: NDArray[np.float64]
    left: float
    right: float


@dataclass(frozen=True)
class Piece:
    """A part of the photo as it comes to lie on the canvas.

    Attributes:
        pixels: RGB, shape `(h, w, 3)`.
        valid: where it shows the photo, shape `(h, w)`.
        azimuth: of what it shows, in the photo, radians, shape `(h, w)`.
        elevation: likewise.
        at: in the photo's pixels, likewise, across and down.
    """

    pixels: Float
    valid: NDArray[np.bool_]
    azimuth: Float
    elevation: Float
    at: tuple[Float, Float]


def piece(
    band: Band,
    columns: NDArray[np.int64],
    rows: NDArray[np.int64],
    placement: Placement,
    join: int,
    width: int,
    overlap: int,
    contours: tuple[NDArray[np.float64], NDArray[np.float64]] | None,
) -> Piece:
    """One piece on a grid of canvas columns and rows.

    Args:
        band: what all pieces share.
        columns: canvas columns, `(w,)`.
        rows: canvas rows, `(h,)`.
        placement: what it shows.
        join: canvas column of the edge where it joins.
        width: of the whole piece in columns.
        overlap: columns in which the piece keeps to the placement, without bends of its own.
        contours: where the contours come to lie in these columns and by how much they were moved, or None.

    Returns:
        The piece on this grid.
    """
    source = band.source
    step = 2.0 * np.pi / band.azimuth.size
    along = np.abs(columns - join) / width
    # Columns run against azimuth.
    offset = (columns - join) * step / placement.stretch
    azimuth = placement.azimuth - placement.direction * offset
    rng = np.random.default_rng(placement.bend)
    along = np.clip(along, 0.0, 1.0)
    x = (along * (width * step)).astype(np.float32)
    y = (band.elevation[0] - band.elevation[rows]).astype(np.float32)
    bend = 0.011 * _bend(rng, x, y, 0.22) + 0.002 * _bend(rng, x, y, 0.05)
    lift = 0.005 * _bend(rng, x, y, 0.22) + 0.0015 * _bend(rng, x, y, 0.05)
    own = np.minimum(along, 1.0 - along) * width / overlap
    own = np.clip(own - 0.7, 0.0, 1.0).astype(np.float32)[None, :]
    bend, lift = bend * own, lift * own
    elevation = band.elevation[rows][:, None] - placement.shift * (1.0 - along)[None, :]
    if contours is not None:
        elevation = elevation - displacement(elevation, contours[0][:, None], contours[1][:, None])
    # The horizon itself must stay straight: bending up and down vanishes there.
    lift *= np.clip(np.abs(elevation) / 0.06, 0.0, 1.0)
    elevation = elevation / placement.rise + lift
    azimuth = azimuth[None, :] + bend
    rays = direction_from_angles(azimuth, elevation)
    u, v, outside = photo_coordinates(rays, source.camera)
    valid = outside == 0.0
    pixels = sample_photo(source.solid, u, v)
    if band.sky is not None:
        alpha = sample_photo(source.backdrop, u, v, cv2.INTER_LINEAR)[..., None]
        pixels = pixels * (1.0 - alpha) + band.sky[:, columns] * alpha
    return Piece(np.clip(pixels, 0.0, 1.0), valid, azimuth, elevation, (u, v))


def _bend(rng: np.random.Generator, x: Float, y: Float, cell: float) -> Float:
    """Smooth noise in [-1, 1] at angles `x` by `y`, its features `cell` radians wide, shape `(y.size, x.size)`."""
    noise = smooth_noise(rng, (int(np.pi / cell) + 4, int(2.0 * np.pi / cell) + 4))
    map_x, map_y = np.meshgrid(x / cell + 1.0, y / cell + 1.0)
    values = cv2.remap(noise, map_x.astype(np.float32), map_y.astype(np.float32), cv2.INTER_CUBIC)
    return values.astype(np.float32)


def complete_band(canvas: Canvas, band: Band, start: int, stop: int, rng: np.random.Generator) -> None:
    """Fill the columns `start` to `stop` of the canvas, from both ends towards the back.

    Args:
        canvas: with the photo at both ends; changed in place.
        band: what all pieces share.
        start: first column to fill.
        stop: one after the last.
        rng: every random choice.
    """
    search = PlacementSearch(band)
    shown = Shown(*(np.zeros(canvas.filled.shape, np.float32) for _ in range(3)))
    # What lies at both ends of the gap: the photo's edges, seen as if it ran on.
    ends = {1: (band.right, 1), -1: (band.left, 1)}
    side = 1
    rows = np.arange(band.elevation.size)
    while stop > start:
        overlap = search.overlap
        join = start - overlap if side > 0 else stop - 1 + overlap
        placement, width = search.best(canvas, join, side, stop - start, ends[side], rng)
        total = width + overlap * (2 if width == stop - start else 1)
        columns = np.sort(join + side * np.arange(total))
        closes = width == stop - start
        contours = search.contour_moves(placement, join, side, total, closes)
        laid = piece(band, columns, rows, placement, join, total, overlap, contours)
        pixels = _match_tone(canvas, columns, laid.pixels, laid.valid, join, total, band.sky, rng)
        rim = np.flatnonzero(laid.valid.any(axis=1))
        if rim.size:
            part = slice(int(rim[0]), int(rim[-1]) + 1)
            left = int(columns[0])
            # Fine enough for a seam to run within the strip around the photo.
            share = paste(canvas, part.start, left, pixels[part], laid.valid[part], band.source.scale, nodes=6000)
            _note(shown, laid, search.rare, share, part, left)
        ends[side] = (search.count(placement, join, total, side), placement.direction)
        if side > 0:
            start += width
        else:
            stop -= width
        side = -side
    vary(canvas, shown, band, search.rare, search.contours, search.lines, rng)


def _note(shown: Shown, laid: Piece, rare: Float, share: Float, rows: slice, left: int) -> None:
    """Note what a piece shows where it was laid, on the canvas's rows `rows` from column `left`."""
    window = (rows, slice(left, left + share.shape[1]))
    there = share > 0.5
    u, v = laid.at
    rarity = sample_photo(rare, u[rows], v[rows], cv2.INTER_LINEAR)
    for layer, values in (
        (shown.rarity, rarity),
        (shown.azimuth, laid.azimuth[rows]),
        (shown.elevation, laid.elevation[rows]),
    ):
        layer[window][there] = values[there]


def _match_tone(
    canvas: Canvas,
    columns: NDArray[np.int64],
    pixels: Float,
    valid: NDArray[np.bool_],
    join: int,
    width: int,
    sky: Float | None,
    rng: np.random.Generator,
) -> Float:
    """Relight a piece: at the join as bright as the canvas there, elsewhere a little brighter or darker at random."""
    both = canvas.filled[:, columns] & valid
    ground = valid.copy()
    if sky is not None:
        ground &= np.abs(pixels - sky[:, columns]).sum(axis=2) > 0.06
    both &= ground
    gain = np.ones((1, 1, 3), np.float32)
    if both.sum() > 50:
        # Light differs with height: a meadow may be darker here while the mountains above it are not.
        sigma = max(TONE_HEIGHTS * pixels.shape[0], 1.0)
        before, piece = (
            cv2.GaussianBlur((picture * both[..., None]).sum(axis=1, keepdims=True), (1, 0), 0.1, sigmaY=sigma)
            for picture in (canvas.pixels[:, columns], pixels)
        )
        whole = canvas.pixels[:, columns][both].mean(axis=0) / np.maximum(pixels[both].mean(axis=0), 0.02)
        before, piece = before.reshape(-1, 1, 3), piece.reshape(-1, 1, 3)
        gain = np.clip((before + SCANT * whole) / np.maximum(piece + SCANT, 1e-3), 0.8, 1.25).astype(np.float32)
    far = np.float32(rng.uniform(0.96, 1.04))
    along = np.clip(np.abs(columns - join) / width, 0.0, 1.0).astype(np.float32)[None, :, None]
    factor = gain * (1.0 - along) + far * along
    return np.where(ground[..., None], np.clip(pixels * factor, 0.0, 1.0), pixels)
