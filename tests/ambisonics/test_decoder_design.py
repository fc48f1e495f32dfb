import numpy as np
import pytest
from heads import RADIUS, RATE, SPEED, fibonacci, interaural_delay, two_microphones
from scipy.special import spherical_jn

from sonovista.ambisonics import (
    HRTFSet,
    design_decoder,
    interaural_coherence,
    spherical_harmonics_of_directions,
    spherical_head,
)
from sonovista.ambisonics.decoder_design import least_squares, magnitude_least_squares, match_diffuse_covariance
from sonovista.ambisonics.decoder_filters import filters_from_spectra
from sonovista.ambisonics.decoder_target import decoder_target
from sonovista.ambisonics.spherical_harmonics import degrees_and_indices
from sonovista.geometry import direction_from_angles


def _symmetric_grid(count: int) -> np.ndarray:
    grid = fibonacci(count)
    return np.concatenate([grid, grid * [1.0, -1.0, 1.0]])


def _heard(decoder, directions: np.ndarray) -> np.ndarray:
    harmonics = spherical_harmonics_of_directions(decoder.order, directions)
    return np.einsum("dc,ect->det", harmonics, decoder.filters)


def _sphere() -> HRTFSet:
    """A rigid sphere at about 10 degrees."""
    return spherical_head(directions=_symmetric_grid(200))


def _lopsided_head() -> HRTFSet:
    """A sphere whose right ear hears half as loud and 0.1 ms later."""
    head = _sphere()
    hrirs = head.hrirs.copy()
    hrirs[:, 1] = 0.5 * np.roll(hrirs[:, 1], 5, axis=-1)
    return HRTFSet(hrirs, head.directions, head.sample_rate, head.delay, "lopsided")


def test_least_squares_is_the_plane_wave_expansion() -> None:
    # exp(i k r . d) = sum over n, m of i^n j_n(k r) Y_nm(d) Y_nm(ear), in N3D
    target = decoder_target(two_microphones(_symmetric_grid(300)), 256, True)
    spectra = least_squares(target, 3)[0]
    n, _ = degrees_and_indices(3)
    ear = spherical_harmonics_of_directions(3, np.array([0.0, 1.0, 0.0]), "n3d")
    k = int(np.searchsorted(target.frequencies, 500.0))
    kr = 2.0 * np.pi * target.frequencies[k] * RADIUS / SPEED
    np.testing.assert_allclose(spectra[:, k], (1j**n) * spherical_jn(n, kr) * ear, atol=0.02)


def test_above_the_cutoff_magnitudes_are_kept_where_least_squares_lose_them() -> None:
    target = decoder_target(two_microphones(_symmetric_grid(300)), 256, True)
    above = (target.frequencies > 6000.0) & (target.frequencies < 18_000.0)
    harmonics = spherical_harmonics_of_directions(3, target.directions, "n3d")

    def error(spectra: np.ndarray) -> float:
        magnitude = np.abs(harmonics @ spectra[0][:, above])
        return float(np.mean(np.abs(20.0 * np.log10(np.maximum(magnitude, 1e-3)))))

    assert error(magnitude_least_squares(target, 3)) < 1.0
    assert error(least_squares(target, 3)) > 3.0 * error(magnitude_least_squares(target, 3))


@pytest.mark.parametrize("head", [_sphere(), _lopsided_head()], ids=["sphere", "lopsided"])
def test_mixing_gives_the_ears_their_covariance_in_a_diffuse_field(head: HRTFSet) -> None:
    target = decoder_target(head, 512, False)
    mixed = match_diffuse_covariance(magnitude_least_squares(target, 2), target)
    found = np.einsum("eck,fck->kef", mixed, np.conj(mixed))
    band = slice(3, 200)
    np.testing.assert_allclose(found[band], target.diffuse_covariance[band], atol=2e-3)


