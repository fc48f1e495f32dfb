"""Compact places for things that are heard from within something large: birds in a wood, crickets in a meadow."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sonovista.geometry import direction_from_angles
from sonovista.geometry.equirectangular import pixel_angles, pixel_directions, pixel_solid_angles

_CANDIDATES = 256
_NEAR_FOOT = np.deg2rad(15.0)
_APART = np.deg2rad(30.0)
"""Spots this far apart are heard apart; more is no better. Else the farthest place, behind the listener and completed,
would be preferred to what the photo shows, however little it fits."""


def spread_spots(
    host: NDArray[np.bool_], weight: NDArray[np.float32], count: int, radius: float, random: np.random.Generator
) -> list[NDArray[np.bool_]]:
    """Round spots inside a host, spread apart.

    The first is drawn where the weight and the depth inside the host are large; each following one is, out of such
    draws, the one that is apart from those before and fits well.

    Args:
        host: where spots may lie, shape `(H, 2H)`, not empty.
        weight: how fitting each pixel is, shape `(H, 2H)`, not negative.
        count: spots at most; fewer where the host has no room for two spots side by side.
        radius: of a spot, radians.
        random: drawn from.

    Returns:
        Masks, each inside the host.
    """
    height = host.shape[0]
    directions = pixel_directions(height)
    rows, columns = np.nonzero(host)
    chance = weight[rows, columns].astype(np.float64) * pixel_solid_angles(height)[rows]
    chance *= _depth_inside(host, radius)[rows, columns]
    if chance.sum() <= 0.0:
        chance = pixel_solid_angles(height)[rows]
    drawn = random.choice(len(rows), size=_CANDIDATES, p=chance / chance.sum())
    candidates = directions[rows[drawn], columns[drawn]]
    fitting = np.sqrt(chance[drawn] / chance.max())
    chosen = [0]
    while len(chosen) < count:
        separation = np.arccos(np.clip(candidates @ candidates[chosen].T, -1.0, 1.0)).min(axis=1)
        has_room = separation >= 2.0 * radius
        if not has_room.any():
            break
        chosen.append(int((has_room * np.minimum(separation, _APART) * np.maximum(fitting, 1e-6)).argmax()))
    return [disc(candidates[index], height, radius) & host for index in chosen]


def nearness(host: NDArray[np.bool_]) -> NDArray[np.float32]:
    """How near each pixel of a host seems by where it stands, without depth: in [0.2, 1], 0 outside, `(H, 2H)`.

    What stands on the ground shows its foot lower in the picture the nearer it is: the foot of a pixel is the lower end
    of the host's run in its column. 1 where that is 15 degrees below the horizon or more, 0.2 at the horizon.
    """
    height = host.shape[0]
    foot = np.zeros(host.shape, np.float32)
    lowest = np.zeros(host.shape[1], np.float32)
    elevation = pixel_angles(height)[1]
    for row in range(height - 1, -1, -1):
        starts = host[row] if row == height - 1 else host[row] & ~host[row + 1]
        lowest = np.where(starts, elevation[row], lowest)
        foot[row] = lowest
    return np.where(host, np.clip(-foot / _NEAR_FOOT, 0.2, 1.0), 0.0).astype(np.float32)


def disc(direction: NDArray[np.float64], height: int, radius: float) -> NDArray[np.bool_]:
    """Pixels of a panorama within `radius` radians of a unit vector; at least the pixel nearest to it."""
    closeness = pixel_directions(height) @ direction
    return closeness >= min(np.cos(radius), closeness.max())


def best_place(weight: NDArray[np.float32], radius: float) -> NDArray[np.float64]:
    """Direction in which a disc of `radius` radians holds the most weight, a unit vector."""
    height = weight.shape[0]
    sigma = radius * height / np.pi
    smooth = ndimage.gaussian_filter1d(weight, sigma, axis=0, mode="nearest")
    smooth = ndimage.gaussian_filter1d(smooth, sigma, axis=1, mode="wrap")
    # Near the poles a blur of pixels is no blur of angles: fit decides, then nearness to the horizon.
    azimuth, elevation = pixel_angles(height)
    smooth = smooth * (1e-3 + np.cos(elevation))[:, None]
    row, column = np.unravel_index(int(smooth.argmax()), smooth.shape)
    return direction_from_angles(azimuth[column], elevation[row])


def _depth_inside(host: NDArray[np.bool_], radius: float) -> NDArray[np.float64]:
    """From 0 at a host's edge to 1 at one radius inside, across the seam."""
    height, width = host.shape
    reach = max(1.0, radius * height / np.pi)
    margin = int(np.ceil(reach)) + 1
    padded = np.pad(np.pad(host, ((0, 0), (margin, margin)), mode="wrap"), ((margin, margin), (0, 0)), mode="edge")
    distance = ndimage.distance_transform_edt(padded)
    inside = np.asarray(distance)[margin : margin + height, margin : margin + width]
    return np.minimum(inside / reach, 1.0)
