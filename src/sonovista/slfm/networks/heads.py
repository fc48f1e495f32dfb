"""Heads: from an embedding to an angle, and to classes for probes."""

import math

from torch import Tensor, nn


class AngleHead(nn.Module):
    """Linear, ReLU, linear, tanh times a limit (the paper, appendix A.4: 512-256-1; pi for sound, pi / 2 for cameras).

    Args:
        embedding: width of the input.
        hidden: width between.
        limit: radians.
        odd: leave biases out of the last layer, for differences of two embeddings.
    """

    def __init__(self, embedding: int, hidden: int, limit: float = math.pi) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(embedding, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, 1))
        self.limit = limit

    def logit(self, embedding: Tensor) -> Tensor:
        """`(..., embedding)` to `(...,)`, before tanh."""
        return self.layers(embedding)[..., 0]

    def angle(self, logit: Tensor) -> Tensor:
        """Radians within the limit."""
        return logit.float().tanh() * self.limit

    def forward(self, embedding: Tensor) -> Tensor:
        """`(..., embedding)` to radians, `(...,)`."""
        return self.angle(self.logit(embedding))


class LinearProbe(nn.Module):
    """One linear layer to classes of angle (the paper, section 4.3: 64 bins)."""

    def __init__(self, embedding: int, classes: int = 64) -> None:
        super().__init__()
        self.layer = nn.Linear(embedding, classes)

    def forward(self, embedding: Tensor) -> Tensor:
        """`(B, embedding)` to `(B, classes)`."""
        return self.layer(embedding)
