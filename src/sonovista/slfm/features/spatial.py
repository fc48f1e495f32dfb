"""How two ears differ, band by band: the coherence between them, their difference in level, and how loud it is."""

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

FFT, HOP = 512, 256
BANDS = 40
CHANNELS = 4
SWAP_SIGNS = (1.0, -1.0, -1.0, 1.0)
"""What exchanging the ears does to the channels: the imaginary part and the level difference change their sign."""
_WIDTHS = (4,) * 8 + (6,) * 16 + (8,) * 16
_FIRST_BIN = 3
_EDGES = _FIRST_BIN + np.concatenate([[0], np.cumsum(_WIDTHS)])
# 32 + 96 + 128 bins of 31.25 Hz: from 94 Hz up to the last bins below 8 kHz


def spatial_features(binaural: NDArray[np.floating]) -> NDArray[np.float32]:
    """Pool the cross-spectrum of two ears over narrow bands.

    A band spans at most 8 bins (250 Hz), over which the phase of an interaural delay of 0.7 ms turns by 1.1 radians:
    few enough that the pooled cross-spectrum keeps its length.

    Args:
        binaural: left ear first, 16 kHz, shape `(2, samples)`.

    Returns:
        Real and imaginary part of the cross-spectrum over the root of both powers, each in [-1, 1]; the level
        difference in units of 20 dB, left louder positive; the level relative to the loudest cell, 0 at -30 dB and 1
        at the top. Shape `(4, 40, frames)`, 16 ms a frame.
    """
    signal = np.asarray(binaural, np.float32)
    if signal.shape[-1] < FFT:
        signal = np.pad(signal, [(0, 0), (0, FFT - signal.shape[-1])])
    pieces = np.lib.stride_tricks.sliding_window_view(signal, FFT, axis=-1)[:, ::HOP]
    spectra = np.asarray(rfft(pieces * np.hanning(FFT + 1)[:-1].astype(np.float32), axis=-1))
    edges = np.minimum(_EDGES, spectra.shape[-1])
    left, right = spectra

    def pooled(values: NDArray[np.floating] | NDArray[np.complexfloating]) -> NDArray[np.complex64]:
        return np.add.reduceat(values, edges[:-1], axis=-1)[..., :BANDS].T.astype(np.complex64)

    cross = pooled(left * right.conj())
    powers = [pooled(np.abs(ear) ** 2).real for ear in (left, right)]
    floor = 1e-7 * max(float(powers[0].max()), float(powers[1].max())) + 1e-12
    both = np.sqrt((powers[0] + floor) * (powers[1] + floor))
    difference = 0.5 * np.log10((powers[0] + floor) / (powers[1] + floor))
    level = 10.0 * np.log10(both / both.max())
    out = np.stack([cross.real / both, cross.imag / both, np.clip(difference, -2.0, 2.0), 1.0 + level / 30.0])
    return np.clip(out, -2.0, 2.0).astype(np.float32)


def frames_of(samples: int) -> int:
    """Columns of the features of so many samples."""
    return 1 + max(0, samples - FFT) // HOP


def swapped_spatial(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """The features of the same sound with left and right exchanged; channels on the third axis from the end."""
    return features * np.array(SWAP_SIGNS, np.float32)[:, None, None]
