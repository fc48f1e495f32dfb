"""Fit the region head that ships with the package, and write it as safetensors and ONNX.

Run `python tools/train_region_head.py`: fetches photos and the backbone, reads the strokes of `region_strokes.json` on
the photos that `photo_split.json` gives to fitting, fits with the seed of
`src/sonovista/heads/configs/regions.yaml`, and prints one JSON document with accuracies from folds that leave whole
photos out, with the second look at the smaller picture that `sonovista.generate.regions.learned` averages in and
without it. Held-out photos are never read; `benchmarks/regions.py` measures on them. Features are kept in `--features`
so that a run that was interrupted goes on.
"""

import argparse
import json
import tempfile
from pathlib import Path

import cv2
import numpy as np
import onnx
from fetch_photos import fetch_all, load_photo
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

from sonovista.generate.regions.learned import LearnedOptions
from sonovista.generate.regions.protocol import DETAIL_CLASSES
from sonovista.heads.region_training import (
    MERGED_CLASSES,
    MERGED_OF_DETAIL,
    RegionHead,
    RegionHeadConfig,
    StrokedPhoto,
    feature_count,
    fit,
    merged_accuracy,
    under_strokes,
)
from sonovista.vision.backbone import Backbone

TOOLS = Path(__file__).resolve().parent
PACKAGE = TOOLS.parent / "src" / "sonovista"
CONFIG = PACKAGE / "heads" / "configs" / "regions.yaml"
SHIPPED = PACKAGE / "generate" / "regions" / "region_head.onnx"
FOLDS = 4


def photo(name: str) -> NDArray[np.uint8]:
    """A photo by name; `samples/` are those of scikit-learn and scikit-image."""
    collection, stem = name.split("/")
    if collection != "samples":
        return load_photo(name)
    if stem in ("china", "flower"):
        from sklearn.datasets import load_sample_image

        return np.asarray(load_sample_image(f"{stem}.jpg"))
    from skimage import data

    return np.asarray(getattr(data, stem)())


def features_of(name: str, config: RegionHeadConfig, folder: Path) -> NDArray[np.float32]:
    """Features of a photo, `(layers, rows, columns, 384)`, from `folder` where they are there already."""
    path = folder / f"{name.replace('/', '_')}_{config.longest_side}.npy"
    if not path.exists():
        image = photo(name)
        scale = config.longest_side / max(image.shape[:2])
        rows, columns = (max(1, round(scale * side)) for side in image.shape[:2])
        np.save(path, Backbone.load()(image, rows, columns, config.layers).astype(np.float16))
    return np.load(path, allow_pickle=False).astype(np.float32)


def head_graph(head: RegionHead, config: RegionHeadConfig) -> onnx.ModelProto:
    """Features `(N, F)` of a picture's patches -> details `(N, 25)`, indoor `(1,)`, components `(N, K)`."""
    node = helper.make_node
    nodes = [
        node("Sub", ["features", "mean"], ["centred"]),
        node("MatMul", ["centred", "whitening"], ["components"]),
        node("MatMul", ["components", "hidden_weight"], ["h0"]),
        node("Add", ["h0", "hidden_bias"], ["h1"]),
        node("Relu", ["h1"], ["h2"]),
        node("MatMul", ["h2", "output_weight"], ["o0"]),
        node("Add", ["o0", "output_bias"], ["o1"]),
        node("Softmax", ["o1"], ["o2"], axis=-1),
        node("ReduceMean", ["o2", "first_axis"], ["details"], keepdims=0),
        node("ReduceMean", ["centred", "first_axis"], ["gist"], keepdims=1),
        node("MatMul", ["gist", "indoor_weight"], ["i0"]),
        node("Add", ["i0", "indoor_bias"], ["i1"]),
        node("Sigmoid", ["i1"], ["i2"]),
        node("Reshape", ["i2", "one"], ["indoor"]),
    ]
    constants = head.arrays() | {"first_axis": np.array([0], np.int64), "one": np.array([1], np.int64)}
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "region_head",
        [value("features", TensorProto.FLOAT, ["patches", feature_count(config)])],
        [
            value("details", TensorProto.FLOAT, ["patches", len(DETAIL_CLASSES)]),
            value("indoor", TensorProto.FLOAT, [1]),
            value("components", TensorProto.FLOAT, ["patches", config.components]),
        ],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], producer_name="sonovista")
    model.ir_version = 8
    onnx.checker.check_model(model, full_check=True)
    return model


