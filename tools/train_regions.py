"""Fit the region classifier that ships with the package, and measure it photo by photo.

Run `python tools/train_regions.py`: fetches the photos, fits with a fixed seed, writes
`src/sonovista/generate/regions/appearance.npz`, and prints one JSON document with accuracies from folds that leave
whole photos out. The photos held out by the recognition benchmark are never read.
"""

import argparse
import json
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import sklearn
from fetch_photos import fetch_all, load_photo
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph
from sklearn.neural_network import MLPClassifier

from sonovista.generate.regions.appearance import AppearanceClassifier, Network, Weights
from sonovista.generate.regions.features import SegmentFeatures, segment_features
from sonovista.generate.regions.protocol import REGION_CLASSES
from sonovista.geometry import PerspectiveCamera, elevation_of
from sonovista.geometry.equirectangular import pixel_angles

TOOLS = Path(__file__).resolve().parent
ANNOTATIONS = TOOLS / "region_annotations.json"
BENCHMARK = TOOLS.parent / "benchmarks" / "recognition_annotations.json"
SHIPPED = TOOLS.parent / "src" / "sonovista" / "generate" / "regions" / "appearance.npz"
SEED = 0
FIELD_OF_VIEW = np.radians(60.0)
PHOTO_SIDES = (512, 512, 400, 300, 200, 512)
"""Pixels of the longer side: a panorama shows the same place with fewer pixels to the degree than its photo."""
PANORAMA_WIDTHS = (1024, 1024, 700)
RECIPES = ((32, 10.0, 10), (32, 10.0, 10), (40, 0.3, 40), (40, 0.3, 40))
"""Hidden units, weight decay and epochs of the ensemble's members: strongly held ones carry over better to unseen
photos, loosely held ones tell the rare classes (running water, snow) from what lies beside them."""
INDOOR_RECIPES = ((12, 3.0, 15),) * 4
FOLDS = 8
DRAWN = 16000
"""Superpixels that one network is fitted on."""
SPREAD = 7.0
"""Marks spread to superpixels that a chain of small steps in CIE Lab, of this length in all, joins to them."""


@dataclass(frozen=True)
class Example:
    """Labelled superpixels of one photo at one size."""

    features: NDArray[np.float32]
    classes: NDArray[np.int64]
    weights: NDArray[np.float64]
    gist: NDArray[np.float32]
    indoor: bool


def photo_elevation(height: int, width: int, horizon: float, offset: float = 0.0) -> NDArray[np.float32]:
    """Elevation of every pixel of a photo whose horizon lies at a fraction of its height, `(H, W)` radians."""
    fov = FIELD_OF_VIEW if width >= height else 2.0 * np.arctan(np.tan(0.5 * FIELD_OF_VIEW) * width / height)
    focal = 0.5 * width / np.tan(0.5 * fov)
    pitch = float(np.clip(np.arctan((horizon - 0.5) * height / focal) + offset, -1.5, 1.5))
    rays = PerspectiveCamera(width, height, float(fov), 0.0, pitch).ray_directions()
    return elevation_of(rays).astype(np.float32)


def label_map(height: int, width: int, regions: list[list]) -> NDArray[np.int8]:
    """Class of every pixel, -1 where nothing was marked; later rectangles lie over earlier ones. Tenths of a side."""
    labels = np.full((height, width), -1, np.int8)
    for name, x0, y0, x1, y1 in regions:
        rows = slice(round(y0 / 10 * height), round(y1 / 10 * height))
        columns = slice(round(x0 / 10 * width), round(x1 / 10 * width))
        labels[rows, columns] = REGION_CLASSES.index(name)
    return labels


def examples_of(name: str, annotation: dict, rng: np.random.Generator) -> list[Example]:
    """Labelled superpixels of a photo as it is, then smaller and in parts, with light, colour and pitch varied."""
    wraps = name.startswith("panoramas/")
    out = []
    for index, side in enumerate(PANORAMA_WIDTHS if wraps else PHOTO_SIDES):
        image = load_photo(name, side)
        height, width = image.shape[:2]
        elevation = elevations(name, height, width, annotation["horizon"])
        marked = label_map(height, width, annotation["regions"])
        if index:
            image = _vary(image, rng)
            if not wraps:
                elevation = elevation + np.float32(rng.normal(0.0, np.radians(6.0)))
                part = _part(height, width, rng)
                image, elevation, marked = image[part], elevation[part], marked[part]
        example = _label(segment_features(image, elevation, wraps, 1200 if wraps else 400), marked, annotation)
        if example is not None:
            out.append(example)
    return out


