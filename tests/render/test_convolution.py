import numpy as np
import pytest
from scipy.signal import fftconvolve

from sonovista.ambisonics import BinauralDecoder, load_default_filters
from sonovista.render.convolution import BlockDecoder
from sonovista.render.limiter import KNEE, soft_limit


def _decode(decoder: BinauralDecoder, signal: np.ndarray, block_size: int) -> np.ndarray:
    engine = BlockDecoder(decoder, block_size)
    blocks = []
    for begin in range(0, signal.shape[1], block_size):
        block = np.ascontiguousarray(signal[:, begin : begin + block_size])
        blocks.append(engine.decode(block).copy())
    return np.concatenate(blocks, axis=1)


@pytest.mark.parametrize("block_size", [64, 100, 128, 256, 512])
@pytest.mark.parametrize("symmetric", [True, False])
def test_blocks_equal_direct_convolution(block_size: int, symmetric: bool) -> None:
    rng = np.random.default_rng(3)
    decoder = load_default_filters(2)
    if not symmetric:
        decoder = BinauralDecoder(rng.normal(size=(2, 9, 300)).astype(np.float32), 48_000, 0, False)
    signal = rng.normal(size=(9, 8 * block_size)).astype(np.float32)
    expected = fftconvolve(decoder.filters.astype(float), signal[None].astype(float), axes=-1).sum(axis=1)
    found = _decode(decoder, signal, block_size)
    assert np.abs(found - expected[:, : found.shape[1]]).max() < 3e-6 * np.abs(expected).max()


def test_reset_forgets() -> None:
    decoder = load_default_filters(1)
    engine = BlockDecoder(decoder, 128)
    engine.decode(np.ones((4, 128), np.float32))
    engine.reset()
    np.testing.assert_array_equal(engine.decode(np.zeros((4, 128), np.float32)), 0.0)


def test_limiter_leaves_soft_sounds_alone_and_bends_loud_ones_below_1() -> None:
    signal = np.linspace(-20.0, 20.0, 40_001, dtype=np.float32)[None]
    limited = np.empty_like(signal)
    soft_limit(signal, limited)
    soft = np.abs(signal) <= KNEE
    np.testing.assert_array_equal(limited[soft], signal[soft])
    assert np.abs(limited).max() <= 1.0
    assert np.all(np.diff(limited[0]) >= 0.0)
    slope = np.diff(limited[0]) / np.diff(signal[0])
    assert np.abs(np.diff(slope)).max() < 0.02


def test_limiter_silences_what_is_not_finite() -> None:
    signal = np.array([[np.nan, np.inf, -np.inf, 0.5]], np.float32)
    soft_limit(signal, signal)
    np.testing.assert_array_equal(signal, [[0.0, 0.0, 0.0, 0.5]])
