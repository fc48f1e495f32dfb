"""A sheet to look at: pictures, waveforms and a top view of examples, in one HTML file that needs nothing else."""

import base64
import html
import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonovista.simulate.example import SAMPLE_RATE, Example
from sonovista.simulate.listening import ListeningOptions, listen
from sonovista.simulate.sounds import DrySounds
from sonovista.simulate.storage.hm3d_ss import read_example
from sonovista.simulate.top_view import top_view_of
from sonovista.whole_files import whole_file

_STYLE = """
:root { color-scheme: light dark; --ink: #1c1e21; --paper: #fbfaf8; --line: #d8d4cc;
  --left: #2463a8; --right: #b4532a; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e3dd; --paper: #17181a; --line: #3a3c40; --left: #7fb2ea; --right: #ea9a72; }
}
body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto;
  max-width: 1180px; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 .3rem; }
h2 { font-size: 1.05rem; margin: 0 0 .5rem; }
section { border-top: 1px solid var(--line); padding: 1rem 0; }
.row { display: flex; gap: .8rem; flex-wrap: wrap; align-items: flex-start; }
figure { margin: 0; width: 210px; }
figure img, figure svg { width: 100%; display: block; border-radius: 3px; }
figcaption { font-size: .82rem; font-variant-numeric: tabular-nums; margin-top: .2rem; }
audio { width: 100%; height: 28px; margin-top: .25rem; }
.l { stroke: var(--left); } .r { stroke: var(--right); }
.key span { padding: 0 .3rem; }
"""


def write_sheet(
    target: str | Path, root: str | Path, paths: Iterable[str], sounds: DrySounds | None = None, title: str = ""
) -> None:
    """Write the sheet.

    Args:
        target: of the HTML file.
        root: folder of the examples.
        paths: of the examples in it.
        sounds: where given, every view can be listened to.
        title: of the sheet.

    Raises:
        InputError: an example cannot be read, or the file cannot be written.
    """
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{html.escape(title)}</h1>",
        '<p class="key">Seen from above: cameras <b>0</b> to <b>V-1</b> with their fields of view, sources as dots. '
        'Impulse responses, decibels over time: <span style="color:var(--left)">left ear</span>'
        '<span style="color:var(--right)">right ear</span>. Angles are left positive.</p>',
    ]
    parts += [_section(path, read_example(Path(root) / path), sounds) for path in paths]
    parts.append("</body></html>\n")
    with whole_file(target) as temporary:
        temporary.write_text("\n".join(parts), encoding="utf-8")


def _section(path: str, example: Example, sounds: DrySounds | None) -> str:
    azimuths, rotations = np.degrees(example.viewpoints.azimuths), np.degrees(example.viewpoints.rotations)
    clips: list[str] = [""] * len(rotations)
    if sounds is not None:
        heard = listen(example, sounds, ListeningOptions(), np.random.default_rng(0))
        clips = [_audio(clip) for clip in heard.binaural]
    figures = []
    for view, picture in enumerate(example.images):
        angles = ", ".join(f"{azimuth:+.1f}°" for azimuth in azimuths[:, view])
        rt60 = ", ".join(f"{value:.2f} s" for value in example.rt60[:, view].mean(axis=1))
        figures.append(
            f'<figure><img alt="view {view}" src="{_picture(picture)}">{_responses(example, view)}{clips[view]}'
            f"<figcaption>view {view}: turned {rotations[view]:+.1f}°, sound at {angles}, T30 {rt60}</figcaption>"
            "</figure>"
        )
    asked = example.record.get("rt60_asked")
    told = [f"{example.record[key]}" for key in ("split", "head") if example.record.get(key)]
    if isinstance(asked, float):
        told.append(f"{asked:.2f} s asked")
    heading = html.escape(" · ".join([path, *told]))
    top = f"<figure>{_top_view(example)}<figcaption>seen from above</figcaption></figure>"
    return f'<section><h2>{heading}</h2><div class="row">{top}{"".join(figures)}</div></section>'


def _picture(rgb: NDArray[np.uint8]) -> str:
    import cv2

    _, data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode()


def _audio(binaural: NDArray[np.float32]) -> str:
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, np.clip(binaural.T, -1.0, 1.0), SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    data = base64.b64encode(file.getvalue()).decode()
    return f'<audio controls preload="none" src="data:audio/flac;base64,{data}"></audio>'


def _responses(example: Example, view: int) -> str:
    """Levels of the first source's response at both ears, 0 to -60 dB, as curves."""
    total = example.indirect[0, view].astype(float)
    total[:, : example.direct.shape[-1]] += example.direct[0, view]
    step = max(1, total.shape[1] // 200)
    columns = total.shape[1] // step
    peaks = np.abs(total[:, : columns * step]).reshape(2, columns, step).max(axis=2)
    level = 20.0 * np.log10(np.maximum(peaks / max(float(peaks.max()), 1e-9), 1e-3))
    curves = []
    for name, ear in zip("lr", level, strict=True):
        points = " ".join(f"{200.0 * i / columns:.1f},{-ear[i]:.1f}" for i in range(columns))
        curves.append(f'<polyline class="{name}" points="{points}" fill="none" stroke-width="1" opacity=".8"/>')
    return f'<svg viewBox="0 -2 200 64" role="img" aria-label="impulse responses">{"".join(curves)}</svg>'


def _top_view(example: Example) -> str:
    """The plan: x upward, y to the left, as the first camera's world has them."""
    view, plan = example.viewpoints, top_view_of(example, longest=190.0, margin=5.0)
    width, height = plan.size
    shapes = [
        f'<rect x="5" y="5" width="{width - 10:.1f}" height="{height - 10:.1f}" fill="none" stroke="currentColor"/>'
    ]
    for index, (camera, yaw) in enumerate(zip(view.cameras, view.yaws, strict=True)):
        x, y = plan.at(*camera[:2])
        right, left = plan.ends_of_view(camera, yaw, 55.0)
        path = f"M{x:.1f} {y:.1f}L{right[0]:.1f} {right[1]:.1f}L{left[0]:.1f} {left[1]:.1f}Z"
        shapes.append(f'<path d="{path}" fill="var(--left)" opacity="{0.45 if index == 0 else 0.2}"/>')
        tip = plan.beyond(camera, yaw, 62.0)
        shapes.append(
            f'<text x="{tip[0]:.1f}" y="{tip[1] + 3:.1f}" font-size="9" text-anchor="middle" fill="currentColor">'
            f"{index}</text>"
        )
    for index, source in enumerate(view.sources):
        x, y = plan.at(*source[:2])
        shapes.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{5 if index == 0 else 3.5}" fill="var(--right)"/>')
    return f'<svg viewBox="0 0 {width:.1f} {height:.1f}" role="img" aria-label="plan">{"".join(shapes)}</svg>'
