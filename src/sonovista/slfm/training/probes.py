"""Linear probes: how much of an angle a frozen embedding says (the paper, section 4.3)."""

import math

import torch
from torch import Tensor, nn

from sonovista.slfm.config import TrainingRun
from sonovista.slfm.networks.estimators import MotionModel, view_pairs
from sonovista.slfm.networks.heads import LinearProbe
from sonovista.slfm.training.batches import Batch


class ProbeObjective(nn.Module):
    """One linear layer on a frozen encoder, 64 classes of angle.

    Features are first brought to mean 0 and variance 1, each by itself: a linear layer could do that too, but encoders
    whose features are small, as random ones, would need far more steps for it.
    """

    def __init__(self, run: TrainingRun) -> None:
        super().__init__()
        self.options = run.probe
        self.model = MotionModel(run.networks).requires_grad_(False)
        views = run.data.views
        self.limits = (views.smallest_rotation_deg, views.largest_rotation_deg)
        part = run.networks.audio if run.probe.modality == "audio" else run.networks.vision
        self.probe = nn.Sequential(
            nn.BatchNorm1d(part.embedding, affine=False), LinearProbe(part.embedding, run.probe.classes)
        )

    def train(self, mode: bool = True) -> "ProbeObjective":
        """The encoders stay in evaluation mode."""
        super().train(mode)
        self.model.eval()
        return self

    def answers(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Scores of the classes, `(B, classes)`, the right class and the true angle in radians, each `(B,)`."""
        classes = self.options.classes
        if self.options.modality == "audio":
            embedding = self.model.audio.encoder(batch.features.flatten(0, 1))
            truth = batch.azimuths.flatten()
            target = azimuth_classes(truth, classes)
        else:
            pairs = view_pairs(batch.images.shape[1], every=False)
            first, second = (torch.cat([batch.images[:, pair[side]] for pair in pairs]) for side in (0, 1))
            embedding = self.model.vision.encoder(first, second)
            truth = batch.rotation_of(pairs).T.flatten()
            target = rotation_classes(truth, classes, *(math.radians(limit) for limit in self.limits))
        return self.probe(embedding.detach().float()), target, truth

    def forward(self, batch: Batch, progress: float) -> tuple[Tensor, dict[str, float]]:  # noqa: D102
        scores, target, _ = self.answers(batch)
        loss = nn.functional.cross_entropy(scores, target)
        accuracy = (scores.argmax(dim=1) == target).float().mean()
        return loss, {"accuracy": float(accuracy)}


def azimuth_classes(azimuth: Tensor, classes: int) -> Tensor:
    """Azimuths in front, folded there, to bins of equal width over (-pi/2, pi/2), rising to the left."""
    folded = azimuth.sin().asin()
    return ((folded / math.pi + 0.5) * classes).long().clamp(0, classes - 1)


def rotation_classes(rotation: Tensor, classes: int, smallest: float, largest: float) -> Tensor:
    """Rotations to bins of equal width that skip the gap about zero: half of them to the right, half to the left."""
    half = classes // 2
    place = ((rotation.abs() - smallest) / max(largest - smallest, 1e-6) * half).long().clamp(0, half - 1)
    return torch.where(rotation < 0, half - 1 - place, half + place)
