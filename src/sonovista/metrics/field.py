"""How alike two sound fields are: the angle between dominant directions, and CC and AUC of energy maps.

All are pure functions of directions, covariances and maps. Source: the evaluation of SonoWorld on SonoScene360; CC and
AUC of energy maps after Morgado et al., *Self-supervised generation of spatial audio for 360 video* (NeurIPS 2018),
section 4.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def angular_error(direction: ArrayLike, reference: ArrayLike) -> float:
    """Great-circle angle between two directions in radians, 0 to pi: `dAngular`.

    Args:
        direction: vector of any length, shape `(3,)`.
        reference: likewise.

    Returns:
        Radians; NaN where either has no direction (the zero vector).
    """
    a, b = np.asarray(direction, float), np.asarray(reference, float)
    if a.shape != (3,) or b.shape != (3,):
        raise ValueError(f"directions must have the shape (3,), found {a.shape} and {b.shape}")
    if not (a.any() and b.any()):
        return float("nan")
    # Exact for small angles and for angles near pi, where the arc cosine is not.
    return float(np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b))


def covariance(field: ArrayLike) -> NDArray[np.float64]:
    """Mean over time of the products of channels, shape `(channels, channels)`, of signals `(channels, samples)`."""
    field = np.asarray(field, float)
    if field.ndim != 2 or field.shape[1] == 0:
        raise ValueError(f"expected signals of shape (channels, samples), found {field.shape}")
    return field @ field.T / field.shape[1]


def energy_map(field_covariance: ArrayLike, beams: ArrayLike) -> NDArray[np.float64]:
    """RMS of what beams hear of a sound field: `sqrt(b^T C b)`.

    Args:
        field_covariance: shape `(channels, channels)`.
        beams: weights of the channels, shape `(..., channels)`.

    Returns:
        Shape `(...)`, not negative.
    """
    beams = np.asarray(beams, float)
    power = np.einsum("...i,...i->...", beams @ np.asarray(field_covariance, float), beams)
    return np.sqrt(np.maximum(power, 0.0))


def equal_area_samples(equirectangular: ArrayLike) -> NDArray[np.float64]:
    """Values of an equirectangular map at points that are spread evenly over the sphere.

    Every row keeps `round(width * cos(elevation))` of its values, at least one, at even steps.

    Args:
        equirectangular: shape `(height, width)`, rows from +pi/2 down, pixel centres at `(i + 0.5)`.

    Returns:
        Shape `(points,)`, in a fixed order.
    """
    values = np.asarray(equirectangular, float)
    if values.ndim != 2:
        raise ValueError(f"expected a map of shape (height, width), found {values.shape}")
    height, width = values.shape
    polar = (np.arange(height) + 0.5) * np.pi / height
    counts = np.maximum(1, np.round(width * np.sin(polar)).astype(int))
    rows = [row[((np.arange(n) + 0.5) * width / n).astype(int)] for row, n in zip(values, counts, strict=True)]
    return np.concatenate(rows)


def correlation(values: ArrayLike, reference: ArrayLike) -> float:
    """Pearson correlation of two maps at the same points, -1 to 1: `CC`; NaN where one of them is constant.

    Args:
        values: map, shape `(points,)`.
        reference: likewise.
    """
    a, b = _same_shape(values, reference)
    a, b = a - a.mean(), b - b.mean()
    size = np.linalg.norm(a) * np.linalg.norm(b)
    return float(np.clip(a @ b / size, -1.0, 1.0)) if _varies(values) and _varies(reference) else float("nan")


def loud_points(values: ArrayLike) -> NDArray[np.bool_]:
    """Where a map, `(points,)`, exceeds its maximum less its standard deviation: what counts as heard in `auc_judd`."""
    values = np.asarray(values, float)
    return values > values.max() - values.std()


def auc_judd(values: ArrayLike, fixations: ArrayLike) -> float:
    """Area under the ROC curve of a map that tells fixated points from the others, 0 to 1: `AUC`.

    It is the share of pairs of a fixated and another point in which the fixated one has the higher value (Mann and
    Whitney), where ties count half. The usual sum over trapezoids between thresholds at the F fixations exceeds it by
    at most 1 / (2 F).

    Args:
        values: map, shape `(points,)`.
        fixations: bool, shape `(points,)`.

    Returns:
        1 for a map that ranks every fixation first, 1/2 for one that knows nothing; NaN where all points are fixated,
        or none.

    Source: Judd, Ehinger, Durand and Torralba, *Learning to predict where humans look* (ICCV 2009).
    """
    values, chosen = np.asarray(values, float).ravel(), np.asarray(fixations, bool).ravel()
    if values.shape != chosen.shape:
        raise ValueError(f"expected maps of the same points, found {values.shape} and {chosen.shape}")
    inside, outside = values[chosen], np.sort(values[~chosen])
    if inside.size == 0 or outside.size == 0:
        return float("nan")
    below, not_above = np.searchsorted(outside, inside, "left"), np.searchsorted(outside, inside, "right")
    return float((0.5 * (below + not_above)).mean() / outside.size)


def _same_shape(values: ArrayLike, reference: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    a, b = np.asarray(values, float).ravel(), np.asarray(reference, float).ravel()
    if a.shape != b.shape or a.size == 0:
        raise ValueError(f"expected maps of the same points, found {a.shape} and {b.shape}")
    return a, b


def _varies(values: ArrayLike) -> bool:
    """Whether a map is more than a constant and rounding."""
    values = np.asarray(values, float)
    return bool(np.ptp(values) > 1e-9 * np.abs(values).max())
