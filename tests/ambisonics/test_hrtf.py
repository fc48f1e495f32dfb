from itertools import pairwise

import numpy as np
import pytest
from heads import fibonacci, interaural_delay

from sonovista.ambisonics import (
    BinauralDecoder,
    HRTFSet,
    decoder_bytes,
    load_default_filters,
    spherical_harmonics,
    spherical_harmonics_of_directions,
)
from sonovista.ambisonics.head_equalization import estimate_delay
from sonovista.ambisonics.spherical_harmonics import left_right_signs
from sonovista.geometry.equirectangular import pixel_angles, pixel_solid_angles


def _hrirs(order: int, azimuth: np.ndarray, elevation: np.ndarray) -> np.ndarray:
    """Decoded responses `(2, ..., taps)` to plane waves."""
    harmonics = spherical_harmonics(order, azimuth, elevation)
    return np.einsum("...c,ect->e...t", harmonics, load_default_filters(order).filters)


@pytest.mark.parametrize("order", range(1, 8))
def test_filters_are_small_finite_symmetric_and_fade_out(order: int) -> None:
    decoder = load_default_filters(order)
    assert decoder.filters.shape == (2, (order + 1) ** 2, 256)
    assert decoder.filters.dtype == np.float32
    assert (decoder.sample_rate, decoder.order, decoder.symmetric) == (48_000, order, True)
    np.testing.assert_array_equal(decoder.filters[1], decoder.filters[0] * left_right_signs(order)[:, None].astype("f"))
    energy = np.sum(decoder.filters[0] ** 2, axis=0)
    assert energy[-32:].sum() < 1e-3 * energy.sum()
    assert energy[:8].sum() < 1e-3 * energy.sum()


@pytest.mark.parametrize("order", [3, 5, 7])
def test_interaural_delay_is_that_of_a_head(order: int) -> None:
    for degrees in (-90, -60, -30, 0, 30, 60, 90):
        angle = np.radians(degrees)
        left, right = _hrirs(order, angle, np.zeros(()))
        # Kuhn (1977): at low frequencies 3 a / c sin(angle), at high ones Woodworth's; a head lies between them.
        low = 3.0 * 0.0875 / 343.0 * np.sin(angle) * 1e6
        high = 0.0875 / 343.0 * (np.sin(angle) + angle) * 1e6
        found = float(interaural_delay(left, right))
        assert min(low, high) - 60.0 <= found <= max(low, high) + 60.0


@pytest.mark.parametrize("order", range(2, 8))
def test_a_wave_passes_the_heads_centre_at_the_delay(order: int) -> None:
    decoder, directions = load_default_filters(order), fibonacci(400)
    heard = np.einsum("dc,ect->det", spherical_harmonics_of_directions(order, directions), decoder.filters)
    found = estimate_delay(HRTFSet(heard, directions, decoder.sample_rate))
    assert found == pytest.approx(decoder.delay, abs=0.6)


@pytest.mark.parametrize(("order", "most_db"), [(1, 3.0), (2, 2.0), (3, 1.2), (4, 0.6), (7, 0.6)])
def test_ears_hear_all_frequencies_alike_in_a_diffuse_field(order: int, most_db: float) -> None:
    azimuth, elevation = pixel_angles(18)
    hrirs = _hrirs(order, azimuth[None, :], elevation[:, None])
    spectra = np.abs(np.fft.rfft(hrirs[0], 1024)) ** 2
    power = np.einsum("hwf,h->f", spectra, pixel_solid_angles(18) / (4.0 * np.pi))
    frequencies = np.fft.rfftfreq(1024, 1 / 48_000.0)
    edges = 125.0 * 2.0 ** (np.arange(0, 22) / 3.0)  # third octaves, 125 Hz to 16 kHz
    bands = [
        10.0 * np.log10(power[(frequencies >= low * 0.999) & (frequencies <= high * 1.001)].mean())
        for low, high in pairwise(edges)
    ]
    assert np.abs(bands).max() < most_db


def test_the_near_ear_is_louder_at_high_frequencies() -> None:
    left, right = _hrirs(3, np.radians(90.0), np.zeros(()))
    spectra = np.abs(np.fft.rfft(np.stack([left, right]), 512)) ** 2
    band = slice(int(3000 / 93.75), int(10_000 / 93.75))
    assert 10.0 * np.log10(spectra[0, band].mean() / spectra[1, band].mean()) > 8.0


def test_bytes_and_their_description_give_the_filters_back() -> None:
    raw, description = decoder_bytes(3)
    assert description["shape"] == [2, 16, 256]
    assert description["sample_rate"] == 48_000
    assert "Gardner" in description["citation"]
    again = np.frombuffer(raw, "<f4").reshape(description["shape"])
    np.testing.assert_array_equal(again, load_default_filters(3).filters)


def test_refuses_what_is_no_decoder() -> None:
    with pytest.raises(ValueError, match="order"):
        load_default_filters(0)
    with pytest.raises(ValueError, match="order"):
        load_default_filters(8)
    with pytest.raises(ValueError, match="shape"):
        BinauralDecoder(np.zeros((1, 4, 8), np.float32), 48_000, 0, False)
    with pytest.raises(ValueError, match="channels"):
        BinauralDecoder(np.zeros((2, 5, 8), np.float32), 48_000, 0, False)
    with pytest.raises(ValueError, match="symmetric"):
        BinauralDecoder(np.ones((2, 4, 8), np.float32), 48_000, 0, True)
