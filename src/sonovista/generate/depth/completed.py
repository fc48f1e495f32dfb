"""The completed part of a panorama is made of the photo: its surfaces lie as far as the photo's do at their height."""

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.depth.materials import Material

_FEWEST = 12  # cells of a row that make a median


def sky_as_seen(material: NDArray[np.uint8], seen: NDArray[np.bool_], merged: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Completed cells above all that the photo shows below its sky are sky.

    Args:
        material: of a panorama or grid, shape `(R, C)`.
        seen: where it is evidence, shape `(R, C)`.
        merged: the material with the evidence in it, shape `(R, C)`.
    """
    covered = seen & (merged != Material.SKY)
    seen_rows = np.flatnonzero(seen.any(axis=1))
    if len(seen_rows) == 0 or not covered.any() or not (seen & ~covered).any():
        return material
    skyline = int(np.flatnonzero(covered.any(axis=1)).min())
    margin = round(len(material) / 60)
    # Only a photo that ends in sky tells what is above it.
    if skyline <= seen_rows.min() + margin:
        top = seen_rows.min() + margin
        if covered[: top + 1].sum() > 0.05 * seen[: top + 1].sum():
            return material
    above = (np.arange(len(material)) < skyline - margin)[:, None]
    return np.where(above & ~seen, np.uint8(Material.SKY), material)


def follow_seen(
    material: NDArray[np.uint8], trusted: NDArray[np.bool_], log_r: NDArray[np.float64], base: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Give completed surfaces the distance that their material has at the same elevation in the photo.

    Never beyond the ground that is seen in their place, so that they grow out of it without a gap.

    Args:
        material: of every cell, shape `(R, C)`.
        trusted: the cells that are evidence, shape `(R, C)`.
        log_r: log horizontal distance, shape `(R, C)`.
        base: likewise, of the ground.
    """
    if trusted.all() or not trusted.any():
        return log_r
    out = log_r.copy()
    rows = np.arange(len(material))
    for kind in (Material.PLANTS, Material.BUILT, Material.ROCK, Material.OBJECT):
        mine = (material == kind) & trusted
        known = np.flatnonzero(mine.sum(axis=1) >= _FEWEST)
        if len(known) == 0:
            continue
        profile = np.array([np.median(log_r[row][mine[row]]) for row in known])
        value = np.interp(rows, known, profile)[:, None]
        out = np.where((material == kind) & ~trusted, np.minimum(value, base), out)
    return out
