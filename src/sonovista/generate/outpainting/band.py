"""The band around the horizon: tall pieces of the photo laid side by side around the circle.

Pieces keep their elevations, so that what stands far away stays far away and the horizon stays level. They are bent,
scaled and relit, overlap, and meet along seams; places where they agree best are searched among many random ones, as
in image quilting (Efros and Freeman 2001) and video textures (Schoedl et al. 2000), here with columns for frames.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.outpainting.blending import Canvas, paste
from sonovista.generate.outpainting.noise import smooth_noise
from sonovista.generate.outpainting.projection import photo_coordinates, sample_photo
from sonovista.generate.outpainting.source import Source
from sonovista.geometry.frames import direction_from_angles

Float = NDArray[np.float32]

CANDIDATES = 140
COARSE = 6
"""Candidates are compared on every sixth pixel at panorama height 1024."""


@dataclass(frozen=True)
class Placement:
    """Which part of the photo a piece shows, and how it is bent.

    Attributes:
        azimuth: of the photo's part that comes to lie at the piece's edge where it joins, radians.
        direction: 1 if azimuth in the photo runs as on the canvas, -1 if the part is flipped.
        stretch: canvas width over photo width.
        rise: canvas elevation over photo elevation.
        shift: radians that the joining edge is moved up; it relaxes to zero at the piece's far edge.
        bend: seed of the smooth random displacement.
    """

    azimuth: float
    direction: int
    stretch: float
    rise: float
    shift: float
    bend: int


@dataclass(frozen=True)
class Band:
    """What all pieces share.

    Attributes:
        source: the photo.
        sky: the panorama's sky, rolled as the canvas, or None for a scene without sky.
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


def piece(
    band: Band, columns: NDArray[np.int64], rows: NDArray[np.int64], placement: Placement, join: int, width: int
) -> tuple[Float, NDArray[np.bool_], Float]:
    """One piece on a grid of canvas columns and rows.

    Args:
        band: what all pieces share.
        columns: canvas columns, `(w,)`.
        rows: canvas rows, `(h,)`.
        placement: what it shows.
        join: canvas column of the edge where it joins.
        width: of the whole piece in columns.

    Returns:
        RGB `(h, w, 3)`, where it is valid `(h, w)`, and its uniqueness `(h, w)`.
    """
    source = band.source
    step = 2.0 * np.pi / band.azimuth.size
    along = np.abs(columns - join) / width
    # Columns run against azimuth.
    offset = (columns - join) * step / placement.stretch
    azimuth = placement.azimuth - placement.direction * offset
    rng = np.random.default_rng(placement.bend)
    coarse = smooth_noise(rng, (9, 9))
    fine = smooth_noise(rng, (25, 25))
    y = np.linspace(0.0, 1.0, rows.size, dtype=np.float32)
    x = np.clip(along, 0.0, 1.0).astype(np.float32)
    bend = 0.011 * _look_up(coarse, x, y) + 0.0026 * _look_up(fine, x, y)
    lift = 0.005 * _look_up(coarse[::-1].copy(), x, y) + 0.0022 * _look_up(fine[::-1].copy(), x, y)
    elevation = band.elevation[rows][:, None] - placement.shift * np.clip(1.0 - along, 0.0, 1.0)[None, :]
    # The horizon itself must stay straight: bending up and down vanishes there.
    lift *= np.clip(np.abs(elevation) / 0.06, 0.0, 1.0)
    elevation = elevation / placement.rise + lift
    rays = direction_from_angles(azimuth[None, :] + bend, elevation)
    u, v, outside = photo_coordinates(rays, source.camera)
    valid = outside == 0.0
    pixels = sample_photo(source.pixels, u, v)
    uniqueness = sample_photo(source.uniqueness, u, v, cv2.INTER_LINEAR)
    if band.sky is not None:
        alpha = sample_photo(source.sky, u, v, cv2.INTER_LINEAR)[..., None]
        behind = band.sky[rows[0] : rows[-1] + 1 : rows[1] - rows[0] if rows.size > 1 else 1][: rows.size][:, columns]
        pixels = pixels * (1.0 - alpha) + behind * alpha
    return np.clip(pixels, 0.0, 1.0), valid, uniqueness