def elevations(name: str, height: int, width: int, horizon: float) -> NDArray[np.float32]:
    """Elevation of every pixel of a photo or, in the collection of that name, a panorama."""
    if name.startswith("panoramas/"):
        rows = pixel_angles(height)[1].astype(np.float32)
        return np.repeat(rows[:, None], width, axis=1)
    return photo_elevation(height, width, horizon)


def _part(height: int, width: int, rng: np.random.Generator) -> tuple[slice, slice]:
    share = rng.uniform(0.55, 1.0, 2)
    size = (round(height * share[0]), round(width * share[1]))
    top, left = rng.integers(0, height - size[0] + 1), rng.integers(0, width - size[1] + 1)
    return slice(top, top + size[0]), slice(left, left + size[1])


def _label(cut: SegmentFeatures, marked: NDArray[np.int8], annotation: dict) -> Example | None:
    size = cut.labels.shape[1], cut.labels.shape[0]
    marked = np.asarray(cv2.resize(marked, size, interpolation=cv2.INTER_NEAREST), np.int8)
    count = len(cut.features)
    votes = np.zeros((count, len(REGION_CLASSES)))
    inside = marked >= 0
    np.add.at(votes, (cut.labels[inside], marked[inside]), 1.0)
    area = np.bincount(cut.labels.ravel(), minlength=count)
    classes = np.where(votes.max(axis=1) > 0.6 * area, votes.argmax(axis=1), -1)
    classes = _spread(classes, cut)
    taken = classes >= 0
    if not taken.any():
        return None
    return Example(
        cut.features[taken],
        classes[taken],
        area[taken] / area.sum(),
        cut.gist,
        bool(annotation["indoor"]),
    )


def _spread(classes: NDArray[np.int64], cut: SegmentFeatures) -> NDArray[np.int64]:
    """Marks carried to superpixels of like colour, where no other class comes near: marks keep clear of edges."""
    edges = cut.borders.tocoo()
    gap = np.linalg.norm(cut.lab[edges.row] - cut.lab[edges.col], axis=1) + 0.3
    graph = sparse.csr_array(sparse.coo_array((gap, (edges.row, edges.col)), shape=edges.shape))
    present = np.unique(classes[classes >= 0])
    if present.size < 2:
        return classes
    reach = np.stack(
        [
            csgraph.dijkstra(graph, indices=np.flatnonzero(classes == c), min_only=True, limit=3.0 * SPREAD)
            for c in present
        ]
    )
    first, second = np.sort(reach, axis=0)[:2]
    sure = (first < SPREAD) & (second > 2.0 * first + 3.0)
    return np.where((classes < 0) & sure, present[reach.argmin(axis=0)], classes)


def fit(photos: list[list[Example]], seed: int) -> Weights:
    """Fit the networks for superpixels and for indoors."""
    examples = [example for photo in photos for example in photo]
    features = np.concatenate([example.features for example in examples])
    classes = np.concatenate([example.classes for example in examples])
    photo_of = np.concatenate([np.full(len(e.classes), i) for i, photo in enumerate(photos) for e in photo])
    gists = np.stack([example.gist for example in examples])
    indoor = np.array([example.indoor for example in examples], int)
    segments = []
    for member, recipe in enumerate(RECIPES):
        chosen = _balanced(classes, photo_of, np.random.default_rng(seed + member))
        segments.append(_fit_network(features[chosen], classes[chosen], len(REGION_CLASSES), recipe, seed + member))
    whole = [_fit_network(gists, indoor, 2, recipe, seed + i) for i, recipe in enumerate(INDOOR_RECIPES)]
    return Weights(segments, whole)


