"""A coarse last layer all around, so that what nothing else covers shows the surroundings and never a black hole."""

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.lifting.hidden import HiddenLayer

HEIGHT = 128
"""Rows of the panorama at which the backstop is computed: it is blurred anyway."""

REACH = np.deg2rad(12.0)
"""Radians around a direction in which the farthest thing is looked for; a step of 0.5 m uncovers no more than this
beside anything farther than 2.4 m."""

BEHIND = 0.97
"""Inverse distance of the backstop over that of the farthest thing near it."""

FARNESS = 6.0
"""Exponent that makes colours those of the far things: the near ones are what it must not repeat."""


def backstop(colours: NDArray[np.float32], inverse: NDArray[np.float32]) -> HiddenLayer:
    """Behind everything: as far as the farthest thing nearby, in the blurred colours of the far things nearby.

    Args:
        colours: panorama, shape `(H, 2H, 3)`, float32 in [0, 1].
        inverse: 1 / metres along rays, shape `(H, 2H)`, float32.

    Returns:
        A layer that covers all directions, shapes `(128, 256, ...)`.
    """
    size = (2 * HEIGHT, HEIGHT)
    small = np.asarray(cv2.resize(colours, size, interpolation=cv2.INTER_AREA), np.float32)
    small_inverse = np.asarray(cv2.resize(inverse, size, interpolation=cv2.INTER_AREA), np.float32)
    radius = round(float(REACH) * HEIGHT / np.pi)
    margin = 4 * radius
    wrapped = np.pad(small_inverse, ((0, 0), (margin, margin)), mode="wrap")
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    farthest = np.asarray(cv2.erode(wrapped, kernel), np.float32)
    weight = (farthest / wrapped) ** np.float32(FARNESS)
    blur = (0, 0)
    padded = np.pad(small, ((0, 0), (margin, margin), (0, 0)), mode="wrap")
    total = np.asarray(cv2.GaussianBlur(weight, blur, radius / 2), np.float32)
    mean = np.asarray(cv2.GaussianBlur(padded * weight[..., None], blur, radius / 2), np.float32) / total[..., None]
    inside = slice(margin, margin + 2 * HEIGHT)
    return HiddenLayer(
        np.clip(mean[:, inside], 0.0, 1.0),
        np.float32(BEHIND) * farthest[:, inside],
        np.ones((HEIGHT, 2 * HEIGHT), bool),
    )
