"""Regions by how they look: superpixels, hand-made features, small networks that ship with the package.

A classical method with a small classifier fitted on some sixty photos (`tools/train_regions.py`). It tells sky,
plants, water, buildings and rooms apart where light is ordinary. Limits: it knows no objects by their shape (most
furniture is `object` by colour and texture alone), bare rock and rough masonry look alike to it, and so do grey sky,
still water and plain walls where nothing around them helps.
"""

from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy import sparse

from sonovista.generate.regions.features import SegmentFeatures, check_picture, segment_features
from sonovista.generate.regions.protocol import REGION_CLASSES, RegionMap

_INDOOR_ONLY = ("wall", "floor", "ceiling")
_OUTDOOR_ONLY = ("sky", "water", "running_water", "grass", "ground", "rock", "snow", "building")


@dataclass(frozen=True)
class Network:
    """One hidden layer of ReLU and a softmax, with the standardisation of its input."""

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    hidden_weights: NDArray[np.float32]
    hidden_bias: NDArray[np.float32]
    output_weights: NDArray[np.float32]
    output_bias: NDArray[np.float32]

    def __call__(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities, shape `(N, outputs)`, of features `(N, F)`."""
        inside = np.clip((features - self.mean) / self.scale, -5.0, 5.0)
        hidden = np.maximum(inside @ self.hidden_weights + self.hidden_bias, 0.0)
        logits = hidden @ self.output_weights + self.output_bias
        exponential = np.exp(logits - logits.max(axis=1, keepdims=True))
        return exponential / exponential.sum(axis=1, keepdims=True)


@dataclass(frozen=True)
class Weights:
    """The ensembles: of superpixels' classes, and of the whole picture being indoors."""

    segments: list[Network]
    indoor: list[Network]

    def save(self, path: Path) -> None:
        """Write to an `.npz` that holds plain float16 arrays only."""
        arrays = {
            f"{kind}.{index}.{field.name}": getattr(network, field.name).astype(np.float16)
            for kind, networks in (("segments", self.segments), ("indoor", self.indoor))
            for index, network in enumerate(networks)
            for field in fields(Network)
        }
        with path.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)

    @staticmethod
    def load(path: Path) -> "Weights":
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name].astype(np.float32) for name in archive.files}
        ensembles: dict[str, list[Network]] = {}
        for kind in ("segments", "indoor"):
            count = len({name.split(".")[1] for name in arrays if name.startswith(f"{kind}.")})
            ensembles[kind] = [
                Network(**{field.name: arrays[f"{kind}.{index}.{field.name}"] for field in fields(Network)})
                for index in range(count)
            ]
        return Weights(ensembles["segments"], ensembles["indoor"])


@cache
def shipped_weights() -> Weights:
    """The weights inside the package."""
    return Weights.load(Path(str(files("sonovista.generate.regions") / "appearance.npz")))


