"""What would be known again beside the photo, or beside itself, is replaced by what is common at its height.

The band is laid from pieces as tall as the photo, so that what belongs together stays together; but then a photo of 60
degrees comes back five times around the circle. What in it is rare is seen first: it is kept where nothing of it is in
sight and elsewhere covered with a patch of the photo that agrees with what surrounds it and is common (as in graph-cut
textures, Kwatra et al. 2003, whose patches are placed where the error is largest).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.outpainting.blending import Canvas, paste
from sonovista.generate.outpainting.contours import Contours, displacement
from sonovista.generate.outpainting.noise import smooth_noise
from sonovista.generate.outpainting.projection import photo_coordinates, sample_photo
from sonovista.generate.outpainting.rarity import rarity
from sonovista.geometry.frames import direction_from_angles

if TYPE_CHECKING:
    from sonovista.generate.outpainting.band import Band

Float = NDArray[Any]

IN_SIGHT = np.radians(100.0)
"""Within which a thing must not stand twice: about what a viewer sees at once."""

SAME = np.radians(2.5)
"""Within which two places in the photo are taken for the same thing."""

NOTICED = 0.35
"""Rarity from which something is noticed."""

LARGEST = 0.35
"""Of the photo's width: what is wider is no single thing."""

MARGIN = 26
"""Pixels around a thing, at panorama height 1024, in which the patch over it may be cut."""

MOST = 24
"""Things that are replaced at most: the most noticeable."""

CANDIDATES = 40
STEP = 4
"""Patches that are compared for each, on every fourth pixel."""

RARE, FORBIDDEN, HEIGHTS = 0.5, 3.0, np.radians(1.5)
"""Costs of a patch that is rare itself, and of one with what must not stand twice; how far it may be moved up."""


@dataclass(frozen=True)
class Shown:
    """What of the photo stands where on the canvas; its arrays are changed in place.

    Attributes:
        rarity: in [0, 1], shape `(H, W)`; zero where nothing of the band is.
        azimuth: in the photo, radians, shape `(H, W)`.
        elevation: likewise.
    """

    rarity: Float
    azimuth: Float
    elevation: Float


def rarity_at_height(band: Band, contours: Contours | None) -> Float:
    """Rarity of the photo's pixels among those at the same height above its contours, shape `(h, w)` of the source."""
    source = band.source
    if contours is None:
        return rarity(source.pixels, source.backdrop, source.scale)
    azimuth = np.linspace(band.left, band.right, max(round((band.left - band.right) * source.camera.focal_length), 8))
    elevation = band.elevation
    lines = contours.at(azimuth)
    mean = np.broadcast_to(lines.mean(axis=1, keepdims=True), lines.shape)
    moved = mean - lines
    seen = elevation[:, None] - displacement(elevation[:, None], mean[:, None], moved[:, None])
    u, v, outside = photo_coordinates(direction_from_angles(azimuth[None, :], seen), source.camera)
    rows = np.flatnonzero((outside == 0.0).mean(axis=1) > 0.3)
    if rows.size < 8:
        return rarity(source.pixels, source.backdrop, source.scale)
    part = slice(int(rows[0]), int(rows[-1]) + 1)
    covered = np.maximum(sample_photo(source.backdrop, u[part], v[part], cv2.INTER_LINEAR), outside[part] > 0.0)
    straight = rarity(np.clip(sample_photo(source.solid, u[part], v[part]), 0.0, 1.0), covered, source.scale)
    rays = source.camera.ray_directions()
    own_azimuth = np.arctan2(rays[..., 1], rays[..., 0])
    at = contours.at(own_azimuth)
    middle = lines.mean(axis=1)[:, None, None]
    shift = displacement(source.elevation, at, middle - at)
    column = (own_azimuth - azimuth[0]) / (azimuth[1] - azimuth[0])
    row = (source.elevation + shift - elevation[part][0]) / (elevation[1] - elevation[0])
    found = cv2.remap(
        straight, column.astype(np.float32), row.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
    )
    return np.asarray(found, np.float32)


