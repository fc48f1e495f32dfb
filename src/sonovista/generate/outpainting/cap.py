"""What lies above and below the photo: patches laid out on a map that has no pole.

The map is the stereographic one, centred below (or above) the viewer: it keeps angles, so a patch of the photo looks on
it as it looks in the photo, and nothing is pinched or drawn out to spokes.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.outpainting.blending import Canvas, paste
from sonovista.generate.outpainting.evenness import evenness
from sonovista.generate.outpainting.layout import covered
from sonovista.generate.outpainting.noise import smooth_noise
from sonovista.generate.outpainting.plain import is_plain, lay_plain
from sonovista.generate.outpainting.projection import sample_photo
from sonovista.generate.outpainting.source import Source, source_density
from sonovista.geometry.equirectangular import pixel_directions, sample

Float = NDArray[Any]

CANDIDATES = 64
PATCH = 112
"""Pixels of a patch at panorama height 1024."""


@dataclass(frozen=True)
class Frame:
    """How a patch of the photo should stand at a place on a map.

    Attributes:
        turn: radians from the map's downward direction to the patch's, towards the map's right.
        loose: standard deviation of that angle.
        density: map pixels per radian of the photo.
    """

    turn: float
    loose: float
    density: float


class PatchMap(Protocol):
    """A map that patches can be laid on."""

    def frame(self, row: int, column: int) -> Frame:
        """How a patch of the photo should stand at a place on the map."""
        ...


@dataclass(frozen=True)
class CapChart:
    """A stereographic map around a pole of the panorama.

    Attributes:
        sign: -1 around the nadir, 1 around the zenith.
        radius: pixels from the map's centre to the middle of its edges.
        density: pixels per radian at the centre.
    """

    sign: int
    radius: int
    density: float

    @property
    def size(self) -> int:
        """Pixels across."""
        return 2 * self.radius

    def directions(self) -> NDArray[np.float64]:
        """Unit vectors through the map's pixels, shape `(size, size, 3)`; the front is up on the map's page."""
        t = (np.arange(self.size) + 0.5 - self.radius) / (2.0 * self.density)
        x, y = -t[:, None], -t[None, :]
        rho2 = x**2 + y**2
        shape = (self.size, self.size)
        vectors = [2.0 * np.broadcast_to(x, shape), 2.0 * np.broadcast_to(y, shape), self.sign * (1.0 - rho2)]
        return np.stack(vectors, axis=-1) / (1.0 + rho2)[..., None]

    def positions(self, directions: NDArray[np.float64]) -> tuple[Float, Float]:
        """Column and row on the map of unit vectors, first pixel's centre at 0."""
        factor = 2.0 * self.density / (1.0 + self.sign * directions[..., 2])
        column = self.radius - 0.5 - directions[..., 1] * factor
        row = self.radius - 0.5 - directions[..., 0] * factor
        return column.astype(np.float32), row.astype(np.float32)

    def frame(self, row: int, column: int) -> Frame:
        """How a patch of the photo should stand at a place on the map."""
        south, east = row - self.radius, column - self.radius
        rho = float(np.hypot(south, east))
        # On the map, the photo's downward direction points to the nadir (or away from the zenith).
        inward = float(np.arctan2(-east, -south))
        turn = inward if self.sign < 0 else inward + np.pi
        loose = float(np.clip(1.3 - 1.2 * rho / self.radius, 0.12, 1.0))
        return Frame(turn, 0.9 * loose**2, self.density * (1.0 + (rho / (2.0 * self.density)) ** 2))


def chart_to(elevation: float, sign: int, height: int) -> CapChart:
    """The map around the pole `sign` that reaches to `elevation` radians."""
    polar = min(0.5 * np.pi - sign * elevation, np.radians(115.0))
    density = height / np.pi
    return CapChart(sign, int(np.ceil(2.0 * density * np.tan(0.5 * polar))) + 2, density)


