"""What a person reads of a scene."""

from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from sonovista.geometry import angles_from_direction
from sonovista.render.reverberation import room_reverberation_times
from sonovista.scene import Scene, Source
from sonovista.scene.document import SceneDocument

METHODS = {
    "offline": "learned methods where their weights are at hand, no GPU",
    "classical": "classical methods, nothing downloaded",
}
"""Profile -> what a person should know of how the scene was made."""


def print_scene_summary(scene: Scene, folder: Path, seconds: float, profile: str) -> None:
    """The sources and where they are, how long it took, and what to do next."""
    console = Console(highlight=False)
    document = scene.document
    table = Table(title=f"{folder}: what sounds, and where", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for name in ("source", "kind", "direction", "distance", "level at 1 m", "sound"):
        table.add_column(name, overflow="fold")
    for source in document.sources:
        table.add_row(
            source.label,
            source.kind,
            *_place(source),
            f"{source.gain_db:.0f} dBFS",
            source.provenance.partition("(")[0][:44],
        )
    console.print(table)
    count = 0 if scene.gaussians is None else len(scene.gaussians)
    console.print(f"\n{count:,} Gaussians, {_surroundings(document)}")
    console.print(f"{seconds:.1f} s, {profile} profile: {METHODS[profile]}")
    if document.photo is not None:
        camera = document.photo
        held = f"pitch {camera.pitch_deg:+.1f}°, roll {camera.roll_deg:+.1f}°"
        console.print(f"camera: {camera.horizontal_fov_deg:.0f}° wide, {held}")
    for warning in document.warnings:
        console.print(f"note: {warning}")
    console.print(f"\nWalk through it and hear it:  [bold]sonovista view {folder}[/bold]")


def _surroundings(document: SceneDocument) -> str:
    room = document.acoustics.room
    if room is None:
        return "a room" if document.indoor else "the open"
    length, width, height = room.size
    middle = room_reverberation_times(room, document.acoustics)[2:4].mean()  # 500 Hz and 1 kHz, as rooms are quoted
    return f"a room of {length:.1f} x {width:.1f} x {height:.1f} m that reverberates for {middle:.1f} s"


def direction_in_words(azimuth_deg: float) -> str:
    """Azimuth, left positive, as people say it."""
    names = ("ahead", "ahead left", "left", "behind left", "behind", "behind right", "right", "ahead right")
    return names[round(azimuth_deg / 45.0) % 8]


def _place(source: Source) -> tuple[str, str]:
    if source.position is None:
        return "all around", ""
    azimuth, elevation = angles_from_direction(source.position)
    azimuth_deg = float(np.rad2deg(azimuth))
    words = f"{direction_in_words(azimuth_deg)} ({azimuth_deg:+.0f}°, {float(np.rad2deg(elevation)):+.0f}° up)"
    return words, f"{float(np.linalg.norm(source.position)):.1f} m"
