"""A run with a bar on stderr that says how far it is and when it will be done."""

from pathlib import Path
from typing import Any

from sonovista.slfm.config import TrainingRun
from sonovista.slfm.training.loop import Report, Trainer, finished


def train_with_progress(run: TrainingRun, folder: Path, quiet: bool = False) -> dict[str, Any]:
    """Train to the end, if a run before did not; gives steps, seconds and the last validation."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True, quiet=quiet)
    done = finished(run, folder)
    if done is not None:
        console.print(f"{run.name}: finished before", highlight=False)
        return _result(done.step, done.seconds, done.history)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=quiet) as bar:
        task = bar.add_task(run.name, total=1.0)

        def tell(report: Report) -> None:
            bar.update(
                task, completed=report.progress, description=f"{run.name} step {report.step} loss {report.loss:.3f}"
            )
            if report.validation is not None:
                shown = {name: value for name, value in report.validation.items() if name != "seconds"}
                line = "  ".join(f"{name} {value:.3g}" for name, value in shown.items())
                console.print(f"  {line}", highlight=False)

        trainer = Trainer(run, folder, tell=tell)
        bar.update(task, completed=trainer.progress())
        history = trainer.fit()
    return _result(trainer.step, trainer.seconds, history)


def _result(steps: int, seconds: float, history: list[dict[str, float]]) -> dict[str, Any]:
    return {"steps": steps, "seconds": seconds, "validation": history[-1] if history else {}}
