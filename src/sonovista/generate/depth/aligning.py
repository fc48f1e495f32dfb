"""Relative depth made metric by one rising map, fitted to what geometry knows; then the ground is laid on its plane."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.optimize import lsq_linear

from sonovista.generate.easing import smooth_step

NARROWEST, WIDEST = 0.35, 2.5
"""The scale may differ from the ratio of the spreads by these factors."""
FLATTEST, STEEPEST = 0.3, 3.0
"""A piece of the map may be less or more steep than the one scale by these factors."""
PIECES = 5
FEWEST, MOST = 200, 6000
"""Cells that make a map of more than one piece; cells that it is fitted to at most."""
USUAL_OUTDOORS, USUAL_INDOORS = 2.0, 1.2
"""Log metres for one of the head's units: outdoors the median over renders of the validation part; in rooms, where that
is 1.6, less, since relief that is drawn too deep tears where one that is too shallow only looks flat."""
SPREAD = 0.55
"""Standard deviation of its logarithm over these renders."""
BENT = 0.3
"""Log metres by which the head's ground may be bent from end to end."""
PRIOR = 0.02
"""Pull of every piece towards the one scale, against the mean deviation of the cells."""
LEAST = 0.03
"""Deviation in log metres below which the fit of least deviations is one of least squares."""
AGREES, DIFFERS = 0.1, 0.3
"""Log metres by which head and plane differ where there is ground for sure, and where there is something else."""
TRACE = 0.02
"""Share of a difference below `AGREES` that stays: it keeps the order."""
PLANE, FADED = float(np.log(12.0)), float(np.log(30.0))
"""Log metres: up to the first the ground is the plane itself, from the second on it is as the map has it."""
STEADY = float(np.log(30.0))
"""Log metres beyond which a degree of pitch outweighs what the plane tells."""
ENOUGH = 0.02
"""Share of a picture that must be ground for the ground alone to make it metric."""
BEND = float(np.log(2.0))
"""Log metres before the nearest and the farthest distance from which on what lies beyond is pressed together."""


@dataclass(frozen=True)
class RisingMap:
    """A strictly rising, piecewise linear function that goes on beyond its knots at one slope.

    Attributes:
        knots: rising, shape `(K,)`.
        values: at the knots, rising, shape `(K,)`.
        slope: beyond them, above 0.
    """

    knots: NDArray[np.float64]
    values: NDArray[np.float64]
    slope: float

    def __call__(self, x: NDArray[np.floating]) -> NDArray[np.float64]:
        """The function's values, of the shape of `x`."""
        x = np.asarray(x, float)
        beyond = np.minimum(x - self.knots[0], 0.0) + np.maximum(x - self.knots[-1], 0.0)
        return np.interp(x, self.knots, self.values) + self.slope * beyond