def vary(
    canvas: Canvas,
    shown: Shown,
    band: Band,
    rare: Float,
    contours: Contours | None,
    lines: Float,
    rng: np.random.Generator,
) -> None:
    """Replace what is noticed and stands twice within sight.

    Args:
        canvas: with the band laid; changed in place.
        shown: what of the photo stands where.
        band: what all pieces share.
        rare: rarity of the photo's pixels, shape of the source.
        contours: the photo's, or None.
        lines: the canvas's contours, shape `(2, W)`.
        rng: every random choice.
    """
    scale = band.source.scale
    margin = max(round(MARGIN * scale), 4)
    for top, bottom, left, right in _repeated(canvas, shown, band):
        window = (
            slice(max(top - margin, 0), min(bottom + margin, band.elevation.size)),
            slice(max(left - margin, 0), min(right + margin, band.azimuth.size)),
        )
        if canvas.freedom[window].min() < 1.0:
            continue
        core = _core(shown.rarity[window], margin)
        patches = _Patches(band, rare, contours, lines, window)
        draws = [_draw(band, core.shape[1], rng) for _ in range(CANDIDATES)]
        best = draws[int(np.argmin([patches.cost(canvas, draw, core) for draw in draws]))]
        pixels, valid, marks = patches.at(best)
        both = valid & canvas.filled[window] & ~core & (marks[..., 0] < 0.5)
        if both.sum() > 30:
            gain = canvas.pixels[window][both].mean(axis=0) / np.maximum(pixels[both].mean(axis=0), 0.02)
            lit = np.clip(pixels * np.clip(gain, 0.85, 1.18), 0.0, 1.0)
            pixels = np.where((marks[..., 0] < 0.5)[..., None], lit, pixels).astype(np.float32)
        canvas.filled[window] &= ~(core & valid)
        paste(canvas, window[0].start, window[1].start, pixels, valid, scale, nodes=2500)


