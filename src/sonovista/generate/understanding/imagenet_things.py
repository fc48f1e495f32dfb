"""Things in a photo by an ImageNet network, which looks at overlapping squares of three sizes.

The network's linear layer follows a mean over cells, so that each cell's own logits tell where in a square a class is
seen (class activation maps: Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016). What the
squares that cover a place agree on there is a thing's score; `imagenet_things.yaml` says what sounds as what.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated

import cv2
import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy import ndimage

from sonovista.generate.understanding.ontology import shipped_ontology
from sonovista.vision.imagenet import available, crop, load_network, probabilities

Box = tuple[float, float, float, float]
SIDES = (1.0, 0.6, 0.36)
"""Of the squares, in the photo's shorter side."""
STEP = 0.5
"""Between squares, in their side, at most."""
MAP_SIDE = 96
"""Pixels of a map along the photo's shorter side."""
LONGEST_RATIO = 4.0
"""A photo longer than this for its height is looked at in its middle part alone."""
_WORTH_A_LOOK = 0.05
_BOX_LEVEL = 0.5
"""Of a map's maximum: what is above it is the thing."""
_ANOTHER = 0.75
"""Of a map's maximum: what reaches it elsewhere is another one of the thing."""
_LEAST_AREA = 0.25
"""Of the surest one's box: smaller parts are no things of their own."""
MOST_INSTANCES = 3
_INSIDE = 0.5
_BATCH = 16
_SLOPE, _FOR_CLASSES, _OFFSET = 1.95, -1.02, 1.19
"""Of `confidence`; fitted by `tools/fit_imagenet_confidence.py`."""


class ImageNetThing(BaseModel):
    """Which classes sound as one thing; see the head of `imagenet_things.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    classes: dict[int | str, str]
    weight: Annotated[float, Field(gt=0, le=1)]

    def numbers(self) -> dict[int, str]:
        """Class -> how people call it."""
        found: dict[int, str] = {}
        for key, name in self.classes.items():
            first, _, last = str(key).partition("-")
            found |= dict.fromkeys(range(int(first), int(last or first) + 1), name)
        return found


@dataclass(frozen=True)
class Sighting:
    """A thing that was seen.

    Attributes:
        thing: of the ontology.
        seen: what it looks like, in words.
        score: what the squares agree on, in [0, 1], not calibrated.
        confidence: that it is heard there, in [0, 1].
        boxes: one for each of it, left, top, right, bottom in fractions of the photo, the surest first.
    """

    thing: str
    seen: str
    score: float
    confidence: float
    boxes: tuple[Box, ...]


@cache
def shipped_things() -> dict[str, ImageNetThing]:
    """The table inside the package."""
    text = (files("sonovista.generate.understanding") / "imagenet_things.yaml").read_text(encoding="utf-8")
    return {name: ImageNetThing.model_validate(entry) for name, entry in yaml.safe_load(text)["things"].items()}


def squares(height: int, width: int) -> Iterator[tuple[int, tuple[int, int, int, int]]]:
    """Overlapping squares of a picture: index into `SIDES`; left, top, right, bottom in pixels."""
    short = min(height, width)
    for index, share in enumerate(SIDES):
        side = max(1, round(share * short))
        for top in _starts(height, side, short):
            for left in _starts(width, side, short):
                yield index, (left, top, left + side, top + side)


def _starts(length: int, side: int, short: int) -> list[int]:
    """Where squares begin along one side of the picture."""
    first = max(0, round((length - LONGEST_RATIO * short) / 2))
    room = length - 2 * first - side
    count = 1 + int(np.ceil(room / (STEP * side) - 1e-6))
    return [first + round(room * index / max(1, count - 1)) for index in range(count)]


def see_things(image: NDArray[np.uint8]) -> list[Sighting]:
    """Things in an RGB photo `(H, W, 3)`, the surest first, however unsure.

    Raises:
        InputError: the weights are not there; ask `available` first.
        BackendUnavailable: ONNX Runtime is too old.
    """
    network = load_network()
    height, width = image.shape[:2]
    looked = list(squares(height, width))
    cells = np.concatenate([network(np.stack([crop(image, box) for _, box in part])) for part in _batches(looked)])
    whole = probabilities(cells.mean(axis=(1, 2)))
    each = probabilities(cells)
    scale = MAP_SIDE / min(height, width)
    shape = max(1, round(height * scale)), max(1, round(width * scale))
    places = [(index, tuple(round(value * scale) for value in box)) for index, box in looked]
    found = []
    for name, thing in shipped_things().items():
        numbers = thing.numbers()
        chosen = list(numbers)
        said = whole[:, chosen].sum(axis=1)
        if said.max() < _WORTH_A_LOOK:
            continue
        agreed = _agreement(said, each[..., chosen].sum(axis=-1), places, shape)
        best = max(chosen, key=lambda number: whole[said.argmax(), number])
        score = float(agreed.max())
        sure = confidence(score, len(chosen))
        found.append(Sighting(name, numbers[best], score, thing.weight * sure, _boxes(agreed)))
    return one_for_each_object(sorted(found, key=lambda one: -one.score))


def confidence(score: float, classes: int) -> float:
    """How probable it is that a thing is there, in [0, 1]: Platt's calibration ("Probabilistic outputs for support
    vector machines", 1999) of its score, which is the higher by chance the more classes of ImageNet it has.

    Args:
        score: of a `Sighting`.
        classes: of ImageNet that sound as the thing.
    """
    clipped = min(max(score, 1e-4), 1.0 - 1e-4)
    value = _SLOPE * math.log(clipped / (1.0 - clipped)) + _FOR_CLASSES * math.log(classes) + _OFFSET
    return 1.0 / (1.0 + math.exp(-value))


def one_for_each_object(found: Sequence[Sighting]) -> list[Sighting]:
    """Without what lies in a surer one's box and is of its family: a cat is no dog, a car no lorry."""
    family = {thing.name: thing.family for thing in shipped_ontology().things}
    kept: list[Sighting] = []
    for one in found:
        rivals = [other.boxes[0] for other in kept if family[other.thing] == family[one.thing]]
        if not any(_share_inside(one.boxes[0], box) > _INSIDE for box in rivals):
            kept.append(one)
    return kept


