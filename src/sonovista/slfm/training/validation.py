"""What is measured while training: the objective's own loss, and angles on validation examples."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from sonovista.slfm.angles import angular_error, folded
from sonovista.slfm.networks.estimators import MotionModel, view_pairs
from sonovista.slfm.training.batches import Batch

MIRROR_PAIRS = 12
"""Validation pairs by whose majority the mirror is settled (the paper's footnote 2 and its code)."""


@dataclass(frozen=True)
class Estimates:
    """Estimates beside the truth, radians, left positive; sounds one for each view, rotations one for each pair."""

    azimuths: NDArray[np.float64]
    true_azimuths: NDArray[np.float64]
    rotations: NDArray[np.float64]
    true_rotations: NDArray[np.float64]

    def mirror_sign(self, pairs: int = MIRROR_PAIRS) -> int:
        """1 or -1: the sign of rotation that agrees with the majority of the first so many pairs."""
        agree = np.sign(self.rotations[:pairs]) == np.sign(self.true_rotations[:pairs])
        return 1 if agree.sum() * 2 >= len(agree) else -1

    def errors_deg(self, mirror_sign: int = 1) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Of sounds in front, estimates folded to the front, and of rotations; degrees."""
        front = np.abs(self.true_azimuths) < np.pi / 2
        sound = angular_error(folded(self.azimuths[front]), self.true_azimuths[front])
        return np.degrees(sound), np.degrees(angular_error(mirror_sign * self.rotations, self.true_rotations))


@torch.no_grad()
def estimate(model: MotionModel, batches: Iterable[Batch], every_pair: bool = False) -> Estimates:
    """Run a model over batches, in evaluation mode."""
    model.eval()
    device = next(model.parameters()).device
    parts: list[list[NDArray[np.float64]]] = [[], [], [], []]
    for batch in batches:
        on_device = batch.to(device)
        pairs = view_pairs(batch.images.shape[1], every_pair)
        if batch.has_pictures:
            azimuths, rotations = model(on_device.features, on_device.images, pairs)
            true_rotations = batch.rotation_of(pairs)
        else:
            azimuths = model.audio(on_device.features.flatten(0, 1))
            rotations = true_rotations = torch.zeros(0)
        values = (azimuths, batch.azimuths, rotations, true_rotations)
        for part, value in zip(parts, values, strict=True):
            part.append(value.double().cpu().numpy().ravel())
    return Estimates(*(np.concatenate(part) for part in parts))


def summary(estimates: Estimates) -> dict[str, float]:
    """Errors in degrees with the mirror settled on the first pairs; of sound alone where there are no pictures."""
    sign = estimates.mirror_sign()
    sound, rotation = estimates.errors_deg(sign)
    out = {
        "sound_mae_deg": float(sound.mean()) if len(sound) else float("nan"),
        "sound_median_deg": float(np.median(sound)) if len(sound) else float("nan"),
    }
    if len(rotation) == 0:
        return out
    return out | {
        "rotation_mae_deg": float(rotation.mean()),
        "rotation_median_deg": float(np.median(rotation)),
        "mirror_sign": float(sign),
    }
