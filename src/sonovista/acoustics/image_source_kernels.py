"""The compiled loops over a box's images. An image is named by how often it was mirrored along x, y and z."""

from math import sqrt

import numba
import numpy as np

_OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": {"reassoc", "contract", "nsz", "arcp"}}


@numba.njit(**_OPTIONS)
def _axis(length, source, receiver, order):
    """Offset of every image from the receiver along one axis, for mirror indices -order to order."""
    offset = np.empty(2 * order + 1)
    for m in range(-order, order + 1):
        inside = source if m % 2 == 0 else length - source
        offset[m + order] = m * length + inside - receiver
    return offset


@numba.njit(**_OPTIONS)
def _hits(m):
    """How often the image m has met the low and the high wall."""
    if m >= 0:
        return m // 2, (m + 1) // 2
    return (1 - m) // 2, (-m) // 2


@numba.njit(**_OPTIONS)
def _axis_gains(low, high, order):
    gain = np.empty(2 * order + 1)
    for m in range(-order, order + 1):
        a, b = _hits(m)
        gain[m + order] = low**a * high**b
    return gain


@numba.njit(**_OPTIONS)
def _reach(offset, order, left, limit):
    """The mirror indices whose offset squared stays below a limit: from and to, at most `left` away from 0."""
    low = -left
    while low < 0 and offset[low + order] * offset[low + order] > limit:
        low += 1
    high = left
    while high > 0 and offset[high + order] * offset[high + order] > limit:
        high -= 1
    return low, high


@numba.njit(**_OPTIONS)
def box_images(size, source, receiver, reflection, order, reach, distance, direction, gain, reflections):
    """Fill in the images of at most `order` reflections within `reach` metres, the source itself first.

    Args:
        size: metres.
        source: metres.
        receiver: metres.
        reflection: of pressure, shape `(6, bands)`.
        order: most reflections.
        reach: metres.
        distance: to fill, shape `(N,)`; where it is empty, images are counted and nothing is filled.
        direction: to fill, shape `(N, 3)`.
        gain: to fill, shape `(N, bands)`.
        reflections: to fill, shape `(N,)`.

    Returns:
        How many there are.
    """
    fill = len(distance) > 0
    x = _axis(size[0], source[0], receiver[0], order)
    y = _axis(size[1], source[1], receiver[1], order)
    z = _axis(size[2], source[2], receiver[2], order)
    bands = reflection.shape[1]
    gains = np.empty((3, bands, 2 * order + 1))
    for a in range(3):
        for b in range(bands):
            gains[a, b] = _axis_gains(reflection[2 * a, b], reflection[2 * a + 1, b], order)
    limit = reach * reach
    n = 1
    i0, i1 = _reach(x, order, order, limit)
    for i in range(i0, i1 + 1):
        dx = x[i + order]
        left = order - abs(i)
        j0, j1 = _reach(y, order, left, limit - dx * dx)
        for j in range(j0, j1 + 1):
            dy = y[j + order]
            d = dx * dx + dy * dy
            rest = left - abs(j)
            k0, k1 = _reach(z, order, rest, limit - d)
            for k in range(k0, k1 + 1):
                dz = z[k + order]
                here = i == 0 and j == 0 and k == 0
                if d + dz * dz > limit and not here:
                    continue
                at = 0 if here else n
                n += 0 if here else 1
                if not fill:
                    continue
                r = sqrt(d + dz * dz)
                distance[at] = r
                inverse = 1.0 / max(r, 1e-9)
                direction[at, 0], direction[at, 1], direction[at, 2] = dx * inverse, dy * inverse, dz * inverse
                reflections[at] = abs(i) + abs(j) + abs(k)
                for b in range(bands):
                    gain[at, b] = gains[0, b, i + order] * gains[1, b, j + order] * gains[2, b, k + order]
    return n


@numba.njit(**_OPTIONS)
def sum_pulses(size, source, receiver, reflection, order, reach, samples_per_metre, table, out):
    """Add every image's pulse to `out`, whose first half width of samples lies before time 0."""
    x = _axis(size[0], source[0], receiver[0], order)
    y = _axis(size[1], source[1], receiver[1], order)
    z = _axis(size[2], source[2], receiver[2], order)
    gx = _axis_gains(reflection[0], reflection[1], order)
    gy = _axis_gains(reflection[2], reflection[3], order)
    gz = _axis_gains(reflection[4], reflection[5], order)
    phases, width = table.shape[0] - 1, table.shape[1]
    limit = reach * reach
    i0, i1 = _reach(x, order, order, limit)
    for i in range(i0, i1 + 1):
        dx = x[i + order] * x[i + order]
        left = order - abs(i)
        j0, j1 = _reach(y, order, left, limit - dx)
        for j in range(j0, j1 + 1):
            d = dx + y[j + order] * y[j + order]
            gain = gx[i + order] * gy[j + order]
            rest = left - abs(j)
            k0, k1 = _reach(z, order, rest, limit - d)
            for k in range(k0, k1 + 1):
                square = d + z[k + order] * z[k + order]
                if square > limit:
                    continue
                r = max(sqrt(square), 1e-3)
                delay = r * samples_per_metre
                whole = int(delay)
                place = (delay - whole) * phases
                row = int(place)
                part = place - row
                if whole + width > out.shape[0]:
                    continue
                amplitude = gain * gz[k + order] / r
                first, second = amplitude * (1.0 - part), amplitude * part
                for t in range(width):
                    out[whole + t] += first * table[row, t] + second * table[row + 1, t]
