"""`sonovista simulate`: multi-view audio-visual data with ground truth."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sonovista.cli.output import print_json

if TYPE_CHECKING:
    from sonovista.simulate.options import SimulationOptions
    from sonovista.simulate.simulation import Summary

INSPECTED = 24
"""Examples on a sheet, unless told otherwise."""


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(
        "simulate",
        epilog="Examples:  sonovista simulate rooms --scenes 20 --inspect  ·  "
        "sonovista simulate data --panoramas my-panoramas/ --examples 50  ·  "
        "sonovista simulate data --config sonorooms-1 --workers 2  ·  "
        "sonovista simulate data --export-shards shards/  ·  "
        "sonovista simulate s3://bucket/data --scenes 1000 --engine ray --address auto",
    )(simulate)


def simulate(
    context: typer.Context,
    out: Annotated[str, typer.Argument(help="Folder of the data, or a URL (s3://, gs://).")],
    scenes: Annotated[int | None, typer.Option(help="How many scenes [default: 10 rooms, or all files].")] = None,
    examples: Annotated[int, typer.Option(help="Examples in each scene.")] = 10,
    views: Annotated[int, typer.Option(help="Views of an example.")] = 4,
    sources: Annotated[int, typer.Option(help="Sound sources of an example.")] = 1,
    translation: Annotated[float, typer.Option(help="Most metres that a view moves from the first.")] = 0.0,
    extreme: Annotated[bool, typer.Option("--extreme", help="Views turned by up to 90 degrees.")] = False,
    rt60: Annotated[str, typer.Option(help="Reverberation time in seconds, from and to.")] = "0.1-0.5",
    head: Annotated[str, typer.Option(help="kemar, sphere, or a SOFA file.")] = "kemar",
    panoramas: Annotated[Path | None, typer.Option(help="Folder of panoramas to be the scenes.")] = None,
    places: Annotated[
        Path | None, typer.Option(help="CSV file, columns file and place: files of one place are in one split.")
    ] = None,
    meshes: Annotated[Path | None, typer.Option(help="Folder of meshes (GLB, OBJ, PLY) to be the scenes.")] = None,
    mesh_up: Annotated[str, typer.Option(help="Axis of meshes that points up: y or z (HM3D, Replica, Gibson).")] = "y",
    from_scenes: Annotated[Path | None, typer.Option(help="Sonovista scene, or a folder of them.")] = None,
    photographs: Annotated[Path | None, typer.Option(help="Folder of pictures that may hang in rooms.")] = None,
    config: Annotated[
        str | None,
        typer.Option(
            help="YAML file with all options, `sonorooms-1` or `sonorooms-more`; other options are not taken then."
        ),
    ] = None,
    splits: Annotated[str, typer.Option(help="Which splits to make now, e.g. test.")] = "train,val,test",
    seed: Annotated[int, typer.Option(help="Of every random choice; the same seed gives the same bytes.")] = 0,
    engine: Annotated[str, typer.Option(help="local or ray.")] = "local",
    workers: Annotated[int | None, typer.Option(help="Local processes [default: all processors].")] = None,
    address: Annotated[str | None, typer.Option(help="Of a Ray cluster, e.g. auto; none starts one here.")] = None,
    sounds: Annotated[Path | None, typer.Option(help="Folder of dry sounds: checked, and heard in the sheet.")] = None,
    export_shards: Annotated[str | None, typer.Option(help="Also write WebDataset shards here; may be a URL.")] = None,
    shard_depth: Annotated[bool, typer.Option("--shard-depth", help="Put true depth into the shards.")] = False,
    inspect: Annotated[bool, typer.Option("--inspect", help=f"Write OUT/inspect.html, {INSPECTED} examples.")] = False,
    sha256: Annotated[bool, typer.Option("--sha256", help="Tell the SHA-256 of every set and split.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Make multi-view audio-visual data with ground truth.

    The same command goes on after an interruption. A folder that is there needs no options of scenes: it has its own.
    """
    from sonovista.simulate.simulation import simulate as run
    from sonovista.simulate.sounds import DrySounds

    if engine not in ("local", "ray"):
        raise typer.BadParameter(f"expected local or ray, found {engine!r}", param_hint="--engine")
    if mesh_up not in ("y", "z"):
        raise typer.BadParameter(f"expected y or z, found {mesh_up!r}", param_hint="--mesh-up")
    wanted = [name.strip() for name in splits.split(",")]
    if not wanted or not set(wanted) <= {"train", "val", "test"}:
        raise typer.BadParameter(f"expected train, val, test or some of them, found {splits!r}", param_hint="--splits")
    folders = {"panoramas": panoramas, "meshes": meshes, "scenes": from_scenes}
    if sum(folder is not None for folder in folders.values()) > 1:
        raise typer.BadParameter("at most one of --panoramas, --meshes, --from-scenes", param_hint="scenes")
    if config is not None:
        options = _of_config(context, config)
    elif not _given(context, _SHAPING) and (there := _of_folder(out)) is not None:
        options = there
    else:
        options = _of_arguments(
            folders,
            scenes,
            {"kind": "rooms", "seed": seed, "mesh_up": mesh_up, "photographs": photographs, "place_table": places},
            {"examples": examples, "head": head},
            {
                "views": views,
                "sources": sources,
                "translation": translation,
                **({"largest_rotation_deg": 90.0} if extreme else {}),
                **_rt60(rt60),
            },
        )
    dry = DrySounds(sounds) if sounds is not None else None
    notes = dry.check(3 * 2.55) if dry is not None else []
    count = workers or os.cpu_count() or 1
    start = time.perf_counter()
    with _progress(json_) as report:
        summary = run(
            out,
            options,
            engine="ray" if engine == "ray" else "local",
            workers=count,
            address=address,
            splits=wanted,
            progress=report,
        )
    document: dict[str, Any] = {
        "folder": out,
        "examples": summary.wanted,
        "made": summary.made,
        "found": summary.found,
        "failures": [{"path": path, "reason": reason} for path, reason in summary.failures],
        "seconds": round(time.perf_counter() - start, 2),
        "notes": notes,
    }
    _afterwards(document, out, options, dry, export_shards, shard_depth, inspect, sha256)
    _tell(document, summary, json_)


