"""Detail that patches lose where they are resampled, relit and blended is given back: as much as the photo has there.

Each band of a Laplacian pyramid is scaled so that its power is that of the same band in the part of the photo that the
patches come from, as texture synthesis by pyramids does (Heeger and Bergen 1995), place by place.
"""

from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.outpainting.source import OVERSAMPLING, Source

Float = NDArray[Any]

BANDS = (0.75, 1.5, 3.0, 6.0)
"""Standard deviations, in pixels at panorama height 1024, between which the bands lie."""

AROUND = 48.0
"""Pixels, likewise, over which power is measured."""

STRONGEST = 1.6
"""Largest factor: more would bring out the grain of what is out of focus."""


def restore_detail(pixels: Float, fresh: NDArray[np.bool_], source: Source, allowed: Float) -> None:
    """Scale the detail of what was laid from patches up to that of the photo, in place; never down.

    Args:
        pixels: the panorama, RGB in [0, 1], shape `(H, 2H, 3)`.
        fresh: what was laid from patches, shape `(H, 2H)`.
        source: the photo.
        allowed: in [0, 1], shape of the source: where the patches come from.
    """
    rows = np.flatnonzero(fresh.any(axis=1))
    if rows.size == 0 or allowed.max() <= 0.0:
        return
    scale = source.scale
    reach = round(4.0 * BANDS[-1] * scale)
    part = slice(max(int(rows[0]) - reach, 0), min(int(rows[-1]) + reach + 1, len(pixels)))
    wide = np.concatenate([pixels[part, -reach:], pixels[part], pixels[part, :reach]], axis=1)
    mask = np.concatenate([fresh[part, -reach:], fresh[part], fresh[part, :reach]], axis=1).astype(np.float32)
    weight = np.where(allowed > 0.5 * float(allowed.max()), 1.0, 0.0)
    change = np.zeros_like(wide)
    for fine, coarse in pairwise(BANDS):
        band = _band(wide, fine * scale, coarse * scale)
        own = _band(source.pixels, fine * scale * OVERSAMPLING, coarse * scale * OVERSAMPLING)
        target = float(((own**2).mean(axis=2) * weight).sum() / max(float(weight.sum()), 1.0))
        power = _local((band**2).mean(axis=2), mask, AROUND * scale)
        gain = np.clip(np.sqrt(target / np.maximum(power, 1e-9)), 1.0, STRONGEST)
        change += band * (gain - 1.0)[..., None]
    # At the rim of what was laid the rest of the picture must not be left behind a step.
    share = np.clip(
        cv2.distanceTransform((mask > 0).astype(np.uint8), cv2.DIST_L2, 3) / max(8.0 * scale, 1.0), 0.0, 1.0
    )
    inner = slice(reach, wide.shape[1] - reach)
    pixels[part] = np.clip(pixels[part] + (change * share[..., None])[:, inner], 0.0, 1.0)


def _band(picture: Float, fine: float, coarse: float) -> Float:
    return cv2.GaussianBlur(picture, (0, 0), max(fine, 0.3)) - cv2.GaussianBlur(picture, (0, 0), max(coarse, 0.6))


def _local(power: Float, mask: Float, sigma: float) -> Float:
    """Mean of a power under a mask around every pixel, on a quarter of the resolution."""
    small = tuple(max(round(size / 4), 1) for size in power.shape[::-1])
    total = cv2.resize(power * mask, small, interpolation=cv2.INTER_AREA)
    count = cv2.resize(mask, small, interpolation=cv2.INTER_AREA)
    total, count = (cv2.GaussianBlur(layer, (0, 0), max(0.25 * sigma, 0.5)) for layer in (total, count))
    return cv2.resize(total / np.maximum(count, 1e-4), power.shape[::-1], interpolation=cv2.INTER_LINEAR)
