import numpy as np
import pytest
from heads import RATE, fibonacci

from sonovista.ambisonics import HRTFSet, diffuse_field_equalized, spherical_head
from sonovista.ambisonics.head_equalization import estimate_delay, minimum_phase
from sonovista.ambisonics.hrtf_set import quadrature_weights


def test_resampling_keeps_transfer_functions() -> None:
    head = spherical_head(44_100, directions=fibonacci(40), samples=256)
    again = head.resampled(48_000)
    assert again.sample_rate == 48_000
    assert again.delay == pytest.approx(48 * 48_000 / 44_100)
    for frequency in (200.0, 1000.0, 5000.0, 15_000.0):
        responses = []
        for one in (head, again):
            time = (np.arange(one.hrirs.shape[-1]) - one.delay) / one.sample_rate
            responses.append(one.hrirs @ np.exp(-2j * np.pi * frequency * time))
        np.testing.assert_allclose(responses[1], responses[0], atol=3e-3)


def test_weights_are_areas() -> None:
    weights = quadrature_weights(fibonacci(200))
    np.testing.assert_allclose(weights, 1 / 200, rtol=0.15)
    doubled = quadrature_weights(np.concatenate([fibonacci(200), fibonacci(200)[:50]]))
    assert doubled.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(doubled[:50], doubled[200:])
    ring = np.stack([np.cos(np.arange(8.0)), np.sin(np.arange(8.0)), np.zeros(8)], axis=-1)
    np.testing.assert_allclose(quadrature_weights(ring), 1 / 8)


def test_symmetry_is_seen_and_made() -> None:
    head = spherical_head()
    assert head.is_symmetric()
    assert head.symmetrized() is head
    lopsided = HRTFSet(head.hrirs * [[[1.0], [0.5]]], head.directions, RATE)
    assert not lopsided.is_symmetric()
    made = lopsided.symmetrized()
    half = len(head.directions)
    np.testing.assert_array_equal(made.hrirs[half:, 0], made.hrirs[:half, 1])


@pytest.mark.parametrize("shift", [0.0, 14.6])
@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_the_bulk_delay_is_found(shift: float, rate: int) -> None:
    head = spherical_head(rate)
    turns = np.exp(-2j * np.pi * np.fft.rfftfreq(512) * shift)
    late = HRTFSet(np.fft.irfft(head.spectra(512) * turns, 512), head.directions, rate)
    assert estimate_delay(late) == pytest.approx(48.0 + shift, abs=0.3)


def test_equalising_takes_away_what_all_directions_share() -> None:
    head = spherical_head()
    # a loudspeaker: third-order low-cut and a broad peak, minimum phase
    frequencies = np.fft.rfftfreq(1024, 1 / RATE)
    colour = minimum_phase(1e-2 + (frequencies / 90.0) ** 3 / (1 + (frequencies / 90.0) ** 3) * (
        1.0 + np.exp(-((np.log2(np.maximum(frequencies, 1.0) / 3000.0) / 0.7) ** 2))
    ))  # fmt: skip
    coloured = np.fft.irfft(head.spectra(1024) * colour, 1024, axis=-1)[..., :512]
    measured = HRTFSet(coloured, head.directions, RATE)
    equalised, plain = diffuse_field_equalized(measured), diffuse_field_equalized(head)
    size = 2048
    grid = np.fft.rfftfreq(size, 1 / RATE)
    band = (grid > 100.0) & (grid < 16_000.0)
    ratio = np.abs(equalised.spectra(size))[..., band] / np.abs(plain.spectra(size))[..., band]
    assert np.abs(20.0 * np.log10(ratio)).mean() < 0.3
    power = np.einsum("d,def->f", equalised.weights, np.abs(equalised.spectra(size)) ** 2)[band] / 2.0
    assert np.abs(10.0 * np.log10(power)).mean() < 0.3
    assert equalised.delay == 64.0


def test_minimum_phase_keeps_the_magnitude_and_puts_the_energy_first() -> None:
    magnitude = 1.0 + 0.8 * np.cos(np.linspace(0.0, 3.0 * np.pi, 257))
    spectrum = minimum_phase(magnitude)
    np.testing.assert_allclose(np.abs(spectrum), magnitude, rtol=1e-6)
    response = np.fft.irfft(spectrum)
    assert np.sum(response[:16] ** 2) > 0.95 * np.sum(response**2)


def test_refuses_what_is_no_head() -> None:
    directions = fibonacci(10)
    with pytest.raises(ValueError, match="hrirs"):
        HRTFSet(np.zeros((10, 3, 8)), directions, RATE)
    with pytest.raises(ValueError, match="directions"):
        HRTFSet(np.zeros((9, 2, 8)), directions, RATE)
    with pytest.raises(ValueError, match="finite"):
        HRTFSet(np.full((10, 2, 8), np.nan), directions, RATE)
    with pytest.raises(ValueError, match="unit"):
        HRTFSet(np.zeros((10, 2, 8)), 2.0 * directions, RATE)
