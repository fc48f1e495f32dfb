"""Plain ground, in the light that surrounds it and of the photo's texture: where patches of the photo would be shards.

A strip of lawn along the lower edge of a photo holds no whole patch: patches that reach beyond it lay its kerbs and
hedges all around. And what lies even, a street, a beach, a lake, shows every edge of a patch of it, every kerb and
reflection. One colour and the texture of its calmest part do not.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.easing import smooth_step
from sonovista.generate.outpainting.blending import Canvas, fill_smoothly, mean_under
from sonovista.generate.outpainting.layout import covered
from sonovista.generate.outpainting.noise import fractal_noise
from sonovista.generate.outpainting.random_phase import look_up_tile, random_phase, widest_square
from sonovista.generate.outpainting.source import OVERSAMPLING, Source

Float = NDArray[Any]

EVEN_CLASSES = ("water", "ground", "snow")
"""What lies even: calm water, soil, sand, roads, snow. Grass, rock and leaves hide the edges of patches."""

EVEN = 0.5
"""Share of them in what may be laid, from which all of it is laid plain."""

WHOLE = 0.8
"""Share of a patch that the photo's ground covers at its best place, below which patches are not laid."""

GROUND = 0.35
"""Of the largest share that is allowed: what counts as ground where its texture is looked for."""

NEAREST = 0.1
"""Part of the photo's ground, the lowest, whose colour goes on below it: a sea may be far brighter at the horizon."""

LIGHT = 12.0
"""Pixels of the photo as a store of exemplars, at panorama height 1024, beyond which its changes are light."""

UNLIKE = 0.12
"""Root mean square difference from the ground's usual colour at which what surrounds the gap hardly tells its light."""

BESIDE = 40.0
"""Pixels of the map around the gap, at panorama height 1024, whose light goes on in it."""

RIM = 22.0
"""Pixels, likewise, over which it passes into what is there, along a ragged line."""

UNEVEN = 0.035
"""Standard deviation of slow changes of brightness: no ground is as even as a wall."""

TILE = 384
"""Pixels of the photo as a store of exemplars, likewise, after which the texture begins anew."""

LOWEST = 0.03
"""Sine of the smallest angle below the horizon at which ground is told from the horizon."""

ROUGHEST, ROUGHEST_WATER = 0.12, 0.03
"""Standard deviation of the texture over the ground's brightness, at most: what is rougher is no texture of ground; and
on calm water it is what the water mirrors."""


def is_plain(source: Source, allowed: Float, size: int) -> bool:
    """Whether the ground is better laid plain than in patches.

    Args:
        source: the photo.
        allowed: in [0, 1], shape of the source: what may be taken.
        size: of a patch, in the source's pixels.
    """
    if not allowed.any():
        return False
    even = float((source.share(*EVEN_CLASSES) * allowed).sum() / max(float(allowed.sum()), 1e-6))
    return even >= EVEN or not _holds_patches(allowed, size)


def _holds_patches(allowed: Float, size: int) -> bool:
    """Whether a patch fits whole into what may be laid."""
    usual = float(np.quantile(allowed[allowed > 0.5 * float(allowed.max())], 0.9))
    return float(covered(np.minimum(allowed / usual, 1.0), size).max()) >= WHOLE


def lay_plain(
    canvas: Canvas,
    rays: NDArray[np.float64],
    needed: NDArray[np.bool_],
    source: Source,
    allowed: Float,
    rng: np.random.Generator,
) -> None:
    """Fill a part of a canvas with plain ground, and fade it into what surrounds it.

    Args:
        canvas: a map of what lies below; changed in place.
        rays: unit vectors through its pixels, shape `(h, w, 3)`.
        needed: which of them to fill, shape `(h, w)`.
        source: the photo.
        allowed: in [0, 1], shape of the source: what may be taken.
        rng: every random choice.

    Source: Galerne, Gousseau and Morel 2011 (textures of random phase).
    """
    scale = source.scale
    ground = np.asarray(allowed > GROUND * float(allowed.max()))
    nearest = ground & (source.elevation <= np.quantile(source.elevation[ground], NEAREST))
    usual = np.median(source.pixels[nearest], axis=0).astype(np.float32)
    texture = seen_on_ground(_tile(source, ground, usual, rng), rays, scale)
    slow = fractal_noise(rng, needed.shape, 160.0 * scale, 3)
    slow *= UNEVEN / max(float(slow.std()), 1e-6)
    plain = np.clip((_light(canvas, needed, usual, scale) + texture) * (1.0 + slow[..., None]), 0.0, 1.0)
    ragged = fractal_noise(rng, needed.shape, 30.0 * scale, 3) * 0.5 * RIM * scale
    away = np.asarray(cv2.distanceTransform((~needed).astype(np.uint8), cv2.DIST_L2, 3), np.float32)
    share = smooth_step(1.0 - (away + ragged * np.clip(away / 4.0, 0.0, 1.0)) / (RIM * scale))
    share = np.where(needed, 1.0, share * (canvas.freedom > 0.0)).astype(np.float32)
    canvas.pixels[:] += (plain - canvas.pixels) * share[..., None]
    canvas.changed[:] = np.maximum(canvas.changed, share)
    canvas.filled[needed] = True


