"""Blocks of a sheet -> flat Gaussians that lie in the surface and cover their block as the sheet's camera sees it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.lifting.blocks import Blocks
from sonovista.generate.lifting.depth_edges import surface_gradient
from sonovista.generate.lifting.sheets import Sheet
from sonovista.scene.gaussians import Gaussians, quaternions_from_matrices

THICKNESS = 0.15
"""Standard deviation across a surfel over the smaller one along it: thin, but not gone when seen from the edge."""

MERGED_SPREAD = 1.25
"""Merged blocks spread wider than pixels do: they have nothing to blur, and the eye finds any pattern in the smooth."""


def surfels(
    sheet: Sheet, blocks: Blocks, parallax: float, spread: float, opacity: float, maximum_slant: float
) -> Gaussians:
    """One flat Gaussian for each block.

    A point of the sheet is `P(u, v) = z(u, v) K^-1 (u, v, 1)`. The Gaussian's covariance is
    `(spread * size)^2 (dP/du dP/du^T + dP/dv dP/dv^T)`: the local affine projection takes it to a round blob of
    `spread` block sizes in the sheet's own camera, and on the surface it reaches its neighbours, whatever the slant.

    Args:
        sheet: where the blocks lie.
        blocks: N of them.
        parallax: pixels that a step moves what is at one metre, to tell jumps of depth.
        spread: standard deviation over block size.
        opacity: in (0, 1).
        maximum_slant: of the surface, metres along the ray per metre across it.
    """
    camera = sheet.camera
    focal = camera.focal_length
    # A block's centre falls between pixels when its size is even; then four pixels are averaged by the sampling.
    u, v = blocks.centre[:, 0], blocks.centre[:, 1]
    inverse = 1.0 / sheet.depth
    gradient_u, gradient_v = surface_gradient(inverse, parallax)
    w = _at(inverse, u, v)
    z = 1.0 / w
    slope_u = -z * z * _at(gradient_u, u, v)
    slope_v = -z * z * _at(gradient_v, u, v)
    slant = np.hypot(slope_u, slope_v) * focal / z
    shrink = np.minimum(1.0, maximum_slant / np.maximum(slant, 1e-12))

    rays = np.stack([(u - 0.5 * camera.width) / focal, (v - 0.5 * camera.height) / focal, np.ones_like(u)], axis=1)
    along_u = (slope_u * shrink)[:, None] * rays
    along_u[:, 0] += z / focal
    along_v = (slope_v * shrink)[:, None] * rays
    along_v[:, 1] += z / focal
    axes, lengths = _principal_axes(along_u, along_v)
    wider = np.where(blocks.size > 1, MERGED_SPREAD, 1.0) * spread
    scales = (wider * blocks.size)[:, None] * np.concatenate([lengths, THICKNESS * lengths[:, 1:]], axis=1)
    R_world_camera = camera.R_world_camera
    colours = np.empty((len(u), 3), np.float32)
    for size in np.unique(blocks.size):
        chosen = blocks.size == size
        mean = sheet.colours if size == 1 else cv2.boxFilter(sheet.colours, -1, (int(size), int(size)))
        # The mean over a block of even size is found at the pixel right and below its centre.
        colours[chosen] = mean[np.minimum(v[chosen].astype(int), camera.height - 1), u[chosen].astype(int)]
    return Gaussians(
        ((rays * z[:, None]) @ R_world_camera.T).astype(np.float32),
        scales.astype(np.float32),
        quaternions_from_matrices(R_world_camera @ axes).astype(np.float32),
        np.full(len(u), opacity, np.float32),
        colours,
    )


def _at(values: NDArray[np.float32], u: NDArray[np.float32], v: NDArray[np.float32]) -> NDArray[np.float64]:
    """Bilinear samples at pixel coordinates; exact at pixel centres."""
    height, width = values.shape
    column, row = np.maximum(u - 0.5, 0.0), np.maximum(v - 0.5, 0.0)
    left, top = column.astype(int), row.astype(int)
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    a, b = (column - left).astype(float), (row - top).astype(float)
    upper = values[top, left] * (1.0 - a) + values[top, right] * a
    lower = values[bottom, left] * (1.0 - a) + values[bottom, right] * a
    return upper * (1.0 - b) + lower * b


def _principal_axes(
    along_u: NDArray[np.float64], along_v: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rotations `(N, 3, 3)` and the two lengths `(N, 2)`, the longer first, of the ellipses that two vectors span."""
    uu = np.einsum("ni,ni->n", along_u, along_u)
    uv = np.einsum("ni,ni->n", along_u, along_v)
    vv = np.einsum("ni,ni->n", along_v, along_v)
    angle = 0.5 * np.arctan2(2.0 * uv, uu - vv)
    cosine, sine = np.cos(angle)[:, None], np.sin(angle)[:, None]
    first, second = cosine * along_u + sine * along_v, -sine * along_u + cosine * along_v
    lengths = np.stack([np.linalg.norm(first, axis=1), np.linalg.norm(second, axis=1)], axis=1)
    first, second = first / lengths[:, :1], second / lengths[:, 1:]
    return np.stack([first, second, np.cross(first, second)], axis=2), lengths
