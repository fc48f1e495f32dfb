"""`sonovista track`: a camera's rotation and a sound's direction through a video."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command("track", epilog="Example:  sonovista track walk.mp4 --csv walk.csv --plot walk.png")(track)


def track(
    video: Annotated[Path, typer.Argument(help="A video with two channels of sound.")],
    window: Annotated[float, typer.Option(min=0.25, max=60.0, help="Seconds for each answer.")] = 1.0,
    fov: Annotated[float, typer.Option(min=5.0, max=170.0, help="Degrees across the pictures.")] = 60.0,
    csv: Annotated[Path | None, typer.Option(help="Write a table here.")] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw both over time here (.png, .svg, .pdf); needs matplotlib.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="Folder of exported networks in place of the shipped ones.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Camera rotation and sound direction over time, in windows with mean and spread: degrees, left positive."""
    import math

    from sonovista.cli.output import print_json
    from sonovista.slfm.runtime import MotionNetworks
    from sonovista.slfm.track_files import write_csv, write_plot
    from sonovista.slfm.tracking import track as estimate

    found = estimate(video, window, math.radians(fov), MotionNetworks(model))
    if csv is not None:
        write_csv(csv, found)
    if plot is not None:
        write_plot(plot, found)
    if as_json:
        print_json(found.as_dict())
        return
    typer.echo("   start      end   rotation        sound direction   (degrees, left positive; mean and spread)")
    for each in found.as_dict()["windows"]:
        turn = _mean_and_spread(each["rotation_deg"], each["rotation_spread_deg"])
        sound = _mean_and_spread(each["azimuth_deg"], each["azimuth_spread_deg"])
        typer.echo(f"{each['start_s']:7.2f}s {each['end_s']:7.2f}s  {turn:>14}  {sound:>14}")
    for warning in found.warnings:
        typer.echo(f"warning: {warning}", err=True)


def _mean_and_spread(mean: float | None, spread: float) -> str:
    return "-" if mean is None else f"{mean:+.1f} +- {spread:.1f}"
