import numpy as np
import pytest
from heads import RADIUS, RATE, SPEED, fibonacci, interaural_delay

from sonovista.ambisonics import spherical_head
from sonovista.ambisonics.spherical_head import sphere_delay, sphere_response
from sonovista.geometry import direction_from_angles


def _duda_martens(frequency: float, angle: float, distance: float) -> complex:
    """The algorithm printed in their appendix A: recursion of Legendre and Hankel polynomials, `exp(-i omega t)`."""
    x, rho = np.cos(angle), distance / RADIUS
    mu = 2.0 * np.pi * frequency * RADIUS / SPEED
    zr, za = 1.0 / (1j * mu * rho), 1.0 / (1j * mu)
    qr2, qr1 = zr, zr * (1.0 - zr)
    qa2, qa1 = za, za * (1.0 - za)
    p2, p1 = 1.0, x
    total = zr / (za * (za - 1.0)) + 3.0 * x * zr * (zr - 1.0) / (za * (2.0 * za * (za - 1.0) + 1.0))
    small = 0
    for n in range(2, 120):
        qr, qa = -(2 * n - 1) * zr * qr1 + qr2, -(2 * n - 1) * za * qa1 + qa2
        p = ((2 * n - 1) * x * p1 - (n - 1) * p2) / n
        term = (2 * n + 1) * p * qr / ((n + 1) * za * qa - qa1)
        total += term
        qr2, qr1, qa2, qa1, p2, p1 = qr1, qr, qa1, qa, p1, p
        small = small + 1 if abs(term) < 1e-9 * abs(total) else 0
        if small == 2:  # one alone may be a zero of the polynomial
            break
    return complex(rho * np.exp(-1j * mu) * total / (1j * mu))


@pytest.mark.parametrize("distance", [0.11, 0.3, 1.4, 9.0])
def test_magnitudes_are_those_of_duda_and_martens(distance: float) -> None:
    for frequency in (300.0, 1000.0, 4000.0, 12_000.0):
        for degrees in (0.0, 45.0, 90.0, 150.0, 180.0):
            found = sphere_response(frequency, np.radians(degrees), distance)[0, 0]
            wanted = _duda_martens(frequency, np.radians(degrees), distance)
            assert abs(found) == pytest.approx(abs(wanted), rel=1e-5)


def test_a_far_source_is_a_plane_wave() -> None:
    frequencies, angles = np.array([200.0, 2000.0, 9000.0]), np.linspace(0.0, np.pi, 9)
    np.testing.assert_allclose(
        sphere_response(frequencies, angles, 500.0), sphere_response(frequencies, angles), atol=2e-3
    )


def test_limits_known_from_theory() -> None:
    # no obstacle to long waves; pressure doubles where high frequencies meet the sphere
    np.testing.assert_allclose(np.abs(sphere_response(1.0, [0.0, 1.5, np.pi])), 1.0, atol=1e-3)
    assert abs(sphere_response(20_000.0, 0.0)[0, 0]) == pytest.approx(2.0, abs=0.02)
    # Poisson's bright spot behind the sphere
    behind = np.abs(sphere_response(8000.0, np.radians([150.0, 165.0, 180.0]))[:, 0])
    assert behind[2] > behind[0]
    assert behind[2] > behind[1]


@pytest.mark.parametrize("degrees", [15.0, 45.0, 75.0])
def test_low_frequency_delay_is_kuhns(degrees: float) -> None:
    # Kuhn (1977): 3 a / c sin(azimuth) between ears at the sides
    side = np.radians([90.0 - degrees, 90.0 + degrees])
    left, right = sphere_response(100.0, side)[:, 0]
    delay = np.angle(left * np.conj(right)) / (2.0 * np.pi * 100.0)
    assert delay == pytest.approx(3.0 * RADIUS / SPEED * np.sin(np.radians(degrees)), rel=0.02)


def test_responses_arrive_when_the_wave_does() -> None:
    front_and_sides = direction_from_angles(np.radians([0.0, 90.0, -90.0, 40.0]), np.zeros(4))
    head = spherical_head(ear_azimuth=0.5 * np.pi, directions=front_and_sides)
    assert head.delay == 48.0
    onset = np.argmax(np.abs(head.hrirs) > 0.2 * np.abs(head.hrirs).max(axis=-1, keepdims=True), axis=-1)
    np.testing.assert_allclose(onset, 48.0 + RATE * sphere_delay(front_and_sides), atol=3.0)
    late = interaural_delay(head.hrirs[:, 0], head.hrirs[:, 1])
    assert late[0] == pytest.approx(0.0, abs=3.0)
    assert late[1] == pytest.approx(-late[2], abs=3.0)
    assert 650.0 < late[1] < 800.0


def test_near_sources_have_greater_level_differences() -> None:
    side = direction_from_angles(np.radians([100.0]), np.zeros(1))

    def difference(distance: float | None) -> float:
        left, right = np.sum(spherical_head(distance=distance, directions=side).hrirs[0] ** 2, axis=-1)
        return float(10.0 * np.log10(left / right))

    assert difference(0.15) > difference(0.5) + 3.0 > difference(None)


def test_any_directions_any_rate() -> None:
    head = spherical_head(16_000, directions=fibonacci(30))
    assert head.hrirs.shape == (30, 2, 256)
    assert head.sample_rate == 16_000
    assert spherical_head().is_symmetric()


def test_refuses_what_cannot_be() -> None:
    with pytest.raises(ValueError, match="distance"):
        spherical_head(distance=0.05)
    with pytest.raises(ValueError, match="negative"):
        sphere_response(-1.0, 0.0)
    with pytest.raises(ValueError, match="samples"):
        spherical_head(samples=64)
