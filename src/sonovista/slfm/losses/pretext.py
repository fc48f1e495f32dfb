"""How far a predicted spectrogram is from the true one."""

from torch import Tensor


def spectrogram_loss(predicted: Tensor, truth: Tensor) -> Tensor:
    """Mean absolute difference of real and imaginary parts (the paper, eq. 2), any shape."""
    return (predicted.float() - truth.float()).abs().mean()


def stft_distance(predicted: Tensor, truth: Tensor) -> Tensor:
    """Euclidean distance of complex spectrograms per cell, averaged over cells and examples (the paper, table 7).

    Args:
        predicted: real and imaginary parts, shape `(B, 2, bins, frames)`.
        truth: likewise.

    Returns:
        A scalar.
    """
    return (predicted.float() - truth.float()).square().sum(dim=1).clamp(min=1e-12).sqrt().mean()
