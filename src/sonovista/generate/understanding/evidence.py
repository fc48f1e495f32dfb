"""What a photo shows, in the few numbers that the rules of sounding things ask for."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.regions.protocol import REGION_CLASSES, RegionClass, RegionMap

NIGHT_LIGHTNESS = 26.0
"""CIE L of the sky below which it is night."""


@dataclass(frozen=True)
class SceneEvidence:
    """What a photo shows.

    Attributes:
        share: of the picture that each class takes, in [0, 1], summing to 1.
        indoor: probability of being indoors.
        night: whether the sky is dark.
        white_water: share of the running water that is bright and colourless, as foam is.
        water_below_sky: share of the columns with water in which the water's upper edge meets the sky or the far haze.
        plants_at_water: share of the water's border that touches plants.
    """

    share: dict[RegionClass, float]
    indoor: float
    night: bool
    white_water: float
    water_below_sky: float
    plants_at_water: float

    def total(self, *names: RegionClass) -> float:
        """Share of several classes together."""
        return sum(self.share[name] for name in names)


def gather_evidence(image: NDArray[np.uint8], regions: RegionMap) -> SceneEvidence:
    """Look at a photo `(h, w, 3)` and its regions."""
    area = np.bincount(regions.segments.ravel(), minlength=len(regions.probabilities)).astype(float)
    share = (area / area.sum()) @ regions.probabilities
    labels = regions.labels()
    lab = lab_of(image)
    return SceneEvidence(
        {name: float(share[i]) for i, name in enumerate(REGION_CLASSES)},
        regions.indoor,
        _is_night(lab[..., 0], labels),
        _white_share(lab, labels),
        _water_below_sky(labels),
        _plants_at_water(labels),
    )


def lab_of(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """CIE Lab of RGB uint8 `(H, W, 3)`: L in [0, 100]."""
    return np.asarray(cv2.cvtColor(image.astype(np.float32) / np.float32(255.0), cv2.COLOR_RGB2Lab), np.float32)


def whiteness(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much each pixel looks like foam, in [0, 1]: light and without colour; CIE Lab `(H, W, 3)`."""
    light = np.clip((lab[..., 0] - 55.0) / 25.0, 0.0, 1.0)
    return light * np.exp(-((lab[..., 1] ** 2 + lab[..., 2] ** 2) / 15.0**2))


def _index(name: RegionClass) -> int:
    return REGION_CLASSES.index(name)


def _is_night(lightness: NDArray[np.float32], labels: NDArray[np.int32]) -> bool:
    sky = labels == _index("sky")
    where = sky if sky.mean() > 0.05 else np.zeros_like(sky)
    return bool(where.any() and np.median(lightness[where]) < NIGHT_LIGHTNESS)


def _white_share(lab: NDArray[np.float32], labels: NDArray[np.int32]) -> float:
    running = labels == _index("running_water")
    return float((whiteness(lab)[running] > 0.3).mean()) if running.any() else 0.0


def _water_below_sky(labels: NDArray[np.int32]) -> float:
    water = labels == _index("water")
    columns = np.flatnonzero(water.sum(axis=0) > 0.02 * labels.shape[0])
    if columns.size == 0:
        return 0.0
    top = water[:, columns].argmax(axis=0)
    above = labels[np.maximum(top - 2, 0), columns]
    return float(np.mean(above == _index("sky")))


def _plants_at_water(labels: NDArray[np.int32]) -> float:
    water = np.isin(labels, (_index("water"), _index("running_water"))).astype(np.uint8)
    size = 2 * max(1, round(0.012 * max(labels.shape))) + 1
    rim = cv2.dilate(water, np.ones((size, size), np.uint8)).astype(bool) & ~water.astype(bool)
    if not rim.any():
        return 0.0
    return float(np.isin(labels[rim], (_index("vegetation"), _index("grass"))).mean())
