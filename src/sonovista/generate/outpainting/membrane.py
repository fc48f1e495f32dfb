"""The photo's border blended in the gradient domain: what differs there dies away around it, nothing is blurred.

What the completed part lacks at the border to meet the photo is spread beyond it as a membrane (Perez, Gangnet and
Blake 2003), which is solved from coarse to fine: fine differences reach a few pixels, broad ones far.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.outpainting.blending import fill_smoothly, mean_under

Float = NDArray[Any]

REACH = 0.12
"""Radians beyond the border at which a difference of skies has fallen to a third; half as many for one of lands."""

LARGEST = 0.25
"""Distance in RGB beyond which two sides are taken for two things, whose colours need not meet."""


def meet_border(
    pixels: Float, photo: Float, observed: NDArray[np.bool_], skies: tuple[NDArray[np.bool_], Float] | None = None
) -> None:
    """Move the colours around the photo so that they meet it, in place.

    Args:
        pixels: the completed panorama, RGB in [0, 1], shape `(H, 2H, 3)`.
        photo: projected to it, same shape.
        observed: where it is seen, shape `(H, 2H)`.
        skies: where the completed part shows the sky, and in [0, 1] how surely the photo's nearest pixel does, each
            of the same shape. Sky meets sky and land meets land, or a bluer sky would tint the mountains.
    """
    height = observed.shape[0]
    reach = REACH * height / np.pi
    margin = round(5.0 * reach)
    rows, columns = np.flatnonzero(observed.any(axis=1)), np.flatnonzero(observed.any(axis=0))
    if rows.size == 0:
        return
    window = (
        slice(max(int(rows[0]) - margin, 0), min(int(rows[-1]) + margin + 1, height)),
        slice(max(int(columns[0]) - margin, 0), min(int(columns[-1]) + margin + 1, 2 * height)),
    )
    inside = observed[window]
    rim = (cv2.dilate(inside.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0) & ~inside
    if not rim.any():
        return
    everywhere = np.ones(inside.shape, bool)
    parts = [(~inside, everywhere, reach)]
    if skies is not None:
        sky, own = skies[0][window], skies[1][window]
        parts = [(~inside & sky, own > 0.8, reach), (~inside & ~sky, own < 0.2, 0.5 * reach)]
    lacks = _lacking(pixels[window], photo[window], inside, max(1.3 * height / 1024.0, 0.5))
    distance = cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, 5)
    for part, alike, far in parts:
        known = rim & part & alike
        fade = np.exp(-distance / far)[..., None]
        if known.any():
            spread = np.where(known[..., None], lacks, 0.0).astype(np.float32)
            fill_smoothly(spread, known)
            pixels[window] += spread * fade * part[..., None]
    np.clip(pixels, 0.0, 1.0, out=pixels)


def _lacking(around: Float, photo: Float, inside: NDArray[np.bool_], sigma: float) -> Float:
    """What the surroundings lack at the border to meet the photo; little where both sides are unlike."""
    near, broad = (
        mean_under(photo, inside, reach)[0] - mean_under(around, ~inside, reach)[0] for reach in (sigma, 4.0 * sigma)
    )
    size = np.linalg.norm(broad, axis=2, keepdims=True)
    return near * np.exp(-((size / LARGEST) ** 4))
