"""`sonovista evaluate slfm`: sound direction and camera rotation against the truth of stored examples."""

from pathlib import Path
from typing import Annotated, Any

import typer


def slfm(
    examples: Annotated[
        str, typer.Argument(help="Folder of a simulation or of HM3D-SS, a CSV of its paths, or shards.")
    ],
    sounds: Annotated[Path, typer.Option(help="Folder of clean sounds that no training heard.")],
    count: Annotated[int, typer.Option(min=1, help="Examples; those of a folder come again with other sounds.")] = 240,
    views: Annotated[int, typer.Option(min=2, max=8, help="Views of each example.")] = 4,
    pitch: Annotated[float | None, typer.Option(help="Degrees that all cameras look up, for points.")] = -22.5,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, max=10.0, help="Of sound in each view; by default what was learned with.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of sounds and moments.")] = 2,
    classical: Annotated[
        bool, typer.Option("--classical/--no-classical", help="Matched points beside networks.")
    ] = True,
    model: Annotated[
        Path | None, typer.Option(help="Folder of exported networks in place of the shipped ones.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Mean and median errors in degrees, by method and by the size of the true angle."""
    import math

    from sonovista.cli.output import print_json
    from sonovista.evaluate.slfm import evaluate_rotation, evaluate_sound
    from sonovista.slfm.config import DataOptions, SplitOptions
    from sonovista.slfm.runtime import MotionNetworks
    from sonovista.slfm.streams.build import build_stream
    from sonovista.slfm.streams.procedural import ViewOptions

    networks = MotionNetworks(model)
    seconds = networks.seconds if seconds is None else seconds
    options = ViewOptions(views=views, seconds=seconds, jitter=0.0, noise_snr_db=None)
    split = SplitOptions(folder=examples, sounds=str(sounds), seed=seed)
    stream = build_stream(DataOptions(views=options), split)
    made = [stream.example(number) for number in range(count)]
    radians = None if pitch is None else math.radians(pitch)
    document = {
        "examples": examples,
        "count": count,
        "model": networks.facts["name"],
        "sound": evaluate_sound(made, networks),
        "rotation": evaluate_rotation(made, networks, classical, radians),
    }
    if as_json:
        print_json(document)
        return
    for kind in ("sound", "rotation"):
        _print_table(kind, document[kind])


def _print_table(kind: str, methods: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{kind}, degrees", box=None, padding=(0, 2, 0, 0), title_justify="left")
    for name in ("method", "mean", "median", "within 10", "unanswered"):
        table.add_column(name, justify="left" if name == "method" else "right")
    for name, measured in methods.items():
        if "mae_deg" in measured:
            shown = [f"{measured[key]:.2f}" for key in ("mae_deg", "median_deg")]
            table.add_row(name, *shown, f"{100 * measured['within_10_deg']:.1f} %", str(measured["unanswered"]))
    Console(highlight=False).print(table)
