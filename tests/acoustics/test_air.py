import numpy as np
import pytest

from sonovista.acoustics.air import air_absorption_db_per_metre

# ISO 9613-2:1996, table 2 (of ISO 9613-1's coefficients): dB per kilometre at the octaves' exact midband frequencies,
# 1000 * 10 ** (0.3 k); those of its values that have three digits.
TABLE = [
    # degrees Celsius, humidity in percent, k, dB/km
    (10.0, 70.0, 2, 32.8),
    (10.0, 70.0, 3, 117.0),
    (20.0, 70.0, 2, 22.9),
    (20.0, 70.0, 3, 76.6),
    (30.0, 70.0, 1, 12.7),
    (30.0, 70.0, 2, 23.1),
    (30.0, 70.0, 3, 59.3),
    (15.0, 20.0, 1, 28.2),
    (15.0, 20.0, 2, 88.8),
    (15.0, 20.0, 3, 202.0),
    (15.0, 50.0, 1, 10.8),
    (15.0, 50.0, 2, 36.2),
    (15.0, 50.0, 3, 129.0),
    (15.0, 80.0, 2, 23.7),
    (15.0, 80.0, 3, 82.8),
]


def formula_in_nepers(frequency: float, celsius: float, humidity: float, kilopascals: float) -> float:
    """The same physics as Bass et al. (JASA 1995) write it: nepers per metre, and here then dB per metre."""
    kelvin, reference = celsius + 273.15, 293.15
    pressure = kilopascals / 101.325
    saturation = 10.0 ** (
        10.79586 * (1.0 - 273.16 / kelvin)
        - 5.02808 * np.log10(kelvin / 273.16)
        + 1.50474e-4 * (1.0 - 10.0 ** (-8.29692 * (kelvin / 273.16 - 1.0)))
        - 4.2873e-4 * (1.0 - 10.0 ** (-4.76955 * (273.16 / kelvin - 1.0)))
        - 2.2195983
    )
    h = humidity * saturation / pressure
    oxygen = pressure * (24.0 + 4.04e4 * h * (0.02 + h) / (0.391 + h))
    nitrogen = pressure * (reference / kelvin) ** 0.5
    nitrogen *= 9.0 + 280.0 * h * np.exp(-4.17 * ((reference / kelvin) ** (1.0 / 3.0) - 1.0))
    relaxing = 0.01275 * np.exp(-2239.1 / kelvin) / (oxygen + frequency**2 / oxygen)
    relaxing += 0.1068 * np.exp(-3352.0 / kelvin) / (nitrogen + frequency**2 / nitrogen)
    nepers = frequency**2 * (
        1.84e-11 / pressure * (kelvin / reference) ** 0.5 + (kelvin / reference) ** -2.5 * relaxing
    )
    return 20.0 / np.log(10.0) * nepers


@pytest.mark.parametrize(("celsius", "humidity", "octave", "db_per_km"), TABLE)
def test_agrees_with_the_standards_table(celsius: float, humidity: float, octave: int, db_per_km: float) -> None:
    ours = 1000.0 * air_absorption_db_per_metre(1000.0 * 10.0 ** (0.3 * octave), celsius, humidity)
    assert ours == pytest.approx(db_per_km, rel=0.01)


@pytest.mark.parametrize("frequency", [63.0, 250.0, 1000.0, 3150.0, 16000.0])
@pytest.mark.parametrize(("celsius", "humidity", "kilopascals"), [(20.0, 50.0, 101.325), (-10.0, 80.0, 90.0)])
def test_agrees_with_the_formula_with_another_saturation_pressure(
    frequency: float, celsius: float, humidity: float, kilopascals: float
) -> None:
    ours = air_absorption_db_per_metre(frequency, celsius, humidity, kilopascals)
    assert ours == pytest.approx(formula_in_nepers(frequency, celsius, humidity, kilopascals), rel=0.01)


def test_rises_with_frequency_and_keeps_the_shape() -> None:
    absorption = air_absorption_db_per_metre(np.geomspace(20.0, 20_000.0, 50).reshape(5, 10))
    assert absorption.shape == (5, 10)
    assert (np.diff(absorption.ravel()) > 0.0).all()
