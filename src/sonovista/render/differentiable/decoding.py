"""Filters: from Ambisonic signals to ears, and the soft limit behind them."""

import torch
from torch import Tensor

from sonovista.render.limiter import KNEE


def convolve(signal: Tensor, kernel: Tensor) -> Tensor:
    """The first samples of a convolution along the last axis, as many as the signal has; other axes broadcast."""
    samples = signal.shape[-1]
    length = _fast_length(samples + kernel.shape[-1] - 1)
    product = torch.fft.rfft(signal, length) * torch.fft.rfft(kernel, length)
    return torch.fft.irfft(product, length)[..., :samples]


def decode(bus: Tensor, filters: Tensor) -> Tensor:
    """What two ears hear of Ambisonic signals.

    Args:
        bus: ACN, SN3D, head frame, shape `(channels, samples)`.
        filters: of a `BinauralDecoder`, shape `(2, channels, taps)`.

    Returns:
        Shape `(2, samples)`, left ear first.
    """
    samples = bus.shape[-1]
    length = _fast_length(samples + filters.shape[-1] - 1)
    ears = torch.einsum("cf,ecf->ef", torch.fft.rfft(bus, length), torch.fft.rfft(filters, length))
    return torch.fft.irfft(ears, length)[..., :samples]


def soft_limit(signal: Tensor) -> Tensor:
    """Bend what exceeds 0.8 so that nothing exceeds 1, as `render.limiter.soft_limit`."""
    excess = torch.clamp(signal.abs() - KNEE, min=0.0)
    bent = KNEE + (1.0 - KNEE) * torch.tanh(excess / (1.0 - KNEE))
    return torch.where(excess > 0.0, torch.sign(signal) * bent, signal)


def _fast_length(length: int) -> int:
    """The next power of two or three times one: fast for any transform."""
    power = 1 << (length - 1).bit_length()
    return 3 * power // 4 if 3 * power // 4 >= length else power
