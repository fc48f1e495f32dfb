"""`sonovista export`: a scene in forms that other programs read."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sonovista.cli.output import print_json


class Format(StrEnum):
    """What a scene can be exported to."""

    HTML = "html"
    PLY = "ply"
    SPZ = "spz"
    AMBIX = "ambix"


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(
        "export",
        epilog="Examples:  sonovista export my-scene --to html   writes my-scene.html;  --to spz   for other viewers",
    )(export)


def export(
    scene: Annotated[Path, typer.Argument(help="Folder of a scene.")],
    to: Annotated[
        Format,
        typer.Option(
            help="html: one page that needs no server; ply: Gaussians; spz: the same in a fifth; "
            "ambix: sound at the start."
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write [default: beside the scene]")
    ] = None,
    order: Annotated[int, typer.Option(min=1, max=7, help="Ambisonic order of ambix.")] = 1,
    seconds: Annotated[float, typer.Option(min=0.1, max=3600, help="Length of ambix.")] = 8.0,
    exact: Annotated[
        bool, typer.Option("--exact", help="html: keep every bit of the Gaussians; the page is five times as large.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Write a scene as one HTML page, as Gaussians, or as an AmbiX recording."""
    suffix = {Format.HTML: ".html", Format.PLY: ".ply", Format.SPZ: ".spz", Format.AMBIX: ".ambix.wav"}[to]
    target = output if output is not None else scene.with_name(scene.resolve().name + suffix)
    if to is Format.HTML:
        from sonovista.viewer.export_html import export_html

        export_html(scene, target, exact)
    elif to in (Format.PLY, Format.SPZ):
        from sonovista.errors import InputError
        from sonovista.scene import Scene
        from sonovista.scene.ply import write_ply
        from sonovista.scene.spz import write_spz

        gaussians = Scene.load(scene, parts=("gaussians",)).gaussians
        if gaussians is None:
            raise InputError(f"{scene}: expected a scene with Gaussians, found none")
        (write_ply if to is Format.PLY else write_spz)(target, gaussians)
    else:
        from sonovista.render.offline import render_file
        from sonovista.render.trajectory import still
        from sonovista.scene import Scene

        loaded = Scene.load(scene, parts=("sounds",))
        render_file(loaded, still(loaded, seconds), target, mode="ambisonics", order=order)
    if json_:
        print_json({"output": str(target), "bytes": target.stat().st_size})
    else:
        typer.echo(f"wrote {target} ({target.stat().st_size / 1e6:.1f} MB)")
