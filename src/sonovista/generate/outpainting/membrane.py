"""The photo's border blended in the gradient domain: what differs there dies away around it, nothing is blurred.

What the completed part lacks at the border to meet the photo is spread beyond it as a membrane (Perez, Gangnet and
Blake 2003), which is solved from coarse to fine: fine differences reach a few pixels, broad ones far.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.outpainting.blending import fill_smoothly

Float = NDArray[Any]

REACH = 0.12
"""Radians beyond the border at which a difference has fallen to a third."""

LARGEST = 0.2
"""Difference in [0, 1] beyond which two sides are taken for two things, whose colours need not meet."""


def meet_border(pixels: Float, photo: Float, observed: NDArray[np.bool_]) -> None:
    """Move the colours around the photo so that they meet it, in place.

    Args:
        pixels: the completed panorama, RGB in [0, 1], shape `(H, 2H, 3)`.
        photo: projected to it, same shape.
        observed: where it is seen, shape `(H, 2H)`.
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
    seen, around = inside.astype(np.uint8), pixels[window]
    outside = cv2.dilate(seen, np.ones((3, 3), np.uint8)) > seen
    if not outside.any():
        return
    sigma = max(1.3 * height / 1024.0, 0.5)
    difference = _mean(photo[window], inside, 4.0 * sigma) - _mean(around, ~inside, 4.0 * sigma)
    near = _mean(photo[window], inside, sigma) - _mean(around, ~inside, sigma)
    size = np.linalg.norm(difference, axis=2, keepdims=True)
    near = near * np.exp(-((size / LARGEST) ** 2))
    known = outside
    spread = np.where(known[..., None], near, 0.0).astype(np.float32)
    fill_smoothly(spread, known)
    distance = cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, 5)
    fade = np.exp(-distance / reach) * ~inside
    pixels[window] = np.clip(around + spread * fade[..., None], 0.0, 1.0)


def _mean(picture: Float, mask: NDArray[np.bool_], sigma: float) -> Float:
    weight = mask.astype(np.float32)
    total = cv2.GaussianBlur(weight, (0, 0), sigma)
    return cv2.GaussianBlur(picture * weight[..., None], (0, 0), sigma) / np.maximum(total, 1e-4)[..., None]
