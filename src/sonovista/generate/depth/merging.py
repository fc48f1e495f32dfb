"""Depths of overlapping views merged in the gradient domain: a screened Poisson equation on a closed panorama."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray


def merge_gradients(
    start: NDArray[np.floating],
    across: NDArray[np.floating],
    down: NDArray[np.floating],
    tie_across: NDArray[np.floating],
    tie_down: NDArray[np.floating],
    known: NDArray[np.floating],
    trust: NDArray[np.floating],
    rounds: int = 150,
) -> NDArray[np.float64]:
    """The field whose steps are nearest to those given, and which is near what is known.

    Minimises `sum trust (x - known)^2 + sum tie (step of x - step)^2` by conjugate gradients with Jacobi's
    preconditioner (Bhat et al. 2008, "Fourier Analysis of the 2D Screened Poisson Equation").

    Args:
        start: first guess, shape `(R, C)`; the left and right edges touch.
        across: wanted step to the next column, shape `(R, C)`; the last column's leads to the first.
        down: wanted step to the next row, shape `(R - 1, C)`.
        tie_across: weights of these steps.
        tie_down: likewise.
        known: shape `(R, C)`.
        trust: weight of what is known, shape `(R, C)`, above 0 somewhere.
        rounds: of the solver.
    """

    def step(x: NDArray) -> tuple[NDArray, NDArray]:
        return np.roll(x, -1, 1) - x, x[1:] - x[:-1]

    def back(a: NDArray, d: NDArray) -> NDArray:
        out = np.roll(a, 1, 1) - a
        out[1:] += d
        out[:-1] -= d
        return out

    def apply(x: NDArray) -> NDArray:
        a, d = step(x)
        return trust * x + back(tie_across * a, tie_down * d)

    right = trust * known + back(tie_across * across, tie_down * down)
    diagonal = np.asarray(trust, float) + tie_across + np.roll(tie_across, 1, 1)
    diagonal[1:] += tie_down
    diagonal[:-1] += tie_down
    diagonal = np.maximum(diagonal, 1e-9)
    return _conjugate_gradients(apply, right, diagonal, start, rounds)


def _conjugate_gradients(
    apply: Callable[[NDArray], NDArray], right: NDArray, diagonal: NDArray, start: NDArray, rounds: int
) -> NDArray[np.float64]:
    """Solve `apply(x) = right`, preconditioned by the diagonal; all of one shape.

    SciPy's solver takes four times as long with operators given as functions, to the same result within 1e-7. That of
    `lifting.refinement` keeps three channels within bounds at once and is compiled: neither would serve the other.
    """
    x = np.array(start, float)
    r = right - apply(x)
    z = r / diagonal
    p, rz = z.copy(), float((r * z).sum())
    for _ in range(rounds):
        if rz < 1e-12:
            break
        q = apply(p)
        alpha = rz / max(float((p * q).sum()), 1e-30)
        x += alpha * p
        r -= alpha * q
        z = r / diagonal
        new = float((r * z).sum())
        p = z + (new / rz) * p
        rz = new
    return x
