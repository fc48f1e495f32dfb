"""How well what can sound is recognised in real photos: prints one JSON document.

Counted by family of the ontology (`family` in `ontology.yaml`: things that a listener would take for one another),
over sets: a photo's families that were found and annotated are hits; recall is hits over annotated, precision hits
over found, summed over photos. The stricter count by name is printed too. Photos are seen as `create` sees them: the
calibrated camera gives elevations, and the rules look at the photo's regions.

Run `python benchmarks/recognition.py [--split tuning|held_out]`; photos are fetched on the first run.
"""

import argparse
import json
import sys
import time
from pathlib import Path

from environment import environment
from scene_stages import run_until

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from fetch_photos import fetch_all, load_photo  # noqa: E402  # pyright: ignore[reportMissingImports]

from sonovista.generate.options import CreateOptions  # noqa: E402
from sonovista.generate.understanding.scene_rules import SceneRules  # noqa: E402


def recognise(name: str, rules: SceneRules) -> list[tuple[str, float]]:
    run = run_until("regions", load_photo(name), CreateOptions(profile="classical"))
    return rules.recognise(run.image, run["regions"])


def scores(pairs: list[tuple[set[str], set[str]]]) -> dict[str, float]:
    hits = sum(len(found & annotated) for found, annotated in pairs)
    recall = hits / max(1, sum(len(annotated) for _, annotated in pairs))
    precision = hits / max(1, sum(len(found) for found, _ in pairs))
    return {"recall": round(recall, 4), "precision": round(precision, 4), "hits": hits}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", choices=["tuning", "held_out"], default="held_out")
    split = parser.parse_args().split
    fetch_all()
    photos = json.loads((ROOT / "benchmarks" / "recognition_annotations.json").read_text())["photos"]
    rules = SceneRules()
    family = {thing.name: thing.family for thing in rules.ontology.things}
    by_family, by_name, detail = [], [], {}
    started = time.perf_counter()
    for name, photo in photos.items():
        if photo["split"] != split:
            continue
        found = dict(recognise(name, rules))
        by_name.append((set(found), set(photo["things"])))
        by_family.append(({family[n] for n in found}, {family[n] for n in photo["things"]}))
        detail[name] = {"found": {n: round(c, 2) for n, c in found.items()}, "annotated": photo["things"]}
    print(
        json.dumps(
            {
                "benchmark": "recognition",
                "split": split,
                "photos": len(detail),
                "by_family": scores(by_family),
                "by_name": scores(by_name),
                "seconds_per_photo": round((time.perf_counter() - started) / len(detail), 2),
                "detail": detail,
                "seed": 0,
                "environment": environment(),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
