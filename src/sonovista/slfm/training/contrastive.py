"""Two other ways to learn features without labels, with the same encoders: RotNCE and AVSA."""

import torch
from torch import Tensor, nn

from sonovista.slfm.config import TrainingRun
from sonovista.slfm.networks.estimators import MotionModel
from sonovista.slfm.training.batches import Batch

TEMPERATURE = 0.07


class RotationContrastObjective(nn.Module):
    """RotNCE: views of one place whose cameras point nearly alike should sound alike, the others should not.

    It is given the cameras' rotations, and learns from sound alone. Examples need many views (8).

    Source: Franci (2022), as the paper describes it in section 4.3.
    """

    def __init__(self, run: TrainingRun) -> None:
        super().__init__()
        self.model = MotionModel(run.networks)
        width = run.networks.audio.embedding
        self.project = nn.Sequential(nn.Linear(width, width), nn.ReLU(inplace=True), nn.Linear(width, 128))

    def forward(self, batch: Batch, progress: float) -> tuple[Tensor, dict[str, float]]:  # noqa: D102
        shape = batch.votes.shape
        code = nn.functional.normalize(
            self.project(self.model.audio.encoder(batch.features.flatten(0, 1))).float(), dim=-1
        )
        code = code.reshape(*shape, -1)
        scores = code @ code.transpose(1, 2) / TEMPERATURE
        itself = torch.eye(shape[1], dtype=torch.bool, device=scores.device)
        scores = scores.masked_fill(itself, float("-inf"))
        turned = (batch.rotations[:, :, None] - batch.rotations[:, None]).abs().masked_fill(itself, float("inf"))
        positive = turned.argmin(dim=2)
        loss = nn.functional.cross_entropy(scores.flatten(0, 1), positive.flatten())
        return loss, {"contrast": float(loss.detach())}


class SpatialAlignmentObjective(nn.Module):
    """AVSA: which picture of a place goes with which sound of it.

    Source: Morgado, Li and Vasconcelos, "Learning representations from audio-visual spatial alignment" (2020), brought
    to views of one place as the paper describes it in section 4.3. Each view's picture is seen beside the first one's
    and each view's sound heard beside the first one's, since neither alone says where the camera points.
    """

    def __init__(self, run: TrainingRun) -> None:
        super().__init__()
        self.model = MotionModel(run.networks)
        audio, vision = run.networks.audio.embedding, run.networks.vision.embedding
        self.hear = nn.Sequential(nn.Linear(2 * audio, audio), nn.ReLU(inplace=True), nn.Linear(audio, 128))
        self.see = nn.Sequential(nn.Linear(vision, vision), nn.ReLU(inplace=True), nn.Linear(vision, 128))

    def forward(self, batch: Batch, progress: float) -> tuple[Tensor, dict[str, float]]:  # noqa: D102
        size, views = batch.votes.shape
        heard = self.model.audio.encoder(batch.features.flatten(0, 1)).reshape(size, views, -1)
        code_a = self.hear(torch.cat([heard, heard[:, :1].expand_as(heard)], dim=-1))
        cells = self.model.vision.encoder.picture_features(batch.images.flatten(0, 1))
        cells = cells.reshape(size, views, *cells.shape[1:])
        source = cells[:, :1].expand_as(cells).flatten(0, 1)
        code_v = self.see(self.model.vision.encoder.pair_embedding(source, cells.flatten(0, 1))).reshape(
            size, views, -1
        )
        scores = nn.functional.normalize(code_a.float(), dim=-1) @ nn.functional.normalize(code_v.float(), dim=-1).mT
        target = torch.arange(views, device=scores.device).repeat(size)
        loss = nn.functional.cross_entropy(scores.flatten(0, 1) / TEMPERATURE, target)
        return loss, {"alignment": float(loss.detach())}