def _rt60(text: str) -> dict[str, float]:
    low, dash, high = text.partition("-")
    try:
        return {"shortest_rt60": float(low), "longest_rt60": float(high if dash else low)}
    except ValueError:
        raise typer.BadParameter(
            f"expected seconds as in 0.3 or 0.1-0.5, found {text!r}", param_hint="--rt60"
        ) from None


_SHAPING = (
    *("scenes", "examples", "views", "sources", "translation", "extreme", "rt60", "head", "seed"),
    *("panoramas", "meshes", "places", "mesh_up", "from_scenes", "photographs"),
)
"""Parameters that decide what is made, not how."""


def _given(context: typer.Context, names: tuple[str, ...]) -> list[str]:
    """Which parameters stand on the command line."""
    return [name for name in names if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"]


def _of_folder(out: str) -> "SimulationOptions | None":
    """The options of a simulation that is there already, None where there is none."""
    from sonovista.simulate.simulation import DESCRIPTION, read_description
    from sonovista.simulate.storage.places import open_store

    return None if open_store(out).read_text(DESCRIPTION) is None else read_description(out)


def _of_config(context: typer.Context, config: str) -> "SimulationOptions":
    from sonovista.simulate.configs import find_config
    from sonovista.simulate.options import read_options

    if given := _given(context, _SHAPING):
        name = "--" + given[0].replace("_", "-")
        raise typer.BadParameter(f"stands in the config: {name} is not taken beside it", param_hint="--config")
    return read_options(find_config(config))


def _of_arguments(
    folders: dict[str, Path | None],
    scenes: int | None,
    general: dict[str, Any],
    of_set: dict[str, Any],
    of_example: dict[str, Any],
) -> "SimulationOptions":
    from sonovista.simulate.options import checked_options
    from sonovista.simulate.worlds import list_scene_files

    for kind, folder in folders.items():
        if folder is not None:
            general |= {"kind": kind, "folder": folder}
            # So that a missing folder is told of before anything else.
            found = len(list_scene_files(kind, folder))
            scenes = found if scenes is None else scenes
    general["scenes"] = 10 if scenes is None else scenes
    return checked_options(general | {"sets": [of_set | {"example": of_example}]}, "options")


@contextmanager
def _progress(quiet: bool) -> "Iterator[Callable[[Summary], None]]":
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    console = Console(stderr=True, quiet=quiet)
    columns = (TextColumn("examples"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.fields[failed]}"), console=console, transient=True, disable=quiet) as bar:
        task = bar.add_task("", total=None, failed="")

        def report(summary: "Summary") -> None:
            failed = f"{len(summary.failures)} failed" if summary.failures else ""
            bar.update(task, total=summary.wanted, completed=summary.made + summary.found, failed=failed)

        yield report


def _afterwards(
    document: dict[str, Any],
    out: str,
    options: "SimulationOptions",
    dry: Any,
    export_shards: str | None,
    shard_depth: bool,
    inspect: bool,
    sha256: bool,
) -> None:
    """Shards, sheet and digests of what was made."""
    from sonovista.errors import InputError
    from sonovista.simulate.reading import find_examples
    from sonovista.simulate.simulation import folder_digest
    from sonovista.simulate.storage.places import is_url
    from sonovista.simulate.storage.shards import write_shards

    if not (export_shards or inspect or sha256):
        return
    if is_url(out):
        raise InputError(f"{out}: expected a local folder for --export-shards, --inspect and --sha256, found a URL")
    splits: list[tuple[str, list[str]]] = []
    for of in options.sets:
        for split in ("train", "val", "test"):
            name = "-".join(part for part in (of.name, split) if part)
            if (Path(out) / f"{name}.csv").exists():
                splits.append((name, find_examples(out, name)[1]))
    if sha256:
        document["sha256"] = {name: folder_digest(Path(out), iter(paths)) for name, paths in splits}
    if export_shards:
        target = export_shards.rstrip("/")
        document["shards"] = [
            shard for name, paths in splits for shard in write_shards(f"{target}/{name}", Path(out), paths, shard_depth)
        ]
    if inspect:
        from sonovista.simulate.inspection import write_sheet

        every = [path for _, paths in splits for path in paths]
        chosen = [every[i * len(every) // INSPECTED] for i in range(INSPECTED)] if len(every) > INSPECTED else every
        sheet = Path(out) / "inspect.html"
        write_sheet(sheet, out, chosen, dry, title=f"{Path(out).name}: {len(chosen)} of {len(every)} examples")
        document["sheet"] = str(sheet)


def _tell(document: dict[str, Any], summary: "Summary", json_: bool) -> None:
    """Print the result; exit code 1 where examples failed."""
    if json_:
        print_json(document)
    else:
        # What failed is an error, and then nothing is on stdout.
        failed = bool(summary.failures)
        speed = summary.made / max(document["seconds"], 1e-9)
        made = f"{summary.made} examples made ({speed:.1f} a second), {summary.found} found"
        typer.echo(f"{document['folder']}: {made}", err=failed)
        for name, digest in document.get("sha256", {}).items():
            typer.echo(f"{digest}  {name}", err=failed)
        if "shards" in document:
            typer.echo(f"{len(document['shards'])} shards: {document['shards'][0]} ...", err=failed)
        if "sheet" in document:
            typer.echo(document["sheet"], err=failed)
        for note in document["notes"][:5]:
            typer.echo(note, err=True)
        if len(document["notes"]) > 5:
            typer.echo(f"and {len(document['notes']) - 5} more files are joined", err=True)
    if summary.failures:
        from sonovista.errors import InputError

        path, reason = summary.failures[0]
        where = f", all in {document['folder']}/failures.json" if len(summary.failures) > 1 else ""
        raise InputError(
            f"{len(summary.failures)} of {summary.wanted} examples could not be made: {path}: {reason}{where}"
        )
