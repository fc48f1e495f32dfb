"""Pieces of the binauralizers."""

import torch
from torch import Tensor, nn


class Down(nn.Module):
    """Convolution of kernel 4 and stride 2, batch norm, leaky ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(inputs, outputs, 4, 2, 1), nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2, inplace=True)
        )

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        return self.layers(x)


class Up(nn.Module):
    """Transposed convolution of kernel 4 and stride 2, batch norm, ReLU; the last level has neither."""

    def __init__(self, inputs: int, outputs: int, last: bool = False) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.ConvTranspose2d(inputs, outputs, 4, 2, 1)]
        if not last:
            layers += [nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        return self.layers(x)


class CrossAttention(nn.Module):
    """Cells of a spectrogram attend to a few condition vectors (Vaswani et al. 2017), added to what they were."""

    def __init__(self, channels: int, condition: int, heads: int = 4) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.attention = nn.MultiheadAttention(channels, heads, kdim=condition, vdim=condition, batch_first=True)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """`(B, channels, h, w)` and `(B, tokens, condition)` to `(B, channels, h, w)`."""
        cells = x.flatten(2).transpose(1, 2)
        update = self.attention(self.norm(cells), condition, condition, need_weights=False)[0]
        return (cells + update).transpose(1, 2).reshape(x.shape)


def apply_complex_mask(mask: Tensor, spectrogram: Tensor) -> Tensor:
    """Multiply complex numbers given as real and imaginary parts, both `(B, 2, bins, frames)`."""
    real = mask[:, 0] * spectrogram[:, 0] - mask[:, 1] * spectrogram[:, 1]
    imaginary = mask[:, 0] * spectrogram[:, 1] + mask[:, 1] * spectrogram[:, 0]
    return torch.stack([real, imaginary], dim=1)
