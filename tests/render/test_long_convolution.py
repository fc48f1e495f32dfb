import numpy as np
import pytest
from scipy.signal import fftconvolve

from sonovista.render.long_convolution import LongConvolver


@pytest.mark.parametrize("block_size", [64, 100, 256])
@pytest.mark.parametrize("taps", [1, 255, 2048, 2049, 5000, 20_000])
def test_blocks_equal_direct_convolution(block_size: int, taps: int) -> None:
    rng = np.random.default_rng(taps)
    filters = rng.normal(size=(3, taps)) * np.exp(-np.arange(taps) / 3000.0)
    signal = rng.normal(size=90 * block_size).astype(np.float32)
    convolver = LongConvolver(filters, block_size)
    found = np.zeros((3, signal.size), np.float32)
    for begin in range(0, signal.size, block_size):
        convolver.process(signal[begin : begin + block_size], found[:, begin : begin + block_size])
    expected = fftconvolve(filters, signal[None].astype(float), axes=-1)[:, : signal.size]
    assert np.abs(found - expected).max() < 1e-6 * np.abs(expected).max()


def test_it_adds_to_what_is_there_and_forgets_when_told() -> None:
    convolver = LongConvolver(np.ones((1, 4000)), 64)
    out = np.full((1, 64), 2.0, np.float32)
    convolver.process(np.zeros(64, np.float32), out)
    np.testing.assert_array_equal(out, 2.0)
    for _ in range(70):
        convolver.process(np.ones(64, np.float32), out)
    convolver.reset()
    silent = np.zeros((1, 64), np.float32)
    for _ in range(70):
        convolver.process(np.zeros(64, np.float32), silent)
    np.testing.assert_array_equal(silent, 0.0)
