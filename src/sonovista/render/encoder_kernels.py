"""The compiled inner loops of the encoder: what every block of sound runs through.

Nothing here allocates: scratch memory comes from the caller.
"""

from math import exp, sqrt

import numba
import numpy as np

CHUNK = 64  # points evaluated together; their spherical harmonics stay in the first-level cache to order 3

# NaN and infinity stay what they are: only reordering and fusing are allowed.
_OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": {"reassoc", "contract", "nsz", "arcp"}}


@numba.njit(**_OPTIONS)
def _directions_and_gains(points, start, count, position, R_world_listener, absorption, minimum, scratch):
    """Unit vectors in the listener's frame (rows 0 to 2) and distance gains (row 3) of a chunk of points."""
    x, y, z, gain = scratch[0], scratch[1], scratch[2], scratch[3]
    for i in range(count):
        dx = points[0, start + i] - position[0]
        dy = points[1, start + i] - position[1]
        dz = points[2, start + i] - position[2]
        distance = sqrt(dx * dx + dy * dy + dz * dz)
        inverse = 1.0 / max(distance, 1e-9)
        x[i] = (R_world_listener[0, 0] * dx + R_world_listener[1, 0] * dy + R_world_listener[2, 0] * dz) * inverse
        y[i] = (R_world_listener[0, 1] * dx + R_world_listener[1, 1] * dy + R_world_listener[2, 1] * dz) * inverse
        z[i] = (R_world_listener[0, 2] * dx + R_world_listener[1, 2] * dy + R_world_listener[2, 2] * dz) * inverse
        gain[i] = 1.0 / max(distance, minimum)
        scratch[4, i] = absorption * distance
    for i in range(count):
        gain[i] *= exp(-scratch[4, i])


@numba.njit(**_OPTIONS)
def _harmonics(order, count, diagonal, first, second, scratch, values):
    """SN3D spherical harmonics of the chunk, times the gain in row 3, in ACN order: `values[channel, point]`."""
    x, y, z, gain = scratch[0], scratch[1], scratch[2], scratch[3]
    cosine, sine, previous, current = scratch[4], scratch[5], scratch[6], scratch[7]
    for i in range(count):
        cosine[i] = gain[i]
        sine[i] = 0.0
    for m in range(order + 1):
        if m > 0:
            for i in range(count):
                turned = x[i] * cosine[i] - y[i] * sine[i]
                sine[i] = x[i] * sine[i] + y[i] * cosine[i]
                cosine[i] = turned
        for i in range(count):
            previous[i] = 0.0
            current[i] = diagonal[m]
        for n in range(m, order + 1):
            if n > m:
                a, b = first[n, m], second[n, m]
                for i in range(count):
                    following = a * z[i] * current[i] - b * previous[i]
                    previous[i] = current[i]
                    current[i] = following
            plus, minus = n * n + n + m, n * n + n - m
            for i in range(count):
                values[plus, i] = current[i] * cosine[i]
            if m > 0:
                for i in range(count):
                    values[minus, i] = current[i] * sine[i]


@numba.njit(**_OPTIONS)
def source_coefficients(
    points,
    owners,
    shares,
    ambient,
    gains,
    position,
    R_world_listener,
    absorption,
    minimum,
    order,
    diagonal,
    first,
    second,
    scratch,
    values,
    coefficients,
):
    """Ambisonic coefficients of every source as it is heard at a pose.

    Args:
        points: metres, world frame, those of a source next to each other, `(3, P)`.
        owners: index of the source of every point, `(P,)`, rising.
        shares: of a point in its source, `(P,)`: one over the number of its points.
        ambient: 1 for sources without a place, `(S,)`.
        gains: linear, `(S,)`.
        position: metres, `(3,)`.
        R_world_listener: `(3, 3)`.
        absorption: per metre.
        minimum: distance in metres.
        order: Ambisonic order.
        diagonal: of the recurrence, see `recurrence_coefficients`.
        first: likewise.
        second: likewise.
        scratch: `(8, CHUNK)`.
        values: `(channels, CHUNK)`.
        coefficients: result, `(S, channels)`.
    """
    sources, channels = coefficients.shape
    for s in range(sources):
        for c in range(channels):
            coefficients[s, c] = 0.0
        if ambient[s]:
            coefficients[s, 0] = gains[s]
    total = points.shape[1]
    for start in range(0, total, CHUNK):
        count = min(CHUNK, total - start)
        _directions_and_gains(points, start, count, position, R_world_listener, absorption, minimum, scratch)
        for i in range(count):
            scratch[3, i] *= shares[start + i] * gains[owners[start + i]]
        _harmonics(order, count, diagonal, first, second, scratch, values)
        i = 0
        while i < count:
            owner = owners[start + i]
            end = i + 1
            while end < count and owners[start + end] == owner:
                end += 1
            for c in range(channels):
                accumulated = 0.0
                for k in range(i, end):
                    accumulated += values[c, k]
                coefficients[owner, c] += accumulated
            i = end


@numba.njit(**_OPTIONS)
def mix_block(loops, starts, lengths, cursors, before, after, ramp, samples, bus):
    """Add one block of every source to the bus, its coefficients going in a straight line from `before` to `after`.

    Afterwards `before` equals `after` and the cursors have moved on.

    Args:
        loops: all sounds, one after the other, `(samples of all,)`, float32.
        starts: of each source's sound in `loops`, `(S,)`.
        lengths: of each source's sound, at least 1, `(S,)`.
        cursors: where each source's sound is, in [0, length), `(S,)`.
        before: coefficients at the sample before the block, `(S, channels)`.
        after: coefficients at the block's last sample, `(S, channels)`.
        ramp: `(1, 2, ..., block) / block`, float32.
        samples: scratch, `(2, block)`, float32.
        bus: result, `(channels, block)`, float32.
    """
    channels, block = bus.shape
    for c in range(channels):
        for t in range(block):
            bus[c, t] = 0.0
    for s in range(starts.shape[0]):
        cursor = cursors[s]
        filled = 0
        while filled < block:
            part = min(block - filled, lengths[s] - cursor)
            origin = starts[s] + cursor
            for t in range(part):
                samples[0, filled + t] = loops[origin + t]
            filled += part
            cursor += part
            if cursor >= lengths[s]:
                cursor = 0
        cursors[s] = cursor
        for t in range(block):
            samples[1, t] = samples[0, t] * ramp[t]
        for c in range(channels):
            gain = np.float32(before[s, c])
            slope = np.float32(after[s, c] - before[s, c])
            before[s, c] = after[s, c]
            if gain != 0.0 or slope != 0.0:
                for t in range(block):
                    bus[c, t] += gain * samples[0, t] + slope * samples[1, t]
