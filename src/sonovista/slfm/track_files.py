"""A track as a table and as a plot (the paper, figure 6)."""

import csv
import io
from pathlib import Path

import numpy as np

from sonovista.errors import BackendUnavailable, InputError
from sonovista.slfm.tracking import VideoTrack
from sonovista.whole_files import whole_file

_PLOTS = (".png", ".svg", ".pdf")


def write_csv(path: str | Path, found: VideoTrack) -> None:
    """One row a window, the names of `--json` as columns; what is unknown is empty.

    Raises:
        InputError: the file cannot be written.
    """
    rows = [window.as_dict() for window in found.windows]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    _write(Path(path), text.getvalue().encode())


def write_plot(path: str | Path, found: VideoTrack) -> None:
    """Camera rotation and sound direction over time, bands of one standard deviation about them.

    Raises:
        InputError: another ending than .png, .svg or .pdf, or the file cannot be written.
        BackendUnavailable: matplotlib is not installed.
    """
    path = Path(path)
    if path.suffix.lower() not in _PLOTS:
        raise InputError(
            f"{path}: expected a name that ends in {', '.join(_PLOTS)}, found {path.suffix or 'no ending'!r}"
        )
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise BackendUnavailable("plots need matplotlib: pip install matplotlib") from None
    figure = Figure(figsize=(7.0, 3.6), layout="constrained")
    axes = figure.add_subplot()
    middle = np.array([0.5 * (w.start + w.end) for w in found.windows])
    curves = {
        "camera rotation": [(w.rotation, w.rotation_spread) for w in found.windows],
        "sound direction": [(w.azimuth, w.azimuth_spread) for w in found.windows],
    }
    for (label, values), colour in zip(curves.items(), ("tab:blue", "tab:orange"), strict=True):
        mean = np.degrees([np.nan if value is None else value for value, _ in values])
        spread = np.degrees([value for _, value in values])
        axes.plot(middle, mean, color=colour, marker="o", markersize=3, label=label)
        axes.fill_between(middle, mean - spread, mean + spread, color=colour, alpha=0.25, linewidth=0)
    axes.set(xlabel="time (s)", ylabel="degrees, left positive")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format=path.suffix[1:].lower(), dpi=160)
    _write(path, buffer.getvalue())


def _write(path: Path, data: bytes) -> None:
    with whole_file(path) as temporary:
        temporary.write_bytes(data)
