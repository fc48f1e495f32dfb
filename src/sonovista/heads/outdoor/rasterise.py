"""Solid shapes drawn into a depth buffer: every pixel's ray is intersected with the shapes that may cover it.

Rays have unit depth along the camera's axis, `direction = R @ ((u - cx) / f, (v - cy) / f, 1)`, so that the ray's
parameter is depth along the axis.
"""

from math import floor, sqrt

import numba
import numpy as np

SKY, TERRAIN, WATER = -1, -2, -3
"""What a pixel shows; a shape's index is 0 or more."""
LEAF = 0.07
"""Metres: holes between leaves."""


@numba.njit(cache=True, nogil=True, error_model="numpy")
def cell_noise(x, y, z, seed):
    """A hash of a lattice cell, in [0, 1)."""
    h = (floor(x) * 73856093) ^ (floor(y) * 19349663) ^ (floor(z) * 83492791) ^ (seed * 2654435761)
    h &= 0xFFFFFFFF
    h = ((h ^ (h >> 15)) * 2246822519) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 3266489917) & 0xFFFFFFFF
    return ((h ^ (h >> 16)) & 0xFFFFFF) / 16777216.0


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _bounds(centre, radius, rotation, position, focal, width, height, out):
    """Pixels that a ball may cover, into `out` (u0, u1, v0, v1); whether there are any."""
    x = y = z = 0.0
    for k in range(3):
        d = centre[k] - position[k]
        x += rotation[k, 0] * d
        y += rotation[k, 1] * d
        z += rotation[k, 2] * d
    if z + radius < 0.05:
        return False
    if z - radius < 0.05:
        out[0], out[1], out[2], out[3] = 0, width, 0, height
        return True
    near, far = z - radius, z + radius
    u0 = min((x - radius) / near, (x - radius) / far) * focal + 0.5 * width
    u1 = max((x + radius) / near, (x + radius) / far) * focal + 0.5 * width
    v0 = min((y - radius) / near, (y - radius) / far) * focal + 0.5 * height
    v1 = max((y + radius) / near, (y + radius) / far) * focal + 0.5 * height
    if u1 < 0 or v1 < 0 or u0 >= width or v0 >= height:
        return False
    out[0], out[1] = max(0, int(u0)), min(width, int(u1) + 2)
    out[2], out[3] = max(0, int(v0)), min(height, int(v1) + 2)
    return True


@numba.njit(cache=True, nogil=True, error_model="numpy")
def draw_ellipsoids(centres, inverses, radii, keep, first, rotation, position, focal, lowest, depth, normal, index):
    """Ellipsoids, nearest first surviving, into the buffers.

    Args:
        centres: metres, `(N, 3)`.
        inverses: take an offset from the centre to the unit ball, `(N, 3, 3)`.
        radii: of balls around them, metres, `(N,)`.
        keep: share of the surface that is there, `(N,)`: leaves let through what is behind.
        first: index of the first in `index`.
        rotation: camera to world, `(3, 3)`.
        position: of the camera, metres, `(3,)`.
        focal: pixels.
        lowest: metres; nothing below is drawn.
        depth: along the camera's axis, metres, `(h, w)`.
        normal: world frame, `(h, w, 3)`.
        index: what a pixel shows, `(h, w)`.
    """
    height, width = depth.shape
    box = np.zeros(4, np.int64)
    o, q, d, m = np.zeros(3), np.zeros(3), np.zeros(3), np.zeros(3)
    for i in range(centres.shape[0]):
        if not _bounds(centres[i], radii[i], rotation, position, focal, width, height, box):
            continue
        for r in range(3):
            o[r] = 0.0
            for k in range(3):
                o[r] += inverses[i, r, k] * (position[k] - centres[i, k])
        c = o[0] * o[0] + o[1] * o[1] + o[2] * o[2] - 1.0
        leaf = min(max(radii[i] / LEAF, 6.0), 40.0)
        for v in range(box[2], box[3]):
            for u in range(box[0], box[1]):
                a, b = (u + 0.5 - 0.5 * width) / focal, (v + 0.5 - 0.5 * height) / focal
                for k in range(3):
                    d[k] = rotation[k, 0] * a + rotation[k, 1] * b + rotation[k, 2]
                qa = qb = 0.0
                for r in range(3):
                    q[r] = inverses[i, r, 0] * d[0] + inverses[i, r, 1] * d[1] + inverses[i, r, 2] * d[2]
                    qa += q[r] * q[r]
                    qb += q[r] * o[r]
                disc = qb * qb - qa * c
                if disc <= 0.0:
                    continue
                root = sqrt(disc)
                for side in range(2):
                    t = (-qb - root) / qa if side == 0 else (-qb + root) / qa
                    if t < 0.05 or t >= depth[v, u]:
                        continue
                    for r in range(3):
                        m[r] = o[r] + t * q[r]
                    if position[2] + t * d[2] < lowest:
                        continue
                    if keep[i] < 1.0 and cell_noise(m[0] * leaf, m[1] * leaf, m[2] * leaf, i) > keep[i]:
                        continue
                    sign = 1.0 if side == 0 else -1.0
                    length = 0.0
                    for k in range(3):
                        n = inverses[i, 0, k] * m[0] + inverses[i, 1, k] * m[1] + inverses[i, 2, k] * m[2]
                        normal[v, u, k] = sign * n
                        length += n * n
                    length = sqrt(length) + 1e-12
                    for k in range(3):
                        normal[v, u, k] /= length
                    depth[v, u] = t
                    index[v, u] = first + i
                    break