def complete_cap(
    panorama: Canvas,
    chart: CapChart,
    wanted: NDArray[np.bool_],
    source: Source,
    allowed: Float,
    rng: np.random.Generator,
) -> None:
    """Fill the unfilled part of a panorama around a pole: with patches of the photo, or with plain ground below.

    Args:
        panorama: changed in place, where it is `wanted` and in a rim around it.
        chart: the map to work on.
        wanted: which pixels of the panorama to fill, shape `(H, 2H)`.
        source: the photo.
        allowed: in [0, 1], shape of the source: what may be taken.
        rng: every random choice.
    """
    rays = chart.directions()
    pixels = np.asarray(sample(panorama.pixels, rays, cv2.INTER_LINEAR), np.float32)
    needed = np.asarray(sample(wanted.astype(np.float32), rays), np.float32) > 0.5
    filled = np.asarray(sample(panorama.filled.astype(np.float32), rays), np.float32) > 0.999
    freedom = np.asarray(sample(panorama.freedom, rays), np.float32)
    canvas = Canvas(pixels.copy(), filled & ~needed, freedom, np.zeros(filled.shape, np.float32))
    if chart.sign < 0 and is_plain(source, allowed, _patch_size(source, PATCH)):
        lay_plain(canvas, rays, needed, source, allowed, rng)
    else:
        lay_patches(canvas, chart, needed, source, allowed, rng)
    height = panorama.filled.shape[0]
    directions = pixel_directions(height)
    reach = chart.sign * directions[:, 0, 2]
    limit = chart.sign * rays[0, chart.radius, 2]
    rows = np.flatnonzero(reach > limit)
    band = slice(rows[0], rows[-1] + 1)
    column, row = chart.positions(directions[band])
    inside = (column > 0) & (column < chart.size - 1) & (row > 0) & (row < chart.size - 1)
    new = cv2.remap(canvas.pixels, column, row, cv2.INTER_CUBIC)
    weight = cv2.remap(canvas.changed, column, row, cv2.INTER_LINEAR) * inside
    done = cv2.remap(canvas.filled.astype(np.float32), column, row, cv2.INTER_LINEAR) * inside > 0.5
    fresh = ~panorama.filled[band] & done
    weight = np.where(fresh, 1.0, weight * np.where(panorama.filled[band], 1.0, 0.0)) * (panorama.freedom[band] > 0)
    panorama.pixels[band] += (np.clip(new, 0.0, 1.0) - panorama.pixels[band]) * weight[..., None]
    panorama.filled[band] |= fresh


