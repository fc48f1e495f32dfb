"""Rotating sound fields."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonovista.ambisonics.spherical_harmonics import channel_count


def rotation_matrix(R: ArrayLike, order: int) -> NDArray[np.float64]:
    """Matrix that turns a sound field as `R` turns directions: `y(R d) = matrix @ y(d)`.

    To hear a world-aligned field with a turned head, use `R = R_world_listener.T`. The matrix is the same for SN3D and
    N3D, since it does not mix degrees.

    Args:
        R: rotation (determinant 1) of vectors x forward, y left, z up, shape `(..., 3, 3)`.
        order: 0 to 7.

    Returns:
        Orthogonal matrices for ACN channels, shape `(..., K, K)` with `K = (order + 1) ** 2`.

    Raises:
        ValueError: the order is not 0 to 7, or `R` is not 3 x 3.

    Source: Ivanic and Ruedenberg, *Rotation matrices for real spherical harmonics. Direct determination by recursion*
    (J. Phys. Chem. 1996), with the corrections of 1998: equations 8.1 and tables 1 and 2.
    """
    channels = channel_count(order)
    R = np.asarray(R, float)
    if R.shape[-2:] != (3, 3):
        raise ValueError(f"R must have the shape (..., 3, 3), found {R.shape}")
    matrix = np.zeros((*R.shape[:-2], channels, channels))
    matrix[..., 0, 0] = 1.0
    if order == 0:
        return matrix
    axes = [1, 2, 0]  # degree 1 in ACN is y, z, x
    first = R[..., axes, :][..., :, axes]
    block = first
    matrix[..., 1:4, 1:4] = block
    for degree in range(2, order + 1):
        block = _next_block(first, block, degree)
        matrix[..., degree**2 : (degree + 1) ** 2, degree**2 : (degree + 1) ** 2] = block
    return matrix


def _next_block(first: NDArray[np.float64], previous: NDArray[np.float64], degree: int) -> NDArray[np.float64]:
    """Block of one degree from those of degree 1 and of the degree below."""
    P = {i: _products(first, previous, degree, i) for i in (-1, 0, 1)}
    low = degree - 1  # index of m = 0 in the rows of P

    def row(i: int, m: int) -> NDArray[np.float64]:
        return P[i][..., low + m, :]

    u, v, w = _coefficients(degree)
    block = np.zeros((*first.shape[:-2], 2 * degree + 1, 2 * degree + 1))
    for m in range(-degree, degree + 1):
        k = m + degree
        if abs(m) < degree:
            block[..., k, :] += u[k] * row(0, m)
        block[..., k, :] += v[k] * _v_term(row, m)
        if abs(m) < degree - 1 and m != 0:
            sign = 1 if m > 0 else -1
            block[..., k, :] += w[k] * (row(1, m + sign) + sign * row(-1, -m - sign))
    return block


def _v_term(row: Callable[[int, int], NDArray[np.float64]], m: int) -> NDArray[np.float64]:
    if m == 0:
        return row(1, 1) + row(-1, -1)
    if m == 1:
        return np.sqrt(2.0) * row(1, 0)
    if m == -1:
        return np.sqrt(2.0) * row(-1, 0)
    if m > 0:
        return row(1, m - 1) - row(-1, -m + 1)
    return row(1, m + 1) + row(-1, -m - 1)


def _products(first: NDArray[np.float64], previous: NDArray[np.float64], degree: int, i: int) -> NDArray[np.float64]:
    """`P` of table 2 for all m and n: shape `(..., 2 degree - 1, 2 degree + 1)`."""
    weights = first[..., i + 1, :, None, None]  # the entries (i, -1), (i, 0), (i, 1)
    top, bottom = previous[..., :, -1:], previous[..., :, :1]
    inner = weights[..., 1, :, :] * previous
    left = weights[..., 2, :, :] * bottom + weights[..., 0, :, :] * top
    right = weights[..., 2, :, :] * top - weights[..., 0, :, :] * bottom
    return np.concatenate([left, inner, right], axis=-1)


@lru_cache(maxsize=16)
def _coefficients(degree: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """`u`, `v` and `w` of table 1 for every row m and column n, each of shape `(2 degree + 1, 2 degree + 1)`."""
    m = np.arange(-degree, degree + 1)[:, None]
    n = np.arange(-degree, degree + 1)[None, :]
    at_zero = (m == 0).astype(float)
    size = np.abs(m)
    edge = np.abs(n) == degree
    denominator = np.where(edge, 2 * degree * (2 * degree - 1), (degree + n) * (degree - n))
    u = np.sqrt((degree + m) * (degree - m) / denominator)
    v = 0.5 * np.sqrt((1 + at_zero) * (degree + size - 1) * (degree + size) / denominator) * (1 - 2 * at_zero)
    w = -0.5 * np.sqrt(np.maximum((degree - size - 1) * (degree - size), 0) / denominator) * (1 - at_zero)
    return u, v, w
