"""Real spherical harmonics as polynomials in the unit vector: smooth everywhere, the poles included."""

import torch
from torch import Tensor

from sonovista.ambisonics.spherical_harmonics import channel_count, recurrence_coefficients

SMALLEST_DISTANCE = 1e-9
"""Metres within which a vector has no direction."""


def directions_and_lengths(vectors: Tensor) -> tuple[Tensor, Tensor]:
    """Unit vectors and lengths, with finite gradients at the zero vector too.

    Args:
        vectors: metres, shape `(..., 3)`.

    Returns:
        Directions `(..., 3)` and lengths `(...)`. A vector shorter than a nanometre has the direction (0, 0, 0) and the
        length 0, and neither has a gradient there: no direction is better than another.
    """
    square = vectors.square().sum(dim=-1)
    vanishing = square <= SMALLEST_DISTANCE**2
    # The square root must not see the zero, or its infinite slope would make NaN of the gradient that is masked.
    length = torch.sqrt(torch.where(vanishing, torch.ones_like(square), square))
    direction = torch.where(vanishing[..., None], torch.zeros_like(vectors), vectors / length[..., None])
    return direction, torch.where(vanishing, torch.zeros_like(length), length)


def spherical_harmonics(order: int, directions: Tensor) -> Tensor:
    """Spherical harmonics in SN3D, ACN order, as `ambisonics.spherical_harmonics_of_directions`.

    Args:
        order: 0 to 7.
        directions: unit vectors, x forward, y left, z up, shape `(..., 3)`.

    Returns:
        Shape `(..., (order + 1) ** 2)`, of the type of `directions`.

    Raises:
        ValueError: the order is not 0 to 7, or the last axis is not 3 long.

    Source: the recurrences in Cartesian form of Sloan, *Efficient Spherical Harmonic Evaluation* (2013).
    """
    channels = channel_count(order)
    if directions.shape[-1] != 3:
        raise ValueError(f"directions must have the shape (..., 3), found {tuple(directions.shape)}")
    x, y, z = directions.unbind(dim=-1)
    diagonal, first, second = recurrence_coefficients(order)
    values: list[Tensor] = [x] * channels
    cosine, sine = torch.ones_like(x), torch.zeros_like(x)  # cos(elevation) ** m times cos(m azimuth), sin(m azimuth)
    for m in range(order + 1):
        if m > 0:
            cosine, sine = x * cosine - y * sine, x * sine + y * cosine
        previous, current = torch.zeros_like(x), torch.full_like(x, float(diagonal[m]))
        for n in range(m, order + 1):
            if n > m:
                following = float(first[n, m]) * z * current - float(second[n, m]) * previous
                previous, current = current, following
            values[n * n + n + m] = current * cosine
            if m > 0:
                values[n * n + n - m] = current * sine
    return torch.stack(values, dim=-1)
