"""Interaural time delay by generalized cross-correlation, and what it says of azimuth."""

import numpy as np
from numpy.typing import NDArray

from sonovista.ambisonics.spherical_head import HEAD_RADIUS, SPEED_OF_SOUND

LARGEST_DELAY = 0.0009
"""Seconds: no head is wider."""
_UPSAMPLING = 16


def gcc_phat(binaural: NDArray[np.floating], sample_rate: int = 16_000) -> float:
    """By how much the left ear hears earlier than the right one, seconds in [-0.0009, 0.0009].

    Args:
        binaural: left ear first, shape `(2, samples)`.
        sample_rate: Hz.

    Source: Knapp and Carter, "The generalized correlation method for estimation of time delay" (1976), the phase
    transform.
    """
    size = 1 << int(np.ceil(np.log2(2 * binaural.shape[-1])))
    left, right = np.fft.rfft(binaural, size, axis=-1)
    cross = right * left.conj()
    whitened = cross / np.maximum(np.abs(cross), 1e-12 + 1e-9 * np.abs(cross).max())
    correlation = np.fft.irfft(whitened, _UPSAMPLING * size)
    reach = int(LARGEST_DELAY * sample_rate * _UPSAMPLING)
    about_zero = np.concatenate([correlation[-reach:], correlation[: reach + 1]])
    return float((int(np.argmax(about_zero)) - reach) / (_UPSAMPLING * sample_rate))


def azimuth_from_delay(delay: float, radius: float = HEAD_RADIUS) -> float:
    """Azimuth in front, radians, left positive, whose path around a sphere takes so much longer to the far ear.

    Source: Woodworth (1938): `delay = (radius / c) (sin(theta) + theta)`, inverted.
    """
    wanted = np.clip(abs(delay) * SPEED_OF_SOUND / radius, 0.0, 1.0 + np.pi / 2)
    table = np.linspace(0.0, np.pi / 2, 2049)
    return float(np.sign(delay) * np.interp(wanted, np.sin(table) + table, table))


def gcc_phat_azimuth(binaural: NDArray[np.floating], sample_rate: int = 16_000) -> float:
    """Azimuth in front by GCC-PHAT and a spherical head, radians, left positive."""
    return azimuth_from_delay(gcc_phat(binaural, sample_rate))
