"""Whether what `learned` understanding is so sure of is there as often: a reliability table, one JSON document.

python benchmarks/confidences.py [--split fitting] [--rows FILE.json] [PHOTO ...]

Every thing that is considered in an annotated photo, however improbable, is one row: its confidence, and whether the
annotation (`scene_annotations.json`, protocol in `docs/annotations.md`) has a thing of its family, certain or not. Then
what the same rows give at other thresholds: recall and precision as `scene_sources.py` counts them. FILE keeps the
rows, and photos that are in it are not looked at again. The held-out photos are for no fitting or choosing.
"""

import argparse
import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from environment import environment
from numpy.typing import NDArray
from scene_sources import names_of, photo_of
from scene_stages import run_until

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from fetch_photos import fetch_all  # noqa: E402  # pyright: ignore[reportMissingImports]

from sonovista.evaluate.scene import FoundThing, score_photo, summarise  # noqa: E402
from sonovista.evaluate.scene_annotations import AnnotatedPhoto, read_scene_annotations  # noqa: E402
from sonovista.generate.options import CreateOptions  # noqa: E402
from sonovista.generate.understanding.learned import LearnedUnderstanding, LearnedUnderstandingOptions  # noqa: E402
from sonovista.generate.understanding.ontology import shipped_ontology  # noqa: E402
from sonovista.geometry import PerspectiveCamera  # noqa: E402

EDGES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
MOST = 50
THRESHOLDS = (0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6)


def rows_of(name: str, annotated: AnnotatedPhoto) -> list[dict[str, Any]]:
    """What is considered in a photo: thing, confidence, whether it was seen in a box, whether it is there."""
    families = {thing.name: thing.family for thing in shipped_ontology().things}
    there = {families[thing.name] for thing in annotated.things}
    certain = {families[thing.name] for thing in annotated.things if thing.certain}
    image = photo_of(name)
    run = run_until("horizon", image, CreateOptions(panorama_height=256))
    options = LearnedUnderstandingOptions(threshold=0.0, most=MOST)
    return [
        {
            "thing": one.name,
            "confidence": round(one.confidence, 4),
            "seen": bool(one.boxes),
            "there": families[one.name] in there,
            "certain": families[one.name] in certain,
        }
        for one in LearnedUnderstanding(options).recognise(image, run["regions"])
    ]


def reliability(confidence: NDArray[np.float64], there: NDArray[np.bool_]) -> dict[str, Any]:
    """Bins of confidence, how often what is in them is there, and the mean distance between the two over all rows."""
    if not len(confidence):
        return {"rows": 0}
    bins, off = [], 0.0
    for low, high in pairwise(EDGES):
        inside = (confidence >= low) & ((confidence < high) | (high == EDGES[-1]))
        if not inside.any():
            continue
        said, is_there = float(confidence[inside].mean()), float(there[inside].mean())
        off += inside.sum() * abs(said - is_there)
        bins.append({"from": low, "rows": int(inside.sum()), "said": round(said, 3), "there": round(is_there, 3)})
    brier = float(np.mean((confidence - there) ** 2))
    return {
        "rows": len(confidence),
        "bins": bins,
        "expected_calibration_error": round(off / len(confidence), 4),
        "brier": round(brier, 4),
    }


def found_at(rows: list[dict[str, Any]], threshold: float) -> list[FoundThing]:
    """The things that would be in the scene at a threshold, without directions: the surest ambience and the others."""
    kinds = {thing.name: thing.kind for thing in shipped_ontology().things}
    ranked = sorted(rows, key=lambda row: -row["confidence"])
    ambience = [row for row in ranked if kinds[row["thing"]] == "ambient"][:1]
    others = [row for row in ranked if kinds[row["thing"]] != "ambient" and row["confidence"] >= threshold]
    most = LearnedUnderstandingOptions().most
    chosen = [row["thing"] for row in ambience + others[: most - 1]]
    return [FoundThing(name, kinds[name], np.zeros((0, 3))) for name in chosen]


def main() -> None:
    """Look at the photos, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="*", help="Of the split [all that are annotated].")
    parser.add_argument("--split", choices=["fitting", "held_out"], default="fitting")
    parser.add_argument("--rows", type=Path, help="JSON file of rows, by photo.")
    arguments = parser.parse_args()
    fetch_all()
    annotations = read_scene_annotations(ROOT / "benchmarks" / "scene_annotations.json")
    known: dict[str, list[dict[str, Any]]] = {}
    if arguments.rows and arguments.rows.exists():
        known = json.loads(arguments.rows.read_text(encoding="utf-8"))
    names = arguments.photos or names_of(arguments.split)
    for name in names:
        if name not in known:
            print(f"{name} ...", file=sys.stderr, flush=True)
            known[name] = rows_of(name, annotations.of(name))
            if arguments.rows:
                arguments.rows.write_text(json.dumps(known), encoding="utf-8")
    rows = [row for name in names for row in known[name]]
    kinds = {thing.name: thing.kind for thing in shipped_ontology().things}

    def table(chosen: list[dict[str, Any]], truth: str = "there") -> dict[str, Any]:
        return reliability(np.array([r["confidence"] for r in chosen], float), np.array([r[truth] for r in chosen]))

    camera = PerspectiveCamera(4, 3, 1.0)
    at = {
        str(t): summarise([score_photo(found_at(known[n], t), annotations.of(n), camera) for n in names])
        for t in THRESHOLDS
    }
    document = {
        "benchmark": "confidences",
        "environment": environment(),
        "split": arguments.split,
        "photos": len(names),
        "all": table(rows),
        "inferred": table([row for row in rows if not row["seen"]]),
        "seen": table([row for row in rows if row["seen"]]),
        "without_ambience": table([row for row in rows if kinds[row["thing"]] != "ambient"]),
        "certain_alone": table(rows, "certain"),
        "thresholds": {t: {key: found[key] for key in ("found", "recall", "precision")} for t, found in at.items()},
        "by_thing": {
            thing: table([row for row in rows if row["thing"] == thing]) for thing in sorted({r["thing"] for r in rows})
        },
    }
    print(json.dumps(document, indent=1))


if __name__ == "__main__":
    main()