def _tile(source: Source, ground: NDArray[np.bool_], usual: Float, rng: np.random.Generator) -> Float:
    """The texture of the calmest square of the photo's ground, alike in all directions, of mean zero, as a tile."""
    blurred, known = mean_under(source.pixels, ground, LIGHT * source.scale)
    relief = np.where(ground[..., None] & (known[..., None] > 0.05), source.pixels - blurred, 0.0).astype(np.float32)
    top, left, size = _calmest_square(ground, relief)
    patch = relief[top : top + size, left : left + size]
    tile = random_phase(patch, max(round(TILE * source.scale), size), rng, isotropic=True)
    # As large as it is in the photo, whose pixels are finer than the panorama's.
    tile = cv2.resize(tile, None, fx=1.0 / OVERSAMPLING, fy=1.0 / OVERSAMPLING, interpolation=cv2.INTER_AREA)
    water = float(source.share("water")[ground].mean())
    roughest = (ROUGHEST + water * (ROUGHEST_WATER - ROUGHEST)) * max(float(usual.mean()), 0.02)
    return np.asarray(tile * min(1.0, roughest / max(float(tile.std()), 1e-6)), np.float32)


def seen_on_ground(tile: Float, rays: NDArray[np.float64], scale: float) -> Float:
    """A texture on level ground, shape `(h, w, 3)`: foreshortened, and as fine near by as far away.

    Ground is rough at every size: near by its tufts and grains show where far away its patches and ripples did. So
    copies of the tile, each half as large as the one before, take turns with distance.
    """
    down = np.maximum(-rays[..., 2], LOWEST)
    across, along = (rays[..., axis] / down for axis in (1, 0))
    # Pixels for a camera height, which is `1 / down` away; seen obliquely, lengths shrink along the line of sight.
    level = np.log2(1024.0 * scale / np.pi * down * np.sqrt(down))
    total = np.zeros((*down.shape, 3), np.float32)
    power = np.zeros(down.shape, np.float32)
    for index in range(int(np.floor(level.min())), int(np.ceil(level.max())) + 1):
        used = np.abs(level - index) < 1.0
        if not used.any():
            continue
        weight = (1.0 - np.abs(level[used] - index)).astype(np.float32)
        # Shifted, lest copies lie upon each other around the point below the camera.
        u, v = (a[used] * 2.0**index + 0.37 * len(tile) * index + 0.5 for a in (across, along))
        total[used] += look_up_tile(tile, u, v) * weight[:, None]
        power[used] += weight**2
    return total / np.sqrt(np.maximum(power, 0.25))[..., None]


def _calmest_square(ground: NDArray[np.bool_], relief: Float) -> tuple[int, int, int]:
    """Row, column and size of a square of the ground, nearly as wide as fits, whose relief varies least."""
    top, left, size = widest_square(ground.astype(np.uint8))
    side = max(round(0.8 * size), 4)
    if min(ground.shape) <= side:
        return top, left, size
    whole = cv2.blur(ground.astype(np.float32), (side, side), borderType=cv2.BORDER_CONSTANT) > 0.98
    power = cv2.blur((relief**2).sum(axis=2), (side, side), borderType=cv2.BORDER_CONSTANT)
    if not whole.any():
        return top, left, size
    row, column = np.unravel_index(int(np.argmin(np.where(whole, power, np.inf))), ground.shape)
    height, width = ground.shape
    return (
        int(np.clip(row - side // 2, 0, height - side)),
        int(np.clip(column - side // 2, 0, width - side)),
        side,
    )


def _light(canvas: Canvas, needed: NDArray[np.bool_], usual: Float, scale: float) -> Float:
    """The ground's colour around the gap, continued into it: of what looks like the ground, shape `(h, w, 3)`."""
    beside = np.asarray(cv2.distanceTransform((~needed).astype(np.uint8), cv2.DIST_L2, 3)) < max(BESIDE * scale, 4.0)
    unlike = np.sqrt(((canvas.pixels - usual) ** 2).mean(axis=2))
    known = canvas.filled & ~needed & beside & (unlike < UNLIKE)
    light = np.broadcast_to(usual, canvas.pixels.shape).astype(np.float32).copy()
    if known.any():
        near, share = mean_under(canvas.pixels, known, 0.5 * BESIDE * scale)
        light += (near - usual) * np.clip(share / 0.2, 0.0, 1.0)[..., None]
        told = share > 0.1
        fill_smoothly(light, told)
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), max(0.5 * BESIDE * scale, 1.0)), np.float32)
    return light
