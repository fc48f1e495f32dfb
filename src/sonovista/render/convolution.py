"""Ambisonic blocks to binaural ones: uniformly partitioned overlap-save convolution with a decoder's filters."""

from typing import cast

import numba
import numpy as np
from numpy.typing import NDArray

from sonovista.ambisonics.hrtf import BinauralDecoder
from sonovista.ambisonics.spherical_harmonics import left_right_signs


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _symmetric_ears(spectra, filters, newest, even, ears):
    """Left is the sum, right the difference, of what channels with m >= 0 and with m < 0 give."""
    partitions, channels, bins = filters.shape
    for k in range(bins):
        ears[0, k] = 0.0
        ears[1, k] = 0.0
    for p in range(partitions):
        line = (newest - p) % partitions
        for c in range(channels):
            side = 0 if even[c] else 1
            for k in range(bins):
                ears[side, k] += spectra[line, c, k] * filters[p, c, k]
    for k in range(bins):
        middle, difference = ears[0, k], ears[1, k]
        ears[0, k] = middle + difference
        ears[1, k] = middle - difference


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _single_ear(spectra, filters, newest, ear):
    partitions, channels, bins = filters.shape
    for k in range(bins):
        ear[k] = 0.0
    for p in range(partitions):
        line = (newest - p) % partitions
        for c in range(channels):
            for k in range(bins):
                ear[k] += spectra[line, c, k] * filters[p, c, k]


@numba.njit(cache=True, nogil=True)
def _append(time, block):
    """Move the second half of each row to the first and put the block there; NumPy would copy, lest halves overlap."""
    size = block.shape[1]
    for c in range(time.shape[0]):
        for t in range(size):
            time[c, t] = time[c, size + t]
            time[c, size + t] = block[c, t]


def partition_spectra(filters: NDArray[np.floating], size: int) -> NDArray[np.complex64]:
    """Spectra of filters that were cut into pieces, for overlap-save convolution.

    Args:
        filters: shape `(rows, taps)`.
        size: samples of a piece.

    Returns:
        Shape `(pieces, rows, size + 1)`, times `2 size`: signals are transformed with `norm="forward"`, where NumPy's
        factor is a float32 and nothing is converted to double precision and back.
    """
    rows, taps = filters.shape
    pieces = -(-taps // size)
    padded = np.zeros((rows, pieces * size), np.float32)
    padded[:, :taps] = filters
    spectra = np.fft.rfft(padded.reshape(rows, pieces, size).transpose(1, 0, 2), 2 * size, axis=-1) * (2 * size)
    return np.ascontiguousarray(spectra.astype(np.complex64))


class BlockDecoder:
    """Decodes blocks of an Ambisonic bus to two ears; its cost depends on order, block and filter length alone.

    Each channel is transformed once. For a symmetric head it is also multiplied only once.

    Args:
        decoder: the filters.
        block_size: samples of a block.

    Source: Wefers, *Partitioned convolution algorithms for real-time auralization* (2015), section 5.2.
    """

    def __init__(self, decoder: BinauralDecoder, block_size: int) -> None:
        self._symmetric = decoder.symmetric
        self._filters = np.stack([partition_spectra(ear, block_size) for ear in decoder.filters])
        partitions, channels, bins = self._filters.shape[1:]
        self._even = left_right_signs(decoder.order) > 0
        self._newest = 0
        self._time = np.zeros((channels, 2 * block_size), np.float32)
        self._spectra = np.zeros((partitions, channels, bins), np.complex64)
        self._ears = np.zeros((2, bins), np.complex64)
        self._result = np.zeros((2, 2 * block_size), np.float32)
        self._block = block_size

    def decode(self, field: NDArray[np.float32]) -> NDArray[np.float32]:
        """Decode the next block of Ambisonic signals.

        Args:
            field: shape `(channels, block_size)`, float32.

        Returns:
            A view of shape `(2, block_size)` that the next call overwrites.
        """
        self._newest = (self._newest + 1) % len(self._spectra)
        _append(self._time, field)
        np.fft.rfft(self._time, axis=-1, norm="forward", out=self._spectra[self._newest])
        if self._symmetric:
            _symmetric_ears(self._spectra, self._filters[0], self._newest, self._even, self._ears)
        else:
            for ear in range(2):
                _single_ear(self._spectra, self._filters[ear], self._newest, self._ears[ear])
        np.fft.irfft(self._ears, axis=-1, out=cast("NDArray[np.float64]", self._result))  # float32 in fact, and allowed
        return self._result[:, self._block :]

    def reset(self) -> None:
        """Forget what was heard."""
        self._time[:] = 0.0
        self._spectra[:] = 0.0
