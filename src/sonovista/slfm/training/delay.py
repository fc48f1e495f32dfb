"""Self-supervised time delay: StereoCRW learns from both ears, MonoCLR from one."""

import torch
from torch import Tensor, nn

from sonovista.slfm.config import TrainingRun
from sonovista.slfm.losses.delay import cycle_loss, discrimination_loss
from sonovista.slfm.networks.delay import WindowEncoder
from sonovista.slfm.training.batches import Batch


class TimeDelayObjective(nn.Module):
    """Windows at consecutive samples are to be told apart: by a walk between the ears, or from altered copies.

    Source: Chen, Fouhey and Owens, "Sound Localization by Self-Supervised Time Delay Estimation" (2022).
    """

    def __init__(self, run: TrainingRun) -> None:
        super().__init__()
        self.task, self.options = run.task, run.networks.delay
        self.encoder = WindowEncoder(run.networks.delay)

    def forward(self, batch: Batch, progress: float) -> tuple[Tensor, dict[str, float]]:  # noqa: D102
        options = self.options
        windows = batch.segments.flatten(0, 1).unfold(-1, options.window, 1)
        left, right = self.encoder(windows).unbind(dim=1)
        if self.task == "stereocrw":
            loss = cycle_loss(left, right, options.reach, options.starts, options.temperature)
        else:
            loss = discrimination_loss(left, right, options.temperature)
        with torch.no_grad():
            middle = slice(options.reach, options.reach + options.starts)
            nearest = (left[:, middle] @ right.mT).argmax(dim=-1)
            back = (torch.take_along_dim(right, nearest[..., None], 1) @ left.mT).argmax(dim=-1)
            own = torch.arange(options.starts, device=back.device) + options.reach
            returned = (back == own).float().mean()
        return loss, {"returned": float(returned)}
