"""What windows of sound are taught, so that the delay between two ears can be read from their likeness."""

import torch
from torch import Tensor, nn


def cycle_loss(left: Tensor, right: Tensor, first: int, starts: int, temperature: float) -> Tensor:
    """A walker goes from windows of the left ear to the right one's and back, and should end where it started.

    Args:
        left: embeddings of unit length of windows at consecutive samples, shape `(..., nodes, embedding)`.
        right: of the right ear at the same times.
        first: number of the first window that walks start from; the others only can be reached.
        starts: how many windows walks start from.
        temperature: of the softmax over likeness, which is the chance of a step.

    Returns:
        Mean negative log-likelihood of coming back, a scalar.

    Source: Chen, Fouhey and Owens, "Sound Localization by Self-Supervised Time Delay Estimation" (2022), section 3.1,
    after the contrastive random walk of Jabri, Owens and Efros (2020).
    """
    there = torch.log_softmax(left[..., first : first + starts, :] @ right.mT / temperature, dim=-1)
    back = torch.log_softmax(right @ left.mT / temperature, dim=-1)[..., first : first + starts]
    return -torch.logsumexp(there + back.mT, dim=-1).mean()


def discrimination_loss(one: Tensor, other: Tensor, temperature: float) -> Tensor:
    """Each window should be most like its own altered copy, among those at all other samples, in both directions.

    Args:
        one: embeddings of unit length, shape `(..., nodes, embedding)`.
        other: of the copies.
        temperature: of the softmax.

    Source: Chen, Fouhey and Owens (2022), section 3.2; the loss of van den Oord et al. (2018).
    """
    scores = (one @ other.mT / temperature).flatten(0, -3)
    target = torch.arange(scores.shape[-1], device=scores.device).expand(scores.shape[:-1])
    return 0.5 * (
        nn.functional.cross_entropy(scores.flatten(0, 1), target.flatten())
        + nn.functional.cross_entropy(scores.mT.flatten(0, 1), target.flatten())
    )
