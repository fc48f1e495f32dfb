"""Regions on held-out photos: learned beside classical, accuracy and IoU over ten merged classes.

Run `python benchmarks/regions.py`. Strokes of `tools/region_strokes.json` on the held-out photos of
`tools/photo_split.json` are the truth; what a stroke covers counts, and every photo weighs the same. Classical regions
were fitted on some of these photos (see `fitted_by_classical`); both columns are given with and without them.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
from environment import environment
from numpy.typing import NDArray
from PIL import Image

from sonovista.generate.regions.appearance import AppearanceClassifier
from sonovista.generate.regions.learned import LearnedClassifier
from sonovista.generate.regions.protocol import CLASS_OF_DETAIL, DETAIL_CLASSES, REGION_CLASSES, RegionMap
from sonovista.geometry import PerspectiveCamera
from sonovista.geometry.equirectangular import pixel_angles

TOOLS = Path(__file__).resolve().parent.parent / "tools"
DUPLICATES = ("lomiri/picosdeeuropa",)
"""Held out by name, yet the same picture as one that is fitted on."""
LATEST = (
    "scratch",
    "darknet",
    "nowui",
    "dashboard",
    "lightboxes",
    "creative",
    "vegas",
    "thief",
    "manual",
    "opencv_more",
)
"""Collections that came last; figures are given with and without them, and without all of `photo_packages.json`."""
SIDE = 640
"""Pixels of the longer side."""
MERGED = {
    "sky": ("sky",),
    "water": ("water", "running_water"),
    "trees": ("vegetation",),
    "low plants": ("grass",),
    "ground": ("ground",),
    "rock, snow": ("rock", "snow"),
    "building": ("building",),
    "room": ("wall", "floor", "ceiling"),
    "things": ("furniture", "vehicle", "boat", "fire"),
    "living": ("person", "animal", "bird"),
}
NAMES = tuple(MERGED)


def merged_of_detail(detail: str) -> int:
    """Index of the merged class of a detail."""
    for index, members in enumerate(MERGED.values()):
        if detail in members:
            return index
    return next(i for i, members in enumerate(MERGED.values()) if CLASS_OF_DETAIL[detail] in members)  # pyright: ignore[reportArgumentType]


OF_DETAIL = np.array([merged_of_detail(detail) for detail in DETAIL_CLASSES])


def merged_labels(regions: RegionMap) -> NDArray[np.int64]:
    """Merged class of every pixel; where no details are told, what is an `object` counts as a thing."""
    if regions.details is not None:
        sums = np.stack([regions.details[:, i == OF_DETAIL].sum(axis=1) for i in range(len(NAMES))], axis=1)
    else:
        columns = [[REGION_CLASSES.index(c) for c in members if c in REGION_CLASSES] for members in MERGED.values()]
        columns[NAMES.index("things")] = [REGION_CLASSES.index("object")]
        sums = np.stack([regions.probabilities[:, c].sum(axis=1) for c in columns], axis=1)
    return sums.argmax(axis=1)[regions.segments]


def truth(strokes: list[list], height: int, width: int) -> NDArray[np.int64]:
    """Merged class of every pixel under a stroke, -1 elsewhere."""
    labels = np.full((height, width), -1)
    for name, left, top, right, bottom in strokes:
        rows = slice(round(top / 10 * height), round(bottom / 10 * height))
        labels[rows, round(left / 10 * width) : round(right / 10 * width)] = merged_of_detail(name)
    return labels


def scores(confusions: list[NDArray[np.float64]], merge_living: bool) -> dict:
    """Mean accuracy, mean IoU and the confusion matrix in per cent of truth."""
    total = np.sum(confusions, axis=0)
    names = list(NAMES)
    if merge_living:
        # Classical regions do not tell the living from things.
        total[-2] += total[-1]
        total[:, -2] += total[:, -1]
        total, names = total[:-1, :-1], [*names[:-2], "things, living"]
    seen = total.sum(axis=1) > 0
    hits = np.diag(total)
    recall = hits / np.maximum(total.sum(axis=1), 1e-9)
    percent = 100.0 * total / np.maximum(total.sum(axis=1, keepdims=True), 1e-9)
    iou = hits / np.maximum(total.sum(axis=1) + total.sum(axis=0) - hits, 1e-9)
    return {
        "photos": len(confusions),
        "mean_accuracy": round(float(recall[seen].mean()), 3),
        "mean_iou": round(float(iou[seen].mean()), 3),
        "pixel_accuracy": round(float(hits.sum() / total.sum()), 3),
        "recall": {n: round(float(r), 3) for n, r, s in zip(names, recall, seen, strict=True) if s},
        "confusion_percent": percent.round().astype(int).tolist(),
    }


def panorama_seconds(path: Path) -> dict[str, float]:
    """Processor seconds of both classifiers on a panorama, loading of the network included."""
    with Image.open(path) as picture:
        image = np.asarray(picture.convert("RGB").resize((2048, 1024)))
    elevation = np.repeat(pixel_angles(1024)[1].astype(np.float32)[:, None], 2048, axis=1)
    seconds = {}
    for name, kind in (("learned", LearnedClassifier), ("classical", AppearanceClassifier)):
        start = time.process_time()
        kind()(image, elevation, True)
        seconds[name] = round(time.process_time() - start, 2)
    return seconds


def main() -> None:
    """Measure both classifiers and print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=SIDE, help="pixels of the longer side")
    parser.add_argument("--features", type=Path, help="folder of `tools/train_region_head.py` to take features from")
    parser.add_argument("--panorama", type=Path, help="only time this panorama, at 1024 x 2048 pixels")
    arguments = parser.parse_args()
    side = arguments.side
    if arguments.panorama is not None:
        print(json.dumps(panorama_seconds(arguments.panorama)))
        return
    sys.path.insert(0, str(TOOLS))
    from train_region_head import looks_at, photo  # pyright: ignore[reportMissingImports]

    classifier = LearnedClassifier()

    strokes = json.loads((TOOLS / "region_strokes.json").read_text())
    held_out = json.loads((TOOLS / "photo_split.json").read_text())["held_out"]
    fitted = set(json.loads((TOOLS / "region_annotations.json").read_text()))
    added = set(json.loads((TOOLS / "photo_packages.json").read_text()))
    names = [n for n in held_out if n in strokes and n not in DUPLICATES and not n.startswith("panoramas/")]
    confusions: dict[str, dict[str, NDArray[np.float64]]] = {"learned": {}, "classical": {}}
    seconds: dict[str, list[float]] = {"learned": [], "classical": []}
    indoor = {"learned": 0, "classical": 0}
    for name in names:
        image = photo(name)
        step = max(1, round(max(image.shape[:2]) / side))
        image = np.ascontiguousarray(image[::step, ::step])
        height, width = image.shape[:2]
        rays = PerspectiveCamera(width, height, float(np.radians(60.0))).ray_directions()
        elevation = np.arcsin(np.clip(rays[..., 2], -1.0, 1.0)).astype(np.float32)
        marked = truth(strokes[name]["strokes"], height, width)
        inside = marked >= 0
        for kind in confusions:
            start = time.process_time()
            if kind == "classical":
                regions = AppearanceClassifier()(image, elevation, False)
            elif arguments.features is None:
                regions = classifier(image, elevation, False)
            else:
                looks = looks_at(name, classifier, arguments.features)
                regions = classifier.from_looks(looks, image, elevation)
            seconds[kind].append(time.process_time() - start)
            confusion = np.zeros((len(NAMES), len(NAMES)))
            np.add.at(confusion, (marked[inside], merged_labels(regions)[inside]), 1.0 / inside.sum())
            confusions[kind][name] = confusion
            indoor[kind] += (regions.indoor > 0.5) == strokes[name]["indoor"]
        print(name, *(round(float(np.trace(c[name])), 2) for c in confusions.values()), file=sys.stderr, flush=True)
    fresh = [name for name in names if name not in fitted]
    groups = {
        "all": names,
        "first": [name for name in names if name.split("/")[0] not in added],
        "before": [name for name in names if name.split("/")[0] not in LATEST],
        "latest": [name for name in names if name.split("/")[0] in LATEST],
        "not fitted by classical": fresh,
    }
    result = {
        kind: {
            **{group: scores([found[name] for name in members], False) for group, members in groups.items()},
            **{
                f"{group}, nine classes": scores([found[name] for name in members], True)
                for group, members in groups.items()
            },
            "indoor_right": f"{indoor[kind]} of {len(names)}",
            "processor_seconds_median": round(float(np.median(seconds[kind])), 2),
            "photos": {name: round(float(np.trace(found[name])), 2) for name in names},
        }
        for kind, found in confusions.items()
    }
    document = {"benchmark": "regions", "environment": environment(), "classes": list(NAMES), "results": result}
    print(json.dumps(document | {"fitted_by_classical": sorted(set(names) & fitted)}, indent=1))


if __name__ == "__main__":
    main()
