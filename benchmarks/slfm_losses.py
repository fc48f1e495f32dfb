r"""What the parts of the training are worth: sound networks trained for equal steps, on the test split.

    sonovista train src/sonovista/slfm/configs/queue-sound.yaml -o RUNS --queue --set training.minutes=null \
        --set training.steps=500
    python benchmarks/slfm_losses.py RUNS --examples SIMULATION/rotation-test.csv --sounds SPEECH/test

Every run of the queue that is there is read and judged on the same sounds in front, as `benchmarks/slfm.py` draws them.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from environment import environment
from rich.console import Console
from rich.table import Table

from sonovista.slfm.checkpoints import read_checkpoint
from sonovista.slfm.config import DataOptions, SplitOptions
from sonovista.slfm.exporting import load_estimators
from sonovista.slfm.streams.build import build_stream
from sonovista.slfm.streams.procedural import ViewOptions
from sonovista.slfm.streams.protocol import Views
from sonovista.slfm.training.batches import Batch, ExampleBatches
from sonovista.slfm.training.validation import estimate

BATCH = 16


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, help="folder that the queue wrote")
    parser.add_argument("--examples", required=True, help="table of stored examples")
    parser.add_argument("--sounds", required=True, help="folder of clean sounds")
    parser.add_argument("--pairs", type=int, default=480, help="two for each example")
    parser.add_argument("--weights", default="latest.safetensors", help="which checkpoint of every run")
    options = parser.parse_args()
    torch.set_num_threads(1)
    split = SplitOptions(folder=options.examples, pictures=False, sounds=options.sounds, seed=2)
    views = ViewOptions(views=3, seconds=1.0, small_rotations=1.0, noise_snr_db=None)
    stream = build_stream(DataOptions(views=views), split)
    examples = [stream.example(number) for number in range(-(-options.pairs // 2))]
    rows = {path.parent.name: _judged(path, examples) for path in sorted(options.runs.glob(f"*/{options.weights}"))}
    table = Table("run", "steps", "mean", "median", "within 10 %", "n")
    for name, row in sorted(rows.items(), key=lambda item: item[1]["mae_deg"]):
        table.add_row(name, *(f"{row[key]:g}" for key in ("steps", "mae_deg", "median_deg", "within_10", "count")))
    Console(file=sys.stderr).print(table)
    print(
        json.dumps({"environment": environment(), "options": vars(options) | {"runs": "RUNS"}, "runs": rows}, indent=2)
    )


def _judged(path: Path, examples: list[Views]) -> dict[str, float]:
    checkpoint = read_checkpoint(path)
    model, run = load_estimators(checkpoint, str(path))
    maker = ExampleBatches(_Nothing(), run.networks, BATCH)

    def batches() -> Iterator[Batch]:
        for start in range(0, len(examples), BATCH):
            yield maker.collate(examples[start : start + BATCH])

    errors, _ = estimate(model, batches()).errors_deg()
    return {
        "steps": float(checkpoint.step),
        "mae_deg": round(float(errors.mean()), 2),
        "median_deg": round(float(np.median(errors)), 2),
        "within_10": round(100.0 * float((errors < 10.0).mean()), 1),
        "count": float(len(errors)),
    }


class _Nothing:
    """A stream that is not drawn from: batches are collated of examples at hand."""

    def __len__(self) -> int:
        return 0

    def example(self, index: int) -> Views:
        raise IndexError(index)


if __name__ == "__main__":
    main()
