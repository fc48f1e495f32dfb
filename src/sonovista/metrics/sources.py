"""Which of two lists of sounding things are the same, and how far a direction is from a box in a photo.

Pure functions; what they are asked of scenes and annotations is in `sonovista.evaluate.scene`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment

from sonovista.geometry.cameras import PerspectiveCamera

Box = tuple[float, float, float, float]
"""Left, top, right, bottom: fractions of a photo's width and height from its top left corner."""

_NOT_CERTAIN = 16.0
_OTHER_NAME = 4.0
_OTHER_KIND = 1.0
_EDGE_SAMPLES = 41


@dataclass(frozen=True)
class Thing:
    """A sort of sounding thing, in a scene or in an annotation.

    Attributes:
        name: of the ontology.
        family: things of one family may be taken for one another.
        kind: "point", "area" or "ambient".
        certain: of annotated things: whether it must be found. Of no meaning for found ones.
    """

    name: str
    family: str
    kind: str
    certain: bool = True


def pair_things(found: Sequence[Thing], annotated: Sequence[Thing], angles: ArrayLike) -> list[tuple[int, int]]:
    """Pair found things with annotated ones of the same family, one to one.

    As many as can be; among such pairings the one with the most certain things, then the most equal names, then the
    most equal kinds, then the least angles.

    Args:
        found: in the scene.
        annotated: in the photo.
        angles: radians between each found and each annotated thing, shape `(len(found), len(annotated))`; NaN where
            there is none.

    Returns:
        Pairs of an index into `found` and one into `annotated`, in the order of `found`.

    Raises:
        ValueError: `angles` has another shape.
    """
    away = np.asarray(angles, float)
    if away.shape != (len(found), len(annotated)):
        raise ValueError(f"angles: expected the shape {(len(found), len(annotated))}, found {away.shape}")
    pairs: list[tuple[int, int]] = []
    for family in sorted({thing.family for thing in found}):
        rows = [i for i, thing in enumerate(found) if thing.family == family]
        columns = [j for j, thing in enumerate(annotated) if thing.family == family]
        if not columns:
            continue
        cost = np.array([[_cost(found[i], annotated[j], away[i, j]) for j in columns] for i in rows])
        for row, column in zip(*linear_sum_assignment(cost), strict=True):
            pairs.append((rows[row], columns[column]))
    return sorted(pairs)


def _cost(found: Thing, annotated: Thing, angle: float) -> float:
    cost = _NOT_CERTAIN * (not annotated.certain) + _OTHER_NAME * (found.name != annotated.name)
    return cost + _OTHER_KIND * (found.kind != annotated.kind) + (0.0 if np.isnan(angle) else 0.9 * angle / np.pi)


def directions_of(camera: PerspectiveCamera, fractions: ArrayLike) -> NDArray[np.float64]:
    """Unit vectors in the world through places in a photo.

    Args:
        camera: of the photo.
        fractions: of its width and height from its top left corner, shape `(..., 2)`.

    Returns:
        Shape `(..., 3)`.
    """
    places = np.asarray(fractions, float)
    x = (places[..., 0] - 0.5) * camera.width / camera.focal_length
    y = (places[..., 1] - 0.5) * camera.height / camera.focal_length
    rays = np.stack([x, y, np.ones_like(x)], axis=-1)
    return rays / np.linalg.norm(rays, axis=-1, keepdims=True) @ camera.R_world_camera.T


def angle_to_box(direction: ArrayLike, camera: PerspectiveCamera, box: Box) -> float:
    """Radians from a direction to the nearest one inside a box of a photo; 0 inside.

    Args:
        direction: in the world, of any length, shape `(3,)`.
        camera: of the photo.
        box: in fractions of the photo.
    """
    towards = np.asarray(direction, float)
    towards = towards / np.linalg.norm(towards)
    left, top, right, bottom = box
    u, v, z = camera.project(towards)
    if z > 0.0 and left <= u / camera.width <= right and top <= v / camera.height <= bottom:
        return 0.0
    along = np.linspace(0.0, 1.0, _EDGE_SAMPLES)
    x, y = left + along * (right - left), top + along * (bottom - top)
    edges = [(x, np.full_like(x, top)), (x, np.full_like(x, bottom))]
    edges += [(np.full_like(y, left), y), (np.full_like(y, right), y)]
    rays = directions_of(camera, np.concatenate([np.stack(edge, axis=-1) for edge in edges]))
    return float(np.arccos(np.clip(rays @ towards, -1.0, 1.0)).min())


def angle_to_middle(direction: ArrayLike, camera: PerspectiveCamera, box: Box) -> float:
    """Radians from a direction in the world, shape `(3,)`, to the middle of a box of a photo."""
    towards = np.asarray(direction, float)
    middle = directions_of(camera, ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2))
    return float(np.arccos(np.clip(middle @ towards / np.linalg.norm(towards), -1.0, 1.0)))


__all__ = ["Box", "Thing", "angle_to_box", "angle_to_middle", "directions_of", "pair_things"]
