"""Statistical acoustics of a box: what its walls absorb, and how long its sound lasts."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

WALLS = 6
"""Back, front, right, left, floor, ceiling: -x, +x, -y, +y, -z, +z."""
_SIXTY_DB = 6.0 * np.log(10.0)


def wall_areas(size: ArrayLike) -> NDArray[np.float64]:
    """Square metres of the six walls of a box with sides in metres, shape `(6,)`."""
    x, y, z = np.asarray(size, float)
    return np.array([y * z, y * z, x * z, x * z, x * y, x * y])


def box_volume(size: ArrayLike) -> float:
    """Cubic metres of a box with sides in metres."""
    return float(np.prod(np.asarray(size, float)))


def checked_absorption(absorption: ArrayLike) -> NDArray[np.float64]:
    """Absorption of six walls in any number of bands, shape `(6, B)`; one number, or one for each wall, is spread.

    Raises:
        ValueError: the shape does not fit, or a value is not in (0, 1).
    """
    values = np.asarray(absorption, float)
    if values.ndim == 0:
        values = np.full((WALLS, 1), float(values))
    if values.ndim == 1 and len(values) == WALLS:
        values = values[:, None]
    if values.ndim != 2 or values.shape[0] != WALLS:
        raise ValueError(f"absorption must have the shape (6, bands), found {np.shape(absorption)}")
    if not ((values > 0.0) & (values < 1.0)).all():
        raise ValueError("absorption must be between 0 and 1, both excluded")
    return values


def equivalent_absorption_area(size: ArrayLike, absorption: ArrayLike) -> NDArray[np.float64]:
    """Square metres of open window that would absorb as much as the walls do, shape `(bands,)`.

    Args:
        size: metres along x, y, z.
        absorption: of energy, shape `(6, bands)`.

    Source: Sabine; Kuttruff, *Room Acoustics*, 6th ed., eq. 5.4.
    """
    return wall_areas(size) @ checked_absorption(absorption)


def reverberation_times(
    size: ArrayLike, absorption: ArrayLike, air_db_per_metre: ArrayLike = 0.0, speed_of_sound: float = 343.0
) -> NDArray[np.float64]:
    """Seconds in which sound falls by 60 dB, shape `(bands,)`, by Eyring's formula.

    Args:
        size: metres along x, y, z.
        absorption: of energy, shape `(6, bands)`.
        air_db_per_metre: what air absorbs in every band.
        speed_of_sound: metres per second.

    Source: Eyring (1930); Kuttruff, *Room Acoustics*, 6th ed., eq. 5.23 and 5.25.
    """
    areas = wall_areas(size)
    mean = equivalent_absorption_area(size, absorption) / areas.sum()
    air = 4.0 * np.asarray(air_db_per_metre, float) * np.log(10.0) / 10.0 * box_volume(size)
    return 4.0 * _SIXTY_DB * box_volume(size) / (speed_of_sound * (-areas.sum() * np.log1p(-mean) + air))


def absorption_for_rt60(size: ArrayLike, rt60: float, speed_of_sound: float = 343.0) -> float:
    """The absorption, equal on all walls, whose image sources decay by 60 dB in a time (T30 of `box_decay`).

    Args:
        size: metres along x, y, z.
        rt60: seconds.
        speed_of_sound: metres per second.

    Returns:
        In [0.001, 0.999]; the nearest that a box of this size allows.
    """

    def excess(absorption: float) -> float:
        return box_rt60(size, np.full(WALLS, absorption), speed_of_sound) - rt60

    low, high = 1e-3, 0.999
    if excess(low) <= 0.0:
        return low
    if excess(high) >= 0.0:
        return high
    return float(brentq(excess, low, high, xtol=1e-4))  # pyright: ignore[reportArgumentType]


def mixing_time(size: ArrayLike, speed_of_sound: float = 343.0) -> float:
    """Seconds after which a box's reflections are so dense that only their statistics are heard.

    `sqrt(V)` milliseconds, the time by which ten reflections fall into the ear's 24 ms.

    Source: Polack (1993); Lindau, Kosanke and Weinzierl, "Perceptual evaluation of model- and signal-based predictors
    of the mixing time in binaural room impulse responses" (JAES 2012), eq. 5.
    """
    return 1e-3 * float(np.sqrt(box_volume(size))) * 343.0 / speed_of_sound


def box_decay(
    size: ArrayLike, reflection: ArrayLike, time: ArrayLike, speed_of_sound: float = 343.0, directions: int = 512
) -> NDArray[np.float64]:
    """Power of a box's reflections over time, relative to an equal room whose walls absorb nothing.

    The images of a source fill space evenly, so at time t they lie on a sphere of radius `c t`; the one in direction w
    has crossed about `c t |w_i| / L_i` walls of each pair. A box therefore does not decay exponentially: its decay is
    the mean of exponentials over directions, and the grazing ones last longest.

    Args:
        size: metres along x, y, z.
        reflection: of pressure, signless, by each wall, `(6,)`: `sqrt(1 - absorption)`.
        time: seconds, shape `(T,)`.
        speed_of_sound: metres per second.
        directions: over which is averaged.

    Returns:
        Shape `(T,)`, 1 at time 0.

    Source: after Lehmann and Johansson, "Prediction of energy decay in room impulse responses simulated with an
    image-source model" (JASA 2008), section II.
    """
    rates = box_decay_rates(size, reflection, speed_of_sound, directions)
    return np.exp(-np.asarray(time, float)[:, None] * rates).mean(axis=1)


def box_decay_rates(
    size: ArrayLike, reflection: ArrayLike, speed_of_sound: float = 343.0, directions: int = 512
) -> NDArray[np.float64]:
    """Nepers of power per second in evenly spread directions, shape `(directions,)`: see `box_decay`."""
    index = np.arange(directions)
    z = (index + 0.5) / directions  # one octant suffices
    angle = (index * 0.5 * (np.sqrt(5.0) - 1.0)) % 1.0 * 0.5 * np.pi
    across = np.sqrt(1.0 - z * z)
    way = np.stack([across * np.cos(angle), across * np.sin(angle), z], axis=1)
    loss = -np.log(np.maximum(np.asarray(reflection, float), 1e-6)).reshape(3, 2).sum(axis=1)  # of a pair of walls
    return speed_of_sound * way @ (loss / np.asarray(size, float))


def box_rt60(size: ArrayLike, absorption: ArrayLike, speed_of_sound: float = 343.0) -> float:
    """Seconds: 60 dB by the slope of `box_decay`'s backward integral between -5 and -35 dB (T30).

    Args:
        size: metres along x, y, z.
        absorption: of energy, of the six walls, `(6,)`.
        speed_of_sound: metres per second.
    """
    reflection = np.sqrt(1.0 - np.asarray(absorption, float))
    rates = box_decay_rates(size, reflection, speed_of_sound)
    # The integral of a sum of exponentials is known; only where it passes two levels is looked for.
    total = (1.0 / rates).mean()
    longest = 40.0 * np.log(10.0) / 10.0 / rates.min()
    time = np.linspace(0.0, longest, 400)
    curve = 10.0 * np.log10((np.exp(-time[:, None] * rates) / rates).mean(axis=1) / total)
    part = (curve <= -5.0) & (curve >= -35.0)
    slope = np.polyfit(time[part], curve[part], 1)[0]
    return float(-60.0 / slope)
