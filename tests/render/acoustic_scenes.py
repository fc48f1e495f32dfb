"""Scenes for the tests of sound: noise at places."""

import numpy as np

from sonovista.acoustics.occlusion import OcclusionMap
from sonovista.geometry import direction_from_angles
from sonovista.scene.document import Acoustics, Air, Listener, Room, SceneDocument, Source
from sonovista.scene.scene import Scene


def noise(samples: int = 48_000, seed: int = 0) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).normal(size=samples)).astype(np.float32)


def point(identifier: str, position, gain_db: float = 0.0) -> Source:
    return Source(
        id=identifier,
        label="thing",
        kind="point",
        position=(float(position[0]), float(position[1]), float(position[2])),
        gain_db=gain_db,
        sound="a.flac",
    )


def area(identifier: str, points, gain_db: float = 0.0) -> Source:
    points = np.asarray(points, float)
    return Source(
        id=identifier,
        label="water",
        kind="area",
        position=tuple(points.mean(axis=0).tolist()),
        points=[tuple(p) for p in points.tolist()],
        gain_db=gain_db,
        sound="a.flac",
    )


def ambient(identifier: str = "bed", gain_db: float = 0.0) -> Source:
    return Source(id=identifier, label="air", kind="ambient", gain_db=gain_db, sound="a.flac")


def scene_of(*sources: Source, listener_db: float = 0.0, absorption: float = 0.02, samples: int = 48_000) -> Scene:
    document = SceneDocument(
        sources=list(sources),
        camera_height=1.6,
        listener=Listener(gain_db=listener_db),
        acoustics=Acoustics(absorption_per_metre=absorption),
    )
    return Scene(document, sounds={source.id: noise(samples, seed) for seed, source in enumerate(sources)})


def point_at(azimuth_deg: float, elevation_deg: float = 0.0, distance: float = 2.0) -> Source:
    return point("thing", distance * direction_from_angles(np.radians(azimuth_deg), np.radians(elevation_deg)))


def mixed_scene(samples: int = 701) -> Scene:
    """Point, area and ambient sources, loops shorter than what is rendered, one inside the minimum distance."""
    rng = np.random.default_rng(5)
    return scene_of(
        point("bird", [3.0, 2.0, 1.5], -6.0),
        point("near", [0.1, 0.1, 0.0], -12.0),
        area("stream", rng.normal(size=(150, 3)) * [0.5, 2.0, 0.3] + [4.0, -1.0, -1.5], 3.0),
        ambient("bed", -20.0),
        listener_db=-2.0,
        samples=samples,
    )


def with_everything(scene: Scene) -> Scene:
    """The same in a room with air, delays, and something in the way."""
    room = Room(centre=(0.0, 0.0, 0.0), size=(8.0, 6.0, 3.0), absorption=[(0.3,) * 8] * 6)  # pyright: ignore[reportArgumentType]
    acoustics = scene.document.acoustics.model_copy(
        update={"propagation_delay": True, "air": Air(), "occlusion": True, "room": room}
    )
    shape = (len(scene.document.sources), 5, 5, 3)
    values = np.random.default_rng(0).random(shape).astype(np.float32)
    occlusion = OcclusionMap(np.array([-2.0, -2.0, -1.0]), 1.0, values)
    return Scene(scene.document.model_copy(update={"acoustics": acoustics}), scene.sounds, occlusion=occlusion)
