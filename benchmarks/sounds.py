"""How well the procedural sounds can be told apart, how near they are to recordings, how fast they are made.

    python benchmarks/sounds.py [--seeds 20] [--no-recordings]

Prints one JSON document.
"""

import argparse
import json
import time
from collections import Counter

import numpy as np
import sound_recordings
from environment import environment

from sonovista.generate.sounding.procedural import Synthesizer, synthesise
from sonovista.generate.sounding.protocol import SAMPLE_RATE
from sonovista.generate.sounding.synthesis import DISTINCT_KINDS, SYNTHESES
from sonovista.metrics.sound_texture import leave_one_out, nearest_kinds, texture_vector
from sonovista.signal.loops import join_click, join_level_step

SECONDS = 8.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--no-recordings", action="store_true")
    arguments = parser.parse_args()
    notes: list[str] = []
    samples = round(SECONDS * SAMPLE_RATE)
    vectors, kinds, steps, clicks = [], [], [], []
    for kind in DISTINCT_KINDS:
        for seed in range(arguments.seeds):
            loop = synthesise(kind, samples, seed)
            vectors.append(texture_vector(loop, SAMPLE_RATE))
            kinds.append(kind)
            steps.append(join_level_step(loop, SAMPLE_RATE))
            clicks.append(join_click(loop))
    examples, labels = np.array(vectors), np.array(kinds)
    told = leave_one_out(examples, labels)
    confusions = Counter(f"{true} as {found}" for true, found in zip(labels, told, strict=True) if true != found)
    document = {
        "environment": environment(),
        "kinds": DISTINCT_KINDS,
        "seeds": arguments.seeds,
        "leave_one_out_accuracy": round(float(np.mean(told == labels)), 4),
        "confusions": dict(confusions),
        "join_level_step_db_above_p99": {"median": round(float(np.median(steps)), 2), "worst": round(max(steps), 2)},
        "join_click_ratio": {"median": round(float(np.median(clicks)), 2), "worst": round(max(clicks), 2)},
        "seconds_to_make_8_s": making_times(),
    }
    if not arguments.no_recordings:
        document["recordings"] = recordings(examples, labels, notes)
    document["notes"] = notes
    print(json.dumps(document, indent=1))


def making_times() -> dict[str, float]:
    """Median CPU seconds of three loops of every synthesiser, after one that compiles."""
    make = Synthesizer()
    times: dict[str, float] = {}
    for name in SYNTHESES:
        make(name, "", 70.0, SECONDS, 0)
        spent = []
        for seed in (1, 2, 3):
            start = time.process_time()
            make(name, "", 70.0, SECONDS, seed)
            spent.append(time.process_time() - start)
        times[name] = round(float(np.median(spent)), 3)
    return times


def recordings(examples: np.ndarray, labels: np.ndarray, notes: list[str]) -> dict[str, object]:
    """For every recording the nearest of the kinds above, by its nearest example of each."""
    cache = sound_recordings.fetch(notes)
    names = list(np.unique(labels))
    table, right, total = [], 0, 0
    for kind in DISTINCT_KINDS:
        for relative in sound_recordings.RECORDINGS.get(kind, []):
            path = cache / relative
            if not path.exists():
                notes.append(f"{relative}: not there")
                continue
            vector = texture_vector(*sound_recordings.active_part(path))
            found, distances = nearest_kinds(examples, labels, vector[None])
            order = np.argsort(distances[0])[:3]
            total, right = total + 1, right + int(found[0] == kind)
            table.append(
                {
                    "kind": kind,
                    "recording": path.name,
                    "nearest": str(found[0]),
                    "own_distance": round(float(distances[0][names.index(kind)]), 2),
                    "nearest_three": {str(names[i]): round(float(distances[0][i]), 2) for i in order},
                }
            )
    return {"own_kind_is_nearest": right, "of": total, "table": table}


if __name__ == "__main__":
    main()
