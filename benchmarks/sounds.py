"""How well the procedural sounds can be told apart, how near they are to recordings, how fast they are made.

    python benchmarks/sounds.py [--seeds 20] [--no-recordings]

Recordings are compared twice: with whole loops of 8 s, and with the loudest part of each loop that is about as long as
the recording (1, 2 or 4 s; a bark of one second is not like eight seconds with three barks in them). Each time the
nearest kind is sought among the 16 distinct kinds (for recordings of these) and among them and all kinds of which there
are recordings. And the other way round (`from_ours`): for whole loops of the distinct kinds of which there are
recordings, which of these kinds' recordings are nearest, on average and how often. Half of each kind's recordings
(`sound_recordings.looked_at`) may be looked at when sounds are adjusted; the others are held out. Prints one JSON
document.
"""

import argparse
import json
import time
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import sound_recordings
from environment import environment
from numpy.typing import NDArray

from sonovista.generate.sounding.procedural import Synthesizer, synthesise
from sonovista.generate.sounding.protocol import SAMPLE_RATE
from sonovista.generate.sounding.synthesis import DISTINCT_KINDS, SYNTHESES
from sonovista.metrics.sound_texture import leave_one_out, nearest_kinds, texture_vector
from sonovista.signal.loops import join_click, join_level_step

SECONDS = 8.0
LENGTHS = (1.0, 2.0, 4.0, SECONDS)
KINDS = (*DISTINCT_KINDS, *(kind for kind in sound_recordings.RECORDINGS if kind not in DISTINCT_KINDS))


@dataclass
class Examples:
    """Loops of one kind: vectors of their loudest parts, shape `(seeds, features)` by length, and their joins."""

    vectors: dict[float, NDArray[np.float64]]
    steps: list[float] = field(default_factory=list)
    clicks: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--no-recordings", action="store_true")
    arguments = parser.parse_args()
    notes: list[str] = []
    kinds = DISTINCT_KINDS if arguments.no_recordings else KINDS
    made = {kind: examples_of(kind, arguments.seeds) for kind in kinds}
    steps = [step for kind in DISTINCT_KINDS for step in made[kind].steps]
    clicks = [click for kind in DISTINCT_KINDS for click in made[kind].clicks]
    examples, labels = stacked(made, DISTINCT_KINDS, SECONDS)
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
        document["recordings"] = recordings(made, notes)
    document["notes"] = notes
    print(json.dumps(document, indent=1))


def examples_of(kind: str, seeds: int) -> Examples:
    """Make the loops of one kind with the seeds 0, 1, ... and describe them."""
    vectors: dict[float, list[NDArray[np.float64]]] = {length: [] for length in LENGTHS}
    made = Examples({})
    for seed in range(seeds):
        loop = synthesise(kind, round(SECONDS * SAMPLE_RATE), seed)
        for length, list_ in vectors.items():
            list_.append(texture_vector(loudest_part(loop, round(length * SAMPLE_RATE)), SAMPLE_RATE))
        made.steps.append(join_level_step(loop, SAMPLE_RATE))
        made.clicks.append(join_click(loop))
    made.vectors = {length: np.array(list_) for length, list_ in vectors.items()}
    return made


def loudest_part(loop: NDArray[np.floating], samples: int) -> NDArray[np.floating]:
    """The `samples` of a loop with the most energy, across its join if they lie there; itself if it is no longer."""
    if samples >= len(loop):
        return loop
    twice = np.concatenate([loop, loop])
    energy = np.concatenate([[0.0], np.cumsum(np.square(twice, dtype=float))])
    start = int(np.argmax(energy[samples : samples + len(loop)] - energy[: len(loop)]))
    return twice[start : start + samples]


def stacked(
    made: dict[str, Examples], kinds: tuple[str, ...], length: float
) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
    """Vectors of these kinds, one under the other, and the kind of each."""
    parts = [made[kind].vectors[length] for kind in kinds]
    return np.concatenate(parts), np.repeat(np.array(kinds), [len(part) for part in parts])


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


def recordings(made: dict[str, Examples], notes: list[str]) -> dict[str, object]:
    """For every recording the nearest kind, by its nearest example of each, in the four ways."""
    cache = sound_recordings.fetch(notes)
    table: list[dict[str, object]] = []
    vectors: dict[str, list[NDArray[np.float64]]] = {}
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for kind, names in sound_recordings.RECORDINGS.items():
        looked_at = sound_recordings.looked_at(kind)
        for relative in names:
            path = cache / relative
            if not path.exists():
                notes.append(f"{relative}: not there")
                continue
            half = "looked at" if relative in looked_at else "held out"
            signal, sample_rate = sound_recordings.active_part(path)
            vectors.setdefault(kind, []).append(texture_vector(signal, sample_rate))
            row = compared(kind, vectors[kind][-1], len(signal) / sample_rate, made)
            table.append({"kind": kind, "recording": path.name, "half": half, **row})
            for way, answer in row.items():
                total[f"{way}, {half}"] += 1
                right[f"{way}, {half}"] += int(answer["nearest"] == kind)
    counts = {way: f"{right[way]} of {total[way]}" for way in sorted(total)}
    return {"own_kind_is_nearest": counts, "from_ours": from_ours(made, vectors), "table": table}


def from_ours(made: dict[str, Examples], vectors: dict[str, list[NDArray[np.float64]]]) -> dict[str, object]:
    """For whole loops of every distinct kind with recordings: which kind's recordings they lie nearest to."""
    known = {kind: np.array(rows) for kind, rows in vectors.items() if kind in DISTINCT_KINDS}
    labels = np.repeat(np.array(list(known)), [len(rows) for rows in known.values()])
    answers: dict[str, object] = {}
    for kind in known:
        found, distances = nearest_kinds(np.concatenate(list(known.values())), labels, made[kind].vectors[SECONDS])
        mean = dict(zip(np.unique(labels).tolist(), distances.mean(axis=0).round(2).tolist(), strict=True))
        answers[kind] = {
            "own_kind_is_nearest": f"{int(np.sum(found == kind))} of {len(found)}",
            "mean_distance": dict(sorted(mean.items(), key=lambda item: item[1])[:3]),
        }
    return answers


def compared(
    kind: str, vector: NDArray[np.float64], seconds: float, made: dict[str, Examples]
) -> dict[str, dict[str, object]]:
    """What is nearest to a recording of so many seconds, by the way of comparing."""
    like = min(LENGTHS, key=lambda length: abs(np.log(length / seconds)))
    answers: dict[str, dict[str, object]] = {}
    for way, length in (("whole loops", SECONDS), ("equal lengths", like)):
        for among, kinds in (("16 kinds", DISTINCT_KINDS), ("all kinds", tuple(made))):
            if kind not in kinds:
                continue
            examples, labels = stacked(made, kinds, length)
            found, distances = nearest_kinds(examples, labels, vector[None])
            names = list(np.unique(labels))
            order = np.argsort(distances[0])[:3]
            answers[f"{among}, {way}"] = {
                "nearest": str(found[0]),
                "own_distance": round(float(distances[0][names.index(kind)]), 2),
                "nearest_three": {str(names[i]): round(float(distances[0][i]), 2) for i in order},
            }
    return answers


if __name__ == "__main__":
    main()
