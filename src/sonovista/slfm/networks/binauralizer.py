"""Cross-view binauralization: what a second view hears, from what a first one sees and hears (section 3.1)."""

import math

import torch
from torch import Tensor, nn

from sonovista.slfm.config import PretextOptions
from sonovista.slfm.networks.attention_unet import AttentionUNet
from sonovista.slfm.networks.estimators import MotionModel
from sonovista.slfm.networks.unet import UNet
from sonovista.slfm.options import NetworkOptions

TEMPERATURE = 10_000.0


class Binauralizer(nn.Module):
    """Encoders of pictures and of source sound, and the U-Net that they tell what to do.

    The encoders have the names that they have in `MotionModel`, so that they can be loaded there.
    """

    def __init__(self, networks: NetworkOptions, options: PretextOptions) -> None:
        super().__init__()
        self.options = options
        estimators = MotionModel(networks)
        self.audio, self.vision = estimators.audio, estimators.vision
        self.rotation_width = networks.vision.embedding
        width = 0
        if options.source_audio:
            width += networks.audio.embedding
        self.turns = options.vision or options.ground_truth_rotation
        if self.turns:
            width += networks.vision.embedding
        width = width or 4  # with neither, a constant
        self.width = width
        masked = options.target == "mono_to_binaural"
        network = UNet if networks.binauralizer.kind == "unet" else AttentionUNet
        self.unet = network(width, networks.binauralizer.width, masked)

    def condition(self, features: Tensor, images: Tensor, rotations: Tensor) -> Tensor:
        """What the U-Net is told of each target view.

        Args:
            features: of the source view's sound, shape `(B, 4, bands, frames)`.
            images: shape `(B, V, 3, h, w)`, the source view first.
            rotations: true ones, used by that variant alone, shape `(B, V)`.

        Returns:
            Shape `(B, V - 1, width)`.
        """
        batch, views = images.shape[:2]
        parts = []
        if self.turns:
            parts.append(self.turn_embeddings(images, rotations))
        if self.options.source_audio:
            parts.append(self.audio.encoder(features)[:, None].expand(-1, views - 1, -1))
        if not parts:
            return features.new_zeros(batch, views - 1, self.width)
        return torch.cat([part.float() for part in parts], dim=-1)

    def turn_embeddings(self, images: Tensor, rotations: Tensor) -> Tensor:
        """What the U-Net is told of how each target view is turned, by pictures or by true rotations.

        Args:
            images: see `condition`.
            rotations: see `condition`.

        Returns:
            Shape `(B, V - 1, e)`.
        """
        if self.options.ground_truth_rotation:
            return sinusoidal(rotations[:, 1:], self.rotation_width)
        return self.pair_embeddings(images)

    def pair_embeddings(self, images: Tensor) -> Tensor:
        """Embeddings of the pairs (target view, source view), the order of the original code; `(B, V - 1, e)`."""
        batch, views = images.shape[:2]
        cells = self.vision.encoder.picture_features(images.flatten(0, 1))
        cells = cells.reshape(batch, views, *cells.shape[1:])
        source = cells[:, :1].expand(-1, views - 1, -1, -1, -1).flatten(0, 1)
        return self.vision.encoder.pair_embedding(cells[:, 1:].flatten(0, 1), source).reshape(batch, views - 1, -1)

    def forward(self, mono: Tensor, features: Tensor, images: Tensor, rotations: Tensor) -> Tensor:
        """Predict each target view's spectrogram.

        Args:
            mono: what is given of the targets, shape `(B, V - 1, 2, 256, frames)`.
            features: see `condition`.
            images: see `condition`.
            rotations: see `condition`.

        Returns:
            Shape of `mono`.
        """
        condition = self.condition(features, images, rotations)
        return self.unet(mono.flatten(0, 1), condition.flatten(0, 1)).reshape(mono.shape)


def sinusoidal(angle: Tensor, width: int) -> Tensor:
    """Angles in radians as sines and cosines of many frequencies: `(...)` to `(..., width)` (Vaswani et al. 2017)."""
    half = width // 2
    frequency = torch.exp(-math.log(TEMPERATURE) * torch.arange(half, device=angle.device) / half)
    phase = torch.rad2deg(angle)[..., None] * frequency
    return torch.cat([phase.sin(), phase.cos()], dim=-1)
