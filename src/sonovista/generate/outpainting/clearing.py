"""The photo without what sounds in it: the store that the completion takes its pieces from.

A waterfall, a person or a bell that stood a second time in the panorama would be looked for, and listened to, there. So
what can sound is cut out of the store of exemplars and its place is filled with what surrounds it (Criminisi, Perez and
Toyama 2004: objects are removed by patches of the rest of the picture).
"""

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.outpainting.blending import Canvas
from sonovista.generate.outpainting.cap import Frame, lay_patches
from sonovista.generate.outpainting.source import Source, source_density
from sonovista.generate.regions.protocol import REGION_CLASSES

Float = NDArray[Any]

PATCH = 60
"""Pixels of a filling patch at panorama height 1024: smaller than on the ground, since what is filled is small."""

MARGIN = 6
"""Pixels around a sounding thing that go with it: its rim, its shadow."""

POSSIBLE = (0.2, 0.5, 0.75, 0.9)
"""Probability from which what adjoins a sounding thing is taken for a part of it: the first that leaves enough."""

SHARE = 0.8
"""A photo that shows less than the rest of this besides sounding things has no exemplars to put in their place."""


@dataclass(frozen=True)
class PhotoMap:
    """The photo's own plane as a map for patches: they stand as they stood."""

    density: Float

    def frame(self, row: int, column: int) -> Frame:
        """How a patch should stand at a place of the photo."""
        return Frame(0.0, 0.05, float(self.density[row, column]))


def clear_sounding(source: Source, rng: np.random.Generator) -> Source:
    """The source without sounding things; the source itself where there is none, or little else.

    Args:
        source: the photo.
        rng: every random choice.
    """
    # Three pixels at least: so far the low-pass filter carries a thing's colour beyond its rim.
    reach = 2 * max(round(MARGIN * source.scale), 3) + 1
    # In a portrait little is left: of what may belong to the person, then, only what most likely does.
    masks = (cv2.dilate(_whole(source.sounding, p), np.ones((reach, reach), np.uint8)) > 0 for p in POSSIBLE)
    mask = next((mask for mask in masks if mask.mean() <= SHARE), None)
    if mask is None or not mask.any():
        return source
    nearest = _nearest(mask)
    probabilities = source.probabilities[nearest]
    # Half a backdrop, as at the rim of trees, must not be drawn out over what is filled.
    sky, backdrop, calm = (
        np.where(mask, (layer[nearest] > 0.8).astype(np.float32), layer)
        for layer in (source.sky, source.backdrop, source.calm_water)
    )
    uniqueness = np.where(mask, source.uniqueness[nearest], source.uniqueness)
    # What is named a thing after that stays, but nothing that sounds does.
    probabilities = probabilities.copy()
    probabilities[..., REGION_CLASSES.index("running_water")] *= ~mask
    ring = cv2.dilate(mask.astype(np.uint8), np.ones((4 * reach, 4 * reach), np.uint8)) > 0
    ring &= ~mask
    around = source.probabilities[ring].mean(axis=0) if ring.any() else np.ones(len(REGION_CLASSES))
    allowed = (source.probabilities * np.sqrt(around)).sum(axis=2) * ~mask * (1.0 - source.uniqueness)
    allowed *= 1.0 - source.backdrop
    pixels = source.pixels[nearest].copy()
    needed = mask & (backdrop < 0.9)
    if needed.any() and float(allowed.max()) > 0.05:
        canvas = Canvas(
            np.where(mask[..., None], pixels, source.pixels),
            ~needed,
            np.ones(mask.shape, np.float32),
            np.zeros(mask.shape, np.float32),
        )
        rest = replace(source, backdrop=backdrop, sky=sky)
        lay_patches(
            canvas, PhotoMap(source_density(source)), needed, rest, allowed.astype(np.float32), rng, patch=PATCH
        )
        # Patches blend into what surrounds the mask; cut off at it they would leave its outline.
        pixels = canvas.pixels
    return replace(
        source,
        pixels=np.clip(pixels, 0.0, 1.0).astype(np.float32),
        solid=np.clip(source.solid + pixels - source.pixels, 0.0, 1.0).astype(np.float32),
        sky=sky,
        backdrop=backdrop,
        calm_water=calm,
        probabilities=probabilities,
        uniqueness=uniqueness.astype(np.float32),
        sounding=np.zeros_like(source.sounding),
    )


def _whole(sounding: Float, possible: float) -> NDArray[np.uint8]:
    """Where something sounds, and what adjoins it and may well belong to it: heard of twice it costs more than rock."""
    count, labels = cv2.connectedComponents((sounding > possible).astype(np.uint8))
    labels = np.asarray(labels, np.int64)
    sure = np.bincount(labels.ravel(), weights=(sounding > 0.5).ravel(), minlength=count) > 0
    sure[0] = False
    return sure[labels].astype(np.uint8)


def _nearest(mask: NDArray[np.bool_]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Row and column of the nearest pixel outside a mask, for every pixel; each of the mask's shape."""
    _, labels = cv2.distanceTransformWithLabels(mask.astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    labels = np.asarray(labels, np.int64)
    rows, columns = np.nonzero(~mask)
    index = np.zeros(int(labels.max()) + 1, np.int64)
    index[labels[rows, columns]] = np.arange(rows.size)
    chosen = index[labels]
    return rows[chosen], columns[chosen]
