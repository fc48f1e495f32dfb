"""What every part of a picture is made of, as the stages that need it receive it."""

from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

RegionClass = Literal[
    "sky",
    "water",  # still water: lakes, the sea far out
    "running_water",  # streams, waterfalls, fountains, surf
    "vegetation",  # trees, bushes, hedges
    "grass",  # lawns, meadows, flowers, crops: low plants that cover the ground
    "ground",  # soil, sand, gravel, paving, roads
    "rock",  # cliffs, boulders, bare mountains
    "snow",
    "building",  # anything built, seen from outside: houses, bridges, monuments, walls in the open
    "wall",  # indoors
    "floor",  # indoors
    "ceiling",  # indoors
    "object",  # what stands apart: people, animals, vehicles, furniture, things
]
REGION_CLASSES: tuple[RegionClass, ...] = get_args(RegionClass)

DetailClass = Literal[
    "sky", "cloud", "still_water", "running_water", "sea", "tree", "grass", "flowers", "sand", "rock", "snow", "soil",
    "road", "building", "wall", "floor", "ceiling", "window", "furniture", "person", "animal", "bird", "vehicle",
    "boat", "fire",
]  # fmt: skip
DETAIL_CLASSES: tuple[DetailClass, ...] = get_args(DetailClass)
"""Finer classes, which some classifiers tell apart; each belongs to one of `REGION_CLASSES`."""
CLASS_OF_DETAIL: dict[DetailClass, RegionClass] = {
    "sky": "sky",
    "cloud": "sky",
    "still_water": "water",
    "running_water": "running_water",
    "sea": "water",
    "tree": "vegetation",
    "grass": "grass",
    "flowers": "grass",
    "sand": "ground",
    "rock": "rock",
    "snow": "snow",
    "soil": "ground",
    "road": "ground",
    "building": "building",
    "wall": "wall",
    "floor": "floor",
    "ceiling": "ceiling",
    "window": "wall",
    "furniture": "object",
    "person": "object",
    "animal": "object",
    "bird": "object",
    "vehicle": "object",
    "boat": "object",
    "fire": "object",
}
"""Detail -> class."""


@dataclass(frozen=True)
class RegionMap:
    """A picture cut into regions, each with what it may be.

    Attributes:
        segments: index of the region of every pixel, shape `(H, W)`, int32, 0 to S - 1.
        probabilities: of every region to be of every class, shape `(S, len(REGION_CLASSES))`, float32, rows sum to 1.
        indoor: probability in [0, 1] that the picture was taken indoors.
        details: of every region to be of every finer class, shape `(S, len(DETAIL_CLASSES))`, float32, rows sum to 1;
            None where the classifier does not tell them apart.
    """

    segments: NDArray[np.int32]
    probabilities: NDArray[np.float32]
    indoor: float
    details: NDArray[np.float32] | None = None

    def mask(self, *classes: RegionClass, threshold: float = 0.5) -> NDArray[np.bool_]:
        """Pixels whose region belongs to one of `classes` with more than `threshold` probability in sum, `(H, W)`."""
        columns = [REGION_CLASSES.index(name) for name in classes]
        return (self.probabilities[:, columns].sum(axis=1) > threshold)[self.segments]

    def labels(self) -> NDArray[np.int32]:
        """Index into `REGION_CLASSES` of every pixel's most probable class, shape `(H, W)`."""
        return self.probabilities.argmax(axis=1).astype(np.int32)[self.segments]


class RegionClassifier(Protocol):
    """Cuts a picture into regions and tells what they are."""

    def __call__(
        self,
        image: NDArray[np.uint8],  # [H, W, 3]
        elevation: NDArray[np.float32],  # [H, W], radians: of the ray through every pixel
        wraps: bool,  # True for a panorama, whose left and right edges touch
    ) -> RegionMap: ...
