"""Attributes of a scene, each in [0, 1]: what its regions, its gist and the objects in it say together."""

from collections.abc import Mapping, Sequence

import numpy as np

from sonovista.generate.regions.protocol import DETAIL_CLASSES, DetailClass, RegionMap
from sonovista.generate.understanding.detector import Detection
from sonovista.generate.understanding.evidence import SceneEvidence

_SUREST = 0.97
"""No single witness is taken to be surer than this."""
_CROWD = 3
"""People from which on they are a crowd."""


def scene_attributes(
    evidence: SceneEvidence,
    regions: RegionMap,
    gist: Mapping[str, float] | None,
    trust: Mapping[str, float] | None,
    objects: Sequence[Detection],
) -> dict[str, float]:
    """Probabilities of the attributes that `co_occurrence.yaml` speaks of.

    Args:
        evidence: gathered from the photo and its regions.
        regions: of the photo.
        gist: probability of attributes from the whole picture; None without a backbone.
        trust: of each of them, in [0, 1].
        objects: detected; empty without a detector.
    """
    seen = _from_regions(evidence, regions)
    mixed = dict(seen)
    for name, probability in (gist or {}).items():
        weight = (trust or {}).get(name, 0.0)
        mixed[name] = weigh([(seen[name], 1.0), (probability, weight)]) if name in seen else weight * probability
    return _with_objects(_combined(mixed, evidence), objects)


def weigh(witnesses: Sequence[tuple[float, float]]) -> float:
    """Mean of probabilities by their weights, on the scale of log odds; none is taken to be surer than 0.97."""
    values = np.clip([value for value, _ in witnesses], 1.0 - _SUREST, _SUREST)
    weights = np.array([weight for _, weight in witnesses])
    if weights.sum() <= 0.0:
        return 0.0
    log_odds = float(np.log(values / (1.0 - values)) @ weights / weights.sum())
    return 1.0 / (1.0 + float(np.exp(-log_odds)))


def ramp(value: float, low: float, high: float) -> float:
    """0 at or below `low`, 1 at or above `high`, straight between."""
    return float(np.clip((value - low) / (high - low), 0.0, 1.0))


def _from_regions(e: SceneEvidence, regions: RegionMap) -> dict[str, float]:
    details = detail_shares(regions)
    water = e.total("water", "running_water")
    sea = ramp(e.share["water"], 0.08, 0.2) * ramp(e.water_below_sky, 0.2, 0.6)
    if details:
        sea = max(sea, ramp(details["sea"], 0.02, 0.08))
    return {
        "indoor": e.indoor,
        "trees": ramp(e.share["vegetation"], 0.01, 0.1),
        "grass": ramp(e.share["grass"], 0.03, 0.18),
        "rock": ramp(e.total("rock", "snow"), 0.08, 0.25),
        "water": ramp(water, 0.02, 0.08),
        "sea": sea,
        "building": ramp(e.share["building"], 0.06, 0.25),
        "snow": ramp(e.share["snow"], 0.05, 0.2),
        "running_water": ramp(e.share["running_water"], 0.01, 0.05),
        "flowers": ramp(details.get("flowers", 0.0), 0.02, 0.1),
        "people": ramp(details.get("person", 0.0), 0.004, 0.02),
        "vehicles": ramp(details.get("vehicle", 0.0), 0.01, 0.05),
        "road": ramp(details.get("road", 0.0), 0.05, 0.2),
        "animal": ramp(details.get("animal", 0.0), 0.02, 0.1),
    }


def detail_shares(regions: RegionMap) -> dict[DetailClass, float]:
    """Share of the picture that each finer class takes; empty where the regions do not have them."""
    if regions.details is None:
        return {}
    area = np.bincount(regions.segments.ravel(), minlength=len(regions.details)).astype(float)
    shares = (area / area.sum()) @ regions.details
    return {name: float(share) for name, share in zip(DETAIL_CLASSES, shares, strict=True)}


def _combined(mixed: dict[str, float], e: SceneEvidence) -> dict[str, float]:
    """Attributes that are made of others."""
    outdoors = 1.0 - mixed["indoor"]
    night = max(float(e.night), mixed.get("night", 0.0))
    sky = ramp(e.share["sky"], 0.05, 0.3)
    rocky = max(mixed["rock"], mixed["snow"])
    closeup = mixed.get("closeup", 0.0)
    return mixed | {
        "night": night,
        "white_water": mixed["running_water"] * ramp(e.white_water, 0.05, 0.15),
        "water_among_plants": mixed["water"] * ramp(e.plants_at_water, 0.08, 0.2) * (1.0 - mixed["sea"]),
        "bare": rocky * (1.0 - mixed["trees"]),
        "open": outdoors * sky * (1.0 - 0.5 * closeup),
        "forest": ramp(e.share["vegetation"], 0.35, 0.55) * (1.0 - sky) * (1.0 - mixed["building"]),
        "trees_at_night": mixed["trees"] * night,
        "meadow_closeup": mixed["grass"] * closeup,
        "town": mixed.get("town", 0.0) * outdoors,
        "road_in_town": mixed["road"] * mixed.get("town", 0.0),
    }


def _with_objects(attributes: dict[str, float], objects: Sequence[Detection]) -> dict[str, float]:
    people = sorted((one.score for one in objects if one.name == "person"), reverse=True)
    absent = float(np.prod([1.0 - 0.8 * score for score in people[:5]])) if people else 1.0
    present = 1.0 - absent
    many = len([score for score in people if score >= 0.4]) >= _CROWD
    vehicles = [one.score for one in objects if one.name in ("car", "bus", "truck", "motorcycle")]
    vehicle = 1.0 - float(np.prod([1.0 - 0.8 * score for score in vehicles])) if len(vehicles) > 1 else 0.0
    return attributes | {
        "people": max(attributes.get("people", 0.0), present if many else 0.5 * present),
        "lone_people": present if people and not many else 0.0,
        "vehicles": max(attributes["vehicles"], vehicle),
    }
