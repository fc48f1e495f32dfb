"""What is trained: an objective takes a batch and gives its loss, a module so that it runs in parallel whole."""

import math
from typing import Protocol

import torch
from torch import Tensor, nn

from sonovista.slfm.config import GeometryOptions, TrainingRun
from sonovista.slfm.losses.geometry import binaural_loss, geometric_loss, spread_loss, symmetry_loss
from sonovista.slfm.networks.binaural import exchanged_ears
from sonovista.slfm.networks.estimators import MotionModel, view_pairs
from sonovista.slfm.training.batches import Batch


class Objective(Protocol):
    """What the loop needs."""

    def __call__(self, batch: Batch, progress: float) -> tuple[Tensor, dict[str, float]]:
        """The loss, and its parts by name; `progress` is the part of training that is done."""
        ...


class GeometryObjective(nn.Module):
    """Sound directions and camera rotations that agree: learned from unlabelled examples."""

    def __init__(self, run: TrainingRun) -> None:
        super().__init__()
        self.run, self.options = run, run.geometry
        self.model = MotionModel(run.networks)
        if self.options.freeze:
            for encoder in (self.model.audio.encoder, self.model.vision.encoder):
                encoder.requires_grad_(False)

    def train(self, mode: bool = True) -> "GeometryObjective":
        """Frozen encoders stay in evaluation mode."""
        super().train(mode)
        if self.options.freeze:
            self.model.audio.encoder.eval()
            self.model.vision.encoder.eval()
        return self

    def forward(self, batch: Batch, progress: float) -> tuple[Tensor, dict[str, float]]:  # noqa: D102
        options = self.options
        pairs = view_pairs(batch.images.shape[1], options.every_pair)
        azimuths = self.model.audio(batch.features.flatten(0, 1)).reshape(batch.votes.shape)
        if options.ground_truth_rotation:
            rotations = batch.rotation_of(pairs)
        elif options.table_rotation:
            rotations = batch.estimated_rotation_of(pairs)
        else:
            rotations = self.model.vision.pairs(batch.images, pairs)
        share = audio_share(options, progress)
        if options.sounds_wait and share == 0.0:
            azimuths = azimuths.detach() + 0.0 * azimuths
        moved = azimuths.detach() + share * (azimuths - azimuths.detach())
        geometric = geometric_loss(moved, rotations, pairs, options.reflection, options.residual)
        parts = {
            "geometric": options.geometric_weight * geometric,
            "binaural": _binaural_weight(options, progress) * binaural_loss(azimuths, batch.votes),
        }
        if options.spread_weight > 0.0:
            parts["spread"] = options.spread_weight * spread_loss(azimuths)
        if options.symmetry_weight > 0.0:
            parts["symmetry"] = options.symmetry_weight * self._symmetry(batch, azimuths, rotations, pairs)
        total = torch.stack(list(parts.values())).sum()
        return total, {name: float(part.detach()) for name, part in parts.items()}

    def _symmetry(self, batch: Batch, azimuths: Tensor, rotations: Tensor, pairs: list[tuple[int, int]]) -> Tensor:
        audio, vision = self.run.networks.audio, self.run.networks.vision
        zero = azimuths.new_zeros(())
        exchanged, backwards = -azimuths, -rotations
        if not audio.antisymmetric:
            features = exchanged_ears(batch.features, audio).flatten(0, 1)
            exchanged = self.model.audio(features).reshape(azimuths.shape)
        if not (vision.antisymmetric or self.options.ground_truth_rotation or self.options.table_rotation):
            backwards = self.model.vision.pairs(batch.images, [(t, s) for s, t in pairs])
        return symmetry_loss(azimuths, exchanged, rotations, backwards) + zero


class SupervisedObjective(nn.Module):
    """The same networks, taught the true angles; sounds behind are folded to the front."""

    def __init__(self, run: TrainingRun) -> None:
        super().__init__()
        self.model = MotionModel(run.networks)
        self.every_pair = run.geometry.every_pair

    def forward(self, batch: Batch, progress: float) -> tuple[Tensor, dict[str, float]]:  # noqa: D102
        pairs = view_pairs(batch.images.shape[1], self.every_pair)
        azimuths = self.model.audio(batch.features.flatten(0, 1)).reshape(batch.votes.shape)
        audio = (azimuths - batch.azimuths.sin().asin()).abs().mean()
        if not batch.has_pictures:
            return audio, {"audio": float(audio.detach())}
        rotations = self.model.vision.pairs(batch.images, pairs)
        vision = (rotations - batch.rotation_of(pairs).clamp(-math.pi / 2, math.pi / 2)).abs().mean()
        return audio + vision, {"audio": float(audio.detach()), "vision": float(vision.detach())}


def audio_share(options: GeometryOptions, progress: float) -> float:
    """How much of the geometric loss's gradient reaches the sound angles, 0 to 1."""
    if progress < options.audio_from:
        return 0.0
    if progress >= options.audio_full:
        return 1.0
    return (progress - options.audio_from) / (options.audio_full - options.audio_from)


def _binaural_weight(options: GeometryOptions, progress: float) -> float:
    if options.binaural_weight_end is None:
        return options.binaural_weight
    done = min(1.0, 2.0 * progress)
    return options.binaural_weight + done * (options.binaural_weight_end - options.binaural_weight)