def _fit_network(
    features: NDArray[np.float32],
    classes: NDArray[np.int64],
    outputs: int,
    recipe: tuple[int, float, int],
    seed: int,
) -> Network:
    hidden, decay, epochs = recipe
    mean, scale = features.mean(axis=0), features.std(axis=0) + 1e-3
    model = MLPClassifier((hidden,), alpha=decay, max_iter=epochs, random_state=seed, learning_rate_init=2e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few epochs are meant: they keep the networks from learning photos by heart
        model.fit((features - mean) / scale, classes)
    weights = [np.asarray(w, np.float32) for w in model.coefs_]
    biases = [np.asarray(b, np.float32) for b in model.intercepts_]
    if outputs == 2:
        # scikit-learn gives two classes one logistic output; a softmax over (0, logit) is the same.
        weights[1] = np.concatenate([np.zeros_like(weights[1]), weights[1]], axis=1)
        biases[1] = np.concatenate([np.zeros_like(biases[1]), biases[1]])
    full = np.zeros((hidden, outputs), np.float32)
    bias = np.full(outputs, -20.0, np.float32)
    full[:, model.classes_] = weights[1]
    bias[model.classes_] = biases[1]
    return Network(mean.astype(np.float32), scale.astype(np.float32), weights[0], biases[0], full, bias)


def _balanced(classes: NDArray[np.int64], photos: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw superpixels so that rare classes, and photos within a class, weigh more than their share of the marks."""
    key = classes * (photos.max() + 1) + photos
    _, where, size = np.unique(key, return_inverse=True, return_counts=True)
    class_size = np.bincount(classes)[classes]
    odds = size[where] ** -0.5 * class_size**-0.4
    return rng.choice(classes.size, size=DRAWN, p=odds / odds.sum())


def _vary(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    gain = np.exp(rng.normal(0.0, 0.06, 3))
    light = (image / 255.0) ** np.exp(rng.normal(0.0, 0.25)) * gain
    grey = light.mean(axis=-1, keepdims=True)
    return (np.clip(grey + (light - grey) * rng.uniform(0.7, 1.15), 0.0, 1.0) * 255.0).astype(np.uint8)


def measure(annotations: dict, photos: dict[str, list[Example]], seed: int) -> dict:
    """Accuracy over folds that leave whole photos out, at full size, with the smoothing that ships."""
    names = sorted(annotations)
    order = np.random.default_rng(seed).permutation(len(names))
    confusion = np.zeros((len(REGION_CLASSES), len(REGION_CLASSES)), int)
    accuracy, indoor_right = {}, 0
    for fold in range(FOLDS):
        left_out = [names[i] for i in order[fold::FOLDS]]
        weights = fit([photos[name] for name in names if name not in left_out], seed)
        classifier = AppearanceClassifier(weights=weights)
        for name in left_out:
            image = load_photo(name, PHOTO_SIDES[0])
            height, width = image.shape[:2]
            elevation = elevations(name, height, width, annotations[name]["horizon"])
            found = classifier(image, elevation, name.startswith("panoramas/"))
            marked = label_map(height, width, annotations[name]["regions"])
            inside = marked >= 0
            np.add.at(confusion, (marked[inside], found.labels()[inside]), 1)
            accuracy[name] = float(np.mean(found.labels()[inside] == marked[inside]))
            indoor_right += (found.indoor > 0.5) == annotations[name]["indoor"]
    seen = np.maximum(confusion.sum(axis=1), 1)
    return {
        "pixel_accuracy_mean_over_photos": round(float(np.mean(list(accuracy.values()))), 4),
        "pixel_accuracy_median_over_photos": round(float(np.median(list(accuracy.values()))), 4),
        "recall_by_class": {c: round(float(confusion[i, i] / seen[i]), 3) for i, c in enumerate(REGION_CLASSES)},
        "most_confused": _confused(confusion),
        "indoor_accuracy": round(indoor_right / len(names), 4),
        "photos": {name: round(value, 3) for name, value in sorted(accuracy.items(), key=lambda item: item[1])},
        "folds": FOLDS,
        "seed": seed,
        "scikit_learn": sklearn.__version__,
        "numpy": np.__version__,
    }


def _confused(confusion: NDArray[np.int64]) -> list[str]:
    share = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    np.fill_diagonal(share, 0.0)
    pairs = np.dstack(np.unravel_index(np.argsort(-share, axis=None)[:12], share.shape))[0]
    return [f"{REGION_CLASSES[a]} as {REGION_CLASSES[b]}: {share[a, b]:.2f}" for a, b in pairs]


def main() -> None:
    """Fit, write the shipped file, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-folds", action="store_true", help="only fit and write")
    options = parser.parse_args()
    fetch_all()
    annotations = json.loads(ANNOTATIONS.read_text())
    if BENCHMARK.exists():
        held_out = {n for n, p in json.loads(BENCHMARK.read_text())["photos"].items() if p["split"] == "held_out"}
        if held_out & set(annotations):
            raise SystemExit(f"held out by the benchmark, yet annotated for fitting: {held_out & set(annotations)}")
    rng = np.random.default_rng(SEED)
    photos = {name: examples_of(name, annotations[name], rng) for name in sorted(annotations)}
    print("superpixels cut", file=sys.stderr)
    fit(list(photos.values()), SEED).save(SHIPPED)
    if not options.no_folds:
        print(json.dumps(measure(annotations, photos, SEED), indent=1))


if __name__ == "__main__":
    main()
