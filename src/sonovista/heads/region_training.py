"""The region head: what each patch of a picture is, from the features of two frozen networks, fitted on strokes.

The backbone's features of three layers, from two looks, and what the ImageNet network says of the cells around, from
two looks too, are turned onto their principal components, then read by an ensemble of small networks with one hidden
layer; a logistic regression on the picture's mean features tells whether it was taken indoors. With some 200 photos the
loss that matters is that of photos that were not seen: rare classes and photos are drawn more often than their share of
patches, the hidden layer is thinned (dropout), and weights decay. Patches are shown without the ImageNet network now
and then, so that the head also serves where its weights are not to be had.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from torch import nn

from sonovista.generate.regions.protocol import DETAIL_CLASSES, DetailClass
from sonovista.vision.backbone_weights import WIDTH
from sonovista.vision.imagenet_weights import CLASSES

MERGED_CLASSES: dict[str, tuple[DetailClass, ...]] = {
    "sky": ("sky", "cloud"),
    "water": ("still_water", "running_water", "sea"),
    "trees": ("tree",),
    "low plants": ("grass", "flowers"),
    "ground": ("sand", "soil", "road"),
    "rock, snow": ("rock", "snow"),
    "building": ("building",),
    "room": ("wall", "floor", "ceiling", "window"),
    "things": ("furniture", "vehicle", "boat", "fire"),
    "living": ("person", "animal", "bird"),
}
"""The ten classes over which accuracy is reported: each detail belongs to one."""
MERGED_OF_DETAIL = np.array([[name in d for d in MERGED_CLASSES.values()].index(True) for name in DETAIL_CLASSES])


class RegionHeadConfig(BaseModel):
    """All that the head depends on beside strokes and photos."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    layers: tuple[int, ...] = Field(description="Blocks of the backbone, from 0.")
    longest_side: int = Field(ge=8, le=60, description="Patches along a photo's longer side.")
    components: int = Field(ge=8, le=1152, description="Principal components of a look that are kept.")
    cell_components: int = Field(ge=8, le=1000, description="The same of what the ImageNet network says of a cell.")
    around: int = Field(ge=1, le=1000, description="Of these, those whose mean over the whole picture is read too.")
    without_cells: float = Field(ge=0.0, lt=1.0, description="Share of the patches that are fitted on without cells.")
    whitening: float = Field(
        ge=0.0, le=1.0, description="0: components keep their variances, so that the small ones count little; 1: alike."
    )
    hidden: int = Field(ge=4, le=1024)
    members: int = Field(ge=1, le=32, description="Networks in the ensemble.")
    dropout: float = Field(ge=0.0, lt=1.0)
    weight_decay: float = Field(ge=0.0)
    learning_rate: float = Field(gt=0.0)
    steps: int = Field(ge=1, description="Of Adam.")
    batch: int = Field(ge=10, description="Patches of each step, drawn anew from all that lie under strokes.")
    patches: int = Field(ge=100, description="Drawn once, for the principal components.")
    class_balance: float = Field(ge=0.0, le=1.0, description="0: as they come; 1: all classes weigh the same.")
    photo_balance: float = Field(ge=0.0, le=1.0, description="The same for photos within a class.")
    indoor_weight_decay: float = Field(ge=0.0)
    seed: int

    @staticmethod
    def read(path: Path) -> "RegionHeadConfig":
        """From YAML."""
        return RegionHeadConfig.model_validate(yaml.safe_load(path.read_text()))


@dataclass(frozen=True)
class StrokedPhoto:
    """Features of a photo, and what strokes say of its patches.

    Attributes:
        looks: the backbone's, of the patches under strokes, shape `(patches, looks, layers * 384)`.
        cells: logits of the ImageNet network around them, shape `(patches, looks, 1000)`.
        classes: index into `DETAIL_CLASSES` of each, shape `(patches,)`.
        gist: mean of the first look over the whole picture, shape `(layers * 384,)`.
        around: the same of the cells, shape `(1000,)`.
        indoor: whether the photo was taken indoors.
    """

    looks: NDArray[np.float32]
    cells: NDArray[np.float32]
    classes: NDArray[np.int64]
    gist: NDArray[np.float32]
    around: NDArray[np.float32]
    indoor: bool


