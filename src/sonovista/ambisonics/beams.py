"""Beams out of Ambisonic signals, and maps of what they hear."""

from math import factorial
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonovista.ambisonics.spherical_harmonics import (
    channel_count,
    degrees_and_indices,
    order_of_channels,
    spherical_harmonics_of_directions,
)
from sonovista.geometry.equirectangular import pixel_directions

BeamPattern = Literal["plane_wave", "max_re", "in_phase"]


def beam_pattern(order: int, pattern: BeamPattern = "max_re") -> NDArray[np.float64]:
    """Weights of the degrees of an axisymmetric beam whose gain toward its own direction is 1.

    Args:
        order: 0 to 7.
        pattern: "plane_wave" (plane-wave decomposition: the most directive), "max_re" (the greatest energy vector: low
            sidelobes) or "in_phase" (no sidelobe, `((1 + cos) / 2) ** order`).

    Returns:
        `w` of shape `(order + 1,)`: at the angle `a` from the axis the beam hears `sum of (2 n + 1) w[n] P_n(cos a)`.

    Raises:
        ValueError: an unknown pattern or order.

    Source: Daniel, *Representation de champs acoustiques* (2001), chapter 3; Zotter and Frank, *Ambisonics* (2019),
    chapter 4.
    """
    channel_count(order)
    if pattern not in get_args(BeamPattern):
        raise ValueError(f"pattern must be one of {', '.join(get_args(BeamPattern))}, found {pattern!r}")
    n = np.arange(order + 1)
    if pattern == "plane_wave":
        weights = np.ones(order + 1)
    elif pattern == "max_re":
        from numpy.polynomial import legendre

        # the longest energy vector is the largest root of the next Legendre polynomial
        r_e = float(np.max(legendre.legroots(np.eye(order + 2)[order + 1]).real))
        weights = legendre.legval(r_e, np.eye(order + 1))
    else:
        top = factorial(order) * factorial(order + 1)
        weights = np.array([top / (factorial(order + k + 1) * factorial(order - k)) for k in n])
    return np.asarray(weights / np.sum((2 * n + 1) * weights), float)


def beam_weights(directions: ArrayLike, order: int, pattern: BeamPattern = "max_re") -> NDArray[np.float64]:
    """Weights of ACN SN3D channels whose sum listens in given directions.

    Args:
        directions: unit vectors, x forward, y left, z up, shape `(..., 3)`.
        order: 0 to 7.
        pattern: see `beam_pattern`.

    Returns:
        Shape `(..., (order + 1) ** 2)`; a plane wave from the beam's own direction is heard with gain 1.
    """
    degree, _ = degrees_and_indices(order)
    return spherical_harmonics_of_directions(order, directions) * (
        (2 * degree + 1) * beam_pattern(order, pattern)[degree]
    )


def beam(signals: ArrayLike, directions: ArrayLike, pattern: BeamPattern = "max_re") -> NDArray[np.floating]:
    """What beams hear of a sound field.

    Args:
        signals: ACN, SN3D, shape `((order + 1) ** 2, samples)`.
        directions: unit vectors, shape `(..., 3)`.
        pattern: see `beam_pattern`.

    Returns:
        Shape `(..., samples)`; float32 for float32 signals and else float64.

    Raises:
        ValueError: a channel count of no order, or an unknown pattern.
    """
    signals = _signals(signals)
    weights = beam_weights(directions, order_of_channels(signals.shape[0]), pattern)
    return weights.astype(signals.dtype) @ signals


def energy_map(signals: ArrayLike, height: int = 90, pattern: BeamPattern = "max_re") -> NDArray[np.float64]:
    """Mean power that beams in all directions hear, as an equirectangular picture.

    Args:
        signals: ACN, SN3D, shape `((order + 1) ** 2, samples)`.
        height: of the map in pixels, at least 2; see `geometry.equirectangular` for the grid.
        pattern: see `beam_pattern`.

    Returns:
        Shape `(height, 2 * height)`, not negative; a plane wave of power 1 makes 1 in its own direction.

    Raises:
        ValueError: a channel count of no order, no samples, or an unknown pattern.
    """
    signals = _signals(signals).astype(float)
    if signals.shape[1] == 0 or height < 2:
        raise ValueError(f"expected samples and a height of 2 at least, found {signals.shape} and {height}")
    covariance = signals @ signals.T / signals.shape[1]
    weights = beam_weights(pixel_directions(height), order_of_channels(signals.shape[0]), pattern)
    return np.maximum(np.einsum("...i,...i->...", weights @ covariance, weights), 0.0)


def _signals(signals: ArrayLike) -> NDArray[np.floating]:
    found = np.asarray(signals)
    if found.ndim != 2:
        raise ValueError(f"expected signals of shape (channels, samples), found {found.shape}")
    order_of_channels(found.shape[0])
    return found if found.dtype == np.float32 else found.astype(float)
