"""What the photo shows of the horizon corrects its pitch: no sky lies below it, and no open water above it.

Where lines are few the prior holds the camera level. A tower looked up at, or a beach looked down on, then had its sky
reach far below the horizon, where it was taken for ground, or its sea stand above it as a wall.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.regions.protocol import DETAIL_CLASSES, REGION_CLASSES, RegionMap
from sonovista.geometry.frames import angles_from_direction

SURE = 0.8
"""Probability from which sky and water are believed."""

OPEN_WATER = ("still_water", "sea")

FEWEST_COLUMNS = 0.15
LEAST_RUN = 0.05
"""Of the photo's columns that must begin with sky at the top, and of the photo's height, how far it must come down."""

SKY_PERCENTILE = 15.0
"""Of those columns, the share whose sky may come down further: gaps in leaves and white walls."""

LEAST_WATER = 0.02
WATER_PERCENTILE = 98.0
"""Of the photo's pixels that must be open water, and percentile of their elevation that is its end."""

LITTLE = np.radians(1.0)
"""What lies on the wrong side by less than this is left."""

MOST = np.radians(25.0)
"""A pitch is corrected by no more: beyond it the regions are more likely to be wrong."""

WATER_HIDES_LINES = 2.0
"""A photo half of which is water has no lines to be trusted: waves run together like walls."""


def keep_horizon(calibration: Calibration, regions: RegionMap) -> Calibration:
    """A calibration whose horizon lies between the photo's sky and its open water.

    Args:
        calibration: of the photo.
        regions: of the photo.

    Returns:
        `calibration` itself where nothing contradicts it, or where lines speak for it; else one with another pitch.
    """
    if regions.indoor > 0.5:
        return calibration
    height, width = regions.segments.shape
    rays = calibration.camera(width, height).ray_directions()
    elevation = angles_from_direction(rays)[1]
    water = _open_water(regions)
    trust = calibration.pitch_confidence * max(1.0 - WATER_HIDES_LINES * float(water.mean()), 0.0)
    if trust >= 0.5:
        return calibration
    sky_end, water_end = _end_of_sky(elevation, regions), _end_of_water(elevation, water)
    too_low = min(sky_end, 0.0) if sky_end is not None else 0.0
    too_high = max(water_end, 0.0) if water_end is not None else 0.0
    # Where both are on the wrong side of each other the horizon is between them.
    change = -0.5 * (too_low + too_high) if too_low and too_high else -(too_low + too_high)
    if abs(change) < LITTLE:
        return calibration
    change = float(np.clip(change, -MOST, MOST))
    shown = " and ".join(
        name for name, angle in (("sky below", too_low), ("open water above", too_high)) if abs(angle) >= LITTLE
    )
    method = f"{calibration.method}; pitch moved by {np.degrees(change):.1f} degrees, which showed {shown} the horizon"
    return replace(calibration, pitch=calibration.pitch + change, method=method)


def _open_water(regions: RegionMap) -> NDArray[np.bool_]:
    """Where open water is sure, shape of the photo; nowhere if no classifier tells it from running water."""
    if regions.details is None:
        return np.zeros(regions.segments.shape, bool)
    columns = [DETAIL_CLASSES.index(name) for name in OPEN_WATER]
    return (regions.details[:, columns].sum(axis=1) > SURE)[regions.segments]


def _end_of_sky(elevation: NDArray[np.float64], regions: RegionMap) -> float | None:
    """Elevation down to which sky comes from the photo's upper edge, radians; None if it shows too little of it."""
    sky = (regions.probabilities[:, REGION_CLASSES.index("sky")] > SURE)[regions.segments]
    runs = np.cumprod(sky, axis=0).sum(axis=0)
    columns = np.flatnonzero(runs > LEAST_RUN * sky.shape[0])
    if columns.size < FEWEST_COLUMNS * sky.shape[1]:
        return None
    return float(np.percentile(elevation[runs[columns] - 1, columns], SKY_PERCENTILE))


def _end_of_water(elevation: NDArray[np.float64], water: NDArray[np.bool_]) -> float | None:
    """Elevation up to which open water reaches, radians; None if the photo shows too little of it."""
    return float(np.percentile(elevation[water], WATER_PERCENTILE)) if water.mean() > LEAST_WATER else None
