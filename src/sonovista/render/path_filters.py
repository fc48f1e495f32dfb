"""What air and obstacles take from each source's sound: two filters of first order, one after the other."""

import numba
import numpy as np

from sonovista.render.encoder_kernels import OPTIONS

UNCHANGED = (1.0, 0.0, 0.0, 1.0, 1.0)
"""`b0, b1, p` of the air, `a` of the obstacle's low-pass, and its gain, where neither does anything."""


@numba.njit(**OPTIONS)
def filter_paths(signals, before, after, state):
    """Filter every source's block in place, coefficients going in a straight line.

    `u[n] = b0 x[n] + b1 x[n-1] + p u[n-1]`, `v[n] = v[n-1] + a (u[n] - v[n-1])`, `y[n] = gain v[n]`. Two sources at a
    time: each waits for its own last sample, and the processor does the other's meanwhile.

    Args:
        signals: `(S, block)`, float32; S is even.
        before: coefficients at the sample before the block, `(S, 5)`, float32; afterwards equal to `after`.
        after: coefficients at the block's last sample, likewise.
        state: `x[n-1], u[n-1], v[n-1]` of each source, `(S, 3)`, float32.
    """
    sources, block = signals.shape
    share = np.float32(1.0 / block)
    for s in range(0, sources, 2):
        r, q = s, s + 1
        xs, ys = signals[r], signals[q]
        b0, b1, p, a, g = before[r, 0], before[r, 1], before[r, 2], before[r, 3], before[r, 4]
        c0, c1, o, e, h = before[q, 0], before[q, 1], before[q, 2], before[q, 3], before[q, 4]
        db0, db1, dp = share * (after[r, 0] - b0), share * (after[r, 1] - b1), share * (after[r, 2] - p)
        da, dg = share * (after[r, 3] - a), share * (after[r, 4] - g)
        dc0, dc1, do = share * (after[q, 0] - c0), share * (after[q, 1] - c1), share * (after[q, 2] - o)
        de, dh = share * (after[q, 3] - e), share * (after[q, 4] - h)
        x1, u1, v1 = state[r, 0], state[r, 1], state[r, 2]
        y1, w1, z1 = state[q, 0], state[q, 1], state[q, 2]
        for t in range(block):
            b0 += db0
            b1 += db1
            p += dp
            a += da
            g += dg
            c0 += dc0
            c1 += dc1
            o += do
            e += de
            h += dh
            x, y = xs[t], ys[t]
            u1 = b0 * x + b1 * x1 + p * u1
            w1 = c0 * y + c1 * y1 + o * w1
            v1 += a * (u1 - v1)
            z1 += e * (w1 - z1)
            x1, y1 = x, y
            xs[t] = g * v1
            ys[t] = h * z1
        state[r, 0], state[r, 1], state[r, 2] = x1, u1, v1
        state[q, 0], state[q, 1], state[q, 2] = y1, w1, z1
        for k in range(before.shape[1]):
            before[r, k] = after[r, k]
            before[q, k] = after[q, k]
