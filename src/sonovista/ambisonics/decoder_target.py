"""What a decoder is designed to match: a head's transfer functions, complete around the sphere."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonovista.ambisonics.head_equalization import estimate_delay
from sonovista.ambisonics.hrtf_set import HRTFSet, quadrature_weights
from sonovista.ambisonics.unmeasured_directions import complete_sphere


@dataclass(frozen=True)
class DecoderTarget:
    """A head's transfer functions with time zero at its centre.

    Attributes:
        spectra: shape `(2, directions, bins)`, left ear first, from 0 Hz to half the sample rate.
        directions: unit vectors, shape `(directions, 3)`.
        weights: solid angle of each direction as a part of the sphere; they sum to 1.
        sample_rate: Hz.
        symmetric: the right ear shall be the mirror image of the left.
    """

    spectra: NDArray[np.complex128]
    directions: NDArray[np.float64]
    weights: NDArray[np.float64]
    sample_rate: int
    symmetric: bool

    @property
    def frequencies(self) -> NDArray[np.float64]:
        """Hz, shape `(bins,)`."""
        return np.linspace(0.0, 0.5 * self.sample_rate, self.spectra.shape[-1])

    @property
    def diffuse_covariance(self) -> NDArray[np.complex128]:
        """Mean over the sphere of ear times conjugate ear, shape `(bins, 2, 2)`."""
        return np.einsum("d,edk,fdk->kef", self.weights, self.spectra, np.conj(self.spectra))


def decoder_target(hrtf_set: HRTFSet, size: int, symmetric: bool) -> DecoderTarget:
    """The target that a head gives, with directions filled in where none was measured.

    Args:
        hrtf_set: at the decoder's rate; symmetric where `symmetric` is asked for.
        size: of the FFT, in samples.
        symmetric: of the decoder.

    Returns:
        The measured directions first, in their order, then those filled in.
    """
    delay = estimate_delay(hrtf_set) if hrtf_set.delay is None else hrtf_set.delay
    frequencies = np.linspace(0.0, 0.5 * hrtf_set.sample_rate, size // 2 + 1)
    # the tail beyond the FFT would fold back onto the beginning
    spectra = np.fft.rfft(hrtf_set.hrirs[..., :size], size, axis=-1)
    spectra = spectra * np.exp(2j * np.pi * frequencies * delay / hrtf_set.sample_rate)
    spectra[..., -1] = spectra[..., -1].real
    spectra, directions = complete_sphere(spectra, hrtf_set.directions, frequencies)
    return DecoderTarget(
        np.ascontiguousarray(spectra.transpose(1, 0, 2)),
        directions,
        quadrature_weights(directions),
        hrtf_set.sample_rate,
        symmetric,
    )
