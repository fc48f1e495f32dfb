"""`sonovista render`: a scene as sound, picture or video, without a browser."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from sonovista.cli.output import print_json
from sonovista.cli.trajectories import named_trajectory
from sonovista.errors import InputError

if TYPE_CHECKING:
    from sonovista.render.trajectory import Pose
    from sonovista.scene import Scene


class Form(StrEnum):
    """What is written."""

    BINAURAL = "binaural"
    AMBISONICS = "ambisonics"
    PICTURE = "picture"
    VIDEO = "video"


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(
        "render",
        epilog="Examples:  sonovista render scene --trajectory orbit --to orbit.wav  ·  "
        "sonovista render scene --to foa.wav  ·  sonovista render scene --to view.png --yaw 90  ·  "
        "sonovista render scene --trajectory orbit --to orbit.mp4",
    )(render)


def render(
    scene: Annotated[Path, typer.Argument(help="Folder of a scene.")],
    to: Annotated[Path, typer.Option(help="File to write: .wav, .png, .jpg or .mp4.")],
    as_: Annotated[
        Form | None, typer.Option("--as", help="What to write [by the name: foa.wav is ambisonics, x.wav binaural]")
    ] = None,
    trajectory: Annotated[str, typer.Option(help="still, orbit, or a .csv or .json file of poses.")] = "still",
    seconds: Annotated[float, typer.Option(min=0.1, max=3600, help="Length of still and orbit.")] = 8.0,
    order: Annotated[
        int | None, typer.Option(min=1, max=7, help="Ambisonic order [3, for ambisonics 1]", show_default=False)
    ] = None,
    width: Annotated[int, typer.Option(min=16, max=8192, help="Pixels, of pictures and videos.")] = 960,
    height: Annotated[int, typer.Option(min=16, max=8192, help="Pixels, of pictures and videos.")] = 600,
    fov: Annotated[
        float | None, typer.Option(min=5, max=160, help="Horizontal field of view in degrees [the scene's own]")
    ] = None,
    yaw: Annotated[float | None, typer.Option(help="Of a picture, in degrees, left positive [start pose]")] = None,
    pitch: Annotated[float | None, typer.Option(help="Of a picture, in degrees, up positive [start pose]")] = None,
    position: Annotated[str | None, typer.Option(help="Of a picture: x,y,z in metres, forward, left, up.")] = None,
    frame_rate: Annotated[int, typer.Option(min=1, max=120, help="Frames a second of videos.")] = 24,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Render a scene to a sound file, a picture or a video."""
    form = as_ if as_ is not None else _form_of(to)
    from sonovista.scene import Scene

    horizontal_fov = None if fov is None else float(np.deg2rad(fov))
    if form is Form.PICTURE:
        from sonovista.geometry.image_files import write_rgb
        from sonovista.render.pictures import render_picture

        loaded = Scene.load(scene, parts=("gaussians",))
        pose = _pose(loaded, yaw, pitch, position)
        write_rgb(to, render_picture(loaded, pose, width, height, horizontal_fov))
    elif form is Form.VIDEO:
        from sonovista.render.pictures import render_video_file

        loaded = Scene.load(scene, parts=("gaussians", "sounds", "depth"))
        path = named_trajectory(loaded, trajectory, seconds)
        with _frame_progress(quiet=json_) as report:
            render_video_file(loaded, path, to, width, height, horizontal_fov, frame_rate, order or 3, report)
    else:
        from sonovista.render.offline import render_file

        loaded = Scene.load(scene, parts=("sounds", "depth"))
        mode = "binaural" if form is Form.BINAURAL else "ambisonics"
        render_file(loaded, named_trajectory(loaded, trajectory, seconds), to, mode, order)
    if json_:
        print_json({"output": str(to), "form": form.value, "bytes": to.stat().st_size})
    else:
        typer.echo(f"wrote {to} ({form.value}, {to.stat().st_size / 1e6:.2f} MB)")


def _form_of(path: Path) -> Form:
    suffix = path.suffix.lower()
    if suffix == ".mp4":
        return Form.VIDEO
    if suffix in (".png", ".jpg", ".jpeg"):
        return Form.PICTURE
    if suffix == ".wav":
        named = any(word in path.stem.lower() for word in ("foa", "hoa", "ambix", "ambisonic"))
        return Form.AMBISONICS if named else Form.BINAURAL
    raise InputError(f"{path}: expected a name that ends in .wav, .png, .jpg or .mp4, found {suffix or 'no ending'!r}")


def _pose(scene: "Scene", yaw: float | None, pitch: float | None, position: str | None) -> "Pose":
    from sonovista.render.trajectory import Pose

    listener = scene.document.listener
    place = np.array(listener.position, float)
    if position is not None:
        try:
            place = np.array([float(part) for part in position.split(",")])
        except ValueError as error:
            raise InputError(f"--position: expected x,y,z in metres, found {position!r}") from error
        if place.shape != (3,) or not np.isfinite(place).all():
            raise InputError(f"--position: expected x,y,z in metres, found {position!r}")
    yaw_deg = listener.yaw_deg if yaw is None else yaw
    pitch_deg = listener.pitch_deg if pitch is None else pitch
    return Pose(place, float(np.deg2rad(yaw_deg)), float(np.deg2rad(pitch_deg)))


@contextmanager
def _frame_progress(quiet: bool) -> Iterator[Callable[[int, int], None]]:
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True, quiet=quiet), transient=True, disable=quiet) as bar:
        task = bar.add_task("frames", total=None)
        yield lambda done, count: bar.update(task, completed=done, total=count)