def _core(rare: Float, margin: int) -> NDArray[np.bool_]:
    """The pixels that must go, shape of the window: what is rare and its surroundings, but not the window's rim."""
    size = 2 * max(margin // 4, 1) + 1
    core = cv2.dilate((rare > 0.6 * NOTICED).astype(np.uint8), np.ones((size, size), np.uint8)) > 0
    rim = max(margin // 2, 2)
    inner = np.zeros(core.shape, bool)
    inner[rim:-rim, rim:-rim] = True
    return core & inner


def _repeated(canvas: Canvas, shown: Shown, band: Band) -> list[tuple[int, int, int, int]]:
    """Boxes (top, bottom, left, right) of what is noticed and stands twice within sight, the most noticeable first."""
    scale = band.source.scale
    noticed = ((shown.rarity > NOTICED) & (canvas.freedom >= 1.0)).astype(np.uint8)
    joined = max(round(8 * scale), 1)
    noticed = cv2.morphologyEx(noticed, cv2.MORPH_CLOSE, np.ones((joined, joined), np.uint8))
    count, labels, stats, centres = cv2.connectedComponentsWithStats(noticed)
    widest = LARGEST * (band.left - band.right) / (2.0 * np.pi) * band.azimuth.size
    weights = np.bincount(labels.ravel(), weights=shown.rarity.ravel(), minlength=count)
    kept: list[tuple[float, float, float]] = []
    found = []
    for index in (np.argsort(-weights[1:], kind="stable") + 1).tolist():
        left, top, width, height, area = stats[index].tolist()
        if area < 60 * scale**2 or width > widest or height > widest or len(found) >= MOST:
            continue
        own = labels[top : top + height, left : left + width] == index
        window = (slice(top, top + height), slice(left, left + width))
        azimuth, elevation = float(shown.azimuth[window][own].mean()), float(shown.elevation[window][own].mean())
        at = float(band.azimuth[min(int(centres[index][0]), band.azimuth.size - 1)])
        again = _apart(at, azimuth) < IN_SIGHT
        again |= any(
            abs(azimuth - a) < SAME and abs(elevation - e) < SAME and _apart(at, other) < IN_SIGHT
            for a, e, other in kept
        )
        if again:
            found.append((top, top + height, left, left + width))
        else:
            kept.append((azimuth, elevation, at))
    return found


def _apart(a: float, b: float) -> float:
    return abs((a - b + np.pi) % (2.0 * np.pi) - np.pi)


@dataclass(frozen=True)
class _Draw:
    azimuth: float
    direction: int
    stretch: float
    lift: float
    bend: int


def _draw(band: Band, columns: int, rng: np.random.Generator) -> _Draw:
    stretch = float(np.exp(rng.uniform(-0.1, 0.3)))
    reach = columns * 2.0 * np.pi / band.azimuth.size / stretch
    direction = int(rng.choice([-1, 1]))
    low = band.right + (reach if direction > 0 else 0.0)
    high = band.left - (0.0 if direction > 0 else reach)
    azimuth = float(rng.uniform(min(low, high), max(low, high)))
    return _Draw(azimuth, direction, stretch, float(rng.normal(0.0, HEIGHTS / 2.0)), int(rng.integers(1 << 31)))


class _Patches:
    """Patches of the photo for a window of the canvas, with their contours where the canvas has its own."""

    def __init__(
        self, band: Band, rare: Float, contours: Contours | None, lines: Float, window: tuple[slice, slice]
    ) -> None:
        self.band, self.contours = band, contours
        self.rows, self.columns = (np.arange(part.start, part.stop) for part in window)
        self.lines = lines[:, window[1]]
        self.step = 2.0 * np.pi / band.azimuth.size
        unwanted = np.maximum(band.source.uniqueness, band.source.sounding)
        self.marks = np.dstack([band.source.backdrop, rare, unwanted]).astype(np.float32)

    def at(self, draw: _Draw, step: int = 1) -> tuple[Float, NDArray[np.bool_], Float]:
        """RGB `(h, w, 3)`, where it is valid, and `(h, w, 3)`: backdrop, rarity, what is unwanted; on every
        `step`-th pixel.
        """
        band = self.band
        rows, columns = self.rows[::step], self.columns[::step]
        rng = np.random.default_rng(draw.bend)
        size = (columns.size, rows.size)
        bend = [0.006 * cv2.resize(smooth_noise(rng, (4, 4)), size, interpolation=cv2.INTER_CUBIC) for _ in range(2)]
        azimuth = draw.azimuth - draw.direction * (columns - self.columns[0]) * self.step / draw.stretch
        elevation = np.repeat(band.elevation[rows][:, None], columns.size, axis=1)
        if self.contours is None:
            elevation = elevation - draw.lift + 0.5 * bend[1]
        else:
            lines = self.lines[:, ::step]
            moved = lines - self.contours.at(azimuth)
            elevation = elevation - displacement(elevation, lines[:, None], moved[:, None])
        rays = direction_from_angles(azimuth[None, :] + bend[0], elevation)
        u, v, outside = photo_coordinates(rays, band.source.camera)
        marks = np.clip(sample_photo(self.marks, u, v, cv2.INTER_LINEAR), 0.0, 1.0)
        how = cv2.INTER_LINEAR if step > 1 else cv2.INTER_CUBIC
        pixels = np.clip(sample_photo(band.source.solid, u, v, how), 0.0, 1.0)
        if band.sky is not None:
            behind = band.sky[rows[:, None], columns[None, :]]
            pixels = pixels + (behind - pixels) * marks[..., :1]
        return np.asarray(pixels, np.float32), outside == 0.0, marks

    def cost(self, canvas: Canvas, draw: _Draw, core: NDArray[np.bool_]) -> float:
        """How much a patch differs from the canvas around the core, and how little it is wanted there."""
        pixels, valid, marks = self.at(draw, STEP)
        rows, columns = np.ix_(self.rows[::STEP], self.columns[::STEP])
        core = core[::STEP, ::STEP]
        around = canvas.filled[rows, columns] & ~core
        both = around & valid
        if not both.any():
            return np.inf
        difference = np.abs(pixels - canvas.pixels[rows, columns]).sum(axis=2)
        missing = 1.0 - valid[core].mean() if core.any() else 0.0
        solid = 1.0 - marks[..., 0]
        inside = core & valid
        rare, unwanted = ((marks[..., k] * solid)[inside].mean() if inside.any() else 0.0 for k in (1, 2))
        worst = float((marks[..., 1] * solid * inside).max())
        seen = float(np.sqrt((difference[both] ** 2).mean()))
        return seen + RARE * float(rare) + 0.3 * RARE * worst + FORBIDDEN * (float(unwanted) + float(missing))
