"""Convolution of one signal with long filters, block by block, at an even cost."""

from typing import cast

import numba
import numpy as np
from numpy.typing import NDArray

from sonovista.render.convolution import partition_spectra

HEAD_PARTITIONS = 8
"""Partitions of one block each, before the long ones."""
RATIO = 4
"""Blocks in a long partition. What a long frame's result is needed for lies `HEAD_PARTITIONS` blocks ahead, so its work
can be spread over `RATIO` blocks."""


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _accumulate(spectra, filters, newest, first, last, result):
    """Add partitions `first` to `last` (excluded) of a frequency-domain delay line to `result`, `(outputs, bins)`."""
    lines, bins = spectra.shape
    for p in range(first, last):
        line = spectra[(newest - p) % lines]
        for c in range(result.shape[0]):
            row, taps = result[c], filters[p, c]
            for k in range(bins):
                row[k] += line[k] * taps[k]


class _DelayLine:
    """The spectra of the last frames of a signal, and one filter's partitions of the same length."""

    def __init__(self, filters: NDArray[np.float32], size: int) -> None:
        self.size = size
        self._filters = partition_spectra(filters, size)
        self.partitions, outputs, _ = self._filters.shape
        self._spectra = np.zeros((max(1, self.partitions), size + 1), np.complex64)
        self._time = np.zeros(2 * size, np.float32)
        self._result = np.zeros((outputs, size + 1), np.complex64)
        self._output = np.zeros((outputs, 2 * size), np.float32)
        self._newest = 0

    def transform(self, frame: NDArray[np.float32]) -> None:
        """Take the next frame, shape `(size,)`, and begin a new result."""
        self._newest = (self._newest + 1) % len(self._spectra)
        self._time[: self.size] = self._time[self.size :]
        self._time[self.size :] = frame
        np.fft.rfft(self._time, norm="forward", out=self._spectra[self._newest])
        self._result[:] = 0.0

    def accumulate(self, first: int, last: int) -> None:
        """Add some of the partitions to the result."""
        _accumulate(self._spectra, self._filters, self._newest, first, last, self._result)

    def finish(self) -> NDArray[np.float32]:
        """The result's samples, a view of shape `(outputs, size)`."""
        np.fft.irfft(self._result, axis=-1, out=cast("NDArray[np.float64]", self._output))  # float32 in fact, allowed
        return self._output[:, self.size :]

    def reset(self) -> None:
        self._spectra[:] = 0.0
        self._time[:] = 0.0
        self._result[:] = 0.0


class LongConvolver:
    """Convolves one signal with several long filters, without delay.

    The filters' first eight blocks go through partitions of one block, the rest through partitions of four; the long
    ones' products are spread evenly over the blocks in which they are not needed yet.

    Args:
        filters: shape `(outputs, taps)`.
        block_size: samples of a block.

    Source: Wefers, *Partitioned convolution algorithms for real-time auralization* (2015), chapter 6.
    """

    def __init__(self, filters: NDArray[np.floating], block_size: int) -> None:
        filters = np.asarray(filters, np.float32)
        head = HEAD_PARTITIONS * block_size
        self._block = block_size
        self._head = _DelayLine(filters[:, :head], block_size)
        self._tail = _DelayLine(filters[:, head:], RATIO * block_size) if filters.shape[1] > head else None
        self._frame = np.zeros(RATIO * block_size, np.float32)
        self._ready = np.zeros((len(filters), RATIO * block_size), np.float32)
        self._current = np.zeros_like(self._ready)
        self._phase = 0

    def process(self, block: NDArray[np.float32], out: NDArray[np.float32]) -> None:
        """Add the filtered signal to `out`.

        Args:
            block: the signal's next block, shape `(block_size,)`, float32.
            out: shape `(outputs, block_size)`, float32.
        """
        self._head.transform(block)
        self._head.accumulate(0, self._head.partitions)
        out += self._head.finish()
        if self._tail is None:
            return
        phase, size = self._phase, self._block
        if phase == 0:
            self._current, self._ready = self._ready, self._current
        out += self._current[:, phase * size : (phase + 1) * size]
        self._frame[phase * size : (phase + 1) * size] = block
        if phase == RATIO - 1:
            self._tail.transform(self._frame)
        quarter = (phase + 1) % RATIO
        count = self._tail.partitions
        self._tail.accumulate(count * quarter // RATIO, count * (quarter + 1) // RATIO)
        if quarter == RATIO - 1:
            self._ready[:] = self._tail.finish()
        self._phase = (phase + 1) % RATIO

    def reset(self) -> None:
        """Forget what was heard."""
        self._head.reset()
        if self._tail is not None:
            self._tail.reset()
        self._ready[:] = 0.0
        self._current[:] = 0.0
        self._phase = 0
