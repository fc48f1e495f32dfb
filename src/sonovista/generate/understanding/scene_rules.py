"""Sounding things by rules on what the regions of a photo are.

A classical method: it knows places, not objects. It hears water, plants and what hides in them, open land, built-up
places and rooms in a picture; a clock, a dog or a guitar that stands in it is not recognised and must be named by the
user. How sure it says it is follows from areas and was set by hand, not fitted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.outpainting.protocol import Panorama
from sonovista.generate.regions.protocol import REGION_CLASSES, RegionMap
from sonovista.generate.understanding.evidence import SceneEvidence, gather_evidence, lab_of, whiteness
from sonovista.generate.understanding.ontology import Ontology, Thing, shipped_ontology
from sonovista.generate.understanding.protocol import SoundingThing
from sonovista.geometry.equirectangular import pixel_angles

UNSEEN = 0.45
"""Weight of what was completed, against 1 for what the photo shows: a thing is sought first where it was seen."""
LATER_HOST = 0.75
"""Each further host of a thing fits it this much less than the one before."""
FALLING_WATER = ("waterfall", "fountain")


class SceneRulesOptions(BaseModel):
    """How much to believe."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: float = Field(default=0.4, ge=0.0, le=1.0, description="Things less probable than this are left out.")
    most: int = Field(default=6, ge=1, le=50, description="Kinds of things that are recognised at most.")
    add_to_user: bool = Field(default=False, description="Whether recognised things join those that the user named.")


@dataclass(frozen=True)
class Rule:
    """Tells how sure one thing is, in [0, 1], from what a photo shows."""

    name: str
    confidence: Callable[[SceneEvidence], float]


def ramp(value: float, low: float, high: float) -> float:
    """0 at or below `low`, 1 at or above `high`, straight between."""
    return float(np.clip((value - low) / (high - low), 0.0, 1.0))


def _stream(e: SceneEvidence) -> float:
    return 0.9 * ramp(e.share["running_water"], 0.01, 0.05)


def _waterfall(e: SceneEvidence) -> float:
    return 0.85 * ramp(e.share["running_water"], 0.02, 0.06) * ramp(e.white_water, 0.05, 0.15)


def _river(e: SceneEvidence) -> float:
    enclosed = (1.0 - e.water_below_sky) * ramp(e.plants_at_water, 0.08, 0.2)
    return 0.8 * ramp(e.share["water"], 0.02, 0.06) * enclosed * (1.0 - _stream(e))


def _surf(e: SceneEvidence) -> float:
    wild = 1.0 - ramp(e.share["building"], 0.1, 0.25)
    return 0.85 * ramp(e.share["water"], 0.1, 0.2) * ramp(e.water_below_sky, 0.3, 0.6) * wild


def _lapping(e: SceneEvidence) -> float:
    other = max(_surf(e), _river(e))
    return 0.75 * ramp(e.share["water"], 0.06, 0.12) * (1.0 - ramp(other, 0.2, 0.5))


def _bare(e: SceneEvidence) -> float:
    """How much it is rock and snow where hardly a tree grows."""
    return ramp(e.total("rock", "snow"), 0.15, 0.3) * (1.0 - ramp(e.share["vegetation"], 0.1, 0.25))


def _songbirds(e: SceneEvidence) -> float:
    plants = e.share["vegetation"] + 0.5 * e.share["grass"]
    return (0.9 if not e.night else 0.2) * ramp(plants, 0.0, 0.12) * (1.0 - _bare(e))


def _gulls(e: SceneEvidence) -> float:
    return 0.9 * _surf(e)


def _crow(e: SceneEvidence) -> float:
    return 0.6 * _bare(e) * (1.0 - e.night)


def _pigeons(e: SceneEvidence) -> float:
    few_plants = 1.0 - ramp(e.total("vegetation", "grass"), 0.15, 0.3)
    return 0.6 * ramp(e.share["building"], 0.15, 0.3) * few_plants * (1.0 - e.night)


def _leaves(e: SceneEvidence) -> float:
    return 0.8 * ramp(e.share["vegetation"], 0.04, 0.12)


def _crickets(e: SceneEvidence) -> float:
    green = e.share["grass"] + (0.7 * e.share["vegetation"] if e.night else 0.0)
    return 0.75 * ramp(green, 0.08, 0.22) * (1.0 - ramp(e.share["snow"], 0.1, 0.3))


