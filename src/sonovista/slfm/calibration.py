"""How sure an estimate is: the chance that it is within 10 degrees, fitted on validation examples."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

GOOD_DEG = 10.0
"""An estimate is called good within so many degrees."""


@dataclass(frozen=True)
class Logistic:
    """Chance from features by logistic regression.

    Attributes:
        weights: of the features, shape `(features,)`.
        bias: added to them.
    """

    weights: NDArray[np.float64]
    bias: float

    @classmethod
    def unknown(cls, features: int) -> "Logistic":
        """Before anything was fitted: one half, whatever the features."""
        return cls(np.zeros(features), 0.0)

    @classmethod
    def fitted(cls, features: ArrayLike, good: ArrayLike, ridge: float = 1.0, steps: int = 50) -> "Logistic":
        """Fit by Newton's method with a ridge on standardised features.

        Args:
            features: shape `(N, features)`.
            good: truth values, shape `(N,)`.
            ridge: keeps weights finite where classes part cleanly.
            steps: of Newton's method.
        """
        x = np.asarray(features, float)
        y = np.asarray(good, float)
        mean, spread = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-6)
        z = np.column_stack([(x - mean) / spread, np.ones(len(x))])
        penalty = ridge * np.diag([*np.ones(x.shape[1]), 1e-3])
        w = np.zeros(z.shape[1])
        for _ in range(steps):
            p = _sigmoid(z @ w)
            gradient = z.T @ (p - y) + penalty @ w
            curvature = (z * (p * (1.0 - p))[:, None]).T @ z + penalty
            w -= np.linalg.solve(curvature, gradient)
        weights = w[:-1] / spread
        return cls(weights, float(w[-1] - weights @ mean))

    def chance(self, features: ArrayLike) -> NDArray[np.float64]:
        """In (0, 1), shape of `features` without its last axis."""
        return _sigmoid(np.asarray(features, float) @ self.weights + self.bias)

    def as_list(self) -> list[float]:
        """Weights, then the bias."""
        return [*(float(w) for w in self.weights), float(self.bias)]

    @classmethod
    def from_list(cls, values: list[float]) -> "Logistic":
        """The inverse of `as_list`."""
        return cls(np.array(values[:-1], float), float(values[-1]))


def auroc(score: ArrayLike, positive: ArrayLike) -> float:
    """Area under the receiver operating characteristic: the chance that a positive scores higher; NaN if undefined."""
    score, positive = np.asarray(score, float), np.asarray(positive, bool)
    ones, zeros = score[positive], score[~positive]
    if len(ones) == 0 or len(zeros) == 0:
        return float("nan")
    order = np.sort(zeros)
    below, upto = np.searchsorted(order, ones, "left"), np.searchsorted(order, ones, "right")
    return float((0.5 * (below + upto)).mean() / len(zeros))


def _sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1.0 / (1.0 + np.exp(-np.clip(x, -40.0, 40.0)))
