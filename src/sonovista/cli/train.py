"""`sonovista train`: learn sound direction and camera rotation, one run or a queue of them."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command("train", epilog="Example:  sonovista train slfm.yaml -o runs --set training.minutes=60")(train)


def train(
    config: Annotated[Path, typer.Argument(help="YAML file of a run; with --queue, of a list of runs.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder; each run gets one of its name in it.")] = Path(
        "runs"
    ),
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="key=value, dots between keys; may be repeated.")
    ] = None,
    queue: Annotated[
        bool, typer.Option("--queue", help="Run a list one after the other; what is finished is skipped.")
    ] = False,
    export: Annotated[
        bool, typer.Option("--export", help="Write ONNX graphs of the best checkpoint when done.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Train a run, or go on with it where it stopped; progress goes to stderr."""
    from sonovista.cli.output import print_json
    from sonovista.slfm.config import read_run
    from sonovista.slfm.training.queue import read_queue

    runs = read_queue(config, tuple(changes or ())) if queue else [read_run(config, tuple(changes or ()))]
    # torch takes seconds to import: only once the options are known to be right
    from sonovista.slfm.training.console import train_with_progress

    results = []
    for run in runs:
        folder = output / run.name
        results.append({"name": run.name, "folder": str(folder), **train_with_progress(run, folder)})
        if export:
            from sonovista.slfm.exporting import export as write_graphs

            write_graphs(folder / "best.safetensors", folder / "export")
    if as_json:
        print_json({"runs": results})
        return
    for result in results:
        last = result["validation"]
        angles = [f"{name} {last[name]:.2f}" for name in ("sound_mae_deg", "rotation_mae_deg") if name in last]
        typer.echo(f"{result['name']}: {result['steps']} steps, {result['seconds']:.0f} s  {'  '.join(angles)}")