def _crowd(e: SceneEvidence) -> float:
    return 0.55 * ramp(e.share["building"], 0.12, 0.28) * ramp(e.total("building", "ground", "object"), 0.2, 0.4)


def _mountain_wind(e: SceneEvidence) -> float:
    return 0.85 * ramp(e.total("rock", "snow"), 0.1, 0.25) * ramp(e.share["sky"], 0.05, 0.15)


def _forest_air(e: SceneEvidence) -> float:
    return 0.8 * ramp(e.share["vegetation"], 0.35, 0.55) * (1.0 - ramp(e.share["sky"], 0.1, 0.3))


def _distant_traffic(e: SceneEvidence) -> float:
    return 0.7 * ramp(e.share["building"], 0.3, 0.5) * (1.0 - ramp(e.total("grass", "rock", "water"), 0.1, 0.3))


def _wind(e: SceneEvidence) -> float:
    return 0.6 * (0.5 + 0.5 * ramp(e.share["sky"], 0.05, 0.3))


OUTDOORS = (
    Rule("stream", _stream),
    Rule("waterfall", _waterfall),
    Rule("river", _river),
    Rule("surf", _surf),
    Rule("lake_lapping", _lapping),
    Rule("songbirds", _songbirds),
    Rule("gulls", _gulls),
    Rule("crow", _crow),
    Rule("pigeons", _pigeons),
    Rule("leaves", _leaves),
    Rule("crickets", _crickets),
    Rule("crowd", _crowd),
    Rule("mountain_wind", _mountain_wind),
    Rule("forest_air", _forest_air),
    Rule("distant_traffic", _distant_traffic),
    Rule("wind", _wind),
)
INDOORS = (
    Rule("room_tone", lambda e: 0.95),
    Rule("ventilation", lambda e: 0.45),
)


