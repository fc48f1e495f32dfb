"""Worlds whose sound is changed on its way, and what Python makes of them."""

import numpy as np
from numpy.typing import NDArray
from viewer_pages import SECONDS, make_scene, noise, placed

from sonovista.geometry import direction_from_angles
from sonovista.render import BinauralRenderer, Trajectory
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

QUANTUM = 128
"""Samples of the page's blocks on a walk: Python's, of the same length, go in the same straight lines."""

RAMP = 1024
"""Samples in which the page reaches a pose that it was told, and for which it looks ahead of a moving source."""

# Single precision gives -99 dB; a room's tail, cut at -60 dB of its energy, and visibility in 16 bits give -73 dB.
WITHIN_DB = {"mixed": -90.0, "delay": -90.0, "moving": -90.0, "room": -65.0, "whole": -65.0}


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


def trajectory(keys: list[tuple[float, float, float, float, float]]) -> Trajectory:
    values = np.array(keys)
    angles = np.zeros((len(keys), 3))
    angles[:, 0] = np.radians(values[:, 4])
    return Trajectory(values[:, 0], values[:, 1:4], angles)


def standing(at: dict[str, float]) -> Trajectory:
    angles = np.array([[at["yaw"], at["pitch"], 0.0]])
    return Trajectory(np.zeros(1), np.array([[at["x"], at["y"], at["z"]]]), angles)


def in_python(scene: Scene, path: Trajectory, block_size: int = QUANTUM) -> NDArray[np.float32]:
    """In blocks as long as the page's."""
    renderer = BinauralRenderer(scene, 3, block_size)
    start = path.pose(0.0)
    renderer.jump_to(start.position, start.R_world_listener)
    blocks = []
    for end in np.arange(block_size, SECONDS * 48_000 + block_size, block_size):
        at = path.pose(end / 48_000)
        blocks.append(renderer.render_block(at.position, at.R_world_listener))
    return np.concatenate(blocks, axis=1)[:, : round(SECONDS * 48_000)]


def without(scene: Scene, **acoustics: object) -> Scene:
    """The same, but for its acoustics."""
    document = scene.document
    changed = document.acoustics.model_copy(update=acoustics)
    return Scene(document.model_copy(update={"acoustics": changed}), sounds=scene.sounds, depth=scene.depth)


def difference_db(found: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    """Power of the difference relative to what was expected."""
    error = found.astype(float) - expected
    return float(10.0 * np.log10(np.mean(error**2) / np.mean(expected.astype(float) ** 2)))
