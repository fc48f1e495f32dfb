"""How well what can sound is found and placed in photos: prints one JSON document.

The photos and what can sound in them: `scene_annotations.json`; the protocol: `docs/annotations.md`. The stages of
`create` run up to the anchors, on a small panorama, once with the classical `scene-rules` and once with `learned`, all
other stages alike unless `--set` says otherwise.

Run `python benchmarks/scene_sources.py [--split fitting] [--understanding learned] [--set regions=learned]`; photos are
fetched on the first run. The held-out photos are for the last measurement alone.
"""

import argparse
import json
import math
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from environment import environment
from numpy.typing import NDArray
from scene_stages import run_until

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from fetch_photos import fetch_all, load_photo  # noqa: E402  # pyright: ignore[reportMissingImports]

from sonovista.evaluate.scene import FoundThing, PhotoScores, score_photo, summarise  # noqa: E402
from sonovista.evaluate.scene_annotations import read_scene_annotations  # noqa: E402
from sonovista.generate.backends import PROFILES, choose_backends  # noqa: E402
from sonovista.generate.options import CreateOptions  # noqa: E402
from sonovista.generate.stages import StageRun  # noqa: E402
from sonovista.generate.understanding.learned import Recognised  # noqa: E402
from sonovista.generate.understanding.ontology import shipped_ontology  # noqa: E402
from sonovista.geometry.cameras import PerspectiveCamera  # noqa: E402
from sonovista.geometry.equirectangular import perspective_view  # noqa: E402

VIEW = (640, 480, 80.0)
"""Width, height and degrees of the views of panoramas."""


def photo_of(name: str) -> NDArray[np.uint8]:
    """A photo of `fetch_photos`, or a view `panoramas/name#azimuth`."""
    stem, _, azimuth = name.partition("#")
    if not azimuth:
        return load_photo(stem)
    camera = PerspectiveCamera(VIEW[0], VIEW[1], math.radians(VIEW[2]), yaw=math.radians(float(azimuth)))
    return np.asarray(perspective_view(load_photo(stem), camera, cv2.INTER_CUBIC), np.uint8)


def names_of(split: str) -> list[str]:
    """Annotated photos of a split; a photo that stands under two names is taken where it is for fitting."""
    groups = json.loads((ROOT / "tools" / "photo_split.json").read_text())
    annotations = read_scene_annotations(ROOT / "benchmarks" / "scene_annotations.json")
    return [name for name in annotations.photos if name.partition("#")[0] in groups[split]]


def found_things(run: StageRun) -> list[FoundThing]:
    """What the stages found, by thing."""
    things, instances, anchors = run["understanding"], run["segmentation"], run["anchoring"]
    found: list[FoundThing] = []
    for index, thing in enumerate(things):
        places = [
            anchor.position for instance, anchor in zip(instances, anchors, strict=True) if instance.thing == index
        ]
        if places or thing.kind == "ambient":
            found.append(FoundThing(thing.name, thing.kind, np.array(places, float).reshape(-1, 3)))
    return found


def recognised_things(run: StageRun) -> list[FoundThing]:
    """What is recognised in the photo, without directions."""
    kinds = {thing.name: thing.kind for thing in shipped_ontology().things}
    recognised = run.backend("understanding").recognise(run.image, run["regions"])
    names = [one.name if isinstance(one, Recognised) else one[0] for one in recognised]
    return [FoundThing(name, kinds[name], np.zeros((0, 3))) for name in names]


def measure(
    names: list[str], understanding: str, others: dict[str, str], height: int, work: Path, anchors: bool
) -> dict[str, Any]:
    annotations = read_scene_annotations(ROOT / "benchmarks" / "scene_annotations.json")
    profile = "classical" if "classical" in PROFILES else "offline"
    backends = others | {"understanding": understanding}
    options = CreateOptions(profile=profile, backends=backends, panorama_height=height)
    scores: list[PhotoScores] = []
    detail: dict[str, Any] = {}
    started = time.perf_counter()
    for name in names:
        image = photo_of(name)
        # What both ways of understanding share is done once.
        folder = work / "".join(c if c.isalnum() else "_" for c in name)
        run = run_until("anchoring" if anchors else "horizon", image, options, folder)
        found = found_things(run) if anchors else recognised_things(run)
        camera = run["horizon"].camera(image.shape[1], image.shape[0])
        score = score_photo(found, annotations.of(name), camera)
        scores.append(score)
        detail[name] = {
            "found": [thing.name for thing in found],
            "missed": list(score.missed),
            "wrong": list(score.wrong),
            "anchor_errors_deg": [round(math.degrees(error), 1) for error in score.anchor_errors],
        }
        print(name, detail[name], file=sys.stderr, flush=True)
    seconds = round((time.perf_counter() - started) / max(1, len(names)), 2)
    chosen = choose_backends(profile, backends)
    return summarise(scores) | {"seconds_per_photo": seconds, "backends": chosen, "detail": detail}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", choices=["fitting", "held_out"], default="held_out")
    parser.add_argument("--understanding", nargs="+", default=["scene-rules", "learned"])
    parser.add_argument("--set", nargs="*", action="extend", default=[], metavar="STAGE=BACKEND")
    parser.add_argument("--height", type=int, default=256)
    parser.add_argument(
        "--anchors",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="whether to go on to the anchors; without, only what is recognised is measured, several times faster",
    )
    parser.add_argument("--work", type=Path, help="folder that keeps finished stages between runs")
    arguments = parser.parse_args()
    fetch_all()
    others = dict(item.split("=", 1) for item in arguments.set)
    names = names_of(arguments.split)
    work = arguments.work or Path(tempfile.mkdtemp(prefix="scene-sources-"))
    work.mkdir(parents=True, exist_ok=True)
    document = {
        "benchmark": "scene_sources",
        "split": arguments.split,
        "photos": len(names),
        **{
            name: measure(names, name, others, arguments.height, work, arguments.anchors)
            for name in arguments.understanding
        },
        "seed": 0,
        "environment": environment(),
    }
    print(json.dumps(document, indent=1))


if __name__ == "__main__":
    main()
