"""Reading looped sounds between their samples, later and later or earlier and earlier: delay and Doppler."""

from math import floor

import numba
import numpy as np
from numpy.typing import NDArray

from sonovista.render.encoder_kernels import OPTIONS

TAPS = 12
DEGREE = 4
_BAND = 2.0 / 3.0  # of the Nyquist frequency: 16 kHz at 48 kHz
_ZERO = np.float32(0.0)


def interpolator() -> NDArray[np.float64]:
    """Polynomials, one for each of 12 taps, whose values at `f` in [-0.5, 0.5] interpolate at `f` past the middle.

    The taps are the least-squares ones for signals below two thirds of the Nyquist frequency: an error of at most
    -68 dB up to half of it and -54 dB at two thirds.

    Returns:
        Coefficients of `f ** m`, shape `(5, 12)`: even rows are symmetric, odd ones antisymmetric.

    Source: Laakso et al., "Splitting the unit delay" (IEEE Signal Processing Magazine, 1996), sections on general
    least-squares design and on Farrow's structure.
    """
    place = np.arange(TAPS) - 0.5 * (TAPS - 1)
    points = 0.5 * np.cos(np.pi * (np.arange(64) + 0.5) / 64)
    gram = np.sinc(_BAND * (place[:, None] - place[None, :]))
    wanted = np.sinc(_BAND * (place[:, None] - points[None, :]))
    taps = np.linalg.solve(gram, wanted).T
    coefficients = np.linalg.lstsq(np.vander(points, DEGREE + 1, increasing=True), taps, rcond=None)[0]
    signs = np.where(np.arange(DEGREE + 1) % 2 == 0, 1.0, -1.0)[:, None]
    return 0.5 * (coefficients + signs * coefficients[:, ::-1])


_C = tuple(tuple(np.float32(v) for v in row[: TAPS // 2]) for row in interpolator())


@numba.njit(**OPTIONS)
def _interpolate(sound, f, step, out):
    """As many values as `out` holds, the taps moving on by one sample and `f` by `step` each time."""
    for i in range(out.shape[0]):
        a0, a1, a2, a3, a4, a5 = sound[i], sound[i + 1], sound[i + 2], sound[i + 3], sound[i + 4], sound[i + 5]
        b5, b4, b3 = sound[i + 6], sound[i + 7], sound[i + 8]
        b2, b1, b0 = sound[i + 9], sound[i + 10], sound[i + 11]
        s0, s1, s2, s3, s4, s5 = a0 + b0, a1 + b1, a2 + b2, a3 + b3, a4 + b4, a5 + b5
        d0, d1, d2, d3, d4, d5 = a0 - b0, a1 - b1, a2 - b2, a3 - b3, a4 - b4, a5 - b5
        c = _C[0]
        p0 = c[0] * s0 + c[1] * s1 + c[2] * s2 + c[3] * s3 + c[4] * s4 + c[5] * s5
        c = _C[1]
        p1 = c[0] * d0 + c[1] * d1 + c[2] * d2 + c[3] * d3 + c[4] * d4 + c[5] * d5
        c = _C[2]
        p2 = c[0] * s0 + c[1] * s1 + c[2] * s2 + c[3] * s3 + c[4] * s4 + c[5] * s5
        c = _C[3]
        p3 = c[0] * d0 + c[1] * d1 + c[2] * d2 + c[3] * d3 + c[4] * d4 + c[5] * d5
        c = _C[4]
        p4 = c[0] * s0 + c[1] * s1 + c[2] * s2 + c[3] * s3 + c[4] * s4 + c[5] * s5
        g = f + np.float32(i) * step
        out[i] = p0 + g * (p1 + g * (p2 + g * (p3 + g * p4)))


@numba.njit(**OPTIONS)
def read_delayed(loops, starts, lengths, cursors, before, after, signals):
    """Write the next block of every looped sound, later by a delay that goes in a straight line.

    Args:
        loops: all sounds with margins of at least 6 samples of their other ends, float32.
        starts: of each source's sound in `loops`, `(S,)`.
        lengths: at least 1, `(S,)`.
        cursors: where each sound is without delay, in [0, length), `(S,)`.
        before: delay in samples at the sample before the block, float64, `(S,)`.
        after: delay at the block's last sample, likewise; afterwards `before` equals it.
        signals: result, float32, `(S, block)`.
    """
    sources, block = signals.shape
    for s in range(sources):
        length = lengths[s]
        slope = (before[s] - after[s]) / block  # samples by which reading gains on time, each sample
        place = cursors[s] - before[s] + slope
        t = 0
        while t < block:
            now = place + t * (1.0 + slope)
            now -= floor(now / length) * length
            whole = min(int(now), length - 1)
            fraction = now - whole
            # The taps move on with time until the fraction leaves [0, 1) or the loop ends.
            count = min(block - t, length - whole)
            if slope > 0.0:
                count = min(count, max(1, int((1.0 - fraction) / slope)))
            elif slope < 0.0:
                count = min(count, max(1, int(fraction / -slope) + 1))
            if place == cursors[s] and slope == 0.0:  # without delay, and so without interpolation
                row = loops[starts[s] + whole : starts[s] + whole + count]
                for i in range(count):
                    signals[s, t + i] = row[i]
                t += count
                continue
            first = starts[s] + whole - (TAPS // 2 - 1)
            _interpolate(
                loops[first : first + count + TAPS - 1],
                np.float32(fraction - 0.5),
                np.float32(slope),
                signals[s, t : t + count],
            )
            t += count
        before[s] = after[s]