def _look_up(noise: Float, x: Float, y: Float) -> Float:
    height, width = noise.shape
    map_x, map_y = np.meshgrid(x * (width - 1), y * (height - 1))
    return cv2.remap(noise, map_x.astype(np.float32), map_y.astype(np.float32), cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def complete_band(canvas: Canvas, band: Band, start: int, stop: int, rng: np.random.Generator) -> None:
    """Fill the columns `start` to `stop` of the canvas, from both ends towards the back.

    Args:
        canvas: with the photo at both ends; changed in place.
        band: what all pieces share.
        start: first column to fill.
        stop: one after the last.
        rng: every random choice.
    """
    scale = band.source.scale
    overlap = max(round(44 * scale), 4)
    photo_width = (band.left - band.right) / (2.0 * np.pi) * band.azimuth.size
    used = np.zeros(64)
    # What lies at both ends of the gap: the photo's edges, seen as if it ran on.
    ends = {1: (band.right, 1), -1: (band.left, 1)}
    side = 1
    while stop - start > 0:
        width = round(float(rng.uniform(0.32, 0.68)) * photo_width)
        width = int(np.clip(width, 2 * overlap, max(round(300 * scale), 3 * overlap)))
        last = stop - start <= 1.35 * width
        if last:
            width = stop - start
        join = start - overlap if side > 0 else stop - 1 + overlap
        total = width + overlap * (2 if last else 1)
        placement = _best_placement(canvas, band, join, side, total, used, ends[side], rng)
        columns = join + side * np.arange(total)
        columns = np.sort(columns)
        rows = np.arange(band.elevation.size)
        pixels, valid, _ = piece(band, columns, rows, placement, join, total)
        pixels = _match_tone(canvas, columns, pixels, valid, join, total, band.sky, rng)
        rim = np.flatnonzero(valid.any(axis=1))
        if rim.size:
            top, bottom = int(rim[0]), int(rim[-1]) + 1
            paste(canvas, top, int(columns[0]), pixels[top:bottom], valid[top:bottom], scale)
        ends[side] = (_count(used, band, placement, total, side), placement.direction)
        if side > 0:
            start += width
        else:
            stop -= width
        side = -side


def _count(used: NDArray[np.float64], band: Band, placement: Placement, width: int, side: int) -> float:
    """Note what a piece shows; returns the photo's azimuth at the piece's far edge."""
    step = 2.0 * np.pi / band.azimuth.size
    reach = width * step / placement.stretch
    positions = placement.azimuth - placement.direction * np.linspace(0.0, reach, 64) * side
    bins = ((band.left - positions) / (band.left - band.right) * used.size).astype(int)
    used[np.unique(np.clip(bins, 0, used.size - 1))] += 1.0
    return float(positions[-1])


def _best_placement(
    canvas: Canvas,
    band: Band,
    join: int,
    side: int,
    width: int,
    used: NDArray[np.float64],
    end: tuple[float, int],
    rng: np.random.Generator,
) -> Placement:
    """The candidate that agrees best with the canvas where both overlap, and shows what was shown least."""
    stride = max(round(COARSE * band.source.scale), 1)
    columns = np.sort((join + side * np.arange(0, width, stride)))
    rows = np.arange(0, band.elevation.size, stride)
    window = canvas.pixels[rows][:, columns]
    filled = canvas.filled[rows][:, columns]
    live = np.flatnonzero(filled.any(axis=1))
    if live.size:
        keep = slice(live[0], live[-1] + 1)
        rows, window, filled = rows[keep], window[keep], filled[keep]
    span = band.left - band.right
    step = 2.0 * np.pi / band.azimuth.size
    level = _has_level_horizon(band)
    best: tuple[float, Placement] | None = None
    for _ in range(CANDIDATES):
        stretch = float(np.exp(rng.uniform(-0.18, 0.3)))
        reach = width * step / stretch
        if reach > span:
            stretch = width * step / span * 1.001
            reach = span
        direction = int(rng.choice([-1, 1])) * side
        first = float(rng.uniform(band.right, band.left - reach))
        # `first` is the lowest azimuth shown; going along the canvas from the join, azimuth falls if direction * side > 0.
        azimuth = first + reach if direction * side > 0 else first
        placement = Placement(
            azimuth,
            direction,
            stretch,
            1.0 if level else float(np.exp(rng.uniform(-0.12, 0.16))),
            0.0 if level else float(rng.uniform(-0.05, 0.05)),
            int(rng.integers(1 << 31)),
        )
        pixels, valid, uniqueness = piece(band, columns, rows, placement, join, width)
        both = filled & valid
        if both.sum() < 8:
            continue
        error = float(np.abs(window - pixels).sum(axis=2)[both].mean())
        missing = float((filled & ~valid).sum() / filled.sum())
        unique = float(uniqueness[valid].mean())
        bins = ((band.left - np.linspace(first, first + reach, 16)) / span * used.size).astype(int)
        reuse = float(used[np.clip(bins, 0, used.size - 1)].mean())
        cut = _cut_at_top(band, pixels, valid, rows, columns) if band.sky is not None else 0.0
        score = error + 0.3 * missing + 1.6 * unique + 0.05 * reuse + 0.5 * cut
        # What runs on from its own mirror image is what a viewer sees first.
        score += 0.5 * (direction != end[1]) * max(0.0, 1.0 - abs(azimuth - end[0]) / (0.3 * span))
        if best is None or score < best[0]:
            best = (score, placement)
    if best is None:
        return Placement(band.left if side > 0 else band.right, 1, width * step / span, 1.0, 0.0, 0)
    return best[1]


def _has_level_horizon(band: Band) -> bool:
    """Whether still water reaches up to the horizon: then nothing may be moved up or down."""
    water = band.source.share("water")
    near = np.abs(band.source.elevation) < 0.05
    return bool(near.any()) and float(water[near].mean()) > 0.2


def _cut_at_top(
    band: Band, pixels: Float, valid: NDArray[np.bool_], rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> float:
    """Share of columns whose highest visible row is not sky: things that the photo's upper edge cut through."""
    assert band.sky is not None
    top = valid.argmax(axis=0)
    any_valid = valid.any(axis=0)
    index = np.arange(columns.size)
    behind = band.sky[rows[top], columns]
    differs = np.abs(pixels[top, index] - behind).sum(axis=1) > 0.15
    return float((differs & any_valid).mean())


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
    gain = np.ones(3, np.float32)
    if both.sum() > 50:
        gain = np.clip(canvas.pixels[:, columns][both].mean(axis=0) / np.maximum(pixels[both].mean(axis=0), 0.02), 0.85, 1.18)
    far = np.float32(rng.uniform(0.95, 1.06))
    along = np.clip(np.abs(columns - join) / width, 0.0, 1.0).astype(np.float32)[None, :, None]
    factor = gain * (1.0 - along) + far * along
    return np.where(ground[..., None], np.clip(pixels * factor, 0.0, 1.0), pixels)