def fit_rising_map(
    relative: NDArray[np.floating],
    known: NDArray[np.floating],
    weight: NDArray[np.floating],
    usual: float,
    rounds: int = 8,
) -> RisingMap:
    """The rising map of a few pieces with the least weighted sum of `|map(relative) - known|`.

    Any two values keep their order: what the map brings to log metres is as far ahead or behind as it was told.

    Args:
        relative: log distance up to a rising function, any shape.
        known: log metres, same shape.
        weight: 0 where nothing is known.
        usual: slope of maps of such pictures; what is known over a narrow range hardly tells another.
        rounds: of reweighting.

    Returns:
        One piece where fewer than `FEWEST` values are known or they hardly differ.
    """
    used = np.flatnonzero(np.asarray(weight).ravel() > 0)
    if len(used) < FEWEST:
        return shifted(relative, known, np.ones(np.shape(relative), bool) if len(used) == 0 else weight > 0, usual)
    a, _ = fit_scale_and_shift(relative, known, weight)
    used = used[:: max(1, len(used) // MOST)]
    x, y, w = (np.asarray(values, float).ravel()[used] for values in (relative, known, weight))
    knots = _weighted_quantiles(x, w, np.linspace(0.03, 0.97, PIECES + 1))
    told, before = ((knots[-1] - knots[0]) / BENT) ** 2, SPREAD**-2
    a = float(np.exp((told * np.log(a) + before * np.log(usual)) / (told + before)))
    b = float(_weighted_quantiles(y - a * x, w, np.array([0.5]))[0])
    knots = knots[np.append(True, np.diff(knots) > 1e-3)]
    if len(knots) < 3:
        return RisingMap(np.array([0.0, 1.0]), np.array([b, a + b]), a)
    spans = np.diff(knots)
    # A value is that of the first knot and the pieces' slopes over what lies of it in each.
    pieces = np.clip(x[:, None], knots[:-1], knots[1:]) - knots[:-1]
    outside = a * (np.minimum(x - knots[0], 0.0) + np.maximum(x - knots[-1], 0.0))
    design, wanted = np.column_stack([np.ones(len(x)), pieces]), y - outside
    start = np.append(a * knots[0] + b, np.full(len(spans), a))
    ties = np.sqrt(PRIOR) * np.diag(np.append(0.1, spans))
    low = np.append(-np.inf, np.full(len(spans), FLATTEST * a))
    high = np.append(np.inf, np.full(len(spans), STEEPEST * a))
    found = start
    for _ in range(rounds):
        robust = np.sqrt(w / w.sum() / np.maximum(np.abs(design @ found - wanted), LEAST))[:, None]
        left, right = np.concatenate([design * robust, ties]), np.append(wanted * robust[:, 0], ties @ start)
        found = lsq_linear(left, right, (low, high)).x
    return RisingMap(knots, found[0] + np.append(0.0, np.cumsum(found[1:] * spans)), a)


def shifted(
    relative: NDArray[np.floating], known: NDArray[np.floating], used: NDArray[np.bool_], slope: float
) -> RisingMap:
    """The map of a given slope that brings half of what is used behind, and half before what is known."""
    shift = float(np.median(np.asarray(known, float)[used] - slope * np.asarray(relative, float)[used]))
    return RisingMap(np.array([0.0, 1.0]), np.array([shift, slope + shift]), slope)


def _weighted_quantiles(
    values: NDArray[np.float64], weight: NDArray[np.float64], shares: NDArray[np.float64]
) -> NDArray[np.float64]:
    order = np.argsort(values)
    total = np.cumsum(weight[order])
    return np.interp(shares * total[-1], total, values[order])


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


def align(
    relative: NDArray[np.floating],
    known: NDArray[np.floating],
    solid: NDArray[np.bool_],
    ground: NDArray[np.bool_],
    elevation: NDArray[np.floating],
    camera_height: float,
    indoor: bool,
) -> NDArray[np.float64]:
    """A photo's relative depth in log metres, in the order in which the head has it; the near ground on its plane.

    Args:
        relative: log distance up to a rising function, shape `(h, w)`.
        known: log metres by geometry, same shape.
        solid: what is not sky.
        ground: where the regions see ground, within `solid`.
        elevation: of the cells' rays, radians.
        camera_height: metres above the ground.
        indoor: rooms have walls that geometry knows nearly as well as their floor.
    """
    steady = ground & (known < STEADY)
    usual = USUAL_INDOORS if indoor else USUAL_OUTDOORS
    if steady.mean() > ENOUGH:
        rising = fit_rising_map(relative, known, steady.astype(float), usual)
    else:
        rising = shifted(relative, known, solid if solid.any() else ~solid, usual)
    metric = rising(relative)
    return lay_on_ground(metric, ground_seen(known, steady, elevation, camera_height, level=indoor))


def ground_seen(
    known: NDArray[np.floating],
    ground: NDArray[np.bool_],
    elevation: NDArray[np.floating],
    camera_height: float,
    level: bool,
) -> NDArray[np.float64]:
    """Log metres to the ground along every ray, also behind what hides it; infinite where it is not seen to be.

    In every column it is a plane, tilted as the ground that is known there or in the columns next to it.

    Args:
        known: log metres, shape `(h, w)`.
        ground: where `known` is that of ground.
        elevation: of the cells' rays, radians.
        camera_height: metres above the ground.
        level: whether the plane is not tilted anywhere, as a floor.
    """
    nowhere = np.full(known.shape, np.inf)
    if ground.sum() < FEWEST:
        return nowhere
    tangent = np.tan(elevation)
    tilt = np.where(ground, camera_height / (np.exp(known) * np.cos(elevation)) + tangent, np.nan)
    columns = np.flatnonzero(ground.any(axis=0))
    tilts = np.interp(np.arange(known.shape[1]), columns, np.nanmedian(tilt[:, columns], axis=0))
    tilts = (0.0 if level else 1.0) * ndimage.gaussian_filter1d(tilts, 0.02 * known.shape[1], mode="nearest")
    falling = (tilts[None, :] - tangent) / camera_height
    seen = falling > np.exp(-FADED)
    metres = 1.0 / (np.maximum(falling, np.exp(-FADED)) * np.cos(elevation))
    return np.where(seen, np.log(metres), nowhere)


def lay_on_ground(metric: NDArray[np.floating], ground: NDArray[np.floating]) -> NDArray[np.float64]:
    """Lay what is nearly as far as the near ground onto it, and keep the order of all that is seen over equal ground.

    What differs by less than `AGREES` keeps a trace of its difference; up to `DIFFERS` the rest is given back.

    Args:
        metric: log metres, shape `(h, w)`.
        ground: log metres to the ground behind it, infinite where there is none, shape `(h, w)`.
    """
    behind = np.isfinite(ground)
    away = np.where(behind, metric - np.where(behind, ground, 0.0), 0.0)
    size = np.abs(away)
    left = np.where(size < DIFFERS, np.interp(size, [0.0, AGREES, DIFFERS], [0.0, TRACE * AGREES, DIFFERS]), size)
    share = np.where(behind, falling(np.where(behind, ground, FADED), PLANE, FADED), 0.0)
    return np.asarray(metric + share * (np.sign(away) * left - away), float)


def falling(values: NDArray[np.floating], start: float, end: float) -> NDArray[np.float64]:
    """1 up to `start`, 0 from `end` on, smooth between."""
    return smooth_step((end - np.asarray(values, float)) / (end - start))


def within_reach(log_metres: NDArray[np.floating], nearest: float, farthest: float) -> NDArray[np.float64]:
    """Log metres between the log of two distances; what lies beyond is pressed together and keeps its order.

    Args:
        log_metres: any shape.
        nearest: metres, approached from above and not reached.
        farthest: metres, approached from below and not reached.
    """
    low, high = np.log(nearest), np.log(farthest)
    out = np.asarray(log_metres, float)
    out = np.where(out > high - BEND, high - BEND * np.exp(-(out - high + BEND) / BEND), out)
    return np.where(out < low + BEND, low + BEND * np.exp((out - low - BEND) / BEND), out)
