"""Which part of the photo continues the band: the best of many random placements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.easing import smooth_step
from sonovista.generate.outpainting.blending import Canvas
from sonovista.generate.outpainting.contours import LIMIT, Contours, displacement, find_contours, moves
from sonovista.generate.outpainting.noise import smooth_noise
from sonovista.generate.outpainting.projection import photo_coordinates, sample_photo
from sonovista.generate.outpainting.source import UNIQUE_CLASSES
from sonovista.generate.outpainting.variety import rarity_at_height
from sonovista.geometry.frames import direction_from_angles

if TYPE_CHECKING:
    from sonovista.generate.outpainting.band import Band

Float = NDArray[Any]

OVERLAP = 56
"""Pixels by which pieces overlap, at panorama height 1024."""

STRIDE = 6
"""Placements are compared on every sixth pixel, at panorama height 1024."""

DRAWS = 360
REFINED = 10
"""Placements that are drawn at random, and the best of them that are varied further."""

FORBIDDEN = 40.0
"""Cost of a placement that shows nothing but what must not stand there twice; any other cost is far below it."""

ALIKE = 0.3
ALIKE_STRETCH = 0.08
"""Cost of showing again what was shown just as wide, and by which natural logarithm of the width it counts as such:
what comes back narrower or wider is less easily known again."""

BESIDE = 0.3
IN_SIGHT = np.radians(60.0)
"""Cost of showing again what stands nearby, and how far, roughly, that reaches."""

AGAIN = 1.0
BROKEN = 1.5
"""Costs of showing again what rises singly above the land, once for every time, and of cutting through it."""

PEAK = 0.03
"""Radians above the land at which something counts wholly as rising from it."""

RIDGE = 0.45
RESHAPED = 0.22
UNEVENNESS = 1.2
"""Radians over which a ridge is raised or lowered, and by how much at most: a share of its height above the ground, and
times the standard deviation of the photo's own ridge."""

BINS = 96
"""Columns into which the photo is cut to count what was shown."""

BROADEST_PEAK = BINS // 8
"""Columns that a single thing takes at most."""


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
class _Draws:
    """Many placements at once: arrays of shape `(K,)`, as in `Placement`, with the width of each piece in columns."""

    azimuth: NDArray[np.float64]
    direction: NDArray[np.float64]
    stretch: NDArray[np.float64]
    rise: NDArray[np.float64]
    shift: NDArray[np.float64]
    width: NDArray[np.int64]


