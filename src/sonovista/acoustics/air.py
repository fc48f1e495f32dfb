"""What air absorbs on the way of a sound."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

REFERENCE_KELVIN = 293.15
TRIPLE_POINT_KELVIN = 273.16
REFERENCE_KPA = 101.325


def air_absorption_db_per_metre(
    frequency_hz: ArrayLike,
    temperature_c: float = 20.0,
    relative_humidity_percent: float = 50.0,
    pressure_kpa: float = REFERENCE_KPA,
) -> NDArray[np.float64]:
    """Attenuation of pure tones by atmospheric absorption.

    Args:
        frequency_hz: Hz, any shape.
        temperature_c: degrees Celsius; the standard holds from -20 to 50.
        relative_humidity_percent: 1 to 100.
        pressure_kpa: ambient pressure, kilopascals.

    Returns:
        dB per metre, of the shape of `frequency_hz`.

    Source: ISO 9613-1:1993, equations 3 to 5 and annex B.
    """
    frequency = np.asarray(frequency_hz, float)
    kelvin = temperature_c + 273.15
    warmth, pressure = kelvin / REFERENCE_KELVIN, pressure_kpa / REFERENCE_KPA
    saturation = 10.0 ** (-6.8346 * (TRIPLE_POINT_KELVIN / kelvin) ** 1.261 + 4.6151)
    water = relative_humidity_percent * saturation / pressure  # molar concentration, percent
    oxygen = pressure * (24.0 + 4.04e4 * water * (0.02 + water) / (0.391 + water))
    nitrogen = pressure * warmth**-0.5 * (9.0 + 280.0 * water * np.exp(-4.170 * (warmth ** (-1.0 / 3.0) - 1.0)))
    square = frequency**2
    classical = 1.84e-11 / pressure * np.sqrt(warmth)
    relaxing = warmth**-2.5 * (
        0.01275 * np.exp(-2239.1 / kelvin) / (oxygen + square / oxygen)
        + 0.1068 * np.exp(-3352.0 / kelvin) / (nitrogen + square / nitrogen)
    )
    return 8.686 * square * (classical + relaxing)
