"""The surfaces that a panorama's depth shows, as triangles: cut where one thing ends before another."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonovista.geometry.equirectangular import pixel_directions

FARTHEST = 100.0
"""Metres: what is farther is sky or as good as sky, and is left out."""
_NEAREST_PLANE = 0.3  # metres: a surface whose plane passes nearer to the origin is seen edge-on: taken as a jump
_BEND = 3.0  # times the slope of inverse depth beside it that a step of one surface may have
_LEAST_STEP = 0.1  # of a distance: smaller steps are roughness of one surface


@dataclass(frozen=True)
class TriangleMesh:
    """Triangles in the world.

    Attributes:
        vertices: metres, shape `(V, 3)`, float64.
        triangles: indices of vertices, shape `(T, 3)`, int32.
    """

    vertices: NDArray[np.float64]
    triangles: NDArray[np.int32]


def mesh_from_depth(depth: NDArray[np.floating], rows: int = 256, farthest: float = FARTHEST) -> TriangleMesh:
    """Join neighbouring pixels of a depth panorama to triangles.

    Inverse depth of a plane changes evenly from pixel to pixel, so a step between neighbours is a jump from one thing
    to another where it is much larger than the steps beside it, or so large that no plane beyond 0.3 m makes it.

    Args:
        depth: metres along rays from the world's origin, shape `(H, 2H)`, positive.
        rows: of the mesh's own grid; a panorama that has more is thinned out by whole numbers.
        farthest: metres; what is farther, or not finite, is left out.

    Raises:
        ValueError: `depth` is no panorama, or all of it is out of reach.
    """
    height, width = depth.shape
    if width != 2 * height:
        raise ValueError(f"depth must be of shape (H, 2H), found {depth.shape}")
    stride = max(1, height // rows)
    first = stride // 2
    inner = np.asarray(depth[first::stride, first::stride], float)
    directions = pixel_directions(height)[first::stride, first::stride]
    with np.errstate(divide="ignore", invalid="ignore"):
        there = np.isfinite(inner) & (inner > 0.0) & (inner < farthest)
        inverse = np.where(there, 1.0 / inner, 0.0)
    step = np.pi * stride / height
    across, down = _joined(inverse, step, axis=1), _joined(inverse, step, axis=0)

    vertex = np.arange(inner.size).reshape(inner.shape)
    a, b = vertex[:-1], np.roll(vertex, -1, axis=1)[:-1]
    c, d = vertex[1:], np.roll(vertex, -1, axis=1)[1:]
    right = np.roll(down, -1, axis=1)
    whole = there[:-1] & there[1:] & np.roll(there, -1, axis=1)[:-1] & np.roll(there, -1, axis=1)[1:]
    # Each triangle has one side along a row and one along a column, and is kept where both are joined.
    upper = whole & across[:-1] & down
    lower = whole & across[1:] & right
    triangles = np.concatenate([np.stack([a, c, b], -1)[upper], np.stack([b, c, d], -1)[lower]]).astype(np.int32)
    if len(triangles) == 0:
        raise ValueError(f"depth shows no surface within {farthest:g} m")
    points = np.where(there, inner, 0.0)[..., None] * directions
    return TriangleMesh(points.reshape(-1, 3), triangles)


def _joined(inverse: NDArray[np.float64], step: float, axis: int) -> NDArray[np.bool_]:
    """Whether each pixel and the next along `axis` are one surface; rows wrap, the last row is left off."""
    following = np.roll(inverse, -1, axis=axis)
    slope = following - inverse
    before, after = np.roll(slope, 1, axis=axis), np.roll(slope, -1, axis=axis)
    if axis == 0:
        before[0], after[-2] = slope[0], slope[-2]
    near, far = np.maximum(inverse, following), np.minimum(inverse, following)
    # The steps beside it tell the slope of either surface: the smaller departure counts.
    bend = np.minimum(np.abs(slope - before), np.abs(slope - after))
    beside = np.minimum(np.abs(before), np.abs(after))
    jump = (near - far > _LEAST_STEP * near) & ((bend > (_BEND - 1.0) * beside) | (near - far > step / _NEAREST_PLANE))
    return ~jump if axis == 1 else ~jump[:-1]
