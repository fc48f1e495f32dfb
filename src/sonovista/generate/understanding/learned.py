"""Sounding things from what a photo's regions are, from its gist, from the objects in it, and from what goes together.

Attributes of the scene (`attributes.py`) are told by the regions, by linear heads on features of the frozen backbone
(`gist.py`) and, where its weights were pulled, by a detector of objects (`detector.py`); a table of what is heard
where (`co_occurrence.yaml`) turns them into things. What an ImageNet network sees (`imagenet_things.py`) and what the
detector sees is heard where it stands. Each thing says why it is there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from sonovista.errors import BackendUnavailable
from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.outpainting.protocol import Panorama
from sonovista.generate.regions.protocol import RegionMap
from sonovista.generate.understanding import imagenet_things
from sonovista.generate.understanding.attributes import scene_attributes
from sonovista.generate.understanding.co_occurrence import shipped_co_occurrence
from sonovista.generate.understanding.detector import Detection, available, detect_objects
from sonovista.generate.understanding.evidence import gather_evidence
from sonovista.generate.understanding.gist import gist_features, shipped_heads
from sonovista.generate.understanding.imagenet_things import MOST_INSTANCES, Sighting, see_things
from sonovista.generate.understanding.ontology import Ontology, shipped_ontology
from sonovista.generate.understanding.protocol import SoundingThing
from sonovista.generate.understanding.scene_rules import joining, sounding_thing
from sonovista.geometry.equirectangular import pixel_directions
from sonovista.vision.backbone import Backbone

Boxes = tuple[tuple[float, float, float, float], ...]
_OF_PEOPLE = ("crowd", "talking")
_LEAST_PERSON = 0.35
_AT_BOX_EDGE = 0.7
"""Weight at the edge of a detected box, of 1 in its middle."""


class LearnedUnderstandingOptions(BaseModel):
    """How much to believe, and whom."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: float = Field(default=0.4, ge=0.0, le=1.0, description="Things less probable than this are left out.")
    most: int = Field(default=7, ge=1, le=50, description="Kinds of things that are recognised at most.")
    add_to_user: bool = Field(default=False, description="Whether recognised things join those that the user named.")
    gist: bool = Field(default=True, description="Whether to look at the whole picture through the backbone.")
    detector: Literal["auto", "off"] = Field(default="auto", description="auto: where its weights are in the cache.")
    imagenet: Literal["auto", "off"] = Field(default="auto", description="The same of the ImageNet network.")


@dataclass(frozen=True)
class Recognised:
    """A thing that was recognised.

    Attributes:
        name: of the ontology.
        confidence: in [0, 1].
        why: in a few words.
        boxes: in which it was seen, in fractions of the photo; empty where it was only inferred.
    """

    name: str
    confidence: float
    why: str
    boxes: Boxes = ()


class LearnedUnderstanding:
    """Tells what in a picture can sound, by learned features; implements `Understanding`."""

    def __init__(
        self,
        options: LearnedUnderstandingOptions = LearnedUnderstandingOptions(),
        ontology: Ontology | None = None,
    ) -> None:
        self.options = options
        self.ontology = ontology or shipped_ontology()

    def __call__(
        self,
        image: NDArray[np.uint8],
        regions: RegionMap,
        panorama: Panorama,
        panorama_regions: RegionMap,
        wanted: tuple[str, ...],
        seed: int,
        calibration: Calibration | None = None,
    ) -> list[SoundingThing]:
        """What can sound: first what the user named, in their order, then what was recognised, surest first.

        Where the user named things, only the surroundings (ambience) are added, unless `add_to_user`. There is always
        exactly one recognised ambience where the user named none. See `Understanding`.

        Raises:
            InputError: a user's word is empty or too long.
        """
        recognised = self.recognise(image, regions)
        boxes = {one.name: one.boxes for one in recognised}
        named = [(words, self.ontology.match(words)) for words in wanted]
        things: list[SoundingThing] = []
        for words, thing in named:
            made = sounding_thing(thing, 1.0, words, panorama, panorama_regions)
            things.append(_placed(made, boxes.get(thing.name, ()), image, panorama, calibration, "you named it"))
        known = [self.ontology[one.name] for one in recognised]
        joins = joining(known, [thing for _, thing in named], self.options.add_to_user)
        for one, thing, joined in zip(recognised, known, joins, strict=True):
            if joined:
                made = sounding_thing(thing, one.confidence, None, panorama, panorama_regions)
                things.append(_placed(made, one.boxes, image, panorama, calibration, one.why))
        return things

    def recognise(self, image: NDArray[np.uint8], regions: RegionMap) -> list[Recognised]:
        """Things that a photo and its regions show, surest first, exactly one of them ambient."""
        table = shipped_co_occurrence()
        objects = detect_objects(image) if self.options.detector == "auto" and available() else []
        gist, trust = self._gist(image)
        attributes = scene_attributes(gather_evidence(image, regions), regions, gist, trust, objects)
        people = tuple(one.box for one in objects if one.name == "person" and one.score >= _LEAST_PERSON)
        found = {
            name: Recognised(
                name,
                reasons.confidence(attributes),
                reasons.words(attributes),
                people if name in _OF_PEOPLE else (),
            )
            for name, reasons in table.things.items()
        }
        sightings = see_things(image) if self.options.imagenet == "auto" and imagenet_things.available() else []
        sure = [one for one in sightings if one.confidence >= self.options.threshold]
        for one in (*_from_objects(objects), *_from_sightings(sure)):
            found[one.name] = _joined(found.get(one.name), one)
        ranked = sorted(found.values(), key=lambda one: -one.confidence)
        ambience = next(one for one in ranked if self.ontology[one.name].kind == "ambient")
        others = [
            one
            for one in ranked
            if self.ontology[one.name].kind != "ambient" and one.confidence >= self.options.threshold
        ]
        return sorted([ambience, *others[: self.options.most - 1]], key=lambda one: -one.confidence)

    def _gist(self, image: NDArray[np.uint8]) -> tuple[dict[str, float] | None, dict[str, float] | None]:
        if not self.options.gist:
            return None, None
        try:
            backbone = Backbone.load()
        except BackendUnavailable:
            return None, None
        heads = shipped_heads()
        return heads.probabilities(gist_features(image, backbone)), heads.trusts()


