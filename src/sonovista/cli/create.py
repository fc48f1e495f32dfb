"""`sonovista create`: photo -> scene."""

import time
from pathlib import Path
from typing import Annotated

import typer

from sonovista.cli.output import print_json, progress_reporter


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(
        "create",
        epilog="Examples:  sonovista create photo.jpg -o scene  ·  "
        'sonovista create photo.jpg -o scene --sources "waterfall, birds" --sounds my-sounds/  ·  '
        "sonovista create pano.jpg -o scene --panorama",
    )(create)


def create(
    image: Annotated[Path, typer.Argument(help="A photo: JPEG, PNG, TIFF, WebP; or a panorama with --panorama.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder of the scene [default: IMAGE's name]")
    ] = None,
    profile: Annotated[
        str, typer.Option(help="`offline`: learned where weights can be had, no GPU; `classical`: no weights.")
    ] = "offline",
    set_: Annotated[
        list[str], typer.Option("--set", metavar="STAGE=BACKEND", help="Take another backend for one stage.")
    ] = [],  # noqa: B006 - Typer copies it
    panorama: Annotated[bool, typer.Option("--panorama", help="IMAGE is an equirectangular panorama already.")] = False,
    sources: Annotated[str, typer.Option(help='What sounds in it, e.g. "waterfall, birds"; each will be there.')] = "",
    sounds: Annotated[Path | None, typer.Option(help="Folder of your own sounds, matched by file name.")] = None,
    size: Annotated[int, typer.Option(help="Height of the panorama in pixels; it is twice as wide.")] = 1024,
    gaussians: Annotated[int, typer.Option(help="How many Gaussians at most.")] = 1_300_000,
    seed: Annotated[int, typer.Option(help="Of every random choice; the same seed gives the same scene.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where an interrupted run stopped.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a scene that is there.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Draw what was seen where, and why, into SCENE/explain.png.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Turn one photo into a 3D scene with spatial sound."""
    overrides: dict[str, str] = {}
    for item in set_:
        stage, equals, backend = item.partition("=")
        if not equals:
            raise typer.BadParameter(f"expected STAGE=BACKEND, found {item!r}", param_hint="--set")
        overrides[stage.strip()] = backend.strip()
    from sonovista.generate.pipeline import STAGES, CreateOptions
    from sonovista.generate.pipeline import create as create_scene

    options = CreateOptions(
        profile=profile,
        backends=overrides,
        sources=tuple(name.strip() for name in sources.split(",") if name.strip()),
        sounds=sounds,
        panorama=panorama,
        panorama_height=size,
        gaussians=gaussians,
        seed=seed,
    )
    folder = output if output is not None else Path(image.stem)
    start = time.perf_counter()
    with progress_reporter((*STAGES, "assembly"), quiet=json_) as report:
        scene = create_scene(
            image, folder, resume=resume, force=force, progress=report, report=_tell_on_stderr, options=options
        )
    if explain:
        from sonovista.generate.understanding.explain import write_explanation

        write_explanation(scene, folder)
    seconds = time.perf_counter() - start
    if json_:
        summary = scene.document.model_dump(mode="json", exclude_none=True)
        for source in summary["sources"]:
            source.pop("points", None)
        gaussian_count = None if scene.gaussians is None else len(scene.gaussians)
        print_json({"scene": str(folder), "seconds": round(seconds, 2), "gaussian_count": gaussian_count} | summary)
        return
    from sonovista.cli.summary import print_scene_summary

    print_scene_summary(scene, folder, seconds, profile)


def _tell_on_stderr(line: str) -> None:
    typer.echo(f"sonovista: {line}", err=True)
