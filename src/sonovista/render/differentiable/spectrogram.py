"""Short-time spectra whose gradients are finite in silence."""

import torch
from torch import Tensor


def power_spectrogram(signal: Tensor, window: int) -> Tensor:
    """Squared magnitudes with a Hann window and half of overlap, shape `(channels, window // 2 + 1, frames)`."""
    hann = torch.hann_window(window, dtype=signal.dtype, device=signal.device)
    spectra = torch.stft(signal, window, window // 2, window=hann, return_complex=True)
    return spectra.real**2 + spectra.imag**2