def lay_patches(
    canvas: Canvas,
    chart: PatchMap,
    needed: NDArray[np.bool_],
    source: Source,
    allowed: Float,
    rng: np.random.Generator,
    patch: int = PATCH,
) -> None:
    """Patch after patch from the rim inwards, each the best of many random ones.

    Args:
        canvas: changed in place.
        chart: how patches stand on it.
        needed: which of its pixels to fill, shape `(h, w)`.
        source: the photo.
        allowed: in [0, 1], shape of the source: what may be taken.
        rng: every random choice.
        patch: pixels of a patch at panorama height 1024.
    """
    size = _patch_size(source, patch)
    height, width = needed.shape
    size = min(size, height - 2, width - 2)
    size -= size % 4
    density = source_density(source)
    chooser = _Chooser(source, allowed, density, canvas, size)
    distance = cv2.distanceTransform(needed.astype(np.uint8), cv2.DIST_L2, 3)
    spacing = int(size * 0.5)
    centres = np.array([(r, c) for r in range(0, height, spacing) for c in range(0, width, spacing)])
    centres += rng.integers(-spacing // 5, spacing // 5 + 1, centres.shape)
    lowest, highest = size // 2, np.array([height, width]) - size // 2 - 1
    centres = np.clip(centres, lowest, highest)
    order = np.argsort(distance[centres[:, 0], centres[:, 1]] + 1e-3 * rng.uniform(size=len(centres)))
    queue = [tuple(int(value) for value in centres[index]) for index in order]
    for attempt in range(2):
        for row, column in queue:
            top, left = row - size // 2, column - size // 2
            window = (slice(top, top + size), slice(left, left + size))
            todo = needed[window] & ~canvas.filled[window]
            if todo.sum() < (0.02 * todo.size if attempt == 0 else 1):
                continue
            piece, valid = chooser.best(canvas, window, chart.frame(row, column), rng)
            paste(canvas, top, left, piece, valid, source.scale)
        rest = np.argwhere(needed & ~canvas.filled)
        if rest.size == 0:
            return
        rest = rest[rng.permutation(len(rest))[:200]]
        queue = [tuple(int(v) for v in np.clip(p, lowest, highest)) for p in rest]
    hole = needed & ~canvas.filled
    if hole.any():
        patched = cv2.inpaint((canvas.pixels * 255).astype(np.uint8), hole.astype(np.uint8), 3, cv2.INPAINT_TELEA)
        canvas.pixels[hole] = patched[hole].astype(np.float32) / 255.0
        canvas.filled[hole] = True
        canvas.changed[hole] = 1.0


def _patch_size(source: Source, patch: int) -> int:
    """Pixels along the side of a patch that has `patch` at panorama height 1024."""
    return max(round(patch * source.scale), 16)


class _Chooser:
    """Picks patches of the photo that fit a place on the map."""

    def __init__(self, source: Source, allowed: Float, density: Float, canvas: Canvas, size: int) -> None:
        self.allowed, self.density, self.size = allowed, density, size
        # Where nothing surrounds the gap there is no light to go on.
        even = evenness(source, allowed) if canvas.filled.any() else None
        self.shaded = 1.0 if even is None else 1.0 - even.share
        self.pixels, self.light = source.pixels, np.broadcast_to(np.float32(0.0), canvas.pixels.shape)
        if even is not None:
            self.pixels = source.pixels - even.share * even.light
            self.light = even.share * even.target(canvas.pixels, canvas.filled, source.scale)
        self.coarse = cv2.resize(self.pixels, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
        self.used = np.zeros(allowed.shape, np.float32)
        # A patch should lie within what is allowed and within the frame: average over its area, nothing outside.
        self.fit = inner = covered(allowed, size)
        weight = np.clip(inner - 0.75 * float(inner.max()), 0.0, None).ravel().astype(np.float64)
        if weight.sum() <= 0:
            weight = np.ones(weight.size)
        open_ = cv2.blur((allowed > 0.15 * float(allowed.max())).astype(np.float32), (5, 5))
        self.usable = open_ if (open_ > 0.5).any() else np.ones_like(open_)
        self.cumulative = np.cumsum(weight) / weight.sum()

    def best(
        self, canvas: Canvas, window: tuple[slice, slice], frame: Frame, rng: np.random.Generator
    ) -> tuple[Float, NDArray[np.bool_]]:
        """The patch for a window of the canvas, and where it is valid."""
        size = self.size
        step = 4
        light = self.light[window]
        old = cv2.resize(canvas.pixels[window] - light, (size // step, size // step), interpolation=cv2.INTER_AREA)
        known = canvas.filled[window][step // 2 :: step, step // 2 :: step]
        known = known[: size // step, : size // step]
        grid = (np.arange(size // step) + 0.5) * step - 0.5 * size
        picks = np.searchsorted(self.cumulative, rng.uniform(size=CANDIDATES))
        rows, cols = np.divmod(np.minimum(picks, self.allowed.size - 1), self.allowed.shape[1])
        turn = frame.turn + rng.normal(0.0, 1.0, CANDIDATES) * frame.loose
        flip = rng.choice([-1.0, 1.0], CANDIDATES)
        zoom = np.exp(rng.uniform(-0.12, 0.3, CANDIDATES))
        reach = self.density[rows, cols] / frame.density / zoom
        a, b, c, d = _affine(turn, flip, reach)
        x, y = (axis.ravel() for axis in np.meshgrid(grid, grid))
        u = (cols[:, None] + np.outer(a, x) + np.outer(b, y)).astype(np.float32)
        v = (rows[:, None] + np.outer(c, x) + np.outer(d, y)).astype(np.float32)
        picture = sample_photo(self.coarse, u / 4, v / 4)
        height, width = self.allowed.shape
        inside = (u > 0) & (u < width) & (v > 0) & (v < height)
        both = known.ravel() & inside
        count = np.maximum(both.sum(axis=1), 1)
        difference = (picture - old.reshape(-1, 3)) * both[..., None]
        mean = np.einsum("npc->nc", difference) / count[:, None]
        # The mean square of what is left when 0.3 of the mean difference is taken off it.
        square = np.einsum("npc,npc->n", difference, difference) / count
        error = np.sqrt(np.maximum(square - (1.0 - 0.7**2) * (mean**2).sum(axis=1), 0.0))
        error += 0.5 * (1.0 - inside.mean(axis=1)) + 0.3 * (
            1.0 - self.fit[rows, cols] / max(float(self.fit.max()), 1e-6)
        )
        error += 0.06 * self.used[rows, cols]
        k = int(np.argmin(error))
        self._mark(int(cols[k]), int(rows[k]))
        at = float(cols[k]), float(rows[k])
        return self._render(canvas, window, light, (a[k], b[k], c[k], d[k]), at, float(reach[k]), rng)

    def _mark(self, column: int, row: int) -> None:
        radius = max(self.size // 6, 2)
        top, left = max(row - radius, 0), max(column - radius, 0)
        self.used[top : row + radius, left : column + radius] += 1.0

    def _render(
        self,
        canvas: Canvas,
        window: tuple[slice, slice],
        light: Float,
        affine: tuple[float, float, float, float],
        at: tuple[float, float],
        reach: float,
        rng: np.random.Generator,
    ) -> tuple[Float, NDArray[np.bool_]]:
        size = self.size
        a, b, c, d = affine
        grid = np.arange(size, dtype=np.float32) + 0.5 - 0.5 * size
        x, y = np.meshgrid(grid, grid)
        u = at[0] + a * x + b * y
        v = at[1] + c * x + d * y
        for cells, amount in ((4, 0.035), (9, 0.008)):
            noise = np.stack([smooth_noise(rng, (cells, cells)) for _ in range(2)], axis=-1)
            warp = cv2.resize(noise, (size, size), interpolation=cv2.INTER_CUBIC) * (amount * size * reach)
            u, v = u + warp[..., 0], v + warp[..., 1]
        height, width = self.allowed.shape
        usable = (
            cv2.remap(self.usable, (u - 0.5).astype(np.float32), (v - 0.5).astype(np.float32), cv2.INTER_LINEAR) > 0.5
        )
        ball = np.hypot(x, y) < 0.5 * size + rng.uniform(-0.02, 0.02)
        valid = (u > 0) & (u < width) & (v > 0) & (v < height) & ball & usable
        patch = sample_photo(self.pixels, u.astype(np.float32), v.astype(np.float32)) + light
        patch = np.clip(patch, 0.0, 1.0)
        both = valid & canvas.filled[window]
        if both.sum() > 30:
            gain = canvas.pixels[window][both].mean(axis=0) / np.maximum(patch[both].mean(axis=0), 0.02)
            patch = np.clip(patch * np.clip(gain, 0.88, 1.14), 0.0, 1.0)
        uneven = cv2.resize(smooth_noise(rng, (3, 3)), (size, size), interpolation=cv2.INTER_CUBIC)
        uneven *= 0.05 * self.shaded
        return np.clip(patch * (1.0 + uneven[..., None]), 0.0, 1.0).astype(np.float32), valid


def _affine(turn: NDArray[np.float64], flip: NDArray[np.float64], reach: NDArray[np.float64]) -> tuple:
    """Map offsets to photo offsets: rotate so that the photo's down points along `turn` on the map, flip, scale."""
    # The map's unit vector along `turn` is (column, row) = (sin, cos); the photo's right is a quarter turn from it.
    sine, cosine = np.sin(turn), np.cos(turn)
    return flip * cosine * reach, -flip * sine * reach, sine * reach, cosine * reach
