"""The binaural encoder: what two ears hear, as one vector."""

import torch
from torch import Tensor, nn

from sonovista.slfm.features.spatial import CHANNELS, SWAP_SIGNS
from sonovista.slfm.networks.residual import ResidualTrunk
from sonovista.slfm.options import AudioOptions


class BinauralEncoder(nn.Module):
    """A residual trunk on spectrograms of two ears, pooled over all of its cells (the paper, section 4.1)."""

    def __init__(self, options: AudioOptions) -> None:
        super().__init__()
        self.options = options
        self.trunk: nn.Module
        if options.features == "spectrogram":
            self.trunk = ResidualTrunk(4, options.width, options.stages)
            outputs = self.trunk.channels
        else:
            self.trunk, outputs = _band_network(options.width), 4 * options.width
        learned = options.features == "spatial" and options.pooling == "learned"
        self.score = nn.Conv2d(outputs, 1, 1) if learned else None
        self.project = nn.Sequential(nn.Linear(outputs, options.embedding), nn.ReLU(inplace=True))

    def forward(self, features: Tensor) -> Tensor:
        """`(B, 4, bands, frames)` to `(B, embedding)`."""
        return self.project(self.trunk(features).mean(dim=(-2, -1)) if self._is_residual else self._pooled(features))

    @property
    def _is_residual(self) -> bool:
        return self.options.features == "spectrogram"

    def _pooled(self, features: Tensor) -> Tensor:
        """Frames weighed by how loud they are: silence between words says nothing of direction."""
        cells = self.trunk(features)
        level = features[:, 3:4].mean(dim=2, keepdim=True)
        level = nn.functional.interpolate(level, size=(1, cells.shape[-1]), mode="bilinear", align_corners=False)
        score = 4.0 * level if self.score is None else 4.0 * level + self.score(cells)
        weight = torch.softmax(score, dim=-1)
        return (cells * weight).sum(dim=-1).mean(dim=-1)


def exchanged_ears(features: Tensor, options: AudioOptions) -> Tensor:
    """The features of the same sounds with left and right exchanged; shape `(..., 4, bands, frames)`."""
    if options.features == "spectrogram":
        return features[..., [1, 0, 3, 2], :, :]
    return features * features.new_tensor(SWAP_SIGNS)[:, None, None]


def _band_network(width: int) -> nn.Sequential:
    """Convolutions over bands and frames; every band keeps weights of its own place by a learned map of bands."""

    def step(inputs: int, outputs: int, stride: tuple[int, int]) -> list[nn.Module]:
        convolution = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        return [convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]

    return nn.Sequential(
        WithBandPosition(),
        *step(CHANNELS + 2, width, (1, 2)),
        *step(width, 2 * width, (2, 1)),
        *step(2 * width, 2 * width, (2, 2)),
        *step(2 * width, 4 * width, (2, 1)),
        nn.Conv2d(4 * width, 4 * width, (5, 1), bias=False),
        nn.BatchNorm2d(4 * width),
        nn.ReLU(inplace=True),
    )


class WithBandPosition(nn.Module):
    """Adds two channels that say which band a cell is of, since a phase means another delay in every band."""

    def forward(self, features: Tensor) -> Tensor:  # noqa: D102
        place = torch.linspace(-1.0, 1.0, features.shape[-2], device=features.device, dtype=features.dtype)
        both = torch.stack([place, place * place])[None, :, :, None]
        return torch.cat([features, both.expand(features.shape[0], -1, -1, features.shape[-1])], dim=1)
