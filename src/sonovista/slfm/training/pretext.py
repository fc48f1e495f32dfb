"""The pretext's objective."""

import torch
from torch import Tensor, nn

from sonovista.slfm.config import PretextOptions, TrainingRun
from sonovista.slfm.losses.pretext import spectrogram_loss, stft_distance
from sonovista.slfm.networks.binauralizer import Binauralizer
from sonovista.slfm.training.batches import Batch


class PretextObjective(nn.Module):
    """Binaural sound of each target view from mono, by sight of both views and sound of the first."""

    def __init__(self, run: TrainingRun) -> None:
        super().__init__()
        self.options = run.pretext
        self.model = Binauralizer(run.networks, run.pretext)

    def forward(self, batch: Batch, progress: float) -> tuple[Tensor, dict[str, float]]:  # noqa: D102
        given, wanted = given_and_wanted(batch.spectrograms[:, 1:], self.options)
        predicted = self.model(given, batch.features[:, 0], batch.images, batch.rotations)
        if self.options.target == "left_to_right":
            loss = (predicted.float() - wanted).abs().mean()
            return self.options.weight * loss, {"level_and_phase": float(loss.detach())}
        distance = stft_distance(predicted.flatten(0, 1), wanted.flatten(0, 1))
        loss = self.options.weight * spectrogram_loss(predicted, wanted)
        return loss, {"stft_distance": float(distance.detach())}


def given_and_wanted(spectrograms: Tensor, options: PretextOptions) -> tuple[Tensor, Tensor]:
    """What the network is given of a view's sound and what it should make of it.

    Args:
        spectrograms: of left and right, shape `(B, N, 2, 2, bins, frames)`.
        options: which of the two tasks.

    Returns:
        Each `(B, N, 2, bins, frames)`: the sum and the difference of the ears as complex numbers, or the left ear and
        the right one as level in dB, scaled to [-1, 1], and phase over pi.
    """
    left, right = spectrograms[:, :, 0], spectrograms[:, :, 1]
    if options.target == "mono_to_binaural":
        return left + right, left - right
    return level_and_phase(left), level_and_phase(right)


def level_and_phase(spectrogram: Tensor) -> Tensor:
    """Real and imaginary parts to level (-100 to 60 dB as -1 to 1) and phase over pi; `(..., 2, bins, frames)`."""
    real, imaginary = spectrogram.unbind(dim=-3)
    level = 20.0 * torch.log10(torch.hypot(real, imaginary).clamp(min=1e-5))
    return torch.stack([(level.clamp(-100.0, 60.0) + 20.0) / 80.0, torch.atan2(imaginary, real) / torch.pi], dim=-3)
