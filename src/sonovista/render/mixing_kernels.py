"""Sounds into the bus: compiled, and without allocation."""

import numba
import numpy as np

from sonovista.render.encoder_kernels import OPTIONS


@numba.njit(**OPTIONS)
def read_loops(loops, starts, lengths, cursors, signals):
    """Copy the next block of every looped sound.

    Args:
        loops: all sounds, one after the other, float32, `(samples of all,)`.
        starts: of each source's sound in `loops`, `(S,)`.
        lengths: of each source's sound, at least 1, `(S,)`.
        cursors: where each source's sound is, in [0, length), `(S,)`.
        signals: result, float32, `(S, block)`.
    """
    sources, block = signals.shape
    for s in range(sources):
        row = signals[s]
        cursor, filled = cursors[s], 0
        while filled < block:
            part = min(block - filled, lengths[s] - cursor)
            origin = starts[s] + cursor
            for t in range(part):
                row[filled + t] = loops[origin + t]
            filled += part
            cursor = (cursor + part) % lengths[s]


@numba.njit(**OPTIONS)
def advance(cursors, lengths, block):
    """Move every cursor on by a block, around its loop."""
    for s in range(cursors.shape[0]):
        cursors[s] = (cursors[s] + block) % lengths[s]


@numba.njit(**OPTIONS)
def mix(signals, before, after, ramp, bus):
    """Fill the bus with the sources' sounds, coefficients going in a straight line from `before` to `after`.

    Four sources by two channels at a time: their coefficients stay in registers while the samples go by.
    Afterwards `before` equals `after`.

    Args:
        signals: `(S, block)`, float32; S is a multiple of 4, the surplus rows silent.
        before: coefficients at the sample before the block, `(S, channels)`, float32; `channels` is even.
        after: coefficients at the block's last sample, likewise.
        ramp: `(1, 2, ..., block) / block`, float32.
        bus: result, `(channels, block)`, float32.
    """
    channels, block = bus.shape
    for c in range(channels):
        row = bus[c]
        for t in range(block):
            row[t] = np.float32(0.0)
    for s in range(0, signals.shape[0], 4):
        x0, x1, x2, x3 = signals[s], signals[s + 1], signals[s + 2], signals[s + 3]
        for c in range(0, channels, 2):
            upper, lower = bus[c], bus[c + 1]
            a0, a1, a2, a3 = before[s, c], before[s + 1, c], before[s + 2, c], before[s + 3, c]
            b0, b1, b2, b3 = before[s, c + 1], before[s + 1, c + 1], before[s + 2, c + 1], before[s + 3, c + 1]
            u0, u1, u2, u3 = after[s, c] - a0, after[s + 1, c] - a1, after[s + 2, c] - a2, after[s + 3, c] - a3
            v0, v1 = after[s, c + 1] - b0, after[s + 1, c + 1] - b1
            v2, v3 = after[s + 2, c + 1] - b2, after[s + 3, c + 1] - b3
            for t in range(block):
                r, y0, y1, y2, y3 = ramp[t], x0[t], x1[t], x2[t], x3[t]
                upper[t] += (a0 + u0 * r) * y0 + (a1 + u1 * r) * y1 + (a2 + u2 * r) * y2 + (a3 + u3 * r) * y3
                lower[t] += (b0 + v0 * r) * y0 + (b1 + v1 * r) * y1 + (b2 + v2 * r) * y2 + (b3 + v3 * r) * y3
    for s in range(before.shape[0]):
        for c in range(channels):
            before[s, c] = after[s, c]
