"""The colour of what rays hit: textures by distance, times light."""

from math import floor, log2

import numba
import numpy as np
from numpy.typing import NDArray

from sonovista.simulate.rooms.textures import SIZE

LEVELS = 8
_LINEAR = ((np.arange(256) / 255.0) ** 2.2).astype(np.float32)


def mip_levels(textures: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Ever smaller copies of textures for what is far: all texels one after the other, the largest copies first.

    Args:
        textures: sRGB in [0, 1], shape `(T, SIZE, SIZE, 3)`.

    Returns:
        sRGB, shape `(T, texels, 3)`; level k holds `(SIZE / 2**k) ** 2` of them.
    """
    count = len(textures)
    finest = (255.0 * np.asarray(textures, np.float32) + 0.5).astype(np.uint8)
    levels, linear = [finest.reshape(count, -1, 3)], _LINEAR[finest]
    for _ in range(LEVELS - 1):
        half = linear.shape[1] // 2
        linear = linear.reshape(count, half, 2, half, 2, 3)
        linear = 0.25 * (linear[:, :, 0, :, 0] + linear[:, :, 1, :, 0] + linear[:, :, 0, :, 1] + linear[:, :, 1, :, 1])
        levels.append((255.0 * linear ** (1 / 2.2) + 0.5).astype(np.uint8).reshape(count, -1, 3))
    return np.concatenate(levels, axis=1)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _texel(texels, linear, level, s, t, out):
    """Add to `out` the bilinear sample of one level at s, t (periods of 1)."""
    size = SIZE >> level
    start = 0
    for k in range(level):
        start += (SIZE >> k) * (SIZE >> k)
    x, y = s * size - 0.5, t * size - 0.5
    x0, y0 = floor(x), floor(y)
    fx, fy = x - x0, y - y0
    i0, j0 = int(x0) % size, int(y0) % size
    i1, j1 = (i0 + 1) % size, (j0 + 1) % size
    for c in range(3):
        top = linear[texels[start + j0 * size + i0, c]] * (1 - fx) + linear[texels[start + j0 * size + i1, c]] * fx
        bottom = linear[texels[start + j1 * size + i0, c]] * (1 - fx) + linear[texels[start + j1 * size + i1, c]] * fx
        out[c] = top * (1 - fy) + bottom * fy


@numba.njit(cache=True, nogil=True, error_model="numpy")
def shade(
    triangle,
    distance,
    position,
    directions,
    corners,
    edges,
    normals,
    texture_of,
    repeat,
    lengths,
    tint,
    emission,
    texels,
    linear,
    light,
    light_offset,
    light_shape,
    pixel_angle,
    colour,
):
    """Radiance of hits, linear RGB, into `colour`, shape `(N, 3)`; rays that hit nothing are black.

    Triangles 2r and 2r + 1 make rectangle r. `edges` holds the rectangles' two edges, `(R, 2, 3)`, `lengths` theirs in
    metres; `linear` turns a byte of sRGB into light. The level of a texture is the one whose texels are as large as the
    pixel.
    """
    fine, coarse = np.zeros(3, np.float32), np.zeros(3, np.float32)
    for i in range(triangle.shape[0]):
        hit = triangle[i]
        if hit < 0:
            colour[i, 0] = colour[i, 1] = colour[i, 2] = 0.0
            continue
        r = hit >> 1
        a, b, slant = 0.0, 0.0, 0.0
        for k in range(3):
            from_corner = position[k] + distance[i] * directions[i, k] - corners[r, k]
            a += from_corner * edges[r, 0, k]
            b += from_corner * edges[r, 1, k]
            slant += directions[i, k] * normals[r, k]
        a = min(max(a / (lengths[r, 0] * lengths[r, 0]), 0.0), 1.0)
        b = min(max(b / (lengths[r, 1] * lengths[r, 1]), 0.0), 1.0)
        if repeat[r] > 0.0:
            s, t = a * lengths[r, 0] / repeat[r], b * lengths[r, 1] / repeat[r]
            metres = repeat[r] / SIZE
        else:
            s, t = min(max(a, 0.001), 0.999), min(max(b, 0.001), 0.999)
            metres = max(lengths[r, 0], lengths[r, 1]) / SIZE
        footprint = distance[i] * pixel_angle / (metres * max(abs(slant), 0.25))
        level = min(max(log2(max(footprint, 1e-6)), 0.0), LEVELS - 1.001)
        below = int(level)
        part = level - below
        of = texels[texture_of[r]]
        _texel(of, linear, below, s, t, fine)
        _texel(of, linear, below + 1, s, t, coarse)
        rows, columns = light_shape[r, 0], light_shape[r, 1]
        x = min(max(a * columns - 0.5, 0.0), columns - 1.001)
        y = min(max(b * rows - 0.5, 0.0), rows - 1.001)
        i0, j0 = int(x), int(y)
        fx, fy = x - i0, y - j0
        k = light_offset[r] + j0 * columns + i0
        for c in range(3):
            top = light[k, c] * (1 - fx) + light[k + 1, c] * fx
            bottom = light[k + columns, c] * (1 - fx) + light[k + columns + 1, c] * fx
            received = top * (1 - fy) + bottom * fy + emission[r]
            colour[i, c] = (fine[c] * (1 - part) + coarse[c] * part) * tint[r, c] * received