@numba.njit(cache=True, nogil=True, error_model="numpy")
def draw_polyhedra(centres, planes, counts, radii, first, rotation, position, focal, lowest, depth, normal, index):
    """Convex polyhedra of `counts` planes (normal, offset), `normal . p <= offset` inside, `(N, P, 4)`.

    The rest is as in `draw_ellipsoids`.
    """
    height, width = depth.shape
    box = np.zeros(4, np.int64)
    d = np.zeros(3)
    for i in range(centres.shape[0]):
        if not _bounds(centres[i], radii[i], rotation, position, focal, width, height, box):
            continue
        for v in range(box[2], box[3]):
            for u in range(box[0], box[1]):
                a, b = (u + 0.5 - 0.5 * width) / focal, (v + 0.5 - 0.5 * height) / focal
                for k in range(3):
                    d[k] = rotation[k, 0] * a + rotation[k, 1] * b + rotation[k, 2]
                enter, leave, which = 0.05, 1e9, -1
                for p in range(counts[i]):
                    n = planes[i, p]
                    speed = n[0] * d[0] + n[1] * d[1] + n[2] * d[2]
                    gap = n[3] - (n[0] * position[0] + n[1] * position[1] + n[2] * position[2])
                    if speed < -1e-9:
                        if gap / speed > enter:
                            enter, which = gap / speed, p
                    elif speed > 1e-9:
                        leave = min(leave, gap / speed)
                    elif gap < 0.0:
                        leave = -1.0
                if which < 0 or enter >= leave or enter >= depth[v, u] or position[2] + enter * d[2] < lowest:
                    continue
                depth[v, u] = enter
                index[v, u] = first + i
                for k in range(3):
                    normal[v, u, k] = planes[i, which, k]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def draw_cutouts(
    centres, edges, sizes, alpha, which, first, rotation, position, focal, lowest, depth, normal, index, texel
):
    """Upright cut-outs: `edges` are horizontal unit vectors, `(N, 3)`, `sizes` width and height, `(N, 2)`.

    `alpha` is `(A, S, S)`, `which` its index for each; `texel` takes where in it a pixel falls, `(h, w, 2)`.
    """
    height, width = depth.shape
    box = np.zeros(4, np.int64)
    d = np.zeros(3)
    size = alpha.shape[1]
    for i in range(centres.shape[0]):
        radius = 0.5 * sqrt(sizes[i, 0] ** 2 + sizes[i, 1] ** 2)
        if not _bounds(centres[i], radius, rotation, position, focal, width, height, box):
            continue
        nx, ny = -edges[i, 1], edges[i, 0]
        gap = nx * (centres[i, 0] - position[0]) + ny * (centres[i, 1] - position[1])
        for v in range(box[2], box[3]):
            for u in range(box[0], box[1]):
                a, b = (u + 0.5 - 0.5 * width) / focal, (v + 0.5 - 0.5 * height) / focal
                for k in range(3):
                    d[k] = rotation[k, 0] * a + rotation[k, 1] * b + rotation[k, 2]
                speed = nx * d[0] + ny * d[1]
                if abs(speed) < 1e-9:
                    continue
                t = gap / speed
                if t < 0.05 or t >= depth[v, u] or position[2] + t * d[2] < lowest:
                    continue
                s = 0.0
                for k in range(2):
                    s += (position[k] + t * d[k] - centres[i, k]) * edges[i, k]
                s = s / sizes[i, 0] + 0.5
                h = 0.5 - (position[2] + t * d[2] - centres[i, 2]) / sizes[i, 1]
                if s < 0.0 or s >= 1.0 or h < 0.0 or h >= 1.0:
                    continue
                if alpha[which[i], int(h * size), int(s * size)] < 0.5:
                    continue
                depth[v, u] = t
                index[v, u] = first + i
                normal[v, u, 0], normal[v, u, 1], normal[v, u, 2] = 0.0, 0.0, 1.0
                texel[v, u, 0], texel[v, u, 1] = h * size, s * size


