"""Plane waves to Ambisonic signals."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonovista.ambisonics.spherical_harmonics import (
    Normalization,
    channel_count,
    harmonics_in_chunks,
    spherical_harmonics,
)
from sonovista.geometry.frames import direction_from_angles


def encode(
    signal: ArrayLike,
    azimuth: ArrayLike,
    elevation: ArrayLike,
    order: int,
    normalization: Normalization = "sn3d",
) -> NDArray[np.floating]:
    """Encode a mono signal that comes from one direction, or from one for each sample.

    Args:
        signal: shape `(samples,)`.
        azimuth: radians, left positive: a number, or shape `(samples,)` for a moving source.
        elevation: radians, up positive, like `azimuth`.
        order: 0 to 7.
        normalization: "sn3d" (AmbiX) or "n3d".

    Returns:
        ACN channels, shape `((order + 1) ** 2, samples)`, float32 for a float32 signal and else float64.

    Raises:
        ValueError: the signal is not one-dimensional, or the angles fit neither one direction nor its samples.
    """
    signal = np.asarray(signal)
    if signal.ndim != 1:
        raise ValueError(f"signal must have the shape (samples,), found {signal.shape}")
    angles = np.broadcast_shapes(np.shape(azimuth), np.shape(elevation))
    if angles not in ((), (1,), signal.shape):
        raise ValueError(f"angles must be numbers or have the signal's shape {signal.shape}, found {angles}")
    dtype = np.float32 if signal.dtype == np.float32 else np.float64
    if angles != signal.shape:
        return np.outer(spherical_harmonics(order, azimuth, elevation, normalization), signal).astype(dtype, copy=False)
    field = np.empty((channel_count(order), len(signal)), dtype)
    directions = direction_from_angles(azimuth, elevation)
    for part, harmonics in harmonics_in_chunks(order, directions, normalization):
        np.multiply(harmonics, signal[part], out=field[:, part], casting="same_kind")
    return field
