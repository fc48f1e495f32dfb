"""The gist of a picture: attributes of the whole scene, from features of the frozen backbone.

Linear heads on means of patch features, regularised so strongly that a few dozen photos do, each calibrated on what it
said of photos that it had not seen (Platt, "Probabilistic outputs for support vector machines", 1999). Fitted by
`tools/train_gist.py` on the fitting photos of `tools/photo_split.json`.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from sonovista.vision.backbone import Backbone

LONGEST_SIDE_PATCHES = 23
LAYERS = (4, 6, 8)
FEATURES = len(LAYERS) * 3 * 384


@dataclass(frozen=True)
class GistHeads:
    """Linear heads.

    Attributes:
        names: of the attributes.
        mean: of the features, shape `(FEATURES,)`.
        scale: their deviations, shape `(FEATURES,)`.
        weight: shape `(len(names), FEATURES)`.
        bias: shape `(len(names),)`.
        trust: how well each tells photos that it has not seen apart, in [0, 1]: twice the area under its ROC curve
            above one half, leaving one photo out at a time.
    """

    names: tuple[str, ...]
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    trust: NDArray[np.float32]

    def probabilities(self, features: NDArray[np.float32]) -> dict[str, float]:
        """Calibrated probability of each attribute, from features of shape `(FEATURES,)`."""
        logits = self.weight @ ((features - self.mean) / self.scale) + self.bias
        return {name: float(p) for name, p in zip(self.names, 1.0 / (1.0 + np.exp(-logits)), strict=True)}

    def trusts(self) -> dict[str, float]:
        """`trust` by name."""
        return {name: float(value) for name, value in zip(self.names, self.trust, strict=True)}


def gist_features(image: NDArray[np.uint8], backbone: Backbone) -> NDArray[np.float32]:
    """Means of patch features over the picture, its upper and its lower third, for each of `LAYERS`.

    Args:
        image: RGB, shape `(H, W, 3)`, uint8.
        backbone: frozen.

    Returns:
        Shape `(FEATURES,)`.
    """
    height, width = image.shape[:2]
    scale = LONGEST_SIDE_PATCHES / max(height, width)
    rows, columns = max(3, round(height * scale)), max(3, round(width * scale))
    found = backbone(image, rows, columns, LAYERS)
    third = rows // 3
    parts = [(layer, layer[:third], layer[-third:]) for layer in found]
    return np.concatenate([part.mean(axis=(0, 1)) for layer in parts for part in layer]).astype(np.float32)


@cache
def shipped_heads() -> GistHeads:
    """The heads inside the package."""
    with np.load(str(files("sonovista.generate.understanding") / "gist.npz"), allow_pickle=False) as stored:
        names = tuple(json.loads(stored["names"].tobytes()))
        arrays = {name: stored[name].astype(np.float32) for name in ("mean", "scale", "weight", "bias", "trust")}
    return GistHeads(names, **arrays)