def glanced(config: RegionHeadConfig) -> RegionHeadConfig:
    """The same for the second, coarser look."""
    return config.model_copy(update={"longest_side": round(LearnedOptions().glance * config.longest_side)})


def second_look(name: str, fine: NDArray[np.float32], config: RegionHeadConfig, folder: Path) -> NDArray[np.float32]:
    """Features of the coarser look, linear between its patches at the patches of `fine`."""
    layers = []
    for layer in features_of(name, glanced(config), folder):
        parts = [cv2.resize(part.copy(), fine.shape[2:0:-1]) for part in np.split(layer, 3, axis=-1)]
        layers.append(np.concatenate(parts, axis=-1))
    return np.stack(layers)


def measure(looks: tuple[dict[str, StrokedPhoto], dict[str, StrokedPhoto]], config: RegionHeadConfig) -> dict:
    """Accuracy of patches under strokes, over folds that leave whole photos out; each photo weighs the same."""
    photos, names = looks[0], sorted(looks[0])
    order = np.random.default_rng(config.seed).permutation(len(names))
    confusions, indoor = np.zeros((2, len(MERGED_CLASSES), len(MERGED_CLASSES))), 0
    for fold in range(FOLDS):
        left_out = {names[i] for i in order[fold::FOLDS]}
        head = fit([photos[name] for name in names if name not in left_out], config)
        for name in left_out:
            truth = MERGED_OF_DETAIL[photos[name].classes]
            details = np.cumsum([head.details(look[name].features) for look in looks], axis=0)
            for confusion, told in zip(confusions, details, strict=True):
                merged = np.stack([told[:, i == MERGED_OF_DETAIL].sum(axis=1) for i in range(len(MERGED_CLASSES))])
                np.add.at(confusion, (truth, merged.argmax(axis=0)), 1.0 / len(truth))
            indoor += (head.indoor(photos[name].gist) > 0.5) == photos[name].indoor
    found: dict = {"folds": FOLDS, "photos": len(names), "indoor_accuracy": round(indoor / len(names), 3)}
    for looked, confusion in zip(("one look", "two looks"), confusions, strict=True):
        accuracy, iou = merged_accuracy(confusion)
        recall = np.diag(confusion) / np.maximum(confusion.sum(axis=1), 1e-9)
        found[looked] = {
            "mean_accuracy_10": round(accuracy, 3),
            "mean_iou_10": round(iou, 3),
            "recall": dict(zip(MERGED_CLASSES, recall.round(3).tolist(), strict=True)),
        }
    return found


def main() -> None:
    """Fit, write the shipped files, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, default=CONFIG)
    parser.add_argument("--features", type=Path, default=Path(tempfile.gettempdir()) / "sonovista-region-features")
    parser.add_argument("--no-folds", action="store_true", help="only fit and write")
    arguments = parser.parse_args()
    config = RegionHeadConfig.read(arguments.config)
    fetch_all()
    arguments.features.mkdir(parents=True, exist_ok=True)
    split = json.loads((TOOLS / "photo_split.json").read_text())
    strokes = json.loads((TOOLS / "region_strokes.json").read_text())
    looks: tuple[dict[str, StrokedPhoto], dict[str, StrokedPhoto]] = ({}, {})
    for name in split["fitting"]:
        if name in strokes:
            marked = strokes[name]["strokes"], strokes[name]["indoor"]
            fine = features_of(name, config, arguments.features)
            looks[0][name] = under_strokes(fine, *marked)
            if not arguments.no_folds:
                looks[1][name] = under_strokes(second_look(name, fine, config, arguments.features), *marked)
    head = fit(list(looks[0].values()), config)
    onnx.save(head_graph(head, config), SHIPPED)
    save_file(head.arrays(), SHIPPED.with_suffix(".safetensors"), {"config": config.model_dump_json()})
    if not arguments.no_folds:
        print(json.dumps(measure(looks, config), indent=1))


if __name__ == "__main__":
    main()
