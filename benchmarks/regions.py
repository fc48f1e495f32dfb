"""Regions on held-out photos: learned beside classical, accuracy and IoU over ten merged classes.

Run `python benchmarks/regions.py`. Strokes of `tools/region_strokes.json` on the held-out photos of
`tools/photo_split.json` are the truth; what a stroke covers counts, and every photo weighs the same. Classical regions
were fitted on some of these photos (see `fitted_by_classical`); both columns are given with and without them.
"""

import argparse
import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from environment import environment
from numpy.typing import NDArray
from PIL import Image

from sonovista.generate.regions.appearance import AppearanceClassifier
from sonovista.generate.regions.learned import LearnedClassifier
from sonovista.generate.regions.protocol import CLASS_OF_DETAIL, DETAIL_CLASSES, REGION_CLASSES, RegionMap
from sonovista.geometry import PerspectiveCamera, elevation_of
from sonovista.geometry.equirectangular import pixel_angles

TOOLS = Path(__file__).resolve().parent.parent / "tools"
sys.path.insert(0, str(TOOLS))

from fetch_photos import load_photo  # noqa: E402  # pyright: ignore[reportMissingImports]
from train_region_head import looks_at  # noqa: E402  # pyright: ignore[reportMissingImports]

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


@dataclass
class Found:
    """What one classifier told of the photos.

    Attributes:
        confusions: by photo, truth in rows, shape `(10, 10)`, sum 1.
        seconds: processor seconds of each photo.
        indoor_right: photos of which it knew whether they were taken indoors.
    """

    confusions: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    indoor_right: int = 0


def measure(names: list[str], strokes: dict[str, dict], side: int, features: Path | None) -> dict[str, Found]:
    """Both classifiers on all photos; `features`: a folder that keeps what the learned one's networks see."""
    learned, classical = LearnedClassifier(), AppearanceClassifier()
    found = {"learned": Found(), "classical": Found()}
    for name in names:
        image = load_photo(name)
        step = max(1, round(max(image.shape[:2]) / side))
        image = np.ascontiguousarray(image[::step, ::step])
        height, width = image.shape[:2]
        rays = PerspectiveCamera(width, height, float(np.radians(60.0))).ray_directions()
        elevation = elevation_of(rays).astype(np.float32)
        marked = truth(strokes[name]["strokes"], height, width)
        inside = marked >= 0
        for kind, tally in found.items():
            start = time.process_time()
            if kind == "classical":
                regions = classical(image, elevation, False)
            elif features is None:
                regions = learned(image, elevation, False)
            else:
                regions = learned.from_looks(looks_at(name, learned, features), image, elevation)
            tally.seconds.append(time.process_time() - start)
            confusion = np.zeros((len(NAMES), len(NAMES)))
            np.add.at(confusion, (marked[inside], merged_labels(regions)[inside]), 1.0 / inside.sum())
            tally.confusions[name] = confusion
            tally.indoor_right += (regions.indoor > 0.5) == strokes[name]["indoor"]
        hits = (round(float(np.trace(tally.confusions[name])), 2) for tally in found.values())
        print(name, *hits, file=sys.stderr, flush=True)
    return found


def groups_of(names: list[str], fitted_by_classical: set[str]) -> dict[str, list[str]]:
    """Photos by where they came from, and those that neither classifier was fitted on."""
    added = set(json.loads((TOOLS / "photo_packages.json").read_text()))
    collection = {name: name.split("/")[0] for name in names}
    return {
        "all": names,
        "first": [name for name in names if collection[name] not in added],
        "before": [name for name in names if collection[name] not in LATEST],
        "latest": [name for name in names if collection[name] in LATEST],
        "not fitted by classical": [name for name in names if name not in fitted_by_classical],
    }


def summary(found: Found, groups: dict[str, list[str]]) -> dict:
    """Scores of every group of photos, with ten classes and with nine, and the accuracy on every photo."""
    confusions = found.confusions
    return {
        **{group: scores([confusions[name] for name in names], False) for group, names in groups.items()},
        **{
            f"{group}, nine classes": scores([confusions[name] for name in names], True)
            for group, names in groups.items()
        },
        "indoor_right": f"{found.indoor_right} of {len(confusions)}",
        "processor_seconds_median": round(float(np.median(found.seconds)), 2),
        "photos": {name: round(float(np.trace(confusion)), 2) for name, confusion in confusions.items()},
    }


def main() -> None:
    """Measure both classifiers and print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=SIDE, help="pixels of the longer side")
    parser.add_argument("--features", type=Path, help="folder of `tools/train_region_head.py` to take features from")
    parser.add_argument("--panorama", type=Path, help="only time this panorama, at 1024 x 2048 pixels")
    arguments = parser.parse_args()
    if arguments.panorama is not None:
        print(json.dumps(panorama_seconds(arguments.panorama)))
        return
    strokes = json.loads((TOOLS / "region_strokes.json").read_text())
    held_out = json.loads((TOOLS / "photo_split.json").read_text())["held_out"]
    fitted = set(json.loads((TOOLS / "region_annotations.json").read_text()))
    names = [n for n in held_out if n in strokes and n not in DUPLICATES and not n.startswith("panoramas/")]
    groups = groups_of(names, fitted)
    found = measure(names, strokes, arguments.side, arguments.features)
    document = {
        "benchmark": "regions",
        "environment": environment(),
        "classes": list(NAMES),
        "results": {kind: summary(tally, groups) for kind, tally in found.items()},
        "fitted_by_classical": sorted(set(names) & fitted),
    }
    print(json.dumps(document, indent=1))


if __name__ == "__main__":
    main()
