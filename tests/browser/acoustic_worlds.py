"""Worlds whose sound is changed on its way, for the page and for Python alike."""

import numpy as np
from numpy.typing import NDArray
from viewer_pages import make_scene, noise, placed

from sonovista.geometry import direction_from_angles
from sonovista.scene import Acoustics, Scene
from sonovista.scene.document import Air, Room, Waypoint

ROOM = Room(
    centre=(0.5, -0.3, 0.2),
    size=(8.0, 6.0, 3.2),
    yaw_deg=20.0,
    absorption=[(0.25, 0.2, 0.3, 0.3, 0.35, 0.4, 0.45, 0.5)] * 6,
)
COLD_AIR = Air(temperature_c=-5.0, relative_humidity_percent=20.0)
LOOP = 0.37  # seconds: loops end within what is rendered


def around(azimuth_deg: float, distance: float, z: float = 0.0) -> tuple[float, float, float]:
    x, y, _ = distance * direction_from_angles(np.radians(azimuth_deg), 0.0)
    return float(x), float(y), z


def pillar_depth(height: int = 128) -> NDArray[np.float32]:
    """Walls 7 m away, and a pillar 1.2 m away between 30 and 60 degrees to the left."""
    depth = np.full((height, 2 * height), 7.0, np.float32)
    azimuth = np.pi - (np.arange(2 * height) + 0.5) * np.pi / height
    depth[:, np.abs(azimuth - np.pi / 4) < np.pi / 12] = 1.2
    return depth


def world_of(acoustics: Acoustics, path: bool = False) -> Scene:
    """A point behind the pillar, one in the open, an area far off and a wind."""
    way = [
        Waypoint(time_s=t, position=around(a, r)) for t, a, r in ((0.0, -50.0, 4.0), (0.3, 40.0, 2.0), (0.7, 90.0, 9.0))
    ]
    surface = np.random.default_rng(4).uniform((11.0, -9.0, -1.5), (14.0, -4.0, -1.0), (60, 3))
    sources = [
        placed("hidden", "point", position=around(45.0, 3.0), gain_db=-6.0),
        placed("open", "point", position=around(-50.0, 4.0), gain_db=-9.0, path=way if path else None),
        placed("surf", "area", position=tuple(surface.mean(0).tolist()), points=surface.tolist(), gain_db=6.0),
        placed("wind", "ambient", gain_db=-25.0),
    ]
    scene = make_scene(sources, title="Acoustics", acoustics=acoustics, depth="depth.npz")
    scene.sounds = {source.id: noise(20 + index, LOOP) for index, source in enumerate(sources)}
    scene.depth = pillar_depth()
    return scene


def acoustic_worlds() -> dict[str, Scene]:
    """By name: a room with obstacles and air; the same with delays too; delays alone; a source that moves."""
    room = Acoustics(air=COLD_AIR, occlusion=True, room=ROOM)
    return {
        "room": world_of(room),
        "whole": world_of(room.model_copy(update={"propagation_delay": True}), path=True),
        "delay": world_of(Acoustics(propagation_delay=True, speed_of_sound=340.0)),
        "moving": world_of(Acoustics(), path=True),
    }