class PlacementSearch:
    """Finds placements for one band, and remembers what was shown."""

    def __init__(self, band: Band) -> None:
        self.band = band
        source = band.source
        self.step = 2.0 * np.pi / band.azimuth.size
        self.span = band.left - band.right
        self.overlap = int(np.clip(round(OVERLAP * source.scale), 4, max(0.25 * self.span / self.step, 4)))
        self.stride = max(round(STRIDE * source.scale), 1)
        self.used = np.zeros(BINS)
        # What every piece showed, the logarithm of its stretch and its middle column; the photo itself comes first.
        self.shown: list[tuple[NDArray[np.float64], float, float]] = [(np.ones(BINS), 0.0, 0.0)]
        factor = source.camera.focal_length * np.pi / band.elevation.size / 2.0 * self.stride
        self.smooth = cv2.GaussianBlur(source.solid, (0, 0), max(0.7 * factor, 0.4))
        self.contours = find_contours(band)
        # Where contours are known they tell how far a piece must move.
        self.fixed = self.contours is not None or _has_level_horizon(band)
        # The contours of the canvas, column by column; beyond the photo's frame at first as they are at it.
        self.lines = np.zeros((2, band.azimuth.size))
        if self.contours is not None:
            azimuth = np.mod(band.azimuth + np.pi, 2.0 * np.pi) - np.pi
            self.lines = self.contours.at(np.clip(azimuth, band.right, band.left))
        self.unevenness = 0.0 if self.contours is None else UNEVENNESS * _unevenness(self.contours)
        self.rare = rarity_at_height(band, self.contours)
        self.unique, self.cut, self.blocked = _profiles(band)
        self.distinct = _distinct(band, self.rare)
        self.peaks = _peaks(band, self.contours)
        self.broadest = max(_longest_run((self.unique < 0.35) & ~self.blocked) / BINS, 0.25)

    def best(
        self, canvas: Canvas, join: int, side: int, gap: int, end: tuple[float, int], rng: np.random.Generator
    ) -> tuple[Placement, int]:
        """The placement that agrees best with the canvas where both overlap, of things that were shown least.

        Args:
            canvas: as it is.
            join: canvas column where the piece begins.
            side: 1 if it goes on to the right, -1 to the left.
            gap: columns that are still to fill.
            end: the photo's azimuth where the last piece on this side ends, and its direction.
            rng: every random choice.

        Returns:
            The placement, and how many new columns it fills; all of `gap` if it closes it.
        """
        photo_columns = self.span / self.step
        draws = self._draw(photo_columns, side, gap, rng)
        score = self._score(canvas, draws, join, side, gap, end)
        chosen = np.argsort(score)[:REFINED]
        near = self._vary(draws, chosen, side, gap, rng)
        score = self._score(canvas, near, join, side, gap, end)
        k = int(np.argmin(score))
        placement = Placement(
            float(near.azimuth[k]),
            int(near.direction[k]),
            float(near.stretch[k]),
            float(near.rise[k]),
            float(near.shift[k]),
            int(rng.integers(1 << 31)),
        )
        return placement, int(near.width[k])

    def count(self, placement: Placement, join: int, total: int, side: int) -> float:
        """Note what a piece of `total` columns from `join` on shows; returns the photo's azimuth at its far edge."""
        reach = total * self.step / placement.stretch
        positions = placement.azimuth - placement.direction * side * np.linspace(0.0, reach, 2 * BINS)
        shown = np.unique(self._bins(positions))
        self.used[shown] += 1.0
        piece = np.zeros(BINS)
        piece[shown] = 1.0
        self.shown.append((piece, float(np.log(placement.stretch)), join + 0.5 * side * total))
        return float(positions[-1])

    def contour_moves(self, placement: Placement, join: int, side: int, total: int, closes: bool) -> tuple | None:
        """Note the contours of a piece of `total` columns.

        Returns:
            Where they come to lie and by how much they were moved up, each `(2, total)` radians, by rising column;
            None if the photo has none.
        """
        if self.contours is None:
            return None
        offsets = np.arange(total)
        columns = join + side * offsets
        azimuth = placement.azimuth - placement.direction * side * offsets * self.step / placement.stretch
        seen = self.contours.at(azimuth)
        moved = moves(self.lines[:, columns], seen, self.overlap, closes)
        # What is built must stay straight.
        built = np.clip(3.0 * self.unique[self._bins(np.asarray(azimuth, np.float64))], 0.0, 1.0)
        built = cv2.blur(built[None], (2 * self.overlap + 1, 1))[0]
        moved[0] += self._reshaped(seen + moved, placement.bend, closes) * (1.0 - built)
        self.lines[:, columns] = seen + moved
        lines = seen + moved
        return (lines, moved) if side > 0 else (lines[:, ::-1], moved[:, ::-1])

    def _reshaped(self, lines: NDArray[np.float64], seed: int, closes: bool) -> NDArray[np.float64]:
        """By how much the upper contour of a piece is moved further, so that no two ridges are alike, `(total,)`."""
        total = lines.shape[1]
        rng = np.random.default_rng(seed)
        knots = max(round(total * self.step / RIDGE), 2) + 2
        shape = cv2.resize(smooth_noise(rng, (1, knots)), (total, 1), interpolation=cv2.INTER_CUBIC)[0]
        along = np.clip((np.arange(total) - self.overlap) / (0.25 * total), 0.0, 1.0)
        if closes:
            along = np.minimum(along, along[::-1])
        along = smooth_step(along)
        # A ridge that is level in the photo, such as a wall, stays so.
        most = np.minimum(RESHAPED * np.maximum(lines[0] - lines[1], 0.0), self.unevenness)
        return most * shape * along

    def _bins(self, azimuth: NDArray[np.float64]) -> NDArray[np.int64]:
        return np.clip(((self.band.left - azimuth) / self.span * BINS).astype(int), 0, BINS - 1)

    def _draw(self, photo_columns: float, side: int, gap: int, rng: np.random.Generator) -> _Draws:
        low = max(0.22 * photo_columns, 0.8 * self.overlap)
        # No wider than what can be shown without showing something unique again.
        high = max(min(0.7, self.broadest) * photo_columns, 1.2 * low)
        width = rng.uniform(low, high, DRAWS).astype(int)
        closes = gap <= max(0.9 * high - self.overlap, 1.5 * low)
        width = np.full(DRAWS, gap) if closes else np.minimum(width, max(gap - int(low), 1))
        stretch = np.exp(rng.uniform(-0.15, 0.4, DRAWS))
        shift = np.zeros(DRAWS) if self.fixed else rng.uniform(-0.06, 0.06, DRAWS)
        rise = np.ones(DRAWS) if self.fixed else np.exp(rng.uniform(-0.15, 0.2, DRAWS))
        direction = rng.choice([-1.0, 1.0], DRAWS)
        azimuth = self.band.right + rng.uniform(0.0, 1.0, DRAWS) * self.span
        return self._within(_Draws(azimuth, direction, stretch, rise, shift, width), side, gap)

    def _vary(self, draws: _Draws, chosen: NDArray[np.int64], side: int, gap: int, rng: np.random.Generator) -> _Draws:
        index = np.repeat(chosen, 24)
        amount = np.tile(np.r_[0.0, np.ones(23)], chosen.size)

        def jitter(size: float) -> NDArray[np.float64]:
            return rng.normal(0.0, size, index.size) * amount

        free = 0.0 if self.fixed else 1.0
        varied = _Draws(
            draws.azimuth[index] + jitter(0.025 * self.span),
            draws.direction[index],
            draws.stretch[index] * np.exp(jitter(0.05)),
            draws.rise[index] * np.exp(free * jitter(0.04)),
            draws.shift[index] + free * jitter(0.012),
            draws.width[index],
        )
        return self._within(varied, side, gap)

    def _within(self, draws: _Draws, side: int, gap: int) -> _Draws:
        """The same placements, moved and stretched so that all they show lies within the photo."""
        total = draws.width + self.overlap * np.where(draws.width == gap, 2, 1)
        stretch = np.maximum(draws.stretch, total * self.step / self.span * 1.001)
        reach = total * self.step / stretch
        falls = draws.direction * side > 0
        low = self.band.right + np.where(falls, reach, 0.0)
        high = self.band.left - np.where(falls, 0.0, reach)
        azimuth = np.clip(draws.azimuth, low, np.maximum(high, low))
        return _Draws(azimuth, draws.direction, stretch, draws.rise, draws.shift, draws.width)

    def _score(
        self, canvas: Canvas, draws: _Draws, join: int, side: int, gap: int, end: tuple[float, int]
    ) -> NDArray[np.float64]:
        closes = bool(draws.width[0] == gap)
        score = self._disagreement(canvas, draws, join, side, np.arange(0, self.overlap, self.stride))
        if closes:
            total = gap + 2 * self.overlap
            score += self._disagreement(canvas, draws, join, side, np.arange(total - self.overlap, total, self.stride))
        total = draws.width + self.overlap * (2 if closes else 1)
        reach = total * self.step / draws.stretch
        positions = draws.azimuth[:, None] - (draws.direction * side * reach)[:, None] * np.linspace(0.0, 1.0, 24)
        bins = self._bins(positions)
        score += 2.5 * self.unique[bins].mean(axis=1) + 1.2 * self.unique[bins].max(axis=1)
        score += np.minimum(0.05 * self.used[bins] ** 2, 1.2).mean(axis=1)
        around = self.band.azimuth.size
        for piece, stretch, middle in self.shown:
            alike = np.exp(-(((np.log(draws.stretch) - stretch) / ALIKE_STRETCH) ** 2))
            apart = np.abs((join + 0.5 * side * total - middle + 0.5 * around) % around - 0.5 * around) * self.step
            seen = np.exp(-((apart / IN_SIGHT) ** 2))
            score += (ALIKE * alike + BESIDE * seen) * piece[bins].mean(axis=1)
        # A single tree is known again at once, and half of one looks broken.
        known = self.peaks[bins] + self.distinct[bins]
        score += AGAIN * (known * np.minimum(self.used[bins], 3.0)).mean(axis=1)
        joins = np.minimum(self.overlap / total, 0.5)[:, None] >= np.linspace(0.0, 1.0, 24)[None, :]
        joins = joins | joins[:, ::-1]
        score += BROKEN * (self.peaks[bins] * joins).sum(axis=1) / joins.sum(axis=1)
        # Never the same building or thing twice, unless the photo shows nothing else.
        score += FORBIDDEN * self.blocked[bins].mean(axis=1)
        score += 0.35 * self.cut[bins].mean(axis=1)
        # What runs on from its own mirror image is what a viewer sees first.
        mirrored = (draws.direction != end[1]) * np.maximum(
            0.0, 1.0 - np.abs(draws.azimuth - end[0]) / (0.3 * self.span)
        )
        score += 1.2 * mirrored
        # Broad pieces keep what belongs together.
        return score - 0.05 * draws.width / max(self.span / self.step, 1.0)

    def _disagreement(
        self, canvas: Canvas, draws: _Draws, join: int, side: int, offsets: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """How much a seam through the overlap would show, for every placement, shape `(K,)`."""
        band = self.band
        columns = join + side * offsets
        rows = np.arange(0, band.elevation.size, self.stride)
        filled = canvas.filled[rows][:, columns]
        live = filled.any(axis=1)
        if not live.any():
            return np.zeros(draws.azimuth.size)
        rows, filled = rows[live], filled[live]
        window = canvas.pixels[rows][:, columns]
        azimuth = draws.azimuth[:, None] - (draws.direction * side / draws.stretch)[:, None] * offsets * self.step
        along = np.clip(1.0 - offsets / draws.width[:, None], 0.0, 1.0)
        elevation = band.elevation[rows][None, :, None] - (draws.shift[:, None] * along)[:, None, :]
        effort = np.zeros(draws.azimuth.size)
        if self.contours is not None:
            lines = self.contours.at(azimuth)
            moved = np.clip(self.lines[:, None, columns] - lines, -LIMIT, LIMIT)
            elevation = elevation - displacement(elevation, (lines + moved)[:, :, None], moved[:, :, None])
            effort = 0.15 * (np.abs(moved).mean(axis=(0, 2)) / 0.05) ** 2
        rays = direction_from_angles(azimuth[:, None, :], elevation / draws.rise[:, None, None])
        u, v, outside = photo_coordinates(rays, band.source.camera)
        shape = u.shape
        flat = (shape[0] * shape[1], shape[2])
        pixels = sample_photo(self.smooth, u.reshape(flat), v.reshape(flat), cv2.INTER_LINEAR).reshape(*shape, 3)
        if band.sky is not None:
            alpha = sample_photo(band.source.backdrop, u.reshape(flat), v.reshape(flat), cv2.INTER_LINEAR)
            alpha = alpha.reshape(*shape, 1)
            pixels = pixels * (1.0 - alpha) + band.sky[rows][:, columns] * alpha
        both = filled & (outside == 0.0)
        difference = np.abs(pixels - window).sum(axis=3)
        seam = np.where(both, difference, 3.0).min(axis=2)
        # Squares: few rows that do not meet at all (a skyline that jumps) show more than many that nearly do.
        seam = np.where(both.any(axis=2), seam**2, 0.0).sum(axis=1) / np.maximum(both.any(axis=2).sum(axis=1), 1)
        mean = (difference * both).sum(axis=(1, 2)) / np.maximum(both.sum(axis=(1, 2)), 1)
        missing = (filled & ~both).sum(axis=(1, 2)) / filled.sum()
        return 1.5 * np.sqrt(seam) + 0.5 * mean + 0.4 * missing + effort


def _has_level_horizon(band: Band) -> bool:
    """Whether still water that is no backdrop reaches up to the horizon: then nothing may be moved up or down."""
    water = band.source.share("water") * (1.0 - band.source.backdrop)
    near = np.abs(band.source.elevation) < 0.05
    return bool(near.any()) and float(water[near].mean()) > 0.2


def _longest_run(flags: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.r_[False, flags, False].astype(int)))
    return int((edges[1::2] - edges[::2]).max()) if edges.size else 0


