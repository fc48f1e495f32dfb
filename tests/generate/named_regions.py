"""Regions of drawn pictures, of which it is known what they are."""

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.regions.protocol import (
    CLASS_OF_DETAIL,
    DETAIL_CLASSES,
    REGION_CLASSES,
    DetailClass,
    RegionMap,
)


def named_regions(
    segments: NDArray[np.int32], names: tuple[DetailClass, ...], indoor: float, with_details: bool = True
) -> RegionMap:
    """Segments of which each is for sure what its name says, in finer classes too if these are wanted."""
    probabilities = np.zeros((len(names), len(REGION_CLASSES)), np.float32)
    details = np.zeros((len(names), len(DETAIL_CLASSES)), np.float32)
    for index, name in enumerate(names):
        probabilities[index, REGION_CLASSES.index(CLASS_OF_DETAIL[name])] = 1.0
        details[index, DETAIL_CLASSES.index(name)] = 1.0
    return RegionMap(segments, probabilities, indoor, details if with_details else None)
