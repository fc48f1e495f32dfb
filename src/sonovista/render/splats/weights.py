"""Blending weights: a picture is linear in the colours of its Gaussians, and this is the matrix."""

from dataclasses import dataclass

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from sonovista.geometry import PerspectiveCamera
from sonovista.render.splats.compositing import OPAQUE, pixel_range
from sonovista.render.splats.kernels import SCREEN_KERNELS, KernelName
from sonovista.render.splats.projection import project
from sonovista.render.splats.tiles import TILE, bin_ellipses
from sonovista.scene.gaussians import Gaussians

LEAST_WEIGHT = 1e-3
"""Weights below this are left out: a quarter of a step of an 8-bit picture."""


@dataclass(frozen=True)
class BlendingWeights:
    """The sparse matrix A with `picture = A @ colours`, for one camera and one cloud.

    Attributes:
        height: of the picture in pixels.
        width: of the picture in pixels.
        count: Gaussians of the cloud.
        start: where the entries of a tile begin, shape `(tiles + 1,)`, int64.
        pixel: of every entry, counted within its tile row by row, uint8.
        gaussian: of every entry, index in the cloud, int32.
        weight: of every entry, in (0, 1], float32.
    """

    height: int
    width: int
    count: int
    start: NDArray[np.int64]
    pixel: NDArray[np.uint8]
    gaussian: NDArray[np.int32]
    weight: NDArray[np.float32]

    def apply(self, colours: NDArray[np.float32]) -> NDArray[np.float32]:
        """The picture `(height, width, 3)` of colours `(count, 3)`, over black."""
        picture = np.zeros((self.height, self.width, 3), np.float32)
        _apply(self.start, self.pixel, self.gaussian, self.weight, colours, picture)
        return picture

    def apply_transposed(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        """`A.T @ picture`, shape `(count, 3)`, of a picture `(height, width, 3)`."""
        colours = np.zeros((self.count, 3), np.float32)
        _apply_transposed(self.start, self.pixel, self.gaussian, self.weight, picture, colours)
        return colours

    def restricted(self, rows: NDArray[np.bool_], columns: NDArray[np.bool_]) -> "BlendingWeights":
        """The same matrix with only some pixels and Gaussians.

        Args:
            rows: pixels that stay, shape `(height, width)`; the others become zero.
            columns: Gaussians that stay, shape `(count,)`; they are numbered anew, in their order.
        """
        number = np.where(columns, np.cumsum(columns) - 1, -1).astype(np.int32)
        start = np.zeros_like(self.start)
        pixel, gaussian, weight = np.empty_like(self.pixel), np.empty_like(self.gaussian), np.empty_like(self.weight)
        total = _restrict(
            self.start, self.pixel, self.gaussian, self.weight, rows, number, start, pixel, gaussian, weight
        )
        entries = (pixel[:total].copy(), gaussian[:total].copy(), weight[:total].copy())
        return BlendingWeights(self.height, self.width, int(columns.sum()), start, *entries)


def blending_weights(gaussians: Gaussians, camera: PerspectiveCamera, kernel: KernelName = "spark") -> BlendingWeights:
    """How much every Gaussian adds to every pixel that `render_view_float` draws."""
    settings = SCREEN_KERNELS[kernel]
    ellipses = project(gaussians, camera, settings)
    lists = bin_ellipses(ellipses, camera.width, camera.height)
    tiles = len(lists.start) - 1
    geometry = (ellipses.shape, ellipses.extent, ellipses.limit, ellipses.index, lists.start, lists.members)
    size = (lists.columns, camera.width, camera.height, np.float32(settings.maximum_alpha))
    start = np.zeros(tiles + 1, np.int64)
    none = np.zeros(0)
    # Counted first, then filled: growing lists would need twice the memory.
    _walk(*geometry, *size, start, none.astype(np.uint8), none.astype(np.int32), none.astype(np.float32), False)
    np.cumsum(start, out=start)
    total = int(start[-1])
    pixel, gaussian, weight = np.empty(total, np.uint8), np.empty(total, np.int32), np.empty(total, np.float32)
    _walk(*geometry, *size, start, pixel, gaussian, weight, True)
    return BlendingWeights(camera.height, camera.width, len(gaussians), start, pixel, gaussian, weight)


@njit(parallel=True, cache=True, fastmath={"contract", "reassoc", "nsz", "arcp"})
def _walk(
    shape,
    extent,
    limit,
    index,
    list_start,
    members,
    columns,
    width,
    height,
    maximum_alpha,
    start,
    entry_pixel,
    entry_gaussian,
    entry_weight,
    fill,
):  # pragma: no cover - compiled
    half = np.float32(0.5)
    for tile in prange(len(list_start) - 1):
        left, top = (tile % columns) * TILE, (tile // columns) * TILE
        right, bottom = min(left + TILE, width), min(top + TILE, height)
        transmittance = np.ones(TILE * TILE, np.float32)
        open_pixels = (right - left) * (bottom - top)
        at = start[tile] if fill else np.int64(0)
        for k in range(list_start[tile], list_start[tile + 1]):
            if open_pixels == 0:
                break
            i = members[k]
            u, v, opacity, end = shape[i, 0], shape[i, 1], shape[i, 5], limit[i]
            conic_uu, conic_uv, conic_vv = shape[i, 2], shape[i, 3], shape[i, 4]
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
                    pixel = (row - top) * TILE + column - left
                    through = transmittance[pixel]
                    if through < np.float32(OPAQUE):
                        continue
                    weight = through * min(opacity * np.exp(-half * squared), maximum_alpha)
                    transmittance[pixel] = through - weight
                    if through - weight < np.float32(OPAQUE):
                        open_pixels -= 1
                    if weight >= np.float32(LEAST_WEIGHT):
                        if fill:
                            entry_pixel[at] = pixel
                            entry_gaussian[at] = index[i]
                            entry_weight[at] = weight
                        at += 1
        if not fill:
            start[tile + 1] = at


@njit(parallel=True, cache=True)
def _apply(start, pixel, gaussian, weight, colours, picture):  # pragma: no cover - compiled
    columns = -(-picture.shape[1] // TILE)
    for tile in prange(len(start) - 1):
        left, top = (tile % columns) * TILE, (tile // columns) * TILE
        for k in range(start[tile], start[tile + 1]):
            row, column = top + pixel[k] // TILE, left + pixel[k] % TILE
            i, w = gaussian[k], weight[k]
            picture[row, column, 0] += w * colours[i, 0]
            picture[row, column, 1] += w * colours[i, 1]
            picture[row, column, 2] += w * colours[i, 2]


@njit(cache=True)
def _apply_transposed(start, pixel, gaussian, weight, picture, colours):  # pragma: no cover - compiled
    columns = -(-picture.shape[1] // TILE)
    for tile in range(len(start) - 1):
        left, top = (tile % columns) * TILE, (tile // columns) * TILE
        for k in range(start[tile], start[tile + 1]):
            row, column = top + pixel[k] // TILE, left + pixel[k] % TILE
            i, w = gaussian[k], weight[k]
            colours[i, 0] += w * picture[row, column, 0]
            colours[i, 1] += w * picture[row, column, 1]
            colours[i, 2] += w * picture[row, column, 2]


@njit(cache=True)
def _restrict(
    start, pixel, gaussian, weight, rows, number, new_start, new_pixel, new_gaussian, new_weight
):  # pragma: no cover - compiled
    columns = -(-rows.shape[1] // TILE)
    at = 0
    for tile in range(len(start) - 1):
        left, top = (tile % columns) * TILE, (tile // columns) * TILE
        for k in range(start[tile], start[tile + 1]):
            i = number[gaussian[k]]
            if i >= 0 and rows[top + pixel[k] // TILE, left + pixel[k] % TILE]:
                new_pixel[at] = pixel[k]
                new_gaussian[at] = i
                new_weight[at] = weight[k]
                at += 1
        new_start[tile + 1] = at
    return at
