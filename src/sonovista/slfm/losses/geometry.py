"""Sounds move against the camera: the losses of section 3.2, and ours that train where they do not."""

import math
from itertools import product
from typing import Literal

import torch
from torch import Tensor

Reflection = Literal["none", "pair", "joint"]
Residual = Literal["cosine", "chord"]
UNIFORM_MEAN_SINE = 2.0 / math.pi
"""Of |sin| over sources all around."""


def rotation_residual(source: Tensor, target: Tensor, rotation: Tensor) -> Tensor:
    """`1 - cos` between the rotated target direction and the source direction: half their squared distance.

    Args:
        source: azimuth at the first view, radians, left positive.
        target: azimuth at the second view.
        rotation: of the second camera from the first, left positive: the source's azimuth falls by it.

    Source: the paper, eq. 6.
    """
    return 1.0 - torch.cos(source - rotation - target)


def rotation_chord(source: Tensor, target: Tensor, rotation: Tensor) -> Tensor:
    """Distance of the rotated target direction from the source direction on the unit circle, nearly the angle."""
    return 2.0 * (rotation_residual(source, target, rotation) / 2.0 + 1e-6).sqrt()


def geometric_loss(
    azimuths: Tensor,
    rotations: Tensor,
    pairs: list[tuple[int, int]],
    reflection: Reflection = "pair",
    residual: Residual = "cosine",
) -> Tensor:
    """Mean disagreement of sound directions with camera rotations, front and back exchanged where that helps.

    Reflection is `theta -> pi - theta`, which keeps left and right; the paper prints the other one (eq. 7) and its
    code does this.

    Args:
        azimuths: shape `(B, V)`.
        rotations: of each pair, shape `(B, P)`.
        pairs: of views, from and to.
        reflection: none; chosen anew by every pair, as in the paper; or one choice for each view, shared by all pairs.
        residual: cosine, the paper's; or the length of the chord, whose least mean is a median and not a mean.

    Returns:
        A scalar.
    """
    disagreement = rotation_residual if residual == "cosine" else rotation_chord
    choices = torch.stack([azimuths, math.pi - azimuths])
    first, second = [s for s, _ in pairs], [t for _, t in pairs]
    if reflection == "none":
        return disagreement(azimuths[:, first], azimuths[:, second], rotations).mean()
    if reflection == "pair":
        options = [
            disagreement(choices[a][:, first], choices[b][:, second], rotations) for a, b in product((0, 1), repeat=2)
        ]
        return torch.stack(options).amin(dim=0).mean()
    totals = []
    for assignment in product((0, 1), repeat=azimuths.shape[1]):
        chosen = torch.stack([choices[side][:, view] for view, side in enumerate(assignment)], dim=1)
        totals.append(disagreement(chosen[:, first], chosen[:, second], rotations).mean(dim=1))
    return torch.stack(totals).amin(dim=0).mean()


def binaural_loss(azimuths: Tensor, votes: Tensor, weights: Tensor | None = None) -> Tensor:
    """Binary cross-entropy of `(sin(theta) + 1) / 2` against left (1) or right (-1); ties (0) count nothing.

    Source: the paper, eq. 8.
    """
    probability = (0.5 * (azimuths.float().sin() + 1.0)).clamp(1e-3, 1.0 - 1e-3)
    left = 0.5 * (votes + 1.0)
    loss = -(left * probability.log() + (1.0 - left) * (1.0 - probability).log())
    weight = votes.abs() if weights is None else votes.abs() * weights
    return (loss * weight).sum() / weight.sum().clamp(min=1.0)


def symmetry_loss(azimuths: Tensor, exchanged: Tensor, rotations: Tensor, backwards: Tensor) -> Tensor:
    """Exchanging ears negates the azimuth, exchanging pictures the rotation (the paper, eq. 9)."""
    return (azimuths + exchanged).abs().mean() + (rotations + backwards).abs().mean()


def spread_loss(azimuths: Tensor, wanted: float = UNIFORM_MEAN_SINE) -> Tensor:
    """A guard against angles that shrink together: how far the mean |sin| falls short of sources all around."""
    return torch.relu(wanted - azimuths.float().sin().abs().mean())
