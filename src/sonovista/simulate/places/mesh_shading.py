"""The colour of what rays hit on a textured mesh."""

import numba
import numpy as np
from numpy.typing import NDArray

LEVELS = 7


def pack_textures(textures: list[NDArray[np.uint8]]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Textures and ever smaller copies of them, one after the other.

    Returns:
        Texels, sRGB, shape `(N, 3)`; and for each texture and level where it begins, its height and its width, shape
        `(textures, LEVELS, 3)`.
    """
    import cv2

    texels, table, start = [np.zeros((1, 3), np.uint8)], np.zeros((max(1, len(textures)), LEVELS, 3), np.int64), 1
    for index, texture in enumerate(textures):
        level = texture
        for k in range(LEVELS):
            height, width = level.shape[:2]
            texels.append(np.ascontiguousarray(level).reshape(-1, 3))
            table[index, k] = start, height, width
            start += height * width
            half = (max(1, width // 2), max(1, height // 2))
            level = np.asarray(cv2.resize(level, half, interpolation=cv2.INTER_AREA), np.uint8)
    return np.concatenate(texels), table


@numba.njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _multiply_by_texture(rgb, texels, linear, levels, s, r, level, scratch):
    """Multiply linear RGB by a texture at s, r (periods of 1), bilinear in the two levels of detail around `level`."""
    first = int(level)
    part = level - first
    for step in range(2):
        weight = 1.0 - part if step == 0 else part
        start, rows, columns = levels[first + step, 0], levels[first + step, 1], levels[first + step, 2]
        x, y = s * columns - 0.5, (1.0 - r) * rows - 0.5
        x0, y0 = int(np.floor(x)), int(np.floor(y))
        fx, fy = x - x0, y - y0
        i0, j0, i1, j1 = x0 % columns, y0 % rows, (x0 + 1) % columns, (y0 + 1) % rows
        for c in range(3):
            top = linear[texels[start + j0 * columns + i0, c]] * (1 - fx)
            top += linear[texels[start + j0 * columns + i1, c]] * fx
            bottom = linear[texels[start + j1 * columns + i0, c]] * (1 - fx)
            bottom += linear[texels[start + j1 * columns + i1, c]] * fx
            value = weight * (top * (1 - fy) + bottom * fy)
            if step == 0:
                scratch[c] = value
            else:
                rgb[c] *= scratch[c] + value


@numba.njit(cache=True, nogil=True, error_model="numpy")
def shade_mesh(
    triangle,
    distance,
    origin,
    directions,
    corners,
    normals,
    uv,
    colours,
    texture,
    texels,
    table,
    linear,
    pixel_angle,
    out,
):
    """Linear RGB of hits into `out`, `(N, 3)`; rays that hit nothing are black.

    Textures are taken as they are: scans have their light in them. What has none is lit by its slope alone, so that its
    shape shows, and the same from everywhere.
    """
    for i in range(triangle.shape[0]):
        t = triangle[i]
        if t < 0:
            out[i, 0] = out[i, 1] = out[i, 2] = 0.0
            continue
        point = np.empty(3)
        for k in range(3):
            point[k] = origin[k] + distance[i] * directions[i, k]
        a, b = corners[t, 1] - corners[t, 0], corners[t, 2] - corners[t, 0]
        to = point - corners[t, 0]
        aa, ab, bb = a @ a, a @ b, b @ b
        ta, tb = to @ a, to @ b
        area = aa * bb - ab * ab
        inverse = 1.0 / area if area > 1e-30 else 0.0
        v = min(max((bb * ta - ab * tb) * inverse, 0.0), 1.0)
        w = min(max((aa * tb - ab * ta) * inverse, 0.0), 1.0)
        u = max(1.0 - v - w, 0.0)
        for c in range(3):
            out[i, c] = u * colours[t, 0, c] + v * colours[t, 1, c] + w * colours[t, 2, c]
        if texture[t] < 0:
            lit = 0.55 + 0.3 * abs(normals[t, 2]) + 0.15 * abs(normals[t, 0])
            for c in range(3):
                out[i, c] *= lit
            continue
        s = u * uv[t, 0, 0] + v * uv[t, 1, 0] + w * uv[t, 2, 0]
        r = u * uv[t, 0, 1] + v * uv[t, 1, 1] + w * uv[t, 2, 1]
        # Texels on the triangle over its square metres, against the pixel's own square metres there.
        s1, r1 = uv[t, 1, 0] - uv[t, 0, 0], uv[t, 1, 1] - uv[t, 0, 1]
        s2, r2 = uv[t, 2, 0] - uv[t, 0, 0], uv[t, 2, 1] - uv[t, 0, 1]
        height, width = table[texture[t], 0, 1], table[texture[t], 0, 2]
        texel_area = abs(s1 * r2 - s2 * r1) * height * width / max(np.sqrt(max(area, 0.0)), 1e-12)
        slant = abs(
            directions[i, 0] * normals[t, 0] + directions[i, 1] * normals[t, 1] + directions[i, 2] * normals[t, 2]
        )
        footprint = distance[i] * pixel_angle
        level = 0.5 * np.log2(max(texel_area * footprint * footprint / max(slant, 0.25), 1e-9))
        level = min(max(level, 0.0), LEVELS - 1.001)
        _multiply_by_texture(out[i], texels, linear, table[texture[t]], s, r, level, point)
