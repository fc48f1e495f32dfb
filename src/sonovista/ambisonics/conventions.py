"""Other orders and normalisations of Ambisonic channels, converted by name at the border."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonovista.ambisonics.spherical_harmonics import degrees_and_indices, order_of_channels

Convention = Literal["sn3d", "n3d", "fuma"]
MAXIMUM_FUMA_ORDER = 3

# W, X Y Z, R S T U V, K L M N O P Q
_FUMA_ACN = np.array([0, 3, 1, 2, 6, 7, 5, 8, 4, 12, 13, 11, 14, 10, 15, 9])
# SN3D to FuMa ("maxN", and W 3 dB down): each harmonic's greatest value becomes 1
_FUMA_GAIN = np.sqrt(
    [0.5, 1, 1, 1, 1, 4 / 3, 4 / 3, 4 / 3, 4 / 3, 1, 45 / 32, 45 / 32, 9 / 5, 9 / 5, 8 / 5, 8 / 5]
)  # fmt: skip


def convert_convention(signals: ArrayLike, source: Convention, target: Convention = "sn3d") -> NDArray[np.floating]:
    """Ambisonic signals in another convention.

    Args:
        signals: shape `((order + 1) ** 2, samples)` or `((order + 1) ** 2,)`.
        source: convention of `signals`: "sn3d" (AmbiX: ACN order, SN3D), "n3d" (ACN order, N3D) or "fuma"
            (Furse-Malham: order W X Y Z R S T U V K L M N O P Q, its own weights, to order 3).
        target: the wanted one.

    Returns:
        Like `signals`; float32 for float32 and else float64.

    Raises:
        ValueError: an unknown convention, a channel count of no order, FuMa above order 3.

    Source: Malham, *Higher order Ambisonic systems* (2003), for FuMa's weights; Nachbar et al., *AmbiX* (2011).
    """
    signals = np.asarray(signals)
    dtype = np.float32 if signals.dtype == np.float32 else np.float64
    if signals.ndim not in (1, 2):
        raise ValueError(f"expected signals of shape (channels, samples), found {signals.shape}")
    order = order_of_channels(signals.shape[0])
    for convention in (source, target):
        if convention not in get_args(Convention):
            raise ValueError(f"convention must be one of {', '.join(get_args(Convention))}, found {convention!r}")
        if convention == "fuma" and order > MAXIMUM_FUMA_ORDER:
            raise ValueError(f"FuMa goes to order {MAXIMUM_FUMA_ORDER}, found order {order}")
    acn, gain = _layout(source, order)
    sn3d = np.empty(signals.shape, dtype)
    sn3d[acn] = (signals.T / gain).T
    acn, gain = _layout(target, order)
    return (sn3d[acn].T * gain).T.astype(dtype)


def _layout(convention: Convention, order: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """ACN number of every channel of a convention, and its gain relative to SN3D."""
    degree, _ = degrees_and_indices(order)
    count = len(degree)
    if convention == "fuma":
        return _FUMA_ACN[:count], _FUMA_GAIN[:count]
    return np.arange(count), np.sqrt(2.0 * degree + 1.0) if convention == "n3d" else np.ones(count)