def _peaks(band: Band, contours: Contours | None) -> NDArray[np.float64]:
    """How far what stands at every bin of azimuth rises singly above the land, in [0, 1]; zero if land is unknown."""
    if contours is None or band.sky is None:
        return np.zeros(BINS)
    source = band.source
    centres = band.left - (np.arange(BINS) + 0.5) / BINS * (band.left - band.right)
    elevation = band.elevation[::2]
    u, v, outside = photo_coordinates(direction_from_angles(centres[None, :], elevation[:, None]), source.camera)
    solid = (sample_photo(source.backdrop, u, v, cv2.INTER_LINEAR) < 0.5) & (outside == 0.0)
    solid = cv2.morphologyEx(solid.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 1), np.uint8)) > 0
    highest = np.where(solid.any(axis=0), elevation[solid.argmax(axis=0)], -np.inf)
    rise = np.clip((highest - contours.at(centres)[0]) / PEAK, 0.0, 1.0)
    # A whole range of mountains is no single thing.
    rise -= cv2.morphologyEx(rise[None], cv2.MORPH_OPEN, np.ones((1, BROADEST_PEAK), np.uint8))[0]
    return cv2.dilate(rise[None], np.ones((1, 3), np.uint8))[0].astype(float)


def _unevenness(contours: Contours) -> float:
    """Standard deviation of the upper contour from a straight line, radians."""
    slope = np.polynomial.Polynomial.fit(contours.azimuth, contours.lines[0], 1)
    return float((contours.lines[0] - slope(contours.azimuth)).std())


