"""Real spherical harmonics in ACN order, SN3D or N3D, by recurrence in Cartesian coordinates."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonovista.geometry.frames import direction_from_angles

Normalization = Literal["sn3d", "n3d"]
MAXIMUM_ORDER = 7

_CHUNK = 2048  # directions evaluated together: the working set of order 7 stays in the second-level cache


def channel_count(order: int) -> int:
    """Number of Ambisonic channels of an order, `(order + 1) ** 2`; a `ValueError` where the order is not 0 to 7."""
    if not 0 <= order <= MAXIMUM_ORDER:
        raise ValueError(f"Ambisonic order must be 0 to {MAXIMUM_ORDER}, found {order}")
    return (order + 1) ** 2


def order_of_channels(channels: int) -> int:
    """Ambisonic order of a channel count; a `ValueError` where it is not a square of 1 to 8."""
    order = round(channels**0.5) - 1
    if not 0 <= order <= MAXIMUM_ORDER or (order + 1) ** 2 != channels:
        raise ValueError(f"Ambisonic signals have 1, 4, 9, 16, 25, 36, 49 or 64 channels, found {channels}")
    return order


def degrees_and_indices(order: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """`n` and `m` of every ACN channel (`n * n + n + m`), each of shape `((order + 1) ** 2,)`."""
    acn = np.arange(channel_count(order))
    n = np.floor(np.sqrt(acn)).astype(np.int64)
    return n, acn - n * n - n


def left_right_signs(order: int) -> NDArray[np.float64]:
    """What mirroring left and right does to each ACN channel: -1 where m < 0, else 1; shape `((order + 1) ** 2,)`."""
    return np.where(degrees_and_indices(order)[1] < 0, -1.0, 1.0)


@lru_cache(maxsize=16)
def recurrence_coefficients(order: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Coefficients of the SN3D recurrences.

    With `Q[n, m]` the normalised associated Legendre function divided by `cos(elevation) ** m`:
    `Q[m, m] = diagonal[m]` and `Q[n, m] = first[n, m] * z * Q[n - 1, m] - second[n, m] * Q[n - 2, m]`.

    Returns:
        `diagonal` of shape `(order + 1,)`, `first` and `second` of shape `(order + 1, order + 1)`.
    """
    channel_count(order)
    diagonal = np.ones(order + 1)
    for m in range(2, order + 1):
        diagonal[m] = diagonal[m - 1] * np.sqrt((2 * m - 1) / (2 * m))
    first = np.zeros((order + 1, order + 1))
    second = np.zeros((order + 1, order + 1))
    for m in range(order + 1):
        for n in range(m + 1, order + 1):
            root = np.sqrt(n * n - m * m)
            first[n, m] = (2 * n - 1) / root
            second[n, m] = np.sqrt((n - 1) ** 2 - m * m) / root if n > m + 1 else 0.0
    for array in (diagonal, first, second):
        array.setflags(write=False)
    return diagonal, first, second


def spherical_harmonics(
    order: int, azimuth: ArrayLike, elevation: ArrayLike, normalization: Normalization = "sn3d"
) -> NDArray[np.float64]:
    """Real spherical harmonics up to an order, without the Condon-Shortley phase.

    Args:
        order: 0 to 7.
        azimuth: radians, left positive, any shape.
        elevation: radians, up positive, broadcastable with `azimuth`.
        normalization: "sn3d" (AmbiX) or "n3d" (the mean square over the sphere is 1).

    Returns:
        Values in ACN order, shape `(..., (order + 1) ** 2)`, float64. For order 1 in SN3D: 1, y, z, x.

    Raises:
        ValueError: the order or the normalisation is unknown.

    Source: Daniel, *Representation de champs acoustiques* (2001), chapter 3; Nachbar et al., *AmbiX* (2011), section 2;
    recurrences in Cartesian form as in Sloan, *Efficient Spherical Harmonic Evaluation* (2013).
    """
    return spherical_harmonics_of_directions(order, direction_from_angles(azimuth, elevation), normalization)


def spherical_harmonics_of_directions(
    order: int, directions: ArrayLike, normalization: Normalization = "sn3d"
) -> NDArray[np.float64]:
    """`spherical_harmonics` for unit vectors: `directions` has shape `(..., 3)`, x forward, y left, z up."""
    directions = np.asarray(directions, float)
    values = np.empty((directions.size // 3, channel_count(order)))
    for part, harmonics in harmonics_in_chunks(order, directions.reshape(-1, 3), normalization):
        values[part] = harmonics.T
    return values.reshape(*directions.shape[:-1], values.shape[1])


def harmonics_in_chunks(
    order: int, directions: NDArray[np.float64], normalization: Normalization = "sn3d"
) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """The harmonics of unit vectors `(count, 3)`, some thousand at a time: which, and `((order + 1) ** 2, those)`."""
    channel_count(order)
    if normalization not in ("sn3d", "n3d"):
        raise ValueError(f"normalization must be 'sn3d' or 'n3d', found {normalization!r}")
    for start in range(0, len(directions), _CHUNK):
        part = slice(start, min(start + _CHUNK, len(directions)))
        yield part, _evaluate(order, np.ascontiguousarray(directions[part].T), normalization == "n3d")


def _evaluate(order: int, directions: NDArray[np.float64], n3d: bool) -> NDArray[np.float64]:
    x, y, z = directions
    diagonal, first, second = recurrence_coefficients(order)
    values = np.empty((channel_count(order), x.size))
    cosine, sine = np.ones_like(x), np.zeros_like(x)  # cos(elevation) ** m times cos(m azimuth) and sin(m azimuth)
    for m in range(order + 1):
        if m > 0:
            cosine, sine = x * cosine - y * sine, x * sine + y * cosine
        previous, current = np.zeros_like(x), np.full_like(x, diagonal[m])
        for n in range(m, order + 1):
            if n > m:
                following = z * current
                following *= first[n, m]
                if n > m + 1:
                    following -= second[n, m] * previous
                previous, current = current, following
            centre = n * n + n
            np.multiply(current, cosine, out=values[centre + m])
            if m > 0:
                np.multiply(current, sine, out=values[centre - m])
    if n3d:
        values *= np.sqrt(2.0 * degrees_and_indices(order)[0] + 1.0)[:, None]
    return values
