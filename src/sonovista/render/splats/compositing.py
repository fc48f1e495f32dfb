"""Front-to-back alpha compositing of binned ellipses, tile by tile."""

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from sonovista.render.splats.projection import Ellipses
from sonovista.render.splats.tiles import TILE, TileLists

OPAQUE = 1e-4
"""Transmittance below which what lies behind no longer counts."""


def composite(
    ellipses: Ellipses,
    lists: TileLists,
    colours: NDArray[np.float32],
    width: int,
    height: int,
    maximum_alpha: float,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Blend colours of the ellipses, shape `(K, 3)`, without a background.

    Returns:
        Premultiplied colour `(height, width, 3)`, transmittance `(height, width)`, and the weighted sum of depths
        `(height, width)` in metres.
    """
    rgb = np.zeros((height, width, 3), np.float32)
    transmittance = np.ones((height, width), np.float32)
    depth = np.zeros((height, width), np.float32)
    _composite(
        ellipses.shape,
        ellipses.extent,
        ellipses.limit,
        ellipses.depth,
        np.ascontiguousarray(colours, np.float32),
        lists.start,
        lists.members,
        lists.columns,
        np.float32(maximum_alpha),
        rgb,
        transmittance,
        depth,
    )
    return rgb, transmittance, depth


@njit(cache=True, inline="always")
def pixel_range(centre, extent, first, last):  # pragma: no cover - compiled
    """Pixels `[begin, end)` within `[first, last)` whose centres lie within `extent` of `centre`."""
    begin = max(np.float32(first), np.ceil(centre - extent - np.float32(0.5)))
    end = min(np.float32(last), np.floor(centre + extent - np.float32(0.5)) + np.float32(1.0))
    return int(begin), int(end)


@njit(parallel=True, cache=True, fastmath={"contract", "reassoc", "nsz", "arcp"})
def _composite(
    shape, extent, limit, depths, colours, start, members, columns, maximum_alpha, rgb, transmittance, depth
):  # pragma: no cover - compiled
    height, width = transmittance.shape
    half = np.float32(0.5)
    for tile in prange(len(start) - 1):
        left, top = (tile % columns) * TILE, (tile // columns) * TILE
        right, bottom = min(left + TILE, width), min(top + TILE, height)
        open_pixels = (right - left) * (bottom - top)
        for k in range(start[tile], start[tile + 1]):
            if open_pixels == 0:
                break
            i = members[k]
            u, v, opacity, end = shape[i, 0], shape[i, 1], shape[i, 5], limit[i]
            conic_uu, conic_uv, conic_vv = shape[i, 2], shape[i, 3], shape[i, 4]
            red, green, blue, z = colours[i, 0], colours[i, 1], colours[i, 2], depths[i]
            column_begin, column_end = pixel_range(u, extent[i, 0], left, right)
            row_begin, row_end = pixel_range(v, extent[i, 1], top, bottom)
            for row in range(row_begin, row_end):
                dv = np.float32(row) + half - v
                constant = conic_vv * dv * dv
                linear = np.float32(2.0) * conic_uv * dv
                for column in range(column_begin, column_end):
                    du = np.float32(column) + half - u
                    squared = constant + du * (linear + conic_uu * du)
                    if squared > end or squared < np.float32(0.0):
                        continue
                    through = transmittance[row, column]
                    if through < np.float32(OPAQUE):
                        continue
                    alpha = min(opacity * np.exp(-half * squared), maximum_alpha)
                    weight = through * alpha
                    rgb[row, column, 0] += weight * red
                    rgb[row, column, 1] += weight * green
                    rgb[row, column, 2] += weight * blue
                    depth[row, column] += weight * z
                    through -= weight
                    transmittance[row, column] = through
                    if through < np.float32(OPAQUE):
                        open_pixels -= 1
