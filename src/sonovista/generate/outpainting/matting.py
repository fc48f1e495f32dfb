"""What is solid before the sky: how opaque at its rim, and of which colour without the sky that shines through.

A piece of the photo that is laid before another sky would carry the old one along as a bright or dark rim. So at rims
opacity is read off from the colours on either side (Chuang et al. 2001, with one colour for each side), and the solid's
own colour is found by blurring each side apart from the other (Forte 2021).
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.outpainting.blending import mean_under

Float = NDArray[Any]

RIM = 3.0
"""Pixels at panorama height 1024 on either side of an edge within which opacity is doubted."""

CONTRAST = (0.08, 0.2)
"""Distance in RGB between both sides below which colours tell nothing about opacity, and above which they tell all."""


def settle_rims(pixels: Float, matte: Float, radius: float) -> tuple[Float, Float]:
    """A matte that follows the colours at its edges, and the colours of what is before it.

    Args:
        pixels: RGB in [0, 1], shape `(h, w, 3)`.
        matte: opacity of what lies behind, in [0, 1], shape `(h, w)`.
        radius: of the doubtful rim in pixels.

    Returns:
        The matte, shape `(h, w)`, and RGB of the solid, shape `(h, w, 3)`: `pixels` itself where `matte` is zero.
    """
    size = 2 * max(round(radius), 1) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    behind = cv2.erode((matte > 0.95).astype(np.uint8), kernel) > 0
    before = cv2.erode((matte < 0.05).astype(np.uint8), kernel) > 0
    rim = ~behind & ~before
    if not behind.any() or not before.any():
        return matte, pixels
    back, known_back = _spread(pixels, behind, 2.0 * radius)
    solid, known_solid = _spread(pixels, before, 2.0 * radius)
    away = back - solid
    contrast = np.linalg.norm(away, axis=2)
    along = ((pixels - solid) * away).sum(axis=2) / np.maximum(contrast**2, 1e-4)
    low, high = CONTRAST
    trust = np.clip((contrast - low) / (high - low), 0.0, 1.0) * known_back * known_solid * rim
    settled = matte + (np.clip(1.3 * along - 0.15, 0.0, 1.0) - matte) * trust
    own = solid + (1.0 - settled)[..., None] * (pixels - settled[..., None] * back - (1.0 - settled)[..., None] * solid)
    share = (np.clip(settled / 0.1, 0.0, 1.0) * (known_solid > 0.5))[..., None]
    colours = np.clip(pixels + (own - pixels) * share, 0.0, 1.0)
    return settled.astype(np.float32), colours.astype(np.float32)


def _spread(pixels: Float, mask: NDArray[np.bool_], sigma: float) -> tuple[Float, Float]:
    """A picture's colours under a mask spread beyond it, and where they are known, in [0, 1]."""
    colours, total = mean_under(pixels, mask, sigma)
    return np.asarray(colours, np.float32), np.clip(total / 0.02, 0.0, 1.0)
