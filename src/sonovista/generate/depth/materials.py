"""Which surfaces lie, lean, stand or are sky: the region map read as geometry."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.regions.protocol import REGION_CLASSES, RegionMap


class Material(IntEnum):
    """What a cell's surface does, geometrically."""

    SKY = 0
    FLAT = 1  # carries things: soil, grass, water, snow, floor
    ROCK = 2  # leans, and carries things
    PLANTS = 3  # stand
    BUILT = 4  # stands
    OBJECT = 5  # stands
    CEILING = 6


_MATERIAL_OF = {
    "sky": Material.SKY,
    "water": Material.FLAT,
    "running_water": Material.FLAT,
    "grass": Material.FLAT,
    "ground": Material.FLAT,
    "floor": Material.FLAT,
    "snow": Material.FLAT,
    "rock": Material.ROCK,
    "vegetation": Material.PLANTS,
    "building": Material.BUILT,
    "wall": Material.BUILT,
    "ceiling": Material.CEILING,
    "object": Material.OBJECT,
}
_COLUMN_MATERIAL = np.array([_MATERIAL_OF[name] for name in REGION_CLASSES])


def material_probabilities(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sums class probabilities `(..., len(REGION_CLASSES))` to those of materials, `(..., len(Material))`."""
    out = np.zeros((*probabilities.shape[:-1], len(Material)), np.float32)
    for column, material in enumerate(_COLUMN_MATERIAL):
        out[..., material] += probabilities[..., column]
    return out


def segment_materials(regions: RegionMap, elevation: NDArray[np.floating], indoor: bool) -> NDArray[np.uint8]:
    """The material of every region, shape `(S,)`.

    Args:
        regions: of a picture `(H, W)`.
        elevation: of its pixels' rays, radians, shape `(H, W)`.
        indoor: in a closed room nothing is sky, and bare soil, water or rock is floor or wall by where it lies.
    """
    scores = material_probabilities(regions.probabilities)
    count = len(regions.probabilities)
    flat = regions.segments.ravel()
    pixels = np.maximum(np.bincount(flat, minlength=count), 1)
    mean = np.bincount(flat, weights=elevation.ravel().astype(float), minlength=count) / pixels
    low, high = mean < np.radians(-4.0), mean > np.radians(4.0)
    if indoor:
        scores[:, Material.BUILT] += scores[:, Material.PLANTS] + np.where(low, 0.0, scores[:, Material.ROCK])
        scores[:, Material.FLAT] += np.where(low, scores[:, Material.ROCK], 0.0)
        scores[:, Material.CEILING] += np.where(mean > np.radians(35.0), scores[:, Material.SKY], 0.0)
        scores[:, Material.BUILT] += np.where(high, scores[:, Material.FLAT], 0.0)
        scores[:, [Material.SKY, Material.ROCK, Material.PLANTS]] = 0.0
        scores[high, Material.FLAT] = 0.0
        scores[low, Material.CEILING] = 0.0
    else:
        scores[:, Material.BUILT] += scores[:, Material.CEILING]
        scores[:, Material.CEILING] = 0.0
        scores[mean < np.radians(-12.0), Material.SKY] = 0.0
    scores[:, Material.OBJECT] += 1e-6
    return scores.argmax(axis=1).astype(np.uint8)