def _share_inside(inner: Box, outer: Box) -> float:
    width = min(inner[2], outer[2]) - max(inner[0], outer[0])
    height = min(inner[3], outer[3]) - max(inner[1], outer[1])
    return max(width, 0.0) * max(height, 0.0) / _area(inner)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _batches(looked: list) -> Iterator[list]:
    for start in range(0, len(looked), _BATCH):
        yield looked[start : start + _BATCH]


def _agreement(
    said: NDArray[np.float32],
    cells: NDArray[np.float32],
    places: list[tuple[int, tuple[int, ...]]],
    shape: tuple[int, int],
) -> NDArray[np.float32]:
    """How much the squares that cover each place say that a thing is there: the mean over those of one size, and of
    the sizes the one that says most.

    Args:
        said: what each square says of its whole, shape `(B,)`.
        cells: what its cells say, shape `(B, rows, columns)`.
        places: size and place of each square in the map.
        shape: of the map.
    """
    sums = np.zeros((len(SIDES), *shape), np.float32)
    counts = np.zeros_like(sums)
    for whole, part, (index, (left, top, right, bottom)) in zip(said, cells, places, strict=True):
        right, bottom = min(right, shape[1]), min(bottom, shape[0])
        counts[index, top:bottom, left:right] += 1.0
        if whole > 0.01 * _WORTH_A_LOOK:
            where = cv2.resize(part / part.max(), (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)
            sums[index, top:bottom, left:right] += whole * where
    return (sums / np.maximum(counts, 1.0)).max(axis=0)


def _boxes(agreed: NDArray[np.float32]) -> tuple[Box, ...]:
    """Boxes around the parts of a map above half its maximum, the surest first; small or doubtful further parts are
    left out.
    """
    labels = np.zeros(agreed.shape, np.int32)
    ndimage.label(agreed >= _BOX_LEVEL * agreed.max(), output=labels)
    height, width = agreed.shape
    parts = []
    for index, (rows, columns) in enumerate(ndimage.find_objects(labels)):
        peak = float(agreed[rows, columns][labels[rows, columns] == index + 1].max())
        parts.append((peak, (columns.start / width, rows.start / height, columns.stop / width, rows.stop / height)))
    parts.sort(key=lambda part: -part[0])
    peak, first = parts[0]
    others = [box for value, box in parts[1:] if value >= _ANOTHER * peak and _area(box) >= _LEAST_AREA * _area(first)]
    return (first, *others[: MOST_INSTANCES - 1])


__all__ = ["ImageNetThing", "Sighting", "available", "confidence", "see_things", "shipped_things", "squares"]
