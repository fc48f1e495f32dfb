"""Fit the region head that ships with the package, and write it as safetensors and ONNX.

Run `python tools/train_region_head.py`: fetches photos and the backbone, reads the strokes of `region_strokes.json` on
the photos that `photo_split.json` gives to fitting, fits with the seed of
`src/sonovista/heads/configs/regions.yaml`, and prints one JSON document with accuracies from folds that leave whole
photos out, with the ImageNet network and without it. Held-out photos are never read; `benchmarks/regions.py` measures
on them. What the networks see is kept in `--features` so that a run that was interrupted goes on.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import onnx
from fetch_photos import fetch_all, load_photo
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

from sonovista.generate.regions.learned import LAYERS, LearnedClassifier, LearnedOptions, Looks
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
from sonovista.vision.imagenet import WEIGHTS
from sonovista.weights.cache import pull
from sonovista.weights.registry import find

TOOLS = Path(__file__).resolve().parent
PACKAGE = TOOLS.parent / "src" / "sonovista"
CONFIG = PACKAGE / "heads" / "configs" / "regions.yaml"
SHIPPED = PACKAGE / "generate" / "regions" / "region_head.onnx"
FOLDS = 4


def looks_at(name: str, classifier: LearnedClassifier, folder: Path) -> Looks:
    """What the networks see of a photo, from `folder` where it is there already."""
    path = folder / f"{name.replace('/', '_')}_{classifier.options.photo_patches}.npz"
    if not path.exists():
        seen = classifier.look(load_photo(name), False)
        assert seen.cells is not None
        fine, coarse, first, second = (a.astype(np.float16) for a in (seen.fine, seen.coarse, *seen.cells))
        np.savez(path, fine=fine, coarse=coarse, first=first, second=second)
    with np.load(path, allow_pickle=False) as kept:
        fine, coarse, first, second = (kept[key].astype(np.float32) for key in ("fine", "coarse", "first", "second"))
    return Looks(fine, coarse, (first, second), False)


def head_graph(head: RegionHead, config: RegionHeadConfig) -> onnx.ModelProto:
    """Patches `looks` `(N, 2, F)`, `cells` `(N, 2, 1000)`, `known` `(1,)`: 0 without cells.

    Gives details `(N, 25)`, indoor `(1,)`, components of the first look `(N, K)`.
    """
    node = helper.make_node
    nodes = [
        node("Sub", ["looks", "mean"], ["centred"]),
        node("Shape", ["looks"], ["patches"], start=0, end=1),
        node("Concat", ["patches", "one"], ["all_patches"], axis=0),
        node("MatMul", ["centred", "whitening"], ["turned"]),
        node("Reshape", ["turned", "flat"], ["inside"]),
        node("Sub", ["cells", "cell_mean"], ["c0"]),
        node("MatMul", ["c0", "cell_whitening"], ["c1"]),
        node("Reshape", ["c1", "flat"], ["c2"]),
        node("Gather", ["c1", "zero"], ["c3"], axis=1),
        node("ReduceMean", ["c3", "first_axis"], ["c4"], keepdims=1),
        node("Slice", ["c4", "first_axis", "around", "one"], ["c5"]),
        node("Expand", ["c5", "all_patches"], ["c6"]),
        node("Concat", ["c2", "c6"], ["c7"], axis=1),
        node("Mul", ["c7", "known"], ["around_inputs"]),
        node("Concat", ["inside", "around_inputs"], ["all"], axis=1),
        node("MatMul", ["all", "hidden_weight"], ["h0"]),
        node("Add", ["h0", "hidden_bias"], ["h1"]),
        node("Relu", ["h1"], ["h2"]),
        node("MatMul", ["h2", "output_weight"], ["o0"]),
        node("Add", ["o0", "output_bias"], ["o1"]),
        node("Softmax", ["o1"], ["o2"], axis=-1),
        node("ReduceMean", ["o2", "first_axis"], ["details"], keepdims=0),
        node("Gather", ["turned", "zero"], ["components"], axis=1),
        node("Gather", ["centred", "zero"], ["first"], axis=1),
        node("ReduceMean", ["first", "first_axis"], ["gist"], keepdims=1),
        node("MatMul", ["gist", "indoor_weight"], ["i0"]),
        node("Add", ["i0", "indoor_bias"], ["i1"]),
        node("Sigmoid", ["i1"], ["i2"]),
        node("Reshape", ["i2", "one"], ["indoor"]),
    ]
    constants = head.arrays() | {
        "first_axis": np.array([0], np.int64),
        "zero": np.array(0, np.int64),
        "one": np.array([1], np.int64),
        "around": np.array([config.around], np.int64),
        "flat": np.array([0, -1], np.int64),
    }
    value = helper.make_tensor_value_info
    width, classes = feature_count(config)
    graph = helper.make_graph(
        nodes,
        "region_head",
        [
            value("looks", TensorProto.FLOAT, ["patches", 2, width]),
            value("cells", TensorProto.FLOAT, ["patches", 2, classes]),
            value("known", TensorProto.FLOAT, [1]),
        ],
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


def measure(photos: dict[str, StrokedPhoto], config: RegionHeadConfig) -> dict:
    """Accuracy of patches under strokes, over folds that leave whole photos out; each photo weighs the same."""
    names = sorted(photos)
    order = np.random.default_rng(config.seed).permutation(len(names))
    confusions, indoor = np.zeros((2, len(MERGED_CLASSES), len(MERGED_CLASSES))), 0
    for fold in range(FOLDS):
        left_out = {names[i] for i in order[fold::FOLDS]}
        head = fit([photos[name] for name in names if name not in left_out], config)
        for name in left_out:
            left = photos[name]
            truth = MERGED_OF_DETAIL[left.classes]
            for confusion, cells in zip(confusions, (left.cells, None), strict=True):
                told = head.details(left.looks, cells, left.around)
                merged = np.stack([told[:, i == MERGED_OF_DETAIL].sum(axis=1) for i in range(len(MERGED_CLASSES))])
                np.add.at(confusion, (truth, merged.argmax(axis=0)), 1.0 / len(truth))
            indoor += (head.indoor(left.gist) > 0.5) == left.indoor
    found: dict = {"folds": FOLDS, "photos": len(names), "indoor_accuracy": round(indoor / len(names), 3)}
    for looked, confusion in zip(("with cells", "without cells"), confusions, strict=True):
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
    if config.layers != LAYERS or config.longest_side != LearnedOptions().photo_patches:
        raise SystemExit("regions.yaml: expected the layers and the patches of sonovista.generate.regions.learned")
    fetch_all()
    pull(find(WEIGHTS))
    arguments.features.mkdir(parents=True, exist_ok=True)
    split = json.loads((TOOLS / "photo_split.json").read_text())
    strokes = json.loads((TOOLS / "region_strokes.json").read_text())
    classifier = LearnedClassifier()
    photos: dict[str, StrokedPhoto] = {}
    for name in split["fitting"]:
        if name in strokes:
            looks, cells = looks_at(name, classifier, arguments.features).of_patches()
            assert cells is not None
            photos[name] = under_strokes(looks, cells, strokes[name]["strokes"], strokes[name]["indoor"])
    head = fit(list(photos.values()), config)
    onnx.save(head_graph(head, config), SHIPPED)
    save_file(head.arrays(), SHIPPED.with_suffix(".safetensors"), {"config": config.model_dump_json()})
    if not arguments.no_folds:
        print(json.dumps(measure(photos, config), indent=1))


if __name__ == "__main__":
    main()