def _from_objects(objects: Sequence[Detection]) -> list[Recognised]:
    """Things that detected objects sound as, each once."""
    seen: dict[str, list[tuple[float, Detection]]] = {}
    for one in objects:
        known = shipped_co_occurrence().objects.get(one.name)
        if known is not None:
            seen.setdefault(known.thing, []).append((known.weight * one.score, one))
    recognised: list[Recognised] = []
    for name, votes in seen.items():
        confidence, best = max(votes, key=lambda vote: vote[0])
        boxes = tuple(one.box for vote, one in votes if vote >= 0.6 * confidence)
        recognised.append(Recognised(name, confidence, f"a {best.name} was seen, {best.score:.2f}", boxes))
    return recognised


def _from_sightings(sightings: Sequence[Sighting]) -> list[Recognised]:
    """Things that an ImageNet network saw."""
    return [
        Recognised(one.thing, one.confidence, f"{one.seen} seen, {one.confidence:.2f}", one.boxes) for one in sightings
    ]


def _joined(before: Recognised | None, seen: Recognised) -> Recognised:
    """What was told of a thing before, and that it was seen: the surer counts, and where it was seen is where it is."""
    if before is None:
        return seen
    if before.boxes and before.confidence >= seen.confidence:
        return before
    return seen if seen.confidence > before.confidence else replace(before, boxes=seen.boxes)


def _placed(
    thing: SoundingThing,
    boxes: Boxes,
    image: NDArray[np.uint8],
    panorama: Panorama,
    calibration: Calibration | None,
    why: str,
) -> SoundingThing:
    """A thing with its reason, and where it was seen in boxes, at these."""
    if not boxes or calibration is None or thing.weight is None:
        return replace(thing, why=why)
    weight = box_weight(boxes, image.shape[:2], panorama.pixels.shape[0], calibration)
    if weight.max() <= 0.0:
        return replace(thing, why=why)
    # One box is one of it, however many there could be; several are several.
    most = thing.max_instances if thing.kind == "area" else min(len(boxes), MOST_INSTANCES)
    return replace(thing, why=why, weight=weight, max_instances=most)


def box_weight(boxes: Boxes, photo_size: tuple[int, ...], height: int, calibration: Calibration) -> NDArray[np.float32]:
    """Weight of a panorama's pixels by boxes in the photo: 1 in a box's middle, 0.7 at its edge, 0 outside.

    Args:
        boxes: left, top, right, bottom in fractions of the photo.
        photo_size: height and width of the photo in pixels.
        height: of the panorama in pixels.
        calibration: of the photo.

    Returns:
        Shape `(height, 2 height)`.
    """
    rows, columns = photo_size
    u, v, z = calibration.camera(columns, rows).project(pixel_directions(height))
    x, y = np.where(z > 0.0, u / columns, -1.0), np.where(z > 0.0, v / rows, -1.0)
    weight = np.zeros((height, 2 * height), np.float32)
    for left, top, right, bottom in boxes:
        away = np.maximum(np.abs(2 * x - left - right) / (right - left), np.abs(2 * y - top - bottom) / (bottom - top))
        inside = np.where(away <= 1.0, 1.0 - (1.0 - _AT_BOX_EDGE) * away, 0.0)
        weight = np.maximum(weight, inside.astype(np.float32))
    return weight
