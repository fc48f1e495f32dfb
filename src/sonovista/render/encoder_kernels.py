"""The compiled inner loops of the encoder: where every source is heard from, as Ambisonic coefficients.

Single precision throughout, so that eight or more points go through each instruction. Nothing here allocates: scratch
memory comes from the caller.
"""

from math import sqrt

import numba
import numpy as np

CHUNK = 256  # points evaluated together: their positions, harmonics and gains stay in the first-level cache

# NaN and infinity stay what they are: only reordering and fusing are allowed.
OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": {"reassoc", "contract", "nsz", "arcp"}}

# Literals would be double precision, and everything that they touch with them.
_ZERO, _HALF, _ONE, _THREE, _FIVE = (np.float32(v) for v in (0.0, 0.5, 1.0, 3.0, 5.0))
_LOG2_E, _LARGEST_EXPONENT = np.float32(1.0 / np.log(2.0)), np.float32(126.0)
_BIAS, _MANTISSA = np.int32(127), np.int32(2**23)
_NO_DISTANCE = np.float32(1e-12)  # square metres
_BORDER = np.float32(1e-10)

# 2 ** -f for f in [0, 1], by least squares of the relative error, which stays below 2e-7.
_share = np.linspace(0.0, 1.0, 2001)
_powers = np.vander(_share, 6, increasing=True) * 2.0 ** _share[:, None]
_E0, _E1, _E2, _E3, _E4, _E5 = (np.float32(v) for v in np.linalg.lstsq(_powers, np.ones_like(_share), rcond=None)[0])

# Factors of the real SN3D harmonics of degrees 2 and 3 in Cartesian form.
_ROOT_3, _ROOT_3_HALF, _ROOT_15, _ROOT_15_HALF, _ROOT_6_QUARTER, _ROOT_10_QUARTER = (
    np.float32(v) for v in (3**0.5, 0.5 * 3**0.5, 15**0.5, 0.5 * 15**0.5, 0.25 * 6**0.5, 0.25 * 10**0.5)
)


@numba.njit(**OPTIONS)
def _exponential_of_minus(x):
    """`exp(-x)` for x >= 0, to 4e-6: a power of two written into the exponent, times a polynomial."""
    exponent = min(x * _LOG2_E, _LARGEST_EXPONENT)
    whole = np.int32(exponent)
    f = exponent - np.float32(whole)
    fraction = _E0 + f * (_E1 + f * (_E2 + f * (_E3 + f * (_E4 + f * _E5))))
    return fraction * np.int32((_BIAS - whole) * _MANTISSA).view(np.float32)


@numba.njit(**OPTIONS)
def _directions_and_gains(points, start, count, px, py, pz, R, absorption, minimum, scratch):
    """Unit vectors in the listener's frame (rows 0 to 2; ahead where there is no distance) and gains (row 3)."""
    x, y, z, gain = scratch[0], scratch[1], scratch[2], scratch[3]
    r00, r10, r20 = R[0, 0], R[1, 0], R[2, 0]
    r01, r11, r21 = R[0, 1], R[1, 1], R[2, 1]
    r02, r12, r22 = R[0, 2], R[1, 2], R[2, 2]
    for i in range(count):
        dx = points[0, start + i] - px
        dy = points[1, start + i] - py
        dz = points[2, start + i] - pz
        square = dx * dx + dy * dy + dz * dz
        distance = np.float32(sqrt(max(square, _NO_DISTANCE)))
        inverse = _ONE / distance
        here = square < _BORDER
        x[i] = _ONE if here else (r00 * dx + r10 * dy + r20 * dz) * inverse
        y[i] = _ZERO if here else (r01 * dx + r11 * dy + r21 * dz) * inverse
        z[i] = _ZERO if here else (r02 * dx + r12 * dy + r22 * dz) * inverse
        gain[i] = _exponential_of_minus(absorption * distance) / max(distance, minimum)


