"""Ground whose light changes more than its texture: pieces of it would be seen as shards, each with its own shading.

Calm water, mist, sand at dusk: the photo's light falls off across them, and there is little in them to hide a cut. Of
such ground only the texture is laid; its light is what surrounds the gap, continued.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.easing import smooth_step
from sonovista.generate.outpainting.blending import fill_smoothly, mean_under
from sonovista.generate.outpainting.source import OVERSAMPLING, Source

Float = NDArray[Any]

FINE = 6.0
"""Pixels of the photo as a store of exemplars, at panorama height 1024, up to which something is texture."""

BROAD = 15.0
"""Likewise: light is what is left beyond this."""

BESIDE = 24.0
"""Pixels of the panorama around a gap, likewise, whose light goes on in it; that of what is farther off does not."""

RATIO = (3.2, 6.5)
"""How much more light than texture must vary before evening out begins, and from where on it is complete: grass,
rock, leaves and sand in daylight have 1.3 to 3.2, calm water and mist 5 to 22."""


@dataclass(frozen=True)
class Evenness:
    """The light of a store of exemplars, and how much of it is replaced.

    Attributes:
        share: in [0, 1].
        light: of the photo, RGB, its shape.
    """

    share: float
    light: Float

    def target(self, pixels: Float, filled: NDArray[np.bool_], scale: float) -> Float:
        """The light that surrounds a gap, continued into it, RGB, shape `(h, w, 3)`.

        Args:
            pixels: of the canvas, shape `(h, w, 3)`.
            filled: where it holds something, shape `(h, w)`.
            scale: panorama height in units of 1024 pixels.
        """
        beside = cv2.distanceTransform(filled.astype(np.uint8), cv2.DIST_L2, 3) < max(BESIDE * scale, 3.0)
        known = filled & beside
        light = mean_under(pixels, known, BROAD / OVERSAMPLING * scale)[0].astype(np.float32)
        fill_smoothly(light, known)
        return light


def evenness(source: Source, allowed: Float) -> Evenness | None:
    """How the exemplars of a photo are to be evened out; None where their texture hides their light.

    Args:
        source: the photo.
        allowed: in [0, 1], shape of the source: what may be taken.
    """
    mask = allowed > 0.5 * float(allowed.max())
    if not mask.any():
        return None
    broadly = allowed > 0.2 * float(allowed.max())
    smooth = mean_under(source.pixels, broadly, max(FINE * source.scale, 0.5))[0]
    texture = float(np.median(np.abs(source.pixels - smooth).mean(axis=2)[mask]))
    light = smooth[mask]
    varies = float(np.median(np.abs(light - np.median(light, axis=0)).mean(axis=1)))
    share = float(smooth_step(np.array((varies / max(texture, 1e-4) - RATIO[0]) / (RATIO[1] - RATIO[0]))))
    if share <= 0.0:
        return None
    return Evenness(share, mean_under(source.pixels, broadly, max(BROAD * source.scale, 1.0))[0].astype(np.float32))
