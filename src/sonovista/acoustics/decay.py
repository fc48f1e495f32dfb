"""How a response dies away: energy decay curves, reverberation times."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def energy_decay_curve(response: ArrayLike, axis: int = -1) -> NDArray[np.float64]:
    """Energy that is still to come at every sample, in dB relative to the whole; -inf after the last.

    Args:
        response: impulse response, of any shape.
        axis: along which time runs.

    Returns:
        Decibels, 0 at the first sample and falling, of the same shape; NaN for silence.

    Source: Schroeder, "New method of measuring reverberation time" (JASA 1965); ISO 3382-1, 5.3.3.
    """
    square = np.asarray(response, float) ** 2
    remaining = np.flip(np.cumsum(np.flip(square, axis), axis), axis)
    with np.errstate(divide="ignore", invalid="ignore"):
        return 10.0 * np.log10(remaining / np.take(remaining, [0], axis))


def decay_time(response: ArrayLike, sample_rate: float, start_db: float = -5.0, stop_db: float = -35.0) -> float:
    """Seconds in which energy falls by 60 dB, by regression of the decay curve between two of its levels.

    Args:
        response: impulse response, shape `(samples,)`.
        sample_rate: Hz.
        start_db: where the regression begins, below 0.
        stop_db: where it ends: -35 gives T30, -25 T20.

    Returns:
        Seconds; NaN where the response is silent or does not fall so far.

    Source: ISO 3382-1.
    """
    curve = energy_decay_curve(response)
    with np.errstate(invalid="ignore"):
        part = (curve <= start_db) & (curve >= stop_db)
    if not np.isfinite(curve).any() or part.sum() < 3 or not np.nanmin(curve[np.isfinite(curve)]) < stop_db:
        return float("nan")
    time = np.flatnonzero(part) / sample_rate
    slope = np.polyfit(time, curve[part], 1)[0]
    return float(-60.0 / slope) if slope < 0.0 else float("nan")


def rt60(response: ArrayLike, sample_rate: float) -> float:
    """Reverberation time in seconds: T30, or T20 where the response falls less far, or NaN where even less.

    Args:
        response: impulse response, shape `(samples,)`.
        sample_rate: Hz.
    """
    t30 = decay_time(response, sample_rate)
    return t30 if np.isfinite(t30) else decay_time(response, sample_rate, stop_db=-25.0)


def early_decay_time(response: ArrayLike, sample_rate: float) -> float:
    """Seconds: 60 dB by the slope of the first 10 dB (ISO 3382-1); NaN where the response does not fall so far.

    Args:
        response: impulse response, shape `(samples,)`.
        sample_rate: Hz.
    """
    return decay_time(response, sample_rate, -0.0, -10.0)
