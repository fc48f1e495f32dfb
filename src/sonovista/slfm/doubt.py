"""How far off a network expects to be, learned from its embeddings and its errors on validation examples."""

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

MEMBERS, HIDDEN = 4, 16
STEPS, BATCH, RATE, DECAY, DROPPED = 600, 256, 3e-3, 1e-2, 0.3
_WIDEST = 4.0
"""Standard deviations; what lies farther out was not seen in fitting and is taken as if it lay here."""


@dataclass(frozen=True)
class Doubt:
    """The logarithm of 1 and the degrees that an estimate is off by, expected from its embedding.

    The mean of a few networks of one hidden layer, which is itself such a network.

    Attributes:
        mean: of embeddings, shape `(width,)`.
        spread: their standard deviation, likewise.
        hidden: weights, shape `(width + 1, units)`, the last row the biases.
        output: weights, shape `(units + 1,)`, the last the bias.
    """

    mean: NDArray[np.float32]
    spread: NDArray[np.float32]
    hidden: NDArray[np.float32]
    output: NDArray[np.float32]

    @property
    def width(self) -> int:
        """Of the embedding."""
        return len(self.mean)

    @classmethod
    def unknown(cls, width: int) -> "Doubt":
        """Before anything was fitted: 0 whatever the embedding."""
        return cls(
            *(np.array(x, np.float32) for x in (np.zeros(width), np.ones(width), np.zeros((width + 1, 1)), [0, 0]))
        )

    @classmethod
    def fitted(cls, embeddings: ArrayLike, errors_deg: ArrayLike, seed: int = 0) -> "Doubt":
        """Fit by squared errors of the logarithm, with AdamW and dropout.

        Args:
            embeddings: shape `(N, width)`.
            errors_deg: degrees, shape `(N,)`.
            seed: of first weights and of the order of examples.
        """
        x, y = np.asarray(embeddings, np.float32), np.log1p(np.asarray(errors_deg, np.float32))
        mean, spread = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-3)
        z = _standard(x, mean, spread)
        members = [_member(z, y - y.mean(), np.random.default_rng([seed, number])) for number in range(MEMBERS)]
        hidden = np.concatenate([first for first, _ in members], axis=1)
        output = np.concatenate([*(second[:-1] for _, second in members), [sum(second[-1] for _, second in members)]])
        output = output / MEMBERS
        output[-1] += y.mean()
        return cls(mean, spread, hidden.astype(np.float32), output.astype(np.float32))

    def expected(self, embeddings: ArrayLike) -> NDArray[np.float64]:
        """Shape of `embeddings` without its last axis."""
        z = _standard(np.asarray(embeddings, np.float32), self.mean, self.spread)
        units = np.maximum(z @ self.hidden[:-1] + self.hidden[-1], 0.0)
        return np.asarray(units @ self.output[:-1] + self.output[-1], np.float64)

    def as_dict(self) -> dict[str, Any]:
        """Plain data: the numbers of all fields one after the other, 32-bit little-endian, in base64."""
        parts = (self.mean, self.spread, self.hidden, self.output)
        data = np.concatenate([part.ravel() for part in parts]).astype("<f4").tobytes()
        return {"width": self.width, "units": self.hidden.shape[1], "data": base64.b64encode(data).decode("ascii")}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Doubt":
        """The inverse of `as_dict`."""
        width, units = int(values["width"]), int(values["units"])
        data = np.frombuffer(base64.b64decode(values["data"]), "<f4").astype(np.float32)
        mean, spread, hidden, output = np.split(data, np.cumsum([width, width, (width + 1) * units]))
        return cls(mean, spread, hidden.reshape(width + 1, units), output)


def _standard(x: NDArray[np.float32], mean: NDArray[np.float32], spread: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.clip((x - mean) / spread, -_WIDEST, _WIDEST)


def _member(
    z: NDArray[np.float32], y: NDArray[np.float32], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weights of one network: `(width + 1, HIDDEN)` and `(HIDDEN + 1,)`."""
    width = z.shape[1]
    bound = width**-0.5
    weights = [
        rng.uniform(-bound, bound, (width + 1, HIDDEN)).astype(np.float32),
        rng.uniform(-(HIDDEN**-0.5), HIDDEN**-0.5, HIDDEN + 1).astype(np.float32),
    ]
    first, second = [np.zeros_like(w) for w in weights], [np.zeros_like(w) for w in weights]
    for step in range(1, STEPS + 1):
        rows = rng.integers(0, len(z), BATCH)
        inputs = np.concatenate([z[rows], np.ones((BATCH, 1), np.float32)], axis=1)
        kept = (rng.random((BATCH, HIDDEN)) >= DROPPED).astype(np.float32) / np.float32(1.0 - DROPPED)
        sums = inputs @ weights[0]
        units = np.concatenate([np.maximum(sums, 0.0) * kept, np.ones((BATCH, 1), np.float32)], axis=1)
        wrong = 2.0 * (units @ weights[1] - y[rows]) / BATCH
        back = wrong[:, None] * weights[1][:-1] * kept * (sums > 0.0)
        for k, gradient in enumerate((inputs.T @ back, units.T @ wrong)):
            first[k] += np.float32(0.1) * (gradient - first[k])
            second[k] += np.float32(0.001) * (np.square(gradient) - second[k])
            move = first[k] / (1.0 - 0.9**step) / (np.sqrt(second[k] / (1.0 - 0.999**step)) + 1e-8)
            weights[k] = (weights[k] * (1.0 - RATE * DECAY) - RATE * move).astype(np.float32)
    return weights[0], weights[1]