@numba.njit(cache=True, nogil=True, error_model="numpy")
def draw_terrain(heights, radii, normals, water, rotation, position, focal, depth, normal, index):
    """The ground around the camera, by azimuth and distance, and the water that covers it.

    Args:
        heights: metres, `(A, K)`, azimuth counter-clockwise from -pi, even.
        radii: metres, rising, `(K,)`.
        normals: `(A, K, 3)`.
        water: its level, metres; below -1e8 there is none.
        rotation: camera to world, `(3, 3)`.
        position: of the camera, metres, `(3,)`.
        focal: pixels.
        depth: along the camera's axis, metres, `(h, w)`.
        normal: world frame, `(h, w, 3)`.
        index: what a pixel shows, `(h, w)`.
    """
    height, width = depth.shape
    azimuths, count = heights.shape
    rising = np.empty((azimuths, count), np.float32)
    mirrored = position[2] < water
    for a in range(azimuths):
        best = -1e9
        for k in range(count):
            tangent = (heights[a, k] - position[2]) / radii[k]
            if not (mirrored and heights[a, k] <= water) and tangent > best:
                best = tangent
            rising[a, k] = best
    d = np.zeros(3)
    for v in range(height):
        for u in range(width):
            x, y = (u + 0.5 - 0.5 * width) / focal, (v + 0.5 - 0.5 * height) / focal
            for k in range(3):
                d[k] = rotation[k, 0] * x + rotation[k, 1] * y + rotation[k, 2]
            flat = sqrt(d[0] * d[0] + d[1] * d[1]) + 1e-9
            slope = d[2] / flat
            column = (np.arctan2(d[1], d[0]) + np.pi) / (2 * np.pi) * azimuths - 0.5
            a = floor(column + 0.5) % azimuths
            level = (water - position[2]) / slope if (slope < -1e-9 and not mirrored) else 1e9
            low, high = 0, count
            while low < high:
                middle = (low + high) // 2
                if rising[a, middle] >= slope:
                    high = middle
                else:
                    low = middle + 1
            r = 1e9
            if low < count:
                r = radii[low]
                if low > 0:
                    h0, h1 = heights[a, low - 1], heights[a, low]
                    s = (h1 - h0) / (radii[low] - radii[low - 1])
                    if abs(slope - s) > 1e-9:
                        r = (h0 - s * radii[low - 1] - position[2]) / (slope - s)
                        r = min(max(r, radii[low - 1]), radii[low])
                elif slope < -1e-9:
                    r = min(radii[0], max((heights[a, 0] - position[2]) / slope, 0.05))
            if level < r and level < 2e4:
                depth[v, u] = level / flat
                index[v, u] = -3
                normal[v, u, 0], normal[v, u, 1], normal[v, u, 2] = 0.0, 0.0, 1.0
            elif r < 1e8:
                depth[v, u] = r / flat
                index[v, u] = -2
                for k in range(3):
                    normal[v, u, k] = normals[a, min(low, count - 1), k]
