"""How well a scene hears what a photo shows: sources found, their kinds and directions, and the order of depths.

`docs/annotations.md` has the protocol.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonovista.errors import InputError
from sonovista.evaluate.scene_annotations import AnnotatedPhoto, DepthPair
from sonovista.generate.understanding.ontology import Ontology, shipped_ontology
from sonovista.geometry.cameras import PerspectiveCamera
from sonovista.geometry.equirectangular import sample
from sonovista.metrics.sources import Box, Thing, angle_to_box, angle_to_middle, directions_of, pair_things
from sonovista.scene import Scene

NEAR_DEG = 10.0


@dataclass(frozen=True)
class FoundThing:
    """Sources of one sort in a scene.

    Attributes:
        name: of the ontology, or the label where the ontology has none.
        kind: "point", "area" or "ambient".
        directions: from the photo's place to each source, shape `(N, 3)`, metres; none for ambience.
    """

    name: str
    kind: str
    directions: NDArray[np.float64]


@dataclass(frozen=True)
class PhotoScores:
    """What was right in one scene.

    Attributes:
        found: names of the scene's things.
        pairs: found name and annotated name of those that were paired.
        missed: annotated names that were certain and got no partner.
        wrong: found names that got no partner.
        certain: annotated things that must be found.
        certain_pairs: how many of them were.
        kinds_right: of the pairs.
        anchor_errors: radians to the nearest place inside the annotated boxes, one for each source with boxes.
        middle_errors: radians to the nearest box's middle, likewise.
    """

    found: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    missed: tuple[str, ...]
    wrong: tuple[str, ...]
    certain: int
    certain_pairs: int
    kinds_right: int
    anchor_errors: tuple[float, ...]
    middle_errors: tuple[float, ...]


def score_photo(
    found: Sequence[FoundThing],
    photo: AnnotatedPhoto,
    camera: PerspectiveCamera,
    ontology: Ontology | None = None,
) -> PhotoScores:
    """Compare the things of a scene with those annotated in its photo.

    Args:
        found: the scene's things, each name once.
        photo: its annotation.
        camera: of the photo, at the world's origin.
        ontology: that has the families; the shipped one where it is None.

    Raises:
        InputError: an annotated name is not in the ontology.
    """
    families = {thing.name: thing.family for thing in (ontology or shipped_ontology()).things}
    for thing in photo.things:
        if thing.name not in families:
            raise InputError(f"annotation: expected a name of the ontology, found {thing.name!r}")
    boxes = [[_box(where) for where in thing.where] for thing in photo.things]
    annotated = [Thing(t.name, families[t.name], t.kind, t.certain) for t in photo.things]
    heard = [Thing(t.name, families.get(t.name, f"custom {t.name}"), t.kind) for t in found]
    errors = [[_errors(thing.directions, camera, places, angle_to_box) for places in boxes] for thing in found]
    angles = np.array([[min(row, default=math.nan) for row in rows] for rows in errors], float)
    pairs = pair_things(heard, annotated, angles.reshape(len(heard), len(annotated)))
    paired_found, paired_annotated = {i for i, _ in pairs}, {j for _, j in pairs}
    return PhotoScores(
        found=tuple(thing.name for thing in heard),
        pairs=tuple((heard[i].name, annotated[j].name) for i, j in pairs),
        missed=tuple(t.name for j, t in enumerate(annotated) if t.certain and j not in paired_annotated),
        wrong=tuple(thing.name for i, thing in enumerate(heard) if i not in paired_found),
        certain=sum(thing.certain for thing in annotated),
        certain_pairs=sum(annotated[j].certain for _, j in pairs),
        kinds_right=sum(heard[i].kind == annotated[j].kind for i, j in pairs),
        anchor_errors=tuple(error for i, j in pairs for error in errors[i][j]),
        middle_errors=tuple(
            error for i, j in pairs for error in _errors(found[i].directions, camera, boxes[j], angle_to_middle)
        ),
    )


def _box(tenths: tuple[float, float, float, float]) -> Box:
    left, top, right, bottom = (value / 10.0 for value in tenths)
    return left, top, right, bottom


def _errors(directions: NDArray[np.float64], camera: PerspectiveCamera, boxes: list[Box], angle: Any) -> list[float]:
    if not boxes:
        return []
    return [min(angle(direction, camera, box) for box in boxes) for direction in directions]


def summarise(scores: Sequence[PhotoScores]) -> dict[str, Any]:
    """Measures over several scenes, summed over things, not over scenes; None where there is nothing to measure."""
    pairs = [pair for score in scores for pair in score.pairs]
    found, certain = sum(len(s.found) for s in scores), sum(s.certain for s in scores)
    errors = np.degrees([error for score in scores for error in score.anchor_errors])
    middles = np.degrees([error for score in scores for error in score.middle_errors])
    certain_pairs = sum(score.certain_pairs for score in scores)
    same_name = sum(a == b for a, b in pairs)
    return {
        "scenes": len(scores),
        "annotated_certain": certain,
        "found": found,
        "recall": _share(certain_pairs, certain),
        "precision": _share(len(pairs), found),
        "precision_certain_only": _share(certain_pairs, found),
        "same_name": _share(same_name, len(pairs)),
        "kinds_right": _share(sum(score.kinds_right for score in scores), len(pairs)),
        "anchors": {
            "count": len(errors),
            "median_deg": _number(np.median(errors)) if errors.size else None,
            "within_10_deg": _number(np.mean(errors <= NEAR_DEG)) if errors.size else None,
            "largest_deg": _number(errors.max()) if errors.size else None,
            "to_middle_median_deg": _number(np.median(middles)) if middles.size else None,
        },
    }


def score_depth_pairs(
    depth: NDArray[np.float32], camera: PerspectiveCamera, pairs: Sequence[DepthPair]
) -> tuple[int, int]:
    """How many pairs a panorama of depths orders rightly, and how many there are.

    Args:
        depth: metres along rays, shape `(H, 2H)`.
        camera: of the photo, at the world's origin.
        pairs: of one photo.
    """
    if not pairs:
        return 0, 0
    near = sample(depth, directions_of(camera, [(pair.near, pair.row) for pair in pairs]))
    far = sample(depth, directions_of(camera, [(pair.far, pair.row) for pair in pairs]))
    return int(np.sum(near < far)), len(pairs)


def things_of(scene: Scene, ontology: Ontology | None = None) -> list[FoundThing]:
    """A scene's sources by what they are, in the order of their first appearance."""
    known = ontology or shipped_ontology()
    places: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    for source in scene.document.sources:
        thing = known.find(source.label)
        key = (thing.name if thing else source.label, source.kind)
        places.setdefault(key, [])
        if source.position is not None:
            places[key].append(source.position)
    return [FoundThing(name, kind, np.array(at, float).reshape(-1, 3)) for (name, kind), at in places.items()]


def scene_folders(path: Path) -> list[Path]:
    """The scene at `path`, or the scenes in it, by name.

    Raises:
        InputError: there is none.
    """
    if (path / "scene.json").is_file():
        return [path]
    folders = sorted(child.parent for child in path.glob("*/scene.json")) if path.is_dir() else []
    if not folders:
        raise InputError(f"{path}: expected a scene or a folder of scenes, found none")
    return folders


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _number(value: Any) -> float:
    return round(float(value), 4)
