"""`sonovista play`: a scene on this machine's headphones, walked through with the keyboard."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from sonovista.cli.output import print_json
from sonovista.cli.trajectories import named_trajectory

if TYPE_CHECKING:
    from sonovista.render.trajectory import Pose
    from sonovista.scene import Scene

_STEP = 0.15  # metres
_ORBIT = 20.0  # seconds, where none are asked for
_GLIDE = 0.12  # seconds in which a step is taken
_STEPS = {"w": (1.0, 0.0), "s": (-1.0, 0.0), "a": (0.0, 1.0), "d": (0.0, -1.0)}
_TURNS = {"q": np.radians(7.5), "e": -np.radians(7.5)}


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(
        "play",
        epilog="Examples:  sonovista play scene  ·  sonovista play scene --trajectory orbit  ·  "
        "sonovista play scene --seconds 20 --device 'USB Audio'",
    )(play)


class Walker:
    """A listener who is led by keys: w, a, s, d walk, q and e turn; steps are glides, not leaps."""

    def __init__(self, start: "Pose") -> None:
        self._position = np.array(start.position, float)
        self._yaw, self._pitch = start.yaw, start.pitch
        self._shown = (self._position.copy(), self._yaw)
        self._last = 0.0

    def press(self, key: str) -> None:
        """Take a key."""
        if key in _STEPS:
            ahead, left = _STEPS[key]
            cosine, sine = np.cos(self._yaw), np.sin(self._yaw)
            way = np.array([ahead * cosine - left * sine, ahead * sine + left * cosine, 0.0])
            self._position = self._position + _STEP * way
        elif key in _TURNS:
            self._yaw += _TURNS[key]

    def pose_at(self, seconds: float) -> "Pose":
        """Where the listener is, on the way to where the keys have led."""
        from sonovista.render.trajectory import Pose

        share = 1.0 - np.exp(-max(0.0, seconds - self._last) / _GLIDE)
        self._last = seconds
        position, yaw = self._shown
        self._shown = (position + share * (self._position - position), yaw + share * (self._yaw - yaw))
        return Pose(self._shown[0], float(self._shown[1]), self._pitch)


def play(
    scene: Annotated[Path, typer.Argument(help="Folder of a scene.")],
    trajectory: Annotated[
        str | None, typer.Option(help="still, orbit, or a .csv or .json file of poses [walk with the keys]")
    ] = None,
    seconds: Annotated[float | None, typer.Option(min=0.1, max=86_400, help="How long [until Ctrl-C].")] = None,
    order: Annotated[int, typer.Option(min=1, max=7, help="Ambisonic order.")] = 3,
    device: Annotated[str | None, typer.Option(help="Name or number of an audio device [the default].")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout at the end.")] = False,
) -> None:
    """Play a scene on headphones. Keys: w a s d walk, q e turn, x ends."""
    from rich.console import Console

    from sonovista.cli.keys import pressed_keys
    from sonovista.render.binaural import BinauralRenderer
    from sonovista.render.live import LivePlayer
    from sonovista.render.trajectory import still
    from sonovista.scene import Scene

    loaded = Scene.load(scene, parts=("sounds", "depth"))
    renderer = BinauralRenderer(loaded, order)
    walker = Walker(still(loaded).pose(0.0))
    if trajectory is None:
        pose_at = walker.pose_at
    else:
        path = named_trajectory(loaded, trajectory, seconds or _ORBIT)
        pose_at = path.pose
        if seconds is None and trajectory != "still":
            seconds = path.duration
    number = int(device) if device is not None and device.isdigit() else device
    console = Console(stderr=True, quiet=json_)
    console.print(_headline(loaded, walking=trajectory is None))
    with LivePlayer(renderer, pose_at, number) as player, pressed_keys() as keys:
        try:
            while seconds is None or player.seconds < seconds:
                player.check()
                key = keys(0.05)
                if key == "x":
                    break
                walker.press(key)
        except KeyboardInterrupt:
            pass
    if json_:
        print_json({"seconds": round(player.seconds, 3), "blocks": player.blocks, "late_blocks": player.late})
    else:
        console.print(f"played {player.seconds:.1f} s; {player.late} of {player.blocks} blocks came late")


def _headline(scene: "Scene", walking: bool) -> str:
    count = len(scene.document.sources)
    keys = "w a s d walk, q e turn, x ends" if walking else "x ends"
    return f"playing {scene.document.title or 'the scene'}, {count} source{'s' if count != 1 else ''}; {keys}"