@numba.njit(**OPTIONS)
def _harmonics(order, count, diagonal, first, second, scratch, values):
    """SN3D spherical harmonics of the chunk, times the gain in row 3, in ACN order: `values[channel, point]`."""
    x, y, z, gain = scratch[0], scratch[1], scratch[2], scratch[3]
    cosine, sine, previous, current = scratch[4], scratch[5], scratch[6], scratch[7]
    for i in range(count):
        cosine[i] = gain[i]
        sine[i] = _ZERO
    for m in range(order + 1):
        if m > 0:
            for i in range(count):
                turned = x[i] * cosine[i] - y[i] * sine[i]
                sine[i] = x[i] * sine[i] + y[i] * cosine[i]
                cosine[i] = turned
        for i in range(count):
            previous[i] = _ZERO
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


@numba.njit(**OPTIONS)
def _add_sums_to_order_3(scratch, count, share, sums):
    """Add the chunk's 16 weighted sums to `sums`: as closed forms they stay in registers, several times as fast."""
    xs, ys, zs, gains = scratch[0], scratch[1], scratch[2], scratch[3]
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = _ZERO
    s8 = s9 = s10 = s11 = s12 = s13 = s14 = s15 = _ZERO
    for i in range(count):
        x, y, z, gain = xs[i], ys[i], zs[i], gains[i]
        gx, gy, gz = gain * x, gain * y, gain * z
        xx, yy, zz, xy = gx * x, gy * y, gz * z, gx * y
        across, along = xx - yy, _FIVE * zz - gain
        s0 += gain
        s1 += gy
        s2 += gz
        s3 += gx
        s4 += xy
        s5 += gy * z
        s6 += zz
        s7 += gx * z
        s8 += across
        s9 += y * (_THREE * xx - yy)
        s10 += xy * z
        s11 += y * along
        s12 += z * (_FIVE * zz - _THREE * gain)
        s13 += x * along
        s14 += z * across
        s15 += x * (xx - _THREE * yy)
    sums[0] += share * s0
    sums[1] += share * s1
    sums[2] += share * s2
    sums[3] += share * s3
    sums[4] += share * _ROOT_3 * s4
    sums[5] += share * _ROOT_3 * s5
    sums[6] += share * _HALF * (_THREE * s6 - s0)
    sums[7] += share * _ROOT_3 * s7
    sums[8] += share * _ROOT_3_HALF * s8
    sums[9] += share * _ROOT_10_QUARTER * s9
    sums[10] += share * _ROOT_15 * s10
    sums[11] += share * _ROOT_6_QUARTER * s11
    sums[12] += share * _HALF * s12
    sums[13] += share * _ROOT_6_QUARTER * s13
    sums[14] += share * _ROOT_15_HALF * s14
    sums[15] += share * _ROOT_10_QUARTER * s15


@numba.njit(**OPTIONS)
def source_coefficients(
    points,
    bounds,
    shifts,
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
    """Ambisonic coefficients of every source that has a place, as it is heard at a pose.

    Args:
        points: metres, world frame, those of a source next to each other, `(3, P)`.
        bounds: where each source's points begin, and the end of the last, `(S + 1,)`; an ambient source has none.
        shifts: metres by which a source has moved from there, `(S, 3)`.
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
        values: `(max(16, channels), CHUNK)`.
        coefficients: result, `(S, at least channels)`; of an ambient source, zero.
    """
    channels = (order + 1) ** 2
    sums = values[:, 0]
    for s in range(bounds.shape[0] - 1):
        begin, end = bounds[s], bounds[s + 1]
        for c in range(channels):
            coefficients[s, c] = _ZERO
        if begin == end:
            continue
        px, py, pz = position[0] - shifts[s, 0], position[1] - shifts[s, 1], position[2] - shifts[s, 2]
        share = gains[s] / np.float32(end - begin)
        if order <= 3:
            for c in range(16):
                sums[c] = _ZERO
            for start in range(begin, end, CHUNK):
                count = min(CHUNK, end - start)
                _directions_and_gains(points, start, count, px, py, pz, R_world_listener, absorption, minimum, scratch)
                _add_sums_to_order_3(scratch, count, share, sums)
            for c in range(channels):
                coefficients[s, c] = sums[c]
            continue
        for start in range(begin, end, CHUNK):
            count = min(CHUNK, end - start)
            _directions_and_gains(points, start, count, px, py, pz, R_world_listener, absorption, minimum, scratch)
            _harmonics(order, count, diagonal, first, second, scratch, values)
            for c in range(channels):
                accumulated = _ZERO
                for i in range(count):
                    accumulated += values[c, i]
                coefficients[s, c] += share * accumulated