def _distinct(band: Band, rare: Float) -> NDArray[np.float64]:
    """How much of what is rare stands at every bin of azimuth, in [0, 1]."""
    source = band.source
    rays = source.camera.ray_directions()
    azimuth = np.arctan2(rays[..., 1], rays[..., 0])
    bins = np.clip(((band.left - azimuth) / (band.left - band.right) * BINS).astype(int), 0, BINS - 1)
    solid = (source.backdrop < 0.5).astype(float)
    total = np.bincount(bins.ravel(), weights=solid.ravel(), minlength=BINS)
    found = np.bincount(bins.ravel(), weights=(rare * solid).ravel(), minlength=BINS)
    return np.clip(8.0 * found / np.maximum(total, 1.0), 0.0, 1.0)


def _profiles(band: Band) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """For every bin of azimuth: how unique what stands there is, whether the photo's upper edge cuts through it, and
    whether a building or a thing stands there for sure.
    """
    source = band.source
    centres = band.left - (np.arange(BINS) + 0.5) / BINS * (band.left - band.right)
    rays = direction_from_angles(centres[None, :], band.elevation[::2, None])
    u, v, outside = photo_coordinates(rays, source.camera)
    inside = outside == 0.0
    solid = (1.0 - sample_photo(source.backdrop, u, v, cv2.INTER_LINEAR)) * inside
    unique = sample_photo(source.uniqueness, u, v, cv2.INTER_LINEAR) * solid
    # What covers a third of a column makes the whole column unique.
    share = np.clip(3.0 * unique.sum(axis=0) / np.maximum(inside.sum(axis=0), 1), 0.0, 1.0)
    certain = sample_photo((source.share(*UNIQUE_CLASSES) > 0.5).astype(np.float32), u, v, cv2.INTER_LINEAR) * inside
    blocked = certain.sum(axis=0) > 0.03 * np.maximum(inside.sum(axis=0), 1)
    blocked = cv2.dilate(blocked.astype(np.uint8)[None], np.ones((1, 3), np.uint8))[0] > 0
    first = inside.argmax(axis=0)
    few = np.minimum(first + 2, inside.shape[0] - 1)
    cut = solid[few, np.arange(BINS)] if band.sky is not None else np.zeros(BINS)
    return share.astype(float), cut.astype(float), blocked
