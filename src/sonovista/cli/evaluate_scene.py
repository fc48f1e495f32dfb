"""`sonovista evaluate scene`: what a scene hears against what is annotated in its photo."""

import math
from pathlib import Path
from typing import Annotated, Any

import typer


def scene(
    scenes: Annotated[Path, typer.Argument(metavar="SCENE", help="A scene, or a folder of scenes.")],
    annotation: Annotated[Path, typer.Argument(help="What can sound in the photos (docs/annotations.md), JSON.")],
    depth_pairs: Annotated[
        Path | None, typer.Option(help="Pairs of points of which one is nearer, JSON.", show_default=False)
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Sources found, their kinds and directions, and the order of depths, against an annotation of the photos."""
    from sonovista.cli.output import print_json

    document = evaluate(scenes, annotation, depth_pairs)
    if json_:
        print_json(document)
    else:
        _print(document)


def evaluate(scenes: Path, annotation: Path, depth_pairs: Path | None) -> dict[str, Any]:
    """The document that the command prints."""
    from sonovista.errors import InputError
    from sonovista.evaluate.scene import (
        scene_folders,
        score_depth_pairs,
        score_photo,
        summarise,
        things_of,
    )
    from sonovista.evaluate.scene_annotations import read_depth_pairs, read_scene_annotations
    from sonovista.scene import Scene

    annotations = read_scene_annotations(annotation)
    pairs = read_depth_pairs(depth_pairs).pairs if depth_pairs is not None else ()
    scores, detail, right, asked = [], {}, 0, 0
    for folder in scene_folders(scenes):
        name = folder.resolve().name
        made = Scene.load(folder, parts=("depth",) if pairs else ())
        if made.document.photo is None:
            raise InputError(f"{folder}: photo: expected the photo's camera, found none")
        camera = made.document.photo.camera()
        score = score_photo(things_of(made), annotations.of(name), camera)
        scores.append(score)
        detail[str(folder)] = {
            "pairs": [list(pair) for pair in score.pairs],
            "missed": list(score.missed),
            "wrong": list(score.wrong),
            "anchor_errors_deg": [round(math.degrees(error), 2) for error in score.anchor_errors],
        }
        own = [pair for pair in pairs if name in (pair.photo, pair.photo.rpartition("/")[2])]
        if own and made.depth is not None:
            ordered, count = score_depth_pairs(made.depth, camera, own)
            right, asked = right + ordered, asked + count
    document = summarise(scores)
    if depth_pairs is not None:
        document["depth_pairs"] = {"count": asked, "right": round(right / asked, 4) if asked else None}
    return document | {"detail": detail}


def _print(document: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    anchors = document["anchors"]
    rows = [
        ("recall", document["recall"]),
        ("precision", document["precision"]),
        ("kinds right", document["kinds_right"]),
        ("the very name", document["same_name"]),
        ("anchors within 10°", anchors["within_10_deg"]),
        ("anchors, median °", anchors["median_deg"]),
    ]
    if "depth_pairs" in document:
        rows.append(("depth pairs in order", document["depth_pairs"]["right"]))
    for name, value in rows:
        table.add_row(name, "none" if value is None else f"{value:.3f}")
    console.print(table)
    for folder, found in document["detail"].items():
        console.print(
            f"{folder}: missed {', '.join(found['missed']) or 'none'}; wrong {', '.join(found['wrong']) or 'none'}"
        )