@dataclass(frozen=True)
class RegionHead:
    """The fitted numbers; `E` networks, `I` inputs, `U` hidden units, `F = layers * 384`.

    Attributes:
        mean: of the backbone's features, shape `(F,)`.
        whitening: onto their components, shape `(F, K)`.
        cell_mean: of the cells' logits, shape `(1000,)`.
        cell_whitening: onto their components, shape `(1000, C)`.
        hidden_weight: shape `(E, I, U)`: components of looks, of cells, the first of the whole picture's.
        hidden_bias: shape `(E, 1, U)`.
        output_weight: shape `(E, U, 25)`.
        output_bias: shape `(E, 1, 25)`.
        indoor_weight: shape `(F, 1)`.
        indoor_bias: shape `(1,)`.
    """

    mean: NDArray[np.float32]
    whitening: NDArray[np.float32]
    cell_mean: NDArray[np.float32]
    cell_whitening: NDArray[np.float32]
    hidden_weight: NDArray[np.float32]
    hidden_bias: NDArray[np.float32]
    output_weight: NDArray[np.float32]
    output_bias: NDArray[np.float32]
    indoor_weight: NDArray[np.float32]
    indoor_bias: NDArray[np.float32]

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """By name; row by row in memory, since safetensors writes numbers as they lie."""
        return {field.name: np.ascontiguousarray(getattr(self, field.name)) for field in fields(RegionHead)}

    def details(
        self, looks: NDArray[np.float32], cells: NDArray[np.float32] | None, around: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Probabilities `(N, 25)` of patches as in `StrokedPhoto`; `cells` None: without the ImageNet network."""
        onto = Components(self.mean, self.whitening), Components(self.cell_mean, self.cell_whitening)
        inside = head_inputs(looks, cells, around, *onto, self.hidden_weight.shape[1])
        hidden = np.maximum(inside[None] @ self.hidden_weight + self.hidden_bias, 0.0)
        logits = hidden @ self.output_weight + self.output_bias
        odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return (odds / odds.sum(axis=-1, keepdims=True)).mean(axis=0).astype(np.float32)

    def indoor(self, gist: NDArray[np.float32]) -> float:
        """Probability that a picture of these mean features, `(F,)`, was taken indoors."""
        logit = float(((gist - self.mean) @ self.indoor_weight + self.indoor_bias)[0])
        return 1.0 / (1.0 + float(np.exp(-logit)))


@dataclass(frozen=True)
class Components:
    """What turns features onto their principal components.

    Attributes:
        mean: of the features, shape `(F,)`.
        whitening: onto the components, shape `(F, K)`.
    """

    mean: NDArray[np.float32]
    whitening: NDArray[np.float32]

    def of(self, features: NDArray[np.float32]) -> NDArray[np.floating]:
        """Components `(..., K)` of features `(..., F)`."""
        return (features - self.mean) @ self.whitening


def head_inputs(
    looks: NDArray[np.float32],
    cells: NDArray[np.float32] | None,
    around: NDArray[np.float32],
    of_looks: Components,
    of_cells: Components,
    count: int,
) -> NDArray[np.float32]:
    """What the ensemble reads of every patch; the shipped graph computes the same (`tools/train_region_head.py`).

    Args:
        looks: of the backbone, shape `(N, looks, layers * 384)`.
        cells: of the ImageNet network, shape `(N, looks, 1000)`; None: without it, and zeros stand for them.
        around: mean of the cells over the whole picture, shape `(1000,)`.
        of_looks: of the backbone's features.
        of_cells: of the cells.
        count: of the inputs.

    Returns:
        Components of looks, of cells, then as many of the first of `around` as make up the count, `(N, count)`.
    """
    inside = of_looks.of(looks).reshape(len(looks), -1)
    if cells is None:
        rest = np.zeros((len(looks), count - inside.shape[1]), np.float32)
        return np.concatenate([inside, rest], axis=1).astype(np.float32)
    own = of_cells.of(cells).reshape(len(cells), -1)
    whole = of_cells.of(around)[: count - inside.shape[1] - own.shape[1]]
    whole = np.broadcast_to(whole, (len(own), len(whole)))
    return np.concatenate([inside, own, whole], axis=1).astype(np.float32)


def under_strokes(
    looks: NDArray[np.float32],
    cells: NDArray[np.float32],
    strokes: Sequence[Sequence[str | float]],
    indoor: bool,
) -> StrokedPhoto:
    """The patches whose centre lies under a stroke; later strokes lie over earlier ones.

    Args:
        looks: of the backbone, shape `(rows, columns, looks, layers * 384)`.
        cells: of the ImageNet network, shape `(rows, columns, looks, 1000)`.
        strokes: class, left, top, right, bottom; in tenths of the picture's width and height.
        indoor: whether the photo was taken indoors.
    """
    rows, columns = looks.shape[:2]
    labels = np.full((rows, columns), -1)
    across, down = (np.arange(columns) + 0.5) / columns * 10.0, (np.arange(rows) + 0.5) / rows * 10.0
    for name, left, top, right, bottom in strokes:
        inside = ((down >= float(top)) & (down < float(bottom)))[:, None] & (
            (across >= float(left)) & (across < float(right))
        )
        labels[inside] = [str(detail) for detail in DETAIL_CLASSES].index(str(name))
    taken = labels >= 0
    gist, around = looks[:, :, 0].mean(axis=(0, 1)), cells[:, :, 0].mean(axis=(0, 1))
    return StrokedPhoto(looks[taken], cells[taken], labels[taken].astype(np.int64), gist, around, indoor)


def fit(photos: Sequence[StrokedPhoto], config: RegionHeadConfig) -> RegionHead:
    """Fit the head; the same photos and config give the same head on the same machine."""
    classes = np.concatenate([photo.classes for photo in photos])
    owner = np.concatenate([np.full(len(photo.classes), index) for index, photo in enumerate(photos)])
    odds = _weights(classes, owner, config)
    drawn = np.sort(np.random.default_rng(config.seed).choice(len(classes), config.patches, p=odds))
    starts = np.cumsum([0, *(len(photo.classes) for photo in photos)])
    of_photo = [
        drawn[(drawn >= start) & (drawn < start + len(p.classes))] - start
        for start, p in zip(starts, photos, strict=False)
    ]
    of_looks = _components(
        [p.looks[some, 0] for p, some in zip(photos, of_photo, strict=True)], config.components, config
    )
    of_cells = _components(
        [p.cells[some, 0] for p, some in zip(photos, of_photo, strict=True)], config.cell_components, config
    )
    kept = photos[0].looks.shape[1] * config.components
    count = kept + photos[0].cells.shape[1] * config.cell_components + config.around
    inside = np.concatenate([head_inputs(p.looks, p.cells, p.around, of_looks, of_cells, count) for p in photos])
    networks = [
        _fit_network(inside, kept, classes, odds, config, config.seed + member) for member in range(config.members)
    ]
    indoor_weight, indoor_bias = _fit_indoor(photos, of_looks.mean, config)
    hidden_weight, hidden_bias, output_weight, output_bias = (
        np.stack(arrays).astype(np.float32) for arrays in zip(*networks, strict=True)
    )
    return RegionHead(
        mean=of_looks.mean,
        whitening=of_looks.whitening,
        cell_mean=of_cells.mean,
        cell_whitening=of_cells.whitening,
        hidden_weight=hidden_weight,
        hidden_bias=hidden_bias,
        output_weight=output_weight,
        output_bias=output_bias,
        indoor_weight=indoor_weight,
        indoor_bias=indoor_bias,
    )


def _components(parts: Sequence[NDArray[np.float32]], count: int, config: RegionHeadConfig) -> Components:
    """Onto principal components that together have variance 1 in the mean.

    So learning rate and decay mean the same for all inputs.
    """
    some = np.concatenate(parts)
    mean = some.mean(axis=0)
    values, vectors = np.linalg.eigh((some - mean).T @ (some - mean) / len(some))
    largest = np.argsort(values)[::-1][:count]
    onto = vectors[:, largest] * (values[largest] + 1e-3) ** (-0.5 * config.whitening)
    variance = (values[largest] * (values[largest] + 1e-3) ** -config.whitening).mean()
    return Components(mean, (onto / np.sqrt(variance)).astype(np.float32))


def _weights(classes: NDArray[np.int64], owner: NDArray[np.int64], config: RegionHeadConfig) -> NDArray[np.float64]:
    key = classes * (owner.max() + 1) + owner
    _, where, size = np.unique(key, return_inverse=True, return_counts=True)
    weights = size[where] ** -config.photo_balance
    total = np.bincount(classes, weights, minlength=len(DETAIL_CLASSES))
    weights = weights * np.maximum(total, 1e-9)[classes] ** -config.class_balance
    return weights / weights.sum()


def _fit_network(
    inside: NDArray[np.float32],
    kept: int,
    classes: NDArray[np.int64],
    odds: NDArray[np.float64],
    config: RegionHeadConfig,
    seed: int,
) -> tuple[NDArray[np.float32], ...]:
    torch.manual_seed(seed)
    network = nn.Sequential(
        nn.Dropout(config.dropout),
        nn.Linear(inside.shape[1], config.hidden),
        nn.ReLU(),
        nn.Dropout(config.dropout),
        nn.Linear(config.hidden, len(DETAIL_CLASSES)),
    )
    draws = np.random.default_rng(seed).choice(len(classes), (config.steps, config.batch), p=odds)
    adam = torch.optim.AdamW(network.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, config.steps)
    for drawn in draws:
        adam.zero_grad()
        shown = torch.from_numpy(inside[drawn])
        shown[:, kept:] *= (torch.rand(len(drawn), 1) >= config.without_cells).float()
        told = network(shown)
        nn.functional.cross_entropy(told, torch.from_numpy(classes[drawn])).backward()
        adam.step()
        schedule.step()
    hidden, output = (module for module in network if isinstance(module, nn.Linear))
    arrays = (hidden.weight.T, hidden.bias[None], output.weight.T, output.bias[None])
    return tuple(array.detach().numpy().copy() for array in arrays)


def _fit_indoor(
    photos: Sequence[StrokedPhoto], mean: NDArray[np.float32], config: RegionHeadConfig
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Logistic regression by Newton's method in the space of the photos: there are fewer of them than features."""
    gists = np.stack([photo.gist - mean for photo in photos]).astype(np.float64)
    truth = np.array([photo.indoor for photo in photos], float)
    kernel = gists @ gists.T
    share = np.where(truth > 0.5, 0.5 / max(truth.sum(), 1.0), 0.5 / max((1.0 - truth).sum(), 1.0)) * len(truth)
    dual, bias = np.zeros(len(photos)), 0.0
    for _ in range(50):
        chance = 1.0 / (1.0 + np.exp(-(kernel @ dual + bias)))
        curvature = np.maximum(share * chance * (1.0 - chance), 1e-6)
        # The stationary point: dual * decay = share * (truth - chance), with an intercept that is not held.
        matrix = np.block(
            [
                [kernel + config.indoor_weight_decay * np.diag(1.0 / curvature), np.ones((len(photos), 1))],
                [np.ones((1, len(photos))), np.zeros((1, 1))],
            ]
        )
        working = kernel @ dual + bias + share * (truth - chance) / curvature
        solved = np.linalg.solve(matrix, np.append(working, 0.0))
        dual, bias = solved[:-1], float(solved[-1])
    return (gists.T @ dual)[:, None].astype(np.float32), np.array([bias], np.float32)


def merged_accuracy(confusion: NDArray[np.float64]) -> tuple[float, float]:
    """Mean over classes of recall and of intersection over union, from a confusion matrix (rows: truth)."""
    seen = confusion.sum(axis=1) > 0
    hits = np.diag(confusion)
    recall = hits[seen] / confusion.sum(axis=1)[seen]
    union = confusion.sum(axis=1) + confusion.sum(axis=0) - hits
    return float(recall.mean()), float((hits[seen] / union[seen]).mean())


def feature_count(config: RegionHeadConfig) -> tuple[int, int]:
    """Numbers that describe one patch in one look: of the backbone, of the ImageNet network."""
    return len(config.layers) * WIDTH, CLASSES