class AppearanceOptions(BaseModel):
    """How finely to cut, and how much neighbours agree."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    photo_pieces: int = Field(default=400, ge=1, le=5000, description="Superpixels of a photo.")
    panorama_pieces: int = Field(default=1200, ge=1, le=20000, description="Superpixels of a panorama.")
    smoothing: float = Field(
        default=1.2, ge=0.0, le=10.0, description="How strongly a neighbour of like colour is followed."
    )
    smoothing_steps: int = Field(default=6, ge=0, le=100, description="Mean-field steps.")


class AppearanceClassifier:
    """Cuts a picture into superpixels and tells what each is by colour, texture, position and surroundings."""

    def __init__(self, options: AppearanceOptions | None = None, weights: Weights | None = None) -> None:
        self.options = options or AppearanceOptions()
        self._weights = weights

    def __call__(self, image: NDArray[np.uint8], elevation: NDArray[np.float32], wraps: bool) -> RegionMap:
        """Classify a picture.

        Args:
            image: RGB, shape `(H, W, 3)`, uint8, of any size.
            elevation: of the ray through every pixel in radians, up positive, shape `(H, W)`.
            wraps: True for a panorama, whose left and right edges touch.

        Returns:
            Regions at the picture's full size.

        Raises:
            InputError: where the shapes do not agree.
        """
        check_picture(image, elevation)
        options, weights = self.options, self._weights or shipped_weights()
        pieces = options.panorama_pieces if wraps else options.photo_pieces
        cut = segment_features(image, elevation, wraps, pieces)
        probabilities = np.mean([network(cut.features) for network in weights.segments], axis=0)
        indoor = self._indoor(cut, probabilities, weights)
        probabilities = _settle_indoors(probabilities, indoor)
        probabilities = probabilities * position_prior(cut.elevation)
        probabilities = smooth(probabilities, cut.borders, cut.lab, options.smoothing, options.smoothing_steps)
        return RegionMap(cut.upsampled(image, wraps), probabilities.astype(np.float32), float(indoor))

    @staticmethod
    def _indoor(cut: SegmentFeatures, probabilities: NDArray[np.float32], weights: Weights) -> float:
        """Log-odds of the picture as a whole and of its parts, averaged."""
        whole = float(np.mean([network(cut.gist[None])[0, 1] for network in weights.indoor]))
        inside = float(cut.solid_angle @ _columns(probabilities, _INDOOR_ONLY))
        outside = float(cut.solid_angle @ _columns(probabilities, _OUTDOOR_ONLY))
        logit = np.log((whole + 0.02) / (1.02 - whole)) + 1.5 * np.log((inside + 0.05) / (outside + 0.05))
        return float(1.0 / (1.0 + np.exp(-logit)))


def position_prior(elevation: NDArray[np.float32]) -> NDArray[np.float64]:
    """How much each class is held possible at an elevation, shape `(S, classes)`, in (0, 1].

    Sky does not lie under one's feet, nor ground overhead; a margin leaves room for errors of the photo's pitch.
    """
    degrees = np.degrees(elevation)[:, None]
    high = 1.0 / (1.0 + np.exp(-(degrees - 22.0) / 4.0))
    low = 1.0 / (1.0 + np.exp((degrees + 22.0) / 4.0))
    prior = np.ones((len(elevation), len(REGION_CLASSES)))
    for name in ("grass", "ground", "water", "floor"):
        prior[:, REGION_CLASSES.index(name)] = (1.0 - 0.97 * high)[:, 0]
    for name in ("sky", "ceiling"):
        prior[:, REGION_CLASSES.index(name)] = (1.0 - 0.97 * low)[:, 0]
    return prior


def smooth(
    probabilities: NDArray[np.floating],
    borders: sparse.csr_array,
    lab: NDArray[np.float32],
    strength: float,
    steps: int,
) -> NDArray[np.float64]:
    """Let neighbours of like colour agree: mean-field inference in a Potts model on the graph of superpixels.

    Args:
        probabilities: of every superpixel, shape `(S, classes)`; rows need not sum to 1.
        borders: length in pixels of the border between every two, shape `(S, S)`.
        lab: mean CIE Lab of every superpixel, shape `(S, 3)`.
        strength: with which a neighbour of like colour is followed.
        steps: of the inference.

    Returns:
        Shape `(S, classes)`, rows sum to 1 (Kraehenbuehl and Koltun, "Efficient inference in fully connected CRFs",
        NIPS 2011, algorithm 1, with neighbours for kernels).
    """
    edges = borders.tocoo()
    gap = np.linalg.norm(lab[edges.row] - lab[edges.col], axis=1)
    likeness = edges.copy()
    likeness.data = edges.data * np.exp(-((gap / 12.0) ** 2))
    length = np.maximum(np.asarray(borders.sum(axis=1)).ravel(), 1.0)
    likeness = likeness.tocsr()
    unary = np.log(np.maximum(probabilities, 1e-6))
    belief = _softmax(unary)
    for _ in range(steps):
        message = (likeness @ belief) / length[:, None]
        belief = _softmax(unary + 2.0 * strength * message)
    return belief


def _settle_indoors(probabilities: NDArray[np.float32], indoor: float) -> NDArray[np.float64]:
    """Weigh classes that occur only indoors, or only outdoors, by how probable that is."""
    settled = probabilities.astype(np.float64)
    for names, weight in ((_INDOOR_ONLY, indoor), (_OUTDOOR_ONLY, 1.0 - indoor)):
        for name in names:
            settled[:, REGION_CLASSES.index(name)] *= max(weight, 0.02)
    return settled / settled.sum(axis=1, keepdims=True)


def _columns(probabilities: NDArray[np.floating], names: tuple[str, ...]) -> NDArray[np.floating]:
    return probabilities[:, [REGION_CLASSES.index(name) for name in names]].sum(axis=1)


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    exponential = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponential / exponential.sum(axis=1, keepdims=True)
