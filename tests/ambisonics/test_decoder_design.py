import numpy as np
import pytest
from scipy.special import spherical_jn

from sonovista.ambisonics.decoder_design import (
    EarResponses,
    filters_from_spectra,
    magnitude_least_squares,
    minimum_phase,
    prepare_ear_responses,
    quadrature_weights,
)
from sonovista.ambisonics.spherical_harmonics import degrees_and_indices, spherical_harmonics_of_directions

RADIUS, SPEED = 0.0875, 343.0


def _fibonacci(count: int) -> np.ndarray:
    index = np.arange(count) + 0.5
    z = 1.0 - 2.0 * index / count
    turn = np.pi * (1.0 + 5.0**0.5) * index
    return np.stack([np.sqrt(1.0 - z * z) * np.cos(turn), np.sqrt(1.0 - z * z) * np.sin(turn), z], axis=-1)


def _open_ear(count: int, bins: int) -> EarResponses:
    """A microphone at the left ear's place without a head: exp(i k r . d), both mirror images of the grid."""
    directions = _fibonacci(count)
    directions = np.concatenate([directions, directions * [1.0, -1.0, 1.0]])
    wave_number = 2.0 * np.pi * np.linspace(0.0, 24_000.0, bins) / SPEED
    spectra = np.exp(1j * RADIUS * np.outer(directions[:, 1], wave_number))
    return EarResponses(spectra, directions, quadrature_weights(directions), 48_000.0)


def test_below_the_cutoff_it_is_the_plane_wave_expansion() -> None:
    # exp(i k r . d) = sum over n, m of i^n j_n(k r) Y_nm(d) Y_nm(ear), in N3D
    responses = _open_ear(300, 129)
    spectra = magnitude_least_squares(responses, 3, cutoff=4000.0)
    n, _ = degrees_and_indices(3)
    ear = spherical_harmonics_of_directions(3, np.array([0.0, 1.0, 0.0]), "n3d")
    k = int(np.searchsorted(responses.frequencies, 500.0))
    kr = 2.0 * np.pi * responses.frequencies[k] * RADIUS / SPEED
    expected = (1j**n) * spherical_jn(n, kr) * ear * np.sqrt(2.0 * n + 1.0)
    np.testing.assert_allclose(spectra[:, k], expected, atol=0.02)


def test_above_the_cutoff_magnitudes_are_kept_where_least_squares_lose_them() -> None:
    responses = _open_ear(300, 129)
    above = responses.frequencies > 6000.0
    harmonics = spherical_harmonics_of_directions(3, responses.directions)
    by_magnitude = np.abs(harmonics @ magnitude_least_squares(responses, 3, cutoff=2000.0)[:, above])
    by_least_squares = np.abs(harmonics @ magnitude_least_squares(responses, 3, cutoff=1e9)[:, above])

    def error(magnitude: np.ndarray) -> float:
        return float(np.mean(np.abs(20.0 * np.log10(np.maximum(magnitude, 1e-3)))))

    assert error(by_magnitude) < 1.0
    assert error(by_least_squares) > 3.0 * error(by_magnitude)


def test_an_impulse_between_the_measured_directions_is_filled_in_below() -> None:
    every = _fibonacci(600)
    measured = every[every[:, 2] > -0.65]
    delays = 40.0 - RADIUS / SPEED * 48_000.0 * np.stack([measured[:, 1], -measured[:, 1]], axis=1)
    time = np.arange(128)
    hrirs = np.sinc(time - delays[..., None])
    responses = prepare_ear_responses(hrirs, measured, 48_000.0, bins=257)
    assert responses.weights.sum() == pytest.approx(1.0)
    assert responses.directions[:, 2].min() < -0.95
    filled = responses.directions[:, 2] < -0.7
    k = int(np.searchsorted(responses.frequencies, 1000.0))
    expected = np.exp(2j * np.pi * responses.frequencies[k] * RADIUS / SPEED * responses.directions[:, 1])
    assert np.abs(responses.spectra[filled, k] - expected[filled]).max() < 0.25


def test_minimum_phase_keeps_the_magnitude_and_puts_the_energy_first() -> None:
    magnitude = 1.0 + 0.8 * np.cos(np.linspace(0.0, 3.0 * np.pi, 257))
    spectrum = minimum_phase(magnitude)
    np.testing.assert_allclose(np.abs(spectrum), magnitude, rtol=1e-6)
    response = np.fft.irfft(spectrum)
    assert np.sum(response[:16] ** 2) > 0.95 * np.sum(response**2)


def test_filters_are_delayed_and_windowed() -> None:
    filters = filters_from_spectra(np.ones((4, 513), complex), taps=128, delay=40)
    assert filters.shape == (4, 128)
    np.testing.assert_allclose(filters, np.tile(np.eye(128)[40], (4, 1)), atol=1e-6)
