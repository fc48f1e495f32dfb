"""A rigid sphere with two points as ears: a head where no measured one is at hand."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonovista.ambisonics.hrtf_set import HRTFSet
from sonovista.geometry.frames import direction_from_angles

SPEED_OF_SOUND = 343.0
HEAD_RADIUS = 0.0875
_CITATION = "R. O. Duda and W. L. Martens, Range dependence of the response of a spherical head model, JASA 104 (1998)"


def sphere_response(
    frequency_hz: ArrayLike, angle: ArrayLike, distance: float | None = None, radius: float = HEAD_RADIUS
) -> NDArray[np.complex128]:
    """Pressure on a rigid sphere relative to the free field at its centre.

    The time convention is `exp(+i omega t)`, that of `numpy.fft`: a delay has a falling phase. Time zero is the wave's
    passing the sphere's centre.

    Args:
        frequency_hz: Hz, at least 0, shape `(bins,)`.
        angle: radians between the source and the point on the sphere, shape `(angles,)`.
        distance: metres from the sphere's centre to a point source, more than `radius`; None for a plane wave.
        radius: metres.

    Returns:
        Shape `(angles, bins)`.

    Raises:
        ValueError: the source lies within the sphere, or a frequency is negative.

    Source: Duda and Martens (1998), equations 1 to 5; the limit of infinite distance is their equation A4.
    """
    from scipy.special import eval_legendre

    frequency = np.atleast_1d(np.asarray(frequency_hz, float))
    cosine = np.cos(np.atleast_1d(np.asarray(angle, float)))
    if distance is not None and distance <= radius:
        raise ValueError(f"distance must be more than the radius {radius} m, found {distance} m")
    if (frequency < 0.0).any():
        raise ValueError("frequencies must not be negative")
    ka = 2.0 * np.pi * np.maximum(frequency, 1e-3) * radius / SPEED_OF_SOUND
    terms = int(np.ceil(1.2 * ka.max() + 6.0 * ka.max() ** (1 / 3) + 12.0))
    if distance is not None:  # near the sphere the series converges as (radius / distance) ** n
        terms = max(terms, min(400, int(np.ceil(20.0 / np.log(distance / radius)))))
    response = np.zeros((len(cosine), len(ka)), complex)
    for n in range(terms + 1):
        coefficient = _plane_wave_term(n, ka) if distance is None else _point_source_term(n, ka, distance / radius)
        response += np.outer(eval_legendre(n, cosine), np.where(np.isfinite(coefficient), coefficient, 0.0))
    return response


def _hankel(n: int, x: NDArray[np.float64], derivative: bool = False) -> NDArray[np.complex128]:
    """Outgoing for `exp(+i omega t)`: the second kind."""
    from scipy.special import spherical_jn, spherical_yn

    return spherical_jn(n, x, derivative) - 1j * spherical_yn(n, x, derivative)


def _plane_wave_term(n: int, ka: NDArray[np.float64]) -> NDArray[np.complex128]:
    with np.errstate(all="ignore"):
        return (2 * n + 1) * 1j ** (n - 1) / (ka**2 * _hankel(n, ka, derivative=True))


def _point_source_term(n: int, ka: NDArray[np.float64], ratio: float) -> NDArray[np.complex128]:
    kr = ka * ratio
    with np.errstate(all="ignore"):
        # the wave's own factor exp(-i kr) / kr is divided out: the free field at the centre is the reference
        wave = _hankel(n, kr) / _hankel(n, ka, derivative=True)
        return -(2 * n + 1) * wave * ratio / ka * np.exp(1j * kr)


def spherical_head(
    sample_rate: int = 48_000,
    radius: float = HEAD_RADIUS,
    ear_azimuth: float = np.radians(100.0),
    distance: float | None = None,
    samples: int = 256,
    directions: ArrayLike | None = None,
) -> HRTFSet:
    """Responses of a rigid sphere with ears a little behind its sides.

    Args:
        sample_rate: Hz.
        radius: metres; 8.75 cm is a mean adult head.
        ear_azimuth: radians from straight ahead, left ear; the right ear is its mirror image.
        distance: metres to the sources, None for plane waves.
        samples: of each response; the wave passes the centre at sample 48.
        directions: unit vectors, shape `(directions, 3)`; by default rings of 5 degrees all round.

    Returns:
        A symmetric head.

    Raises:
        ValueError: the source lies within the sphere, or too few samples.

    Source: Duda and Martens (1998).
    """
    delay = 48
    if samples < 2 * delay:
        raise ValueError(f"samples must be at least {2 * delay}, found {samples}")
    around = _rings(np.radians(5.0)) if directions is None else np.asarray(directions, float)
    ears = direction_from_angles(np.array([ear_azimuth, -ear_azimuth]), np.zeros(2))
    frequencies = np.fft.rfftfreq(samples, 1.0 / sample_rate)
    # responses are smooth functions of one angle: half degrees, then linear between them
    angles = np.linspace(0.0, np.pi, 721)
    table = sphere_response(frequencies, angles, distance, radius)
    fade = np.clip((0.5 * sample_rate - frequencies) / (0.1 * sample_rate), 0.0, 1.0)
    table = table * np.sin(0.5 * np.pi * fade) ** 2 * np.exp(-2j * np.pi * frequencies * delay / sample_rate)
    responses = np.fft.irfft(table, samples, axis=-1)
    position = np.arccos(np.clip(around @ ears.T, -1.0, 1.0)) / np.pi * 720.0
    below = np.minimum(position.astype(int), 719)
    share = (position - below)[..., None]
    hrirs = (1.0 - share) * responses[below] + share * responses[below + 1]
    return HRTFSet(hrirs, around, sample_rate, float(delay), "rigid sphere", _CITATION)


def _rings(spacing: float) -> NDArray[np.float64]:
    """Directions on rings of equal elevation, about evenly spread, closed under mirroring left and right."""
    points = []
    for elevation in np.arange(-0.5 * np.pi, 0.5 * np.pi + 0.5 * spacing, spacing):
        count = max(1, 2 * round(np.pi * np.cos(elevation) / spacing))
        azimuth = np.arange(count) * (2.0 * np.pi / count)
        points.append(direction_from_angles(azimuth, np.full(count, elevation)))
    return np.concatenate(points)


def sphere_delay(directions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Arrival at the two ears of a sphere after its centre, in seconds (Woodworth 1938): straight or around.

    Args:
        directions: unit vectors, shape `(directions, 3)`.

    Returns:
        Shape `(directions, 2)`, left ear first; ears at the sides.
    """
    angle = np.arccos(np.clip(directions[:, 1:2] * np.array([1.0, -1.0]), -1.0, 1.0))
    path = np.where(angle < 0.5 * np.pi, -np.cos(angle), angle - 0.5 * np.pi)
    return path * (HEAD_RADIUS / SPEED_OF_SOUND)
