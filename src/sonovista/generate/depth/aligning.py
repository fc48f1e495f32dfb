"""Relative depth made metric: its scale and shift by what geometry knows, then what is left by the ground."""

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.depth.smoothing import smooth_surfaces

NARROWEST, WIDEST = 0.35, 2.5
"""The scale may differ from the ratio of the spreads by these factors."""


def fit_scale_and_shift(
    relative: NDArray[np.floating], known: NDArray[np.floating], weight: NDArray[np.floating], rounds: int = 12
) -> tuple[float, float]:
    """`a, b` of the least weighted sum of `|a relative + b - known|`, by reweighted least squares.

    Args:
        relative: log distance up to scale and shift, any shape.
        known: log metres, same shape.
        weight: 0 where nothing is known.
        rounds: of reweighting.

    Returns:
        `a` > 0 and `b`; the fit of the spreads where the values do not determine a scale.
    """
    used = weight > 0
    if used.sum() < 20:
        return 1.0, float(np.median(known) - np.median(relative))
    x, y, w = (np.asarray(values, float)[used] for values in (relative, known, weight))
    middle_x, middle_y = np.average(x, weights=w), np.average(y, weights=w)
    spread = [float(np.sqrt(np.average((v - m) ** 2, weights=w))) for v, m in ((x, middle_x), (y, middle_y))]
    ratio = max(spread[1], 0.05) / max(spread[0], 1e-3)
    a, b = ratio, middle_y - ratio * middle_x
    for _ in range(rounds):
        robust = w / np.maximum(np.abs(a * x + b - y), 0.03)
        mx, my = np.average(x, weights=robust), np.average(y, weights=robust)
        variance = np.average((x - mx) ** 2, weights=robust)
        a = np.average((x - mx) * (y - my), weights=robust) / max(float(variance), 1e-9)
        a = float(np.clip(a, NARROWEST * ratio, WIDEST * ratio))
        b = float(my - a * mx)
    return float(a), float(b)


def correct_by_known(
    estimate: NDArray[np.floating], known: NDArray[np.floating], trust: NDArray[np.floating], strength: float
) -> NDArray[np.float64]:
    """Add a smooth field that brings an estimate to what is known, where it is trusted.

    What stands on the ground is moved with the ground at its foot.

    Args:
        estimate: log metres, shape `(h, w)`.
        known: log metres, shape `(h, w)`.
        trust: in [0, 1], shape `(h, w)`.
        strength: of the smoothness, in cells squared.
    """
    residual = np.clip(np.asarray(known, float) - estimate, -1.0, 1.0)
    confidence = np.maximum(np.asarray(trust, float), 1e-3)
    # Where nothing is known, the correction comes from what is around, and fades to none far from all.
    across = np.ones(residual.shape)
    across[:, -1] = 0.0
    down = np.ones((residual.shape[0] - 1, residual.shape[1]))
    residual = np.where(trust > 0, residual, 0.0)
    return estimate + smooth_surfaces(residual, confidence, across, down, strength, rounds=3)
