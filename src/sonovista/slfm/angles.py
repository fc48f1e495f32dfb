"""Angles of sounds and cameras: how they differ, and how front and back are told apart or folded together."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonovista.geometry import wrapped

__all__ = ["angular_error", "folded", "reflected", "wrapped"]


def folded(azimuth: ArrayLike) -> NDArray[np.float64]:
    """Azimuths in radians, any shape, reflected to the front if behind: left stays left; result in [-pi/2, pi/2]."""
    return np.arcsin(np.clip(np.sin(np.asarray(azimuth, float)), -1.0, 1.0))


def reflected(azimuth: ArrayLike) -> NDArray[np.float64]:
    """The direction that two ears hear alike: front to back, `theta -> pi - theta`, in (-pi, pi]."""
    return wrapped(np.pi - np.asarray(azimuth, float))


def angular_error(estimate: ArrayLike, truth: ArrayLike) -> NDArray[np.float64]:
    """Angle between the unit vectors of two directions, radians in [0, pi]."""
    return np.abs(wrapped(np.asarray(estimate, float) - np.asarray(truth, float)))
