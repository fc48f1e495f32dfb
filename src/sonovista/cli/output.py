"""What goes to stdout (results) and to stderr (progress)."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any


def print_json(document: dict[str, Any]) -> None:
    """One JSON document on stdout, and nothing else."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


@contextmanager
def progress_reporter(stages: Sequence[str], quiet: bool = False) -> Iterator[Callable[[str, bool], None]]:
    """A bar on stderr that moves as stages begin, named after the last in order; plain lines where none is seen.

    Args:
        stages: in their order.
        quiet: no output at all.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True, quiet=quiet)
    columns = (TextColumn("{task.description:<18}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True, disable=quiet) as bar:
        task = bar.add_task("reading", total=len(stages))
        begun: list[str] = []

        def report(stage: str, found: bool) -> None:
            begun.append(stage)
            bar.update(task, completed=len(begun) - 1, description=max(begun, key=stages.index))
            if found:
                console.print(f"  {stage}: finished before", highlight=False)
            elif not console.is_terminal:
                console.print(f"  {stage}", highlight=False)

        yield report
