r"""Tables 1, 7, 8 and 9 of SLfM: pretext, probes and initial features, on the test split.

    sonovista train src/sonovista/slfm/configs/queue-tables-short.yaml -o RUNS --queue
    python benchmarks/slfm_tables.py RUNS --examples SIMULATION/rotation-test.csv --sounds SPEECH/test
    python benchmarks/slfm_tables.py RUNS --examples SIMULATION/rotation-test.csv --sounds SPEECH/test --prompts 1024 \
        --only t7-3-views --only t7-ground-truth-rotation

Every run of the queue that is there is read and judged on the same examples: of the pretext the distance of
spectrograms (of the left-to-right task its own loss), of probes the share of right classes and the error of the class's
middle, of geometry errors of both angles. Rotations are judged in the better of both signs, which no run can know.
With `--prompts` pretexts of mono to binaural are also asked how far cameras turned (the paper, appendix A.1), beside
chance: the true rotations in another order, and 0 for every pair. Of the row that is told true rotations that says
how much of them reaches the sound.
"""

import argparse
import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from environment import environment
from rich.console import Console
from rich.table import Table

from sonovista.slfm.angles import angular_error
from sonovista.slfm.checkpoints import read_checkpoint
from sonovista.slfm.config import DataOptions, SplitOptions, TrainingRun
from sonovista.slfm.exporting import load_objective
from sonovista.slfm.losses.pretext import spectrogram_loss, stft_distance
from sonovista.slfm.prompting import can_be_prompted, estimate_by_prompting
from sonovista.slfm.streams.build import build_ears, build_stream
from sonovista.slfm.streams.ears import Ears
from sonovista.slfm.streams.sounds import SoundFolder, Sounds
from sonovista.slfm.training.batches import Batch, ExampleBatches
from sonovista.slfm.training.pretext import given_and_wanted
from sonovista.slfm.training.validation import estimate

BATCH = 16


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, help="folder that the queue wrote")
    parser.add_argument("--examples", required=True, help="table of stored examples")
    parser.add_argument("--sounds", required=True, help="folder of clean sounds")
    parser.add_argument("--count", type=int, default=240, help="examples, three views of each")
    parser.add_argument("--weights", default="latest.safetensors", help="which checkpoint of every run")
    parser.add_argument("--only", action="append", help="name of a run; by default all")
    parser.add_argument("--prompts", type=int, default=0, help="for each pair, of pretexts; 0: none")
    parser.add_argument("--prompted", type=int, default=480, help="pairs that prompting answers at most")
    parser.add_argument("--head", default="kemar", help="that prompts are heard with")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows: dict[str, dict[str, Any]] = {}
    for path in sorted(options.runs.glob(f"*/{options.weights}")):
        if options.only is not None and path.parent.name not in options.only:
            continue
        rows[path.parent.name] = judged(path, options)
        print(path.parent.name, rows[path.parent.name], file=sys.stderr, flush=True)
    console = Console(file=sys.stderr)
    for task in sorted({row["task"] for row in rows.values()}):
        chosen = {name: row for name, row in rows.items() if row["task"] == task}
        columns = [key for key in next(iter(chosen.values())) if key != "task"]
        table = Table(task, *columns)
        for name, row in chosen.items():
            table.add_row(name, *(f"{row.get(key, math.nan):g}" for key in columns))
        console.print(table)
    print(
        json.dumps({"environment": environment(), "options": vars(options) | {"runs": "RUNS"}, "runs": rows}, indent=2)
    )


