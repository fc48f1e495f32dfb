"""Binaural decoders in the spherical-harmonic domain, and the one that comes with the library."""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonovista.ambisonics.diffuse_field import coherence_of_covariance, diffuse_covariance, mono_to_diffuse
from sonovista.ambisonics.spherical_harmonics import channel_count, left_right_signs, order_of_channels

_FILE = "mit_kemar_magls_48k.npz"
_NAME = "MIT KEMAR, diffuse-field equalised, refined magnitude least squares"
CITATION = (
    "W. G. Gardner and K. D. Martin, HRTF measurements of a KEMAR dummy-head microphone, "
    "MIT Media Lab Perceptual Computing Technical Report 280, 1994"
)


@dataclass(frozen=True)
class BinauralDecoder:
    """Filters from Ambisonic channels (ACN, SN3D, head frame) to the ears: each ear is the sum of filtered channels.

    Attributes:
        filters: shape `(2, (order + 1) ** 2, taps)`, left ear first, float32.
        sample_rate: Hz.
        delay: samples from a wave's passing the (absent) head's centre to its place in the filters.
        symmetric: the right ear's filters are the left's, negated where m < 0.
        name: of the head and the method.
        citation: of the measurement.
    """

    filters: NDArray[np.float32]
    sample_rate: int
    delay: int
    symmetric: bool
    name: str = ""
    citation: str = ""

    def __post_init__(self) -> None:
        if self.filters.ndim != 3 or self.filters.shape[0] != 2:
            raise ValueError(f"filters must have the shape (2, channels, taps), found {self.filters.shape}")
        order_of_channels(self.filters.shape[1])
        if self.symmetric:
            signs = left_right_signs(self.order).astype(np.float32)[:, None]
            if not np.array_equal(self.filters[1], self.filters[0] * signs):
                raise ValueError("the filters are said to be symmetric, and are not")

    @property
    def order(self) -> int:
        """Ambisonic order."""
        return order_of_channels(self.filters.shape[1])

    @property
    def taps(self) -> int:
        """Length of each filter in samples."""
        return self.filters.shape[2]


@lru_cache(maxsize=8)
def load_default_filters(order: int = 3) -> BinauralDecoder:
    """The decoder that comes with the library: MIT KEMAR, diffuse-field equalised, 48 kHz, 256 taps.

    Args:
        order: 1 to 7.

    Raises:
        ValueError: the order is not 1 to 7.

    Source: Gardner and Martin (1994); refined magnitude least squares (`design_decoder`). Made by
    `tools/make_hrir_filters.py`.
    """
    channel_count(order)
    if order < 1:
        raise ValueError("a binaural decoder needs order 1 at least, found 0")
    data = files("sonovista.ambisonics").joinpath("data", _FILE).read_bytes()
    with np.load(BytesIO(data), allow_pickle=False) as archive:
        left = archive[f"left_order_{order}"]
        sample_rate, delay = int(archive["sample_rate"]), int(archive["delay"])
    right = left * left_right_signs(order).astype(np.float32)[:, None]
    filters = np.stack([left, right])
    filters.setflags(write=False)
    return BinauralDecoder(filters, sample_rate, delay, True, _NAME, CITATION)


def decoder_bytes(order: int = 3) -> tuple[bytes, dict[str, Any]]:
    """The default decoder as raw bytes for a client, and what is needed to read them.

    Args:
        order: 1 to 7.

    Returns:
        Little-endian float32 filters of shape `(2, channels, taps)` in C order, and a JSON-ready description of them.
    """
    decoder = load_default_filters(order)
    description = {
        "order": decoder.order,
        "shape": list(decoder.filters.shape),
        "dtype": "float32, little-endian",
        "axes": ["ear (left, right)", "channel (ACN)", "tap"],
        "normalization": "sn3d",
        "sample_rate": decoder.sample_rate,
        "delay": decoder.delay,
        "symmetric": decoder.symmetric,
        "name": decoder.name,
        "citation": decoder.citation,
    }
    return np.ascontiguousarray(decoder.filters, dtype="<f4").tobytes(), description


def interaural_coherence(decoder: BinauralDecoder, bins: int = 513) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coherence of the ears in a diffuse field, as the decoder's head hears it.

    Args:
        decoder: any binaural decoder.
        bins: frequencies from 0 to half the sample rate.

    Returns:
        Frequencies in Hz and the real part of the normalised cross-spectrum, -1 to 1, each of shape `(bins,)`.
    """
    fine = max(bins, decoder.taps)
    coherence = coherence_of_covariance(diffuse_covariance(decoder.filters, fine))
    frequencies = np.linspace(0.0, 0.5 * decoder.sample_rate, bins)
    return frequencies, np.interp(frequencies, np.linspace(0.0, 0.5 * decoder.sample_rate, fine), coherence)


def diffuse_filters(decoder: BinauralDecoder, taps: int = 4096) -> NDArray[np.float32]:
    """Filters from one mono signal to what the ears would hear of it, came it from everywhere.

    An ambient bed that is heard through them has the diffuse-field response of the head (flat for an equalised one)
    and its interaural coherence, measured over critical bands. They do not depend on where the head looks.

    Args:
        decoder: any binaural decoder.
        taps: length of the filters; time zero is at `taps // 2`.

    Returns:
        float32, shape `(2, taps)`, left ear first.
    """
    bins = max(1025, decoder.taps)
    covariance = diffuse_covariance(decoder.filters, bins)
    power = np.stack([covariance[:, 0, 0].real, covariance[:, 1, 1].real])
    return mono_to_diffuse(power, coherence_of_covariance(covariance), decoder.sample_rate, taps)
