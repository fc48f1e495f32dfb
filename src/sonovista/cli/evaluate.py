"""`sonovista evaluate`: measures of an estimate against a reference."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sonovista.cli.evaluate_scene import scene
from sonovista.cli.evaluate_slfm import slfm
from sonovista.cli.output import print_json
from sonovista.errors import InputError

if TYPE_CHECKING:
    from sonovista.evaluate.field import FieldComparison, FieldMeasures, FieldView


def register(app: typer.Typer) -> None:
    """Add the group of commands to the app."""
    group = typer.Typer(help="Measure how good an estimate is.", no_args_is_help=True, rich_markup_mode="markdown")
    group.command(
        "field",
        epilog="Examples:  sonovista evaluate field estimate.wav recording.wav  ·  "
        "sonovista evaluate field foa.wav recording.wav --published --json  ·  "
        "sonovista evaluate field hoa.wav foa.wav --order 1 --window 0.5 --plot maps.png",
    )(field)

    group.command("slfm", epilog="Example:  sonovista evaluate slfm data/rotation-test.csv --sounds speech/test")(slfm)

    group.command(
        "scene",
        epilog="Examples:  sonovista evaluate scene my-scene annotation.json  ·  "
        "sonovista evaluate scene scenes/ annotations.json --depth-pairs pairs.json --json",
    )(scene)

    @group.callback()
    def _group() -> None:  # with a callback, a single command keeps its name
        pass

    app.add_typer(group, name="evaluate")


def field(
    estimate: Annotated[Path, typer.Argument(help="AmbiX file (ACN, SN3D), order 1 to 7.")],
    reference: Annotated[Path, typer.Argument(help="AmbiX file: what the estimate should be like.")],
    published: Annotated[
        bool,
        typer.Option(
            "--published",
            help="Follow SonoScene360's evaluation: first order, central 5 s of the estimate and 8 s of the reference, "
            "its own beams.",
        ),
    ] = False,
    order: Annotated[
        int | None, typer.Option(min=1, max=7, help="Compare up to this order [the files' own]", show_default=False)
    ] = None,
    window: Annotated[float, typer.Option(min=0.02, max=3600, help="Seconds of a step in time.")] = 1.0,
    plot: Annotated[
        Path | None, typer.Option(help="Draw energy maps to this file: .png, .pdf or .svg.", show_default=False)
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Compare two sound fields: dominant direction (dAngular) and energy maps (CC, AUC)."""
    from sonovista.evaluate.field import compare_files

    if published and order not in (None, 1):
        raise InputError(f"--order: expected 1 with --published, found {order}")
    if plot is not None:
        from sonovista.evaluate.field_plots import check_plot_path

        check_plot_path(plot)
    comparison = compare_files(estimate, reference, published, order, window)
    if plot is not None:
        from sonovista.evaluate.field_plots import plot_comparison

        plot_comparison(comparison, plot)
    if json_:
        print_json(_document(comparison, estimate, reference, plot))
    else:
        _print(comparison, plot)


def _document(comparison: "FieldComparison", estimate: Path, reference: Path, plot: Path | None) -> dict[str, Any]:
    return {
        "estimate": {"file": str(estimate)} | _direction(comparison.estimate),
        "reference": {"file": str(reference)} | _direction(comparison.reference),
        "order": comparison.order,
        "beams": comparison.beams,
        **_measures(comparison.measures),
        "windows": [
            {
                "start_s": window.start,
                "end_s": window.end,
                "estimate": _direction(window.estimate),
                "reference": _direction(window.reference),
                **_measures(window.measures),
            }
            for window in comparison.windows
        ],
        "plot": None if plot is None else str(plot),
    }


def _measures(measures: "FieldMeasures") -> dict[str, float | None]:
    return {
        "angular_error_rad": _number(measures.angular_error),
        "angular_error_deg": _number(math.degrees(measures.angular_error)),
        "correlation": _number(measures.correlation),
        "auc": _number(measures.auc),
    }


def _direction(view: "FieldView") -> dict[str, float | None]:
    from sonovista.geometry.frames import angles_from_direction

    if not view.direction.any():
        return {"azimuth_deg": None, "elevation_deg": None}
    azimuth, elevation = angles_from_direction(view.direction)
    return {"azimuth_deg": math.degrees(azimuth), "elevation_deg": math.degrees(elevation)}


def _number(value: float) -> float | None:
    """JSON has no NaN: what has no meaning is null."""
    return value if math.isfinite(value) else None


def _print(comparison: "FieldComparison", plot: Path | None) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    table = Table(box=None, padding=(0, 2, 0, 0), title_justify="left")
    for name in ("time", "estimate", "reference", "dAngular", "CC", "AUC"):
        table.add_column(name)
    table.add_row("whole", *_cells(comparison.estimate, comparison.reference, comparison.measures))
    for window in comparison.windows if len(comparison.windows) > 1 else ():
        table.add_row(
            f"{window.start:.2f} - {window.end:.2f} s", *_cells(window.estimate, window.reference, window.measures)
        )
    console.print(table)
    note = "" if comparison.beams == "plain" else ", as SonoScene360's evaluation has it"
    console.print(
        f"\norder {comparison.order}, {comparison.beams} beams{note}; directions: azimuth (left positive), elevation"
    )
    if plot is not None:
        console.print(f"wrote {plot}")


def _cells(estimate: "FieldView", reference: "FieldView", measures: "FieldMeasures") -> list[str]:
    return [
        _angles(estimate),
        _angles(reference),
        _or_none(math.degrees(measures.angular_error), ".1f", "°"),
        _or_none(measures.correlation, ".3f"),
        _or_none(measures.auc, ".3f"),
    ]


def _angles(view: "FieldView") -> str:
    angles = _direction(view)
    if angles["azimuth_deg"] is None:
        return "none"
    return f"{angles['azimuth_deg']:+.1f}°, {angles['elevation_deg']:+.1f}°"


def _or_none(value: float, form: str, unit: str = "") -> str:
    return f"{value:{form}}{unit}" if math.isfinite(value) else "none"
