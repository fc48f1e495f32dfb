"""The photo without what hangs into its sky: branches of a tree that nobody sees standing, a kite, a bird.

Laid around the horizon as the rest of the photo is, they would float over it: crowns cut off where their tree ends.
"""

from dataclasses import replace

import cv2
import numpy as np

from sonovista.generate.outpainting.source import Source

SOLID = 0.5
"""Opacity of what lies behind, below which something is before it."""

SMALL = 0.02
"""Share of the photo up to which something in the sky hangs there though it is nowhere cut off."""

RIM = 3
"""Pixels around it, at panorama height 1024, that go with it."""


def without_hanging(source: Source) -> Source:
    """The source with sky in place of what is before it and stands on nothing; the source itself where nothing does.

    What reaches down to the horizon, or to the photo's lower border, stands. Something else hangs where the photo's
    upper border cuts it off, or where it is small; what is large and whole may be a mountain above mist.

    Args:
        source: the photo, in the open.
    """
    count, labels = cv2.connectedComponents((source.backdrop < SOLID).astype(np.uint8), connectivity=8)
    labels = np.asarray(labels, np.int32)
    stands = np.zeros(count, bool)
    stands[labels[source.elevation <= 0.0]] = True
    stands[labels[-1]] = True
    if not stands[1:].any():
        return source  # a photo that looks up shows nothing that stands
    cut = np.zeros(count, bool)
    cut[labels[0]] = True
    small = np.bincount(labels.ravel(), minlength=count) <= SMALL * labels.size
    hangs = ~stands & (cut | small)
    hangs[0] = False
    if not hangs.any():
        return source
    reach = 2 * max(round(RIM * source.scale), 1) + 1
    # Nothing of what stands is touched: a rim may lie before it.
    mask = cv2.dilate(hangs[labels].astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    mask &= ~(stands[labels] & (labels > 0))
    behind = np.where(mask, np.float32(1.0), source.backdrop)
    return replace(
        source,
        backdrop=behind,
        sky=np.where(mask, np.float32(1.0), source.sky),
        uniqueness=np.where(mask, np.float32(0.0), source.uniqueness),
        sounding=np.where(mask, np.float32(0.0), source.sounding),
    )
