"""What may stand above and below the photo."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.outpainting.blending import Canvas
from sonovista.generate.outpainting.noise import fractal_noise
from sonovista.generate.outpainting.rarity import rarity
from sonovista.generate.outpainting.source import UNIQUE_CLASSES, Source
from sonovista.generate.regions.protocol import REGION_CLASSES

Float = NDArray[Any]

EDGE_SHARE = 0.18
"""Rows along the photo's upper or lower edge that tell what goes on beyond it."""


def allowed_below(source: Source) -> Float:
    """What may be laid on the ground below the photo: what the photo's lower edge shows, in [0, 1], its shape."""
    return _allowed(source, lower=True)


def allowed_above(source: Source) -> Float:
    """What may rise above the photo: what its upper edge shows, but for the sky."""
    return _allowed(source, lower=False)


def _allowed(source: Source, lower: bool) -> Float:
    height = source.sky.shape[0]
    rows = max(round(EDGE_SHARE * height), 2)
    edge = source.probabilities[-rows:] if lower else source.probabilities[:rows]
    shares = edge.reshape(-1, edge.shape[2]).mean(axis=0)
    shares[REGION_CLASSES.index("sky")] = 0.0
    unique = [REGION_CLASSES.index(name) for name in UNIQUE_CLASSES]
    others = shares.copy()
    others[unique] = 0.0
    # Buildings and things only where there is nothing else.
    shares = others if others.sum() > 0.02 else shares
    if shares.sum() < 0.02:
        return np.ones(source.sky.shape, np.float32)
    shares = np.sqrt(shares / shares.max())
    shares[shares < 0.45] = 0.0
    # Calm water that the lower edge shows goes on below it; elsewhere it is a part of the backdrop.
    behind = source.backdrop
    if lower and shares[REGION_CLASSES.index("water")] > 0.0:
        behind = np.clip(source.backdrop - source.calm_water, 0.0, 1.0)
    allowed = (source.probabilities * shares).sum(axis=2) * (1.0 - behind)
    if allowed.max() < 0.05:
        # Nothing but backdrop: haze over haze.
        return np.ones(source.sky.shape, np.float32)
    if not shares[unique].any():
        doubtful = cv2.dilate(source.share(*UNIQUE_CLASSES), np.ones((5, 5), np.uint8))
        allowed = allowed * np.clip(1.0 - 2.0 * doubtful, 0.0, 1.0)
    # Near the edge light, scale and slant are those of what is to be continued.
    v = np.linspace(0.0, 1.0, height, dtype=np.float32)[:, None]
    nearness = v if lower else 1.0 - v
    allowed = allowed * np.clip(0.25 + 1.1 * nearness, 0.0, 1.0)
    allowed = allowed * (1.0 - rarity(source.pixels, behind, source.scale))
    return (allowed * typical(source, allowed)).astype(np.float32)


def typical(source: Source, allowed: Float) -> Float:
    """How usual the colour around each pixel is among what is allowed, in [0, 1]: a rare thing must not be repeated."""
    radius = max(round(24 * source.scale), 2)
    local = cv2.blur(source.pixels, (2 * radius + 1, 2 * radius + 1))
    spread = np.sqrt(np.maximum(cv2.blur(source.pixels**2, (2 * radius + 1, 2 * radius + 1)) - local**2, 0.0))
    feature = np.concatenate([local, 0.7 * spread], axis=2)
    pick = allowed > 0.5 * float(allowed.max())
    middle = np.median(feature[pick], axis=0)
    distance = np.linalg.norm(feature - middle, axis=2)
    typical = float(np.median(distance[pick])) + 0.02
    return np.exp(-0.5 * (distance / (1.5 * typical)) ** 2)


def covered(allowed: Float, size: int) -> Float:
    """How much of a patch is allowed around every pixel; nothing is outside of the photo. Shape of the source.

    Args:
        allowed: what may be taken, in [0, 1], shape of the source.
        size: of the patch in pixels of the source.
    """
    box = max(min(size, min(allowed.shape) // 2), 3)
    return cv2.blur(allowed, (box, box), borderType=cv2.BORDER_CONSTANT)


def upright_above(
    canvas: Canvas, sky: Float, above: NDArray[np.bool_], source: Source, rng: np.random.Generator
) -> Float:
    """Opacity, in [0, 1], of what rises into the unfilled sky because the photo's upper edge cut through it.

    Every run of columns that is cut goes on as a rounded crown, half as high as the run is wide, with a ragged outline.

    Args:
        canvas: the panorama.
        sky: its sky, shape `(H, 2H, 3)`.
        above: the unfilled pixels above the band.
        source: the photo.
        rng: every random choice.
    """
    height, width = above.shape
    lowest = np.where(above.any(axis=0), height - 1 - above[::-1].argmax(axis=0), -1)
    probe = np.clip(lowest + round(5 * source.scale), 0, height - 1)
    columns = np.arange(width)
    cut = (np.abs(canvas.pixels[probe, columns] - sky[probe, columns]).sum(axis=1) > 0.2) & (lowest >= 0)
    kernel = max(round(8 * source.scale), 1)
    doubled = np.tile(cut, 3).astype(np.uint8)[None]
    doubled = cv2.morphologyEx(doubled, cv2.MORPH_OPEN, np.ones((1, kernel), np.uint8))
    doubled = cv2.morphologyEx(doubled, cv2.MORPH_CLOSE, np.ones((1, kernel), np.uint8))
    if doubled.all():
        return np.ones(above.shape, np.float32)
    depth = cv2.distanceTransform(np.repeat(doubled, 3, axis=0), cv2.DIST_L2, 3)[1, width : 2 * width]
    crown = np.minimum(1.1 * np.sqrt(np.maximum(depth, 0.0) * 24.0 * source.scale), 0.35 * height)
    ragged = fractal_noise(rng, above.shape, 40.0 * source.scale, 4) * 14.0 * source.scale
    rows = np.arange(height)[:, None]
    excess = (
        crown[None, :] - (lowest[None, :] - rows) + ragged * np.clip(depth / (6.0 * source.scale), 0.0, 1.0)[None, :]
    )
    opacity = np.clip(excess / (3.0 * source.scale) + 0.5, 0.0, 1.0) * (depth > 0)[None, :]
    return (opacity * above).astype(np.float32)
