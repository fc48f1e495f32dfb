"""Pictures of two sound fields: energy by direction on equirectangular and polar axes, and over time."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonovista.errors import BackendUnavailable, InputError
from sonovista.evaluate.field import FieldComparison, FieldView
from sonovista.geometry.frames import angles_from_direction
from sonovista.whole_files import whole_file

FORMATS = (".png", ".pdf", ".svg")
_RANGE_DB = 20.0  # first-order beams tell little more


def plot_comparison(comparison: FieldComparison, path: str | Path) -> None:
    """Draw both energy maps, their horizons on polar axes, and the horizons over time where there are windows.

    Args:
        comparison: of two fields.
        path: ends in `.png`, `.pdf` or `.svg`; its folder exists.

    Raises:
        BackendUnavailable: Matplotlib is not installed.
        InputError: another ending, or a folder that cannot be written.
    """
    target = check_plot_path(path)
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise BackendUnavailable("plots need Matplotlib: pip install 'sonovista[plots]'") from error
    in_time = len(comparison.windows) > 1
    figure = Figure(figsize=(12.0, 9.5 if in_time else 6.5), layout="constrained")
    grid = figure.add_gridspec(3 if in_time else 2, 2)
    views = (("estimate", comparison.estimate), ("reference", comparison.reference))
    for column, (name, view) in enumerate(views):
        draw_equirectangular(figure.add_subplot(grid[0, column]), view, name)
    draw_polar(figure.add_subplot(grid[1, 0], projection="polar"), comparison)
    _draw_measures(figure.add_subplot(grid[1, 1]), comparison)
    if in_time:
        for column, (name, _) in enumerate(views):
            _draw_over_time(figure.add_subplot(grid[2, column]), comparison, name)
    buffer = io.BytesIO()
    figure.savefig(buffer, format=target.suffix[1:].lower(), dpi=110)
    with whole_file(target) as temporary:
        temporary.write_bytes(buffer.getbuffer())


def check_plot_path(path: str | Path) -> Path:
    """The path of a picture; an InputError where its ending is none of `FORMATS` or its folder does not exist."""
    target = Path(path)
    if target.suffix.lower() not in FORMATS:
        raise InputError(
            f"{target}: expected a name that ends in {', '.join(FORMATS)}, found {target.suffix or 'no ending'!r}"
        )
    if not target.parent.is_dir():
        raise InputError(f"{target}: expected its parent folder to exist, found none")
    return target


def decibels(energy: NDArray[np.float64]) -> NDArray[np.float64]:
    """A map in dB below its maximum, no lower than the plots' range; all at the bottom for silence."""
    loudest = energy.max()
    if loudest <= 0.0:
        return np.full(energy.shape, -_RANGE_DB)
    return np.maximum(20.0 * np.log10(np.maximum(energy / loudest, 1e-12)), -_RANGE_DB)


def draw_equirectangular(axes: Any, view: FieldView, title: str) -> None:
    """An energy map as seen from inside, left at the left, with a cross at the dominant direction; Matplotlib axes."""
    image = axes.imshow(
        decibels(view.map), extent=(180.0, -180.0, -90.0, 90.0), vmin=-_RANGE_DB, vmax=0.0, cmap="magma", aspect="auto"
    )
    if view.direction.any():
        azimuth, elevation = np.degrees(angles_from_direction(view.direction))
        axes.plot(azimuth, elevation, marker="+", markersize=14, markeredgewidth=2, color="cyan")
    axes.set(title=title, xlabel="azimuth (degrees, left positive)", ylabel="elevation (degrees)")
    axes.set_xticks(range(-180, 181, 60))
    axes.set_yticks(range(-90, 91, 30))
    axes.figure.colorbar(image, ax=axes, label="dB of maximum")


def draw_polar(axes: Any, comparison: FieldComparison) -> None:
    """Energy on the horizon by azimuth, ahead at the top, left at the left; polar Matplotlib axes."""
    for name, view in (("estimate", comparison.estimate), ("reference", comparison.reference)):
        level = decibels(horizon(view))
        azimuth = azimuths(len(level))
        axes.plot(np.append(azimuth, azimuth[0]), np.append(level, level[0]), label=name)
    axes.set_theta_zero_location("N")
    axes.set_thetagrids(range(0, 360, 45), [f"{(a + 179) % 360 - 179}°" for a in range(0, 360, 45)])
    axes.set_rlim(-_RANGE_DB, 0.0)
    axes.set_rticks([-20, -15, -10, -5], [" -20", " -15", " -10", " -5"])
    axes.set_title("horizon, dB of maximum")
    axes.legend(loc="lower left", bbox_to_anchor=(1.05, 0.0))


def horizon(view: FieldView) -> NDArray[np.float64]:
    """RMS by azimuth at elevation zero, from +pi at the left to -pi, shape `(width,)`."""
    middle = view.map.shape[0] // 2
    return view.map[middle - 1 : middle + 1].mean(axis=0)


def azimuths(width: int) -> NDArray[np.floating]:
    """Of the columns of a map, radians."""
    return np.pi - (np.arange(width) + 0.5) * (2.0 * np.pi / width)


def _draw_measures(axes: Any, comparison: FieldComparison) -> None:
    if len(comparison.windows) < 2:
        measures = comparison.measures
        lines = (
            f"dAngular  {np.degrees(measures.angular_error):.1f} degrees",
            f"CC  {measures.correlation:.3f}",
            f"AUC  {measures.auc:.3f}",
            f"order {comparison.order}, {comparison.beams} beams",
        )
        axes.text(0.1, 0.5, "\n".join(lines), va="center", fontsize=14, transform=axes.transAxes)
        axes.set_axis_off()
        return
    time = [0.5 * (window.start + window.end) for window in comparison.windows]
    error = [np.degrees(window.measures.angular_error) for window in comparison.windows]
    axes.plot(time, error, marker="o", color="black", label="dAngular")
    axes.set(title="measures over time", xlabel="s", ylabel="dAngular (degrees)", ylim=(0.0, None))
    other = axes.twinx()
    other.plot(time, [window.measures.correlation for window in comparison.windows], marker=".", label="CC")
    other.plot(time, [window.measures.auc for window in comparison.windows], marker=".", label="AUC")
    other.set(ylim=(-1.05, 1.05), ylabel="CC, AUC")
    lines = [*axes.get_lines(), *other.get_lines()]
    axes.legend(lines, [line.get_label() for line in lines], loc="lower right")


def _draw_over_time(axes: Any, comparison: FieldComparison, name: str) -> None:
    """Energy on the horizon by azimuth (upwards, left at the top) and time."""
    rows = np.stack([horizon(getattr(window, name)) for window in comparison.windows], axis=1)
    edges = [window.start for window in comparison.windows] + [comparison.windows[-1].end]
    steps = np.linspace(180.0, -180.0, rows.shape[0] + 1)
    image = axes.pcolormesh(edges, steps, decibels(rows), vmin=-_RANGE_DB, vmax=0.0, cmap="magma")
    axes.set(title=f"{name}: horizon over time", xlabel="s", ylabel="azimuth (degrees, left positive)")
    axes.set_yticks(range(-180, 181, 60))
    axes.figure.colorbar(image, ax=axes, label="dB of maximum")
