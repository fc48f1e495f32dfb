"""The training loop: any objective, from its first step or from where it stopped."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from sonovista.slfm.checkpoints import SHIPPED, Checkpoint, read_checkpoint, shipped, write_checkpoint
from sonovista.slfm.config import TrainingOptions, TrainingRun
from sonovista.slfm.streams.build import build_stream
from sonovista.slfm.streams.protocol import ExampleStream
from sonovista.slfm.training.batches import ExampleBatches, iterate
from sonovista.slfm.training.build import build_objective, evaluated_model
from sonovista.slfm.training.state import (
    MovingAverage,
    load_optimizer,
    load_parts,
    load_weights,
    optimizer_arrays,
    to_arrays,
)
from sonovista.slfm.training.validation import estimate, summary

LATEST, BEST = "latest.safetensors", "best.safetensors"


@dataclass(frozen=True)
class Report:
    """What the loop says after each step.

    Attributes:
        step: done so far.
        progress: part of training that is done, 0 to 1.
        loss: of this step.
        parts: of the loss, by name.
        validation: errors where they were just measured, else None.
    """

    step: int
    progress: float
    loss: float
    parts: dict[str, float]
    validation: dict[str, float] | None = None


def finished(run: TrainingRun, folder: Path) -> Checkpoint | None:
    """The last checkpoint of a run that came to its end with these very options; None of any other."""
    latest = folder / LATEST
    if not latest.exists():
        return None
    checkpoint = read_checkpoint(latest)
    if checkpoint.run != run.model_dump(mode="json"):
        return None
    options = run.training
    ended = _progress(options, checkpoint.step, checkpoint.seconds) >= 1.0 or _exhausted(options, checkpoint.history)
    return checkpoint if ended else None


def _progress(options: TrainingOptions, step: int, seconds: float) -> float:
    if options.minutes is not None:
        return min(1.0, seconds / (60.0 * options.minutes))
    return min(1.0, step / options.steps)


def _exhausted(options: TrainingOptions, history: list[dict[str, float]]) -> bool:
    """Whether the last validations brought nothing better."""
    losses = [entry["loss"] for entry in history]
    patience = options.patience
    return patience is not None and len(losses) > patience and min(losses[-patience:]) > min(losses[:-patience])


class Trainer:
    """One run in one folder.

    Args:
        run: what to train.
        folder: where checkpoints are written; a run that is there already goes on.
        train: examples to learn from; None builds them from the run's options.
        validation: likewise.
        tell: called after each step, on the first process alone.
    """

    def __init__(
        self,
        run: TrainingRun,
        folder: str | Path,
        train: ExampleStream | None = None,
        validation: ExampleStream | None = None,
        tell: Callable[[Report], None] | None = None,
    ) -> None:
        from accelerate import Accelerator
        from accelerate.utils import set_seed

        self.run, self.folder, self.tell = run, Path(folder), tell
        options = run.training
        if options.threads is not None:
            torch.set_num_threads(options.threads)
        gpu = torch.cuda.is_available()
        precision = ("bf16" if gpu else "no") if options.precision == "auto" else options.precision
        self.accelerator = Accelerator(cpu=not gpu, mixed_precision=precision)
        set_seed(options.seed)
        self.train_stream = train or build_stream(run.data, run.data.train)
        self.validation_stream = validation or build_stream(run.data, run.data.validation)
        self.objective: nn.Module = build_objective(run)
        if gpu:  # on processors PyTorch 2.13's backward pass in this layout has been seen to corrupt memory
            self.objective = self.objective.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        parameters = [p for p in self.objective.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(parameters, options.learning_rate, weight_decay=options.weight_decay)
        self.average = MovingAverage(self.objective, options.average) if options.average > 0.0 else None
        self.step, self.seconds, self.history = 0, 0.0, list[dict[str, float]]()
        self._mirror_sign: int | None = None
        self._begin()
        self.parallel: Any = self.accelerator.prepare(self.objective)
        self._writer = _tensorboard(self.folder) if options.tensorboard and self._first else None

    @property
    def _first(self) -> bool:
        return self.accelerator.is_main_process

    def _begin(self) -> None:
        """Load what was there: this run's last checkpoint, or encoders to start from."""
        latest = self.folder / LATEST
        if latest.exists():
            checkpoint = read_checkpoint(latest)
            load_weights(self.objective, checkpoint.part("model"), str(latest))
            load_optimizer(self.optimizer, checkpoint.part("optimizer"))
            if self.average is not None:
                for name, value in checkpoint.part("average").items():
                    self.average.values[name].copy_(torch.from_numpy(value.copy()))
            self.step, self.seconds, self.history = checkpoint.step, checkpoint.seconds, checkpoint.history
            self._mirror_sign = checkpoint.mirror_sign
        elif self.run.start_from is not None:
            origin = read_checkpoint(shipped() if self.run.start_from == SHIPPED else self.run.start_from)
            load_parts(self.objective, origin.weights, self.run.start_from, self.run.start_parts)
            self._mirror_sign = origin.mirror_sign
            if self.average is not None:
                self.average = MovingAverage(self.objective, self.run.training.average)
        self.objective.to(self.accelerator.device)

    def progress(self) -> float:
        """Part of training that is done, 0 to 1."""
        return _progress(self.run.training, self.step, self.seconds)

    def fit(self) -> list[dict[str, float]]:
        """Train to the end; gives the history of validations."""
        options = self.run.training
        count = options.steps - self.step if options.minutes is None else 1 << 40
        batches = ExampleBatches(
            self.train_stream,
            self.run.networks,
            options.batch,
            self.step,
            max(0, count),
            self.accelerator.process_index,
            self.accelerator.num_processes,
            self.run.task,
        )
        last_written = begun = time.monotonic()
        before = self.seconds
        stream = iterate(batches, options.workers)
        ended = _exhausted(options, self.history)
        while self.progress() < 1.0 and not ended and (batch := next(stream, None)) is not None:
            loss, parts = self._one_step(batch)
            self.step += 1
            self.seconds = before + time.monotonic() - begun
            validation = None
            if self.step % options.validate_every == 0 or self.progress() >= 1.0:
                validation = self._validate()
                ended = _exhausted(options, self.history)
            if self._first and self.tell is not None:
                self.tell(Report(self.step, self.progress(), loss, parts, validation))
            if validation is not None or time.monotonic() - last_written > 60.0 * options.checkpoint_minutes:
                self.write()
                last_written = time.monotonic()
        self.write()
        return self.history

    def _one_step(self, batch: Any) -> tuple[float, dict[str, float]]:
        options = self.run.training
        progress = self.progress()
        warm = min(1.0, (self.step + 1) / options.warm_up) if options.warm_up else 1.0
        for group in self.optimizer.param_groups:
            group["lr"] = options.learning_rate * warm * 0.5 * (1.0 + math.cos(math.pi * progress))
        self.parallel.train()
        with self.accelerator.autocast():
            loss, parts = self.parallel(batch.to(self.accelerator.device), progress)
        self.accelerator.backward(loss)
        self.accelerator.clip_grad_norm_(self.objective.parameters(), options.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        if self.average is not None:
            self.average.update(self.objective, self.step)
        if self._writer is not None:
            for name, value in {"loss": float(loss.detach()), **parts}.items():
                self._writer.add_scalar(f"train/{name}", value, self.step)
        return float(loss.detach()), parts

    def _validate(self) -> dict[str, float]:
        """The objective's loss and, where there are angles, their errors, of the averaged weights."""
        options = self.run.training
        size = min(options.batch, options.validation_examples)
        batches = ExampleBatches(
            self.validation_stream,
            self.run.networks,
            size,
            count=max(1, options.validation_examples // size),
            task=self.run.task,
        )
        kept = {name: value.detach().clone() for name, value in self.objective.state_dict().items()}
        if self.average is not None:
            self.objective.load_state_dict(self.average.values)
        self.objective.eval()
        made = [batches[number] for number in range(len(batches))]
        with torch.no_grad():
            device = self.accelerator.device
            losses = [float(self.objective(batch.to(device), 1.0)[0]) for batch in made]
            result = {"step": float(self.step), "seconds": self.seconds, "loss": sum(losses) / len(losses)}
            model = evaluated_model(self.objective)
            if model is not None:
                result |= summary(estimate(model, made))
        better = not self.history or result["loss"] < min(entry["loss"] for entry in self.history)
        self.history.append(result)
        if better and self._first:
            self._write(self.folder / BEST, with_training=False)
        self.objective.load_state_dict(kept)
        if self._writer is not None:
            for name, value in result.items():
                self._writer.add_scalar(f"validation/{name}", value, self.step)
        return result

    def write(self) -> None:
        """Write the run's state, on the first process."""
        if self._first:
            self._write(self.folder / LATEST, with_training=True)

    def _write(self, path: Path, with_training: bool) -> None:
        tensors = to_arrays(self.objective.state_dict(), "model")
        if with_training:
            tensors |= optimizer_arrays(self.optimizer)
            if self.average is not None:
                tensors |= to_arrays(self.average.values, "average")
        signs = [int(entry["mirror_sign"]) for entry in self.history if "mirror_sign" in entry]
        checkpoint = Checkpoint(
            self.run.model_dump(mode="json"),
            tensors,
            self.step,
            self.seconds,
            signs[-1] if signs else self._mirror_sign,
            self.history,
            {"parameters": sum(p.numel() for p in self.objective.parameters())},
        )
        write_checkpoint(path, checkpoint)


def _tensorboard(folder: Path) -> Any:
    from sonovista.errors import BackendUnavailable

    try:
        from torch.utils.tensorboard.writer import SummaryWriter
    except ImportError:
        raise BackendUnavailable("training.tensorboard needs tensorboard: pip install tensorboard") from None
    return SummaryWriter(str(folder / "tensorboard"))
