"""Encoder and head together: sound direction, camera rotation, and both as one model."""

import math
from itertools import combinations

import torch
from torch import Tensor, nn

from sonovista.slfm.networks.binaural import BinauralEncoder, exchanged_ears
from sonovista.slfm.networks.heads import AngleHead
from sonovista.slfm.networks.visual import VisualPairEncoder
from sonovista.slfm.options import NetworkOptions


class SoundDirection(nn.Module):
    """Azimuth of a sound, radians, left positive, from the features of what two ears hear."""

    def __init__(self, options: NetworkOptions) -> None:
        super().__init__()
        self.options = options.audio
        self.encoder = BinauralEncoder(options.audio)
        limit = math.pi if options.audio.limit == "pi" else math.pi / 2
        self.head = AngleHead(options.audio.embedding, options.head_width, limit)

    def forward(self, features: Tensor) -> Tensor:
        """`(B, 4, bands, frames)` to `(B,)`."""
        return self.with_embedding(features)[0]

    def with_embedding(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Azimuths `(B,)`, and what was made of the sounds, `(B, width)`, the same for exchanged ears if it is odd."""
        if not self.options.antisymmetric:
            embedding = self.encoder(features)
            return self.head(embedding), embedding
        both = torch.cat([features, exchanged_ears(features, self.options)])
        embedding = self.encoder(both)
        straight, exchanged = self.head.logit(embedding).chunk(2)
        first, second = embedding.chunk(2)
        even = torch.cat([first + second, (first - second).abs()], dim=-1)
        return self.head.angle(0.5 * (straight - exchanged)), even


class SoundWithEmbedding(nn.Module):
    """What is exported of sound: azimuths and embeddings."""

    def __init__(self, sound: SoundDirection) -> None:
        super().__init__()
        self.sound = sound

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """`(B, 4, bands, frames)` to `(B,)` and `(B, width)`."""
        return self.sound.with_embedding(features)


class CameraRotation(nn.Module):
    """How far a camera turned between two pictures, radians, left positive."""

    def __init__(self, options: NetworkOptions) -> None:
        super().__init__()
        self.options = options.vision
        self.encoder = VisualPairEncoder(options.vision)
        self.head = AngleHead(options.vision.embedding, options.head_width, math.pi / 2)

    def from_features(self, first: Tensor, second: Tensor) -> Tensor:
        """Rotation from features of both pictures, `(B,)`."""
        if not self.options.antisymmetric:
            return self.head(self.encoder.pair_embedding(first, second))
        embedding = self.encoder.pair_embedding(torch.cat([first, second]), torch.cat([second, first]))
        there, back = self.head.logit(embedding).chunk(2)
        return self.head.angle(0.5 * (there - back))

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Pictures `(B, 3, h, w)` to `(B,)`."""
        features = self.encoder.picture_features(torch.cat([first, second]))
        return self.from_features(*features.chunk(2))

    def pairs(self, images: Tensor, pairs: list[tuple[int, int]]) -> Tensor:
        """Rotations of pairs of the views of each example.

        Args:
            images: shape `(B, V, 3, h, w)`.
            pairs: of views, from and to.

        Returns:
            Shape `(B, pairs)`.
        """
        batch, views = images.shape[:2]
        features = self.encoder.picture_features(images.flatten(0, 1))
        features = features.reshape(batch, views, *features.shape[1:])
        first = torch.cat([features[:, s] for s, _ in pairs])
        second = torch.cat([features[:, t] for _, t in pairs])
        return self.from_features(first, second).reshape(len(pairs), batch).T


class MotionModel(nn.Module):
    """Both estimators, trained to agree."""

    def __init__(self, options: NetworkOptions) -> None:
        super().__init__()
        self.audio = SoundDirection(options)
        self.vision = CameraRotation(options)

    def forward(self, features: Tensor, images: Tensor, pairs: list[tuple[int, int]]) -> tuple[Tensor, Tensor]:
        """Azimuths `(B, V)` and rotations `(B, pairs)` of examples with V views."""
        azimuths = self.audio(features.flatten(0, 1)).reshape(features.shape[:2])
        return azimuths, self.vision.pairs(images, pairs)


def view_pairs(views: int, every: bool) -> list[tuple[int, int]]:
    """Every pair of views once, or the first with each other, from and to."""
    return list(combinations(range(views), 2)) if every else [(0, view) for view in range(1, views)]