@torch.no_grad()
def judged(path: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Figures of one run on the test split."""
    checkpoint = read_checkpoint(path)
    objective, run = load_objective(checkpoint, str(path))
    views = run.data.views.model_copy(update={"views": 3, "noise_snr_db": None, "jitter": 0.0})
    hears_alone = run.task == "rotnce" or (run.task == "probe" and run.probe.modality == "audio")
    split = SplitOptions(folder=options.examples, sounds=options.sounds, seed=2, pictures=not hears_alone)
    stream = build_stream(DataOptions(views=views), split)
    maker = ExampleBatches(stream, run.networks, BATCH, count=max(1, options.count // BATCH), task=run.task)
    batches = [maker[number] for number in range(len(maker))]
    figures = {"pretext": _pretext, "probe": _probe, "geometry": _geometry}.get(run.task)
    out: dict[str, Any] = {"task": run.task, "steps": checkpoint.step, "minutes": round(checkpoint.seconds / 60.0, 1)}
    out |= figures(objective, run, batches) if figures is not None else {}
    if options.prompts and run.task == "pretext" and can_be_prompted(objective.model):
        sounds, ears = SoundFolder(options.sounds), build_ears(options.head)
        out |= _prompted(objective, run, batches, sounds, ears, options.prompts, options.prompted)
    return out


def _pretext(objective: Any, run: TrainingRun, batches: list[Batch]) -> dict[str, float]:
    distance, loss = [], []
    for batch in batches:
        given, wanted = given_and_wanted(batch.spectrograms[:, 1:], run.pretext)
        predicted = objective.model(given, batch.features[:, 0], batch.images, batch.rotations)
        flat, truth = predicted.flatten(0, 1), wanted.flatten(0, 1)
        distance.append(float(stft_distance(flat, truth)) / float(stft_distance(torch.zeros_like(truth), truth)))
        loss.append(float(spectrogram_loss(predicted, wanted)))
    # 1 is what a network that leaves the ears alike would have.
    return {"stft_distance": round(float(np.mean(distance)), 4), "loss": round(float(np.mean(loss)), 4)}


def _prompted(
    objective: Any, run: TrainingRun, batches: list[Batch], sounds: Sounds, ears: Ears, prompts: int, most: int
) -> dict[str, float]:
    images = torch.cat([batch.images[:, [0, view]] for batch in batches for view in (1, 2)])[:most]
    rotations = torch.cat([batch.rotations[:, [0, view]] for batch in batches for view in (1, 2)])[:most]
    audio = run.networks.audio
    found = estimate_by_prompting(objective.model, audio, images, sounds, ears, prompts, rotations=rotations)
    truth = rotations[:, 1].double().numpy()
    shuffled = np.random.default_rng(0).permutation(truth)
    out: dict[str, float] = {"prompted_pairs": len(truth)}
    for name, answer in {"prompting": found, "shuffled": shuffled, "zero": np.zeros_like(truth)}.items():
        errors = np.degrees(angular_error(answer, truth))
        out |= {
            f"{name}_mae_deg": round(float(errors.mean()), 2),
            f"{name}_median_deg": round(float(np.median(errors)), 2),
        }
    out["prompting_left_or_right"] = round(100.0 * float((np.sign(found) == np.sign(truth)).mean()), 1)
    out["prompting_correlation"] = round(float(np.corrcoef(found, truth)[0, 1]), 3) if found.std() > 0.0 else 0.0
    return out


def _probe(objective: Any, run: TrainingRun, batches: list[Batch]) -> dict[str, float]:
    right, errors = [], []
    classes = run.probe.classes
    half = classes // 2
    for batch in batches:
        scores, target, truth = objective.answers(batch)
        found = scores.argmax(dim=1)
        if run.probe.modality == "audio":
            error = ((found + 0.5) / classes * 180.0 - 90.0 - torch.rad2deg(truth.sin().asin())).abs()
        else:
            low, high = objective.limits
            size = low + (torch.where(found < half, half - 1 - found, found - half) + 0.5) / half * (high - low)
            error = (torch.where(found < half, -size, size) - torch.rad2deg(truth)).abs()
        right.append((found == target).float())
        errors.append(error)
    whole = torch.cat(errors).numpy()
    return {
        "accuracy": round(100.0 * float(torch.cat(right).mean()), 2),
        "mae_deg": round(float(whole.mean()), 2),
        "median_deg": round(float(np.median(whole)), 2),
    }


def _geometry(objective: Any, run: TrainingRun, batches: list[Batch]) -> dict[str, float]:
    found = estimate(objective.model, batches)
    sound = found.errors_deg()[0]
    rotation = min((found.errors_deg(sign)[1] for sign in (1, -1)), key=lambda errors: float(errors.mean()))
    return {
        "sound_mae_deg": round(float(sound.mean()), 2),
        "sound_median_deg": round(float(np.median(sound)), 2),
        "rotation_mae_deg": round(float(rotation.mean()), 2),
        "rotation_median_deg": round(float(np.median(rotation)), 2),
    }


if __name__ == "__main__":
    main()