@pytest.mark.parametrize("order", [1, 3])
def test_refinement_lowers_what_is_heard_of_the_error(order: int) -> None:
    head = _sphere()
    held_out = direction_from_angles(np.radians(np.arange(3.0, 360.0, 10.0)), np.zeros(36))
    reference = spherical_head(directions=held_out)
    frequencies = np.fft.rfftfreq(4096, 1.0 / RATE)
    third_octaves = 125.0 * 2.0 ** (np.arange(22) / 3.0)
    band = np.digitize(frequencies, third_octaves)

    def errors(responses: np.ndarray) -> tuple[float, float]:
        power = np.abs(np.fft.rfft(responses, 4096)) ** 2
        wanted = np.abs(reference.spectra(4096)) ** 2
        level = [power[..., band == b].mean(-1) / wanted[..., band == b].mean(-1) for b in range(1, 22)]
        late = interaural_delay(responses[:, 0], responses[:, 1])
        exact = interaural_delay(reference.hrirs[:, 0], reference.hrirs[:, 1])
        return float(np.abs(10.0 * np.log10(level)).mean()), float(np.abs(late - exact).mean())

    level, delay = errors(_heard(design_decoder(head, order, taps=256), held_out))
    magls_level, magls_delay = errors(_heard(design_decoder(head, order, "magls", taps=256), held_out))
    assert level < 0.8 * magls_level
    if order == 3:  # first order cannot keep both: levels go before delays
        assert delay < min(15.0, magls_delay)


def test_a_head_that_is_not_symmetric_keeps_its_two_ears() -> None:
    head = _lopsided_head()
    decoder = design_decoder(head, 3, taps=256)
    assert not decoder.symmetric
    front = direction_from_angles(np.zeros(1), np.zeros(1))
    left, right = _heard(decoder, front)[0]
    assert 10.0 * np.log10(np.sum(left**2) / np.sum(right**2)) == pytest.approx(6.0, abs=0.7)
    assert interaural_delay(left, right) == pytest.approx(5 / RATE * 1e6, abs=15.0)
    forced = design_decoder(head, 1, "magls", taps=256, symmetric=True)
    assert forced.symmetric


def test_time_zero_lands_on_the_delay() -> None:
    for head in (_sphere(), spherical_head(44_100, directions=_symmetric_grid(200))):
        decoder = design_decoder(head, 5, "least_squares", delay=48, taps=256)
        assert decoder.delay == 48
        ears = _heard(decoder, np.array([[0.0, 0.0, 1.0]]))[0]  # from above: a path as long as to the centre
        spectrum = np.fft.rfft(ears[0], 1024)
        frequencies = np.fft.rfftfreq(1024, 1.0 / decoder.sample_rate)
        low = slice(4, 12)
        slope = np.polyfit(2 * np.pi * frequencies[low], np.unwrap(np.angle(spectrum))[low], 1)[0]
        assert -slope * decoder.sample_rate == pytest.approx(48.0, abs=2.5)


def test_a_grid_with_gaps_gives_no_wild_filters() -> None:
    ring = direction_from_angles(np.radians(np.arange(0.0, 360.0, 5.0)), np.zeros(72))
    head = spherical_head(directions=ring)
    decoder = design_decoder(head, 5, taps=256)
    everywhere = fibonacci(400)
    exact = spherical_head(directions=everywhere)
    level = 10.0 * np.log10(np.sum(_heard(decoder, everywhere) ** 2, axis=-1) / np.sum(exact.hrirs**2, axis=-1))
    assert np.abs(level).max() < 6.0
    at_ring = 10.0 * np.log10(np.sum(_heard(decoder, ring) ** 2, axis=-1) / np.sum(head.hrirs**2, axis=-1))
    assert np.abs(at_ring).mean() < 1.0


def test_coherence_of_a_designed_decoder_is_the_heads() -> None:
    head = _sphere()
    frequencies, coherence = interaural_coherence(design_decoder(head, 3, "magls", taps=256))
    covariance = decoder_target(head, 1024, True).diffuse_covariance
    exact = covariance[:, 0, 1].real / np.sqrt(covariance[:, 0, 0].real * covariance[:, 1, 1].real)
    band = (frequencies > 100.0) & (frequencies < 12_000.0)
    np.testing.assert_allclose(coherence[band], exact[band], atol=0.12)


def test_filters_are_delayed_and_windowed() -> None:
    filters = filters_from_spectra(np.ones((4, 513), complex), taps=128, delay=40)
    assert filters.shape == (4, 128)
    np.testing.assert_allclose(filters, np.tile(np.eye(128)[40], (4, 1)), atol=1e-6)


def test_refuses_what_cannot_be_designed() -> None:
    head = _sphere()
    with pytest.raises(ValueError, match="order"):
        design_decoder(head, 0)
    with pytest.raises(ValueError, match="order"):
        design_decoder(head, 8)
    with pytest.raises(ValueError, match="method"):
        design_decoder(head, 1, "best")  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="taps"):
        design_decoder(head, 1, taps=10)
