"""The encoder of short windows of one ear's sound, whose likeness tells the delay between two."""

import torch
from torch import Tensor, nn

from sonovista.slfm.options import DelayOptions

PRE_EMPHASIS = 0.95
"""Voices are loudest where a delay of one sample changes least."""
_STRIDE = 64


class WindowEncoder(nn.Module):
    """Convolutions over a window's waveform, and a linear layer over all that is left of its time.

    The paper has a ResNet-18 over spectrograms, pooled. Here time is not pooled: a delay of one sample must show.
    Nothing is shared between the windows of a batch, so that no window knows of the others.
    """

    def __init__(self, options: DelayOptions) -> None:
        super().__init__()
        width = options.width

        def step(inputs: int, outputs: int, kernel: int, stride: int, padding: int) -> list[nn.Module]:
            convolution = nn.Conv1d(inputs, outputs, kernel, stride, padding, bias=False)
            return [convolution, nn.GroupNorm(4, outputs), nn.ReLU(inplace=True)]

        self.convolutions = nn.Sequential(
            *step(1, width, 64, 16, 24), *step(width, 2 * width, 5, 2, 2), *step(2 * width, 4 * width, 5, 2, 2)
        )
        self.project = nn.Linear(4 * width * (options.window // _STRIDE), options.embedding)

    def forward(self, windows: Tensor) -> Tensor:
        """`(..., window)` to embeddings of unit length, `(..., embedding)`; a window's level does not count."""
        flat = windows.flatten(0, -2).float()
        flat = torch.cat([flat[:, :1], flat[:, 1:] - PRE_EMPHASIS * flat[:, :-1]], dim=1)
        flat = flat / flat.square().mean(dim=1, keepdim=True).add(1e-12).sqrt()
        cells = self.convolutions(flat[:, None])
        embedding = nn.functional.normalize(self.project(cells.flatten(1)).float(), dim=-1)
        return embedding.reshape(*windows.shape[:-1], -1)
