"""`sonovista localize`: where the sound of a binaural recording comes from."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command("localize", epilog="Example:  sonovista localize walk.wav")(localize)


def localize(
    recording: Annotated[Path, typer.Argument(help="A stereo sound file or video, recorded at two ears.")],
    window: Annotated[
        float | None, typer.Option(min=0.1, max=60.0, help="Seconds for each answer; by default what was learned with.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="Folder of exported networks in place of the shipped ones.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Azimuth of the sound in each window: degrees, left positive, in front (behind sounds the same to two ears)."""
    from sonovista.cli.output import print_json
    from sonovista.slfm.runtime import MotionNetworks
    from sonovista.slfm.sound_direction import localize as estimate

    found = estimate(recording, window, MotionNetworks(model))
    if as_json:
        print_json(found.as_dict())
        return
    typer.echo("   start      end   azimuth  confidence   (degrees, left positive; front and back sound alike)")
    for each in found.as_dict()["windows"]:
        azimuth = "silence" if each["azimuth_deg"] is None else f"{each['azimuth_deg']:+7.1f}"
        typer.echo(f"{each['start_s']:7.2f}s {each['end_s']:7.2f}s  {azimuth:>8}  {each['confidence']:10.2f}")
    for warning in found.warnings:
        typer.echo(f"warning: {warning}", err=True)
