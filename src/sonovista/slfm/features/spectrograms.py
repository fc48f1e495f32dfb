"""The paper's spectrograms of binaural sound: level and phase for the encoder, complex ones for the binauralizer."""

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

FFT, WINDOW = 512, 400
BINS = 256
FRAMES = 256
HOP = 160
HALVINGS = 32
"""What the U-Net's five levels divide frames by."""
FLOOR_DB, CEILING_DB = -100.0, 60.0


def short_time_spectra(signal: NDArray[np.floating], hop: int, frames: int | None = None) -> NDArray[np.complex64]:
    """Spectra of Hann windows of 400 samples, centred at multiples of `hop`, without the top bin.

    Args:
        signal: shape `(..., samples)`, 16 kHz.
        hop: samples.
        frames: how many; None for as many as have their centre in the signal.

    Returns:
        Shape `(..., 256, frames)`.
    """
    signal = np.asarray(signal, np.float32)
    count = 1 + signal.shape[-1] // hop if frames is None else frames
    needed = (count - 1) * hop + FFT
    padding = [(0, 0)] * (signal.ndim - 1) + [(FFT // 2, max(0, needed - FFT // 2 - signal.shape[-1]))]
    padded = np.pad(signal, padding)
    window = np.zeros(FFT, np.float32)
    start = (FFT - WINDOW) // 2
    window[start : start + WINDOW] = np.hanning(WINDOW + 1)[:-1]
    pieces = np.lib.stride_tricks.sliding_window_view(padded, FFT, axis=-1)[..., : (count - 1) * hop + 1 : hop, :]
    return np.swapaxes(np.asarray(rfft(pieces * window, axis=-1), np.complex64)[..., :BINS], -1, -2)


def complex_spectrogram(signal: NDArray[np.floating]) -> NDArray[np.float32]:
    """Real and imaginary parts at a hop of 10 ms: `(samples,)` to `(2, 256, frames)`.

    Frames are as many as have their centre in the signal, less what is no multiple of 32, and 32 at least; the paper's
    2.55 s fill 256.

    Source: the paper, section 4.1 and appendix A.4.
    """
    frames = max(HALVINGS, (1 + np.shape(signal)[-1] // HOP) // HALVINGS * HALVINGS)
    spectra = short_time_spectra(signal, HOP, frames)
    return np.stack([spectra.real, spectra.imag]).astype(np.float32)


def magnitude_and_phase(binaural: NDArray[np.floating], frames: int = FRAMES) -> NDArray[np.float32]:
    """The encoder's input in the paper: level in dB scaled to [-1, 1] and phase over pi, of both ears.

    Args:
        binaural: shape `(2, samples)`, at least `frames` samples, 16 kHz.
        frames: columns, spread over the whole signal.

    Returns:
        Left level, right level, left phase, right phase; shape `(4, 256, frames)`.

    Source: the paper, section 4.1.
    """
    hop = max(1, binaural.shape[-1] // (frames - 1))
    spectra = short_time_spectra(binaural, hop, frames)
    level = 20.0 * np.log10(np.maximum(np.abs(spectra), 1e-5))
    scaled = (np.clip(level, FLOOR_DB, CEILING_DB) - FLOOR_DB) / (CEILING_DB - FLOOR_DB) * 2.0 - 1.0
    return np.concatenate([scaled, np.angle(spectra) / np.pi]).astype(np.float32)


def swapped_magnitude_and_phase(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """The features of the same sound with left and right exchanged; channels on the third axis from the end."""
    return features[..., [1, 0, 3, 2], :, :]
