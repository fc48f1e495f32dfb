import numpy as np
import pytest

from sonovista.ambisonics import BinauralDecoder, diffuse_filters, interaural_coherence, load_default_filters
from sonovista.ambisonics.diffuse_field import diffuse_covariance, erb_number
from sonovista.ambisonics.hrtf import interaural_coherence as also_here


def _first_order_pair(spacing: float, taps: int = 257) -> BinauralDecoder:
    """Ears that are cardioids to the left and to the right, turned apart: coherence 1/2 at every frequency."""
    filters = np.zeros((2, 4, taps), np.float32)
    filters[:, 0, 40] = 0.5
    filters[0, 1, 40], filters[1, 1, 40] = 0.5 * spacing, -0.5 * spacing
    return BinauralDecoder(filters, 48_000, 40, True)


def test_coherence_of_two_opposite_cardioids_is_a_half() -> None:
    # powers 1/4 (1 + 1/3), cross 1/4 (1 - 1/3)
    frequencies, coherence = interaural_coherence(_first_order_pair(1.0))
    np.testing.assert_allclose(coherence, 0.5, atol=1e-6)
    assert frequencies[0] == 0.0
    assert frequencies[-1] == 24_000.0


def test_the_default_head_hears_a_diffuse_field_as_heads_do() -> None:
    assert also_here is interaural_coherence
    frequencies, coherence = interaural_coherence(load_default_filters(3))
    assert coherence[0] > 0.95
    # Borss and Martin (2009): a fitted head's coherence has its first zero near 500 Hz; beyond 1 kHz it is small
    assert 400.0 < frequencies[np.argmax(coherence < 0.0)] < 700.0
    assert np.abs(coherence[(frequencies > 1000.0) & (frequencies < 16_000.0)]).mean() < 0.15
    assert (np.abs(coherence) <= 1.0).all()


@pytest.mark.parametrize("order", [1, 3, 7])
def test_one_mono_signal_becomes_a_diffuse_one(order: int) -> None:
    decoder = load_default_filters(order)
    left, right = np.fft.rfft(diffuse_filters(decoder), 8192)
    frequencies = np.fft.rfftfreq(8192, 1 / 48_000.0)
    power = diffuse_covariance(decoder.filters, 4097)[:, 0, 0].real
    wanted = np.interp(frequencies, *interaural_coherence(decoder))
    band = np.round(erb_number(frequencies)).astype(int)
    for number in range(3, 38):
        inside = band == number
        powers = [np.mean(np.abs(ear[inside]) ** 2) for ear in (left, right)]
        assert np.abs(10.0 * np.log10(powers / power[inside].mean())).max() < 0.6
        cross = np.mean(left[inside] * np.conj(right[inside])).real / np.sqrt(powers[0] * powers[1])
        assert cross == pytest.approx(wanted[inside].mean(), abs=0.08)