class SceneRules:
    """Tells what in a picture can sound, without any network; implements `Understanding`."""

    def __init__(self, options: SceneRulesOptions | None = None, ontology: Ontology | None = None) -> None:
        self.options = options or SceneRulesOptions()
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
        exactly one recognised ambience where the user named none.

        Args:
            image: RGB, shape `(h, w, 3)`, the photo.
            regions: of the photo.
            panorama: completed, `(H, 2H)`.
            panorama_regions: of the panorama.
            wanted: the user's words.
            seed: not used: the rules draw nothing.
            calibration: not used: the rules look at regions alone.

        Raises:
            InputError: a user's word is empty or too long.
        """
        named = [(words, self.ontology.match(words)) for words in wanted]
        things = [sounding_thing(thing, 1.0, words, panorama, panorama_regions) for words, thing in named]
        recognised = [(self.ontology[name], confidence) for name, confidence in self.recognise(image, regions)]
        joins = joining([thing for thing, _ in recognised], [thing for _, thing in named], self.options.add_to_user)
        for (thing, confidence), joined in zip(recognised, joins, strict=True):
            if joined:
                things.append(sounding_thing(thing, confidence, None, panorama, panorama_regions))
        return things

    def recognise(self, image: NDArray[np.uint8], regions: RegionMap) -> list[tuple[str, float]]:
        """Names of things and how sure each is, surest first, exactly one of them ambient."""
        evidence = gather_evidence(image, regions)
        rules = INDOORS if evidence.indoor > 0.5 else OUTDOORS
        found = sorted(((rule.name, rule.confidence(evidence)) for rule in rules), key=lambda pair: -pair[1])
        ambience = next(pair for pair in found if self.ontology[pair[0]].kind == "ambient")
        others = [
            (name, confidence)
            for name, confidence in found
            if self.ontology[name].kind != "ambient" and confidence >= self.options.threshold
        ]
        return sorted([ambience, *others[: self.options.most - 1]], key=lambda pair: -pair[1])


def joining(recognised: Sequence[Thing], named: Sequence[Thing], add_to_user: bool) -> list[bool]:
    """Which of the things that were recognised join those that the user named.

    None joins twice; beside what the user named only an ambience does, unless `add_to_user`; there is one ambience.
    """
    taken = {thing.name for thing in named}
    has_ambience = any(thing.kind == "ambient" for thing in named)
    joins = []
    for thing in recognised:
        wanted = not has_ambience if thing.kind == "ambient" else not named or add_to_user
        joins.append(wanted and thing.name not in taken)
        has_ambience |= thing.kind == "ambient" and joins[-1]
    return joins


def sounding_thing(
    thing: Thing, confidence: float, words: str | None, panorama: Panorama, regions: RegionMap
) -> SoundingThing:
    """A thing of the ontology as a scene has it.

    Args:
        thing: of the ontology.
        confidence: in [0, 1].
        words: the user's, where they named it.
        panorama: completed, `(H, 2H)`.
        regions: of the panorama.
    """
    weight = None if thing.kind == "ambient" else weight_map(thing, panorama, regions)
    return SoundingThing(
        thing.name,
        " ".join(words.split()) if words else thing.label,
        thing.kind,
        thing.hosts,
        thing.level_db,
        thing.prompt,
        confidence,
        words is not None,
        thing.max_instances,
        weight,
    )


def weight_map(thing: Thing, panorama: Panorama, regions: RegionMap) -> NDArray[np.float32]:
    """How well each pixel of a panorama fits a thing, `(H, 2H)` float32 in [0, 1]; somewhere it is always above 0.

    The thing's hosts, the first most; what the photo shows before what was completed. Where no host is to be seen the
    thing stands where such things are: in the sky, on the ground, else at the height of the eyes.
    """
    height, width = regions.segments.shape
    elevation = pixel_angles(height)[1][:, None]
    fit = np.zeros(len(regions.probabilities))
    for rank, host in enumerate(thing.hosts):
        fit = np.maximum(fit, LATER_HOST**rank * regions.probabilities[:, REGION_CLASSES.index(host)])
    solid = _solid(thing, regions)
    weight = fit[regions.segments] * _height_fit(thing, elevation) * solid
    if thing.name == "waterfall":
        foam = cv2.GaussianBlur(whiteness(lab_of(panorama.pixels)), (0, 0), max(1.0, height / 170.0))
        weight = weight * (0.25 + 0.75 * np.clip(foam / 0.3, 0.0, 1.0))
    if weight.max() < 0.1:
        anywhere = np.broadcast_to(_where_unseen(thing, elevation), (height, width)) * 0.5
        weight = anywhere * solid if np.max(anywhere * solid) > 0.25 else anywhere
    weight = weight * np.where(panorama.observed, 1.0, UNSEEN)
    return np.clip(weight, 0.0, 1.0).astype(np.float32)


def _height_fit(thing: Thing, elevation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Birds sit high in what hosts them; what lives in the grass is heard from near, below the horizon."""
    degrees = np.degrees(elevation)
    if thing.family == "birds" and thing.hosts[0] == "vegetation":
        return 0.35 + 0.65 / (1.0 + np.exp(-(degrees + 3.0) / 3.0))
    if thing.family == "insects" and thing.hosts[0] == "grass":
        return 0.3 + 0.7 * np.exp(-(((degrees + 14.0) / 14.0) ** 2))
    if thing.kind == "area" and {"water", "running_water"} & set(thing.hosts[:1]):
        # The surface of water lies below the eye; only falling water stands up.
        highest, softness = (6.0, 2.0) if thing.name in FALLING_WATER else (-3.0, 0.7)
        return 1.0 / (1.0 + np.exp((degrees - highest) / softness))
    return np.ones_like(degrees)


def _solid(thing: Thing, regions: RegionMap) -> NDArray[np.float64]:
    """1 where something solid is to be seen, 0 in the sky, `(H, W)`; 1 everywhere for what flies or rolls in it."""
    if "sky" in thing.hosts:
        return np.ones(regions.segments.shape)
    return (regions.labels() != REGION_CLASSES.index("sky")).astype(np.float64)


def _where_unseen(thing: Thing, elevation: NDArray[np.float64]) -> NDArray[np.float64]:
    low = {"ground", "grass", "floor", "water", "running_water"}
    centre = np.radians(25.0 if thing.hosts[0] == "sky" else -12.0 if thing.hosts[0] in low else 0.0)
    return np.exp(-(((elevation - centre) / np.radians(7.0)) ** 2))
