"""`sonovista rotation`: how far a camera turned between two pictures."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command("rotation", epilog="Example:  sonovista rotation before.jpg after.jpg --fov 70")(rotation)


def rotation(
    first: Annotated[Path, typer.Argument(help="A picture.")],
    second: Annotated[Path, typer.Argument(help="Another one, from the same place by the same camera.")],
    fov: Annotated[float, typer.Option(min=5.0, max=170.0, help="Degrees across the pictures.")] = 60.0,
    pitch: Annotated[
        float | None, typer.Option(min=-80.0, max=80.0, help="Degrees that the camera looks up, where it is known.")
    ] = None,
    refine: Annotated[bool, typer.Option("--refine/--no-refine", help="Let matched points settle the angle.")] = True,
    model: Annotated[
        Path | None, typer.Option(help="Folder of exported networks in place of the shipped ones.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """How far the camera turned from the first picture to the second: degrees, left positive."""
    import math

    from sonovista.cli.output import print_json
    from sonovista.slfm.camera_rotation import rotation as estimate
    from sonovista.slfm.runtime import MotionNetworks

    found = estimate(
        first,
        second,
        math.radians(fov),
        None if pitch is None else math.radians(pitch),
        refine,
        MotionNetworks(model),
    )
    if as_json:
        print_json(found.as_dict())
        return
    degrees = round(math.degrees(found.angle), 2)
    turn = f"{abs(degrees):.2f} degrees" + (f" to the {'left' if degrees > 0 else 'right'}" if degrees else "")
    typer.echo(f"{turn}  (confidence {found.confidence:.2f}, {found.method})")
    for warning in found.warnings:
        typer.echo(f"warning: {warning}", err=True)
