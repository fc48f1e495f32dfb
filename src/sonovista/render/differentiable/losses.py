"""Distances between binaural signals that tell a renderer's parameters which way to go.

A waveform's own error has a valley at every period of the sound; magnitudes, levels and phases between the ears, and
decays have wide ones.
"""

import torch
from torch import Tensor

WINDOWS = (256, 1024, 4096)
_FLOOR = 1e-3  # of the loudest bin: what lies 60 dB below it counts little


def spectrogram(signal: Tensor, window: int) -> Tensor:
    """Short-time Fourier transform with a Hann window and three quarters of overlap: `(channels, bins, frames)`."""
    hann = torch.hann_window(window, dtype=signal.dtype, device=signal.device)
    return torch.stft(signal, window, window // 4, window=hann, return_complex=True)


def multi_resolution_stft_loss(signal: Tensor, target: Tensor, windows: tuple[int, ...] = WINDOWS) -> Tensor:
    """Mean over resolutions of the relative error of magnitudes and the absolute error of their logarithms.

    Args:
        signal: shape `(channels, samples)`, longer than half of the longest window.
        target: likewise.
        windows: samples.

    Source: Yamamoto, Song and Kim, "Parallel WaveGAN" (ICASSP 2020), section 2.3.
    """
    total = signal.new_zeros(())
    for window in windows:
        found, wanted = _magnitude(spectrogram(signal, window)), _magnitude(spectrogram(target, window))
        floor = _FLOOR * wanted.detach().amax()
        convergence = torch.linalg.vector_norm(found - wanted) / torch.linalg.vector_norm(wanted).clamp_min(1e-12)
        total = total + convergence + (torch.log(found + floor) - torch.log(wanted + floor)).abs().mean()
    return total / len(windows)


def interaural_loss(signal: Tensor, target: Tensor, window: int = 1024) -> Tensor:
    """How far levels and phases between the ears are from the target's, over time and frequency.

    The cross-spectrum of the ears, divided by their power, holds both: its real part the coherence, its angle the
    interaural phase; the difference of the ears' powers over their sum holds the level. Bins weigh by the square root
    of the target's magnitude.

    Args:
        signal: left and right, shape `(2, samples)`.
        target: likewise.
        window: samples.
    """
    found, wanted = spectrogram(signal, window), spectrogram(target, window)
    weight = wanted.abs().square().sum(dim=0).detach() ** 0.25
    difference = 0.0
    for ours, theirs in zip(interaural_cues(found), interaural_cues(wanted), strict=True):
        difference = difference + (ours - theirs).square()
    return torch.as_tensor((weight * difference).sum() / weight.sum().clamp_min(1e-12))


def interaural_cues(spectra: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Cross-spectrum of the ears over their mean power, real and imaginary, and the balance of powers, in [-1, 1].

    Args:
        spectra: complex, left and right first, shape `(2, ...)`.

    Returns:
        Each of shape `(...)`.
    """
    left, right = spectra
    left_power, right_power = left.real**2 + left.imag**2, right.real**2 + right.imag**2
    power = left_power + right_power
    power = power + _FLOOR**2 * power.detach().amax() + 1e-30
    cross = 2.0 * left * right.conj() / power
    return cross.real, cross.imag, (left_power - right_power) / power


def _magnitude(spectra: Tensor) -> Tensor:
    """Magnitudes whose gradient is finite where a bin is empty."""
    return torch.sqrt(spectra.real**2 + spectra.imag**2 + 1e-20)
