"""What the stages returned -> a scene."""

import itertools
import re
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.anchoring.protocol import Anchor
from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.depth.protocol import DepthEstimate
from sonovista.generate.outpainting.protocol import Panorama
from sonovista.generate.room.protocol import RoomEstimate
from sonovista.generate.segmentation.protocol import Instance
from sonovista.generate.sounding.protocol import Sound
from sonovista.generate.understanding.protocol import SoundingThing
from sonovista.render.offline import estimate_listener_gain
from sonovista.scene import Gaussians, Listener, Scene, SceneDocument, Source
from sonovista.scene.document import Acoustics, Air, PhotoCamera, Room, StageRecord, Vector

AMBIENCE_ID = "ambience"
VIEW_FOV_DEG = (50.0, 100.0)
"""A visitor's field of view is the photo's, within what is comfortable on a screen."""


def assemble_scene(
    *,
    title: str,
    photo_size: tuple[int, int],
    warnings: list[str],
    seed: int,
    calibration: Calibration,
    panorama: Panorama,
    depth: DepthEstimate,
    room: RoomEstimate | None,
    things: list[SoundingThing],
    instances: list[Instance],
    anchors: list[Anchor],
    sounds: list[Sound],
    bed: Sound,
    gaussians: Gaussians,
    records: list[StageRecord],
) -> Scene:
    """A scene whose listener starts where the photo was taken, looks the way it looks, and hears at a pleasant level.

    Args:
        title: of the scene.
        photo_size: width and height in pixels.
        warnings: what a person should know of the photo.
        seed: that everything was made with.
        calibration: of the photo.
        panorama: completed.
        depth: of the panorama.
        room: that reverberates, if any.
        things: what sounds.
        instances: where in the panorama each is.
        anchors: where in the world each instance is.
        sounds: of each instance.
        bed: the sound from everywhere.
        gaussians: the world as it is seen.
        records: of the stages.
    """
    ids = _unique_ids([things[instance.thing].name for instance in instances])
    sources = [
        _source(identifier, things[instance.thing], instance, anchor, sound)
        for identifier, instance, anchor, sound in zip(ids, instances, anchors, sounds, strict=True)
    ]
    sources.append(
        Source(
            id=AMBIENCE_ID,
            label=_ambience_label(things),
            kind="ambient",
            gain_db=round(bed.gain_db, 2),
            sound=f"sounds/{AMBIENCE_ID}.flac",
            provenance=bed.provenance,
        )
    )
    document = SceneDocument(
        title=title[:200],
        sources=sources,
        listener=_listener(calibration),
        acoustics=Acoustics(air=Air(), occlusion=True, room=None if room is None else _room(room)),
        photo=_photo_camera(photo_size, calibration),
        camera_height=round(depth.camera_height, 3),
        indoor=depth.indoor,
        seed=seed,
        warnings=warnings,
        stages=records,
    )
    scene = Scene(
        document,
        sounds={**{i: sound.signal for i, sound in zip(ids, sounds, strict=True)}, AMBIENCE_ID: bed.signal},
        panorama=panorama.pixels,
        depth=depth.panorama,
        gaussians=gaussians,
        masks={i: instance.mask for i, instance in zip(ids, instances, strict=True)},
    )
    gain_db = round(float(estimate_listener_gain(scene)), 2)
    listener = document.listener.model_copy(update={"gain_db": gain_db})
    scene.document = document.model_copy(update={"listener": listener})
    return scene


def _source(identifier: str, thing: SoundingThing, instance: Instance, anchor: Anchor, sound: Sound) -> Source:
    return Source(
        id=identifier,
        label=thing.label,
        kind=thing.kind,
        position=_vector(anchor.position),
        points=[_vector(point) for point in anchor.points[:1000]] if thing.kind == "area" else None,
        gain_db=round(sound.gain_db, 2),
        sound=f"sounds/{identifier}.flac",
        confidence=round(min(1.0, thing.confidence * instance.score), 3) if not thing.from_user else 1.0,
        provenance=sound.provenance,
    )


def _listener(calibration: Calibration) -> Listener:
    return Listener(
        pitch_deg=round(float(np.rad2deg(calibration.pitch)), 2),
        horizontal_fov_deg=round(float(np.clip(np.rad2deg(calibration.horizontal_fov), *VIEW_FOV_DEG)), 2),
    )


def _photo_camera(size: tuple[int, int], calibration: Calibration) -> PhotoCamera:
    return PhotoCamera(
        width=size[0],
        height=size[1],
        pitch_deg=round(float(np.rad2deg(calibration.pitch)), 4),
        roll_deg=round(float(np.rad2deg(calibration.roll)), 4),
        horizontal_fov_deg=round(float(np.rad2deg(calibration.horizontal_fov)), 4),
    )


def _room(estimate: RoomEstimate) -> Room:
    return Room(
        centre=_vector(estimate.centre),
        size=_vector(estimate.size),
        yaw_deg=round(float(np.rad2deg(estimate.yaw)), 2),
        absorption=[tuple(round(float(value), 4) for value in wall) for wall in estimate.absorption],  # pyright: ignore[reportArgumentType]
        provenance=estimate.provenance,
    )


def _vector(point: NDArray[np.float64]) -> Vector:
    # A millimetre is finer than any depth that is estimated from a picture.
    x, y, z = (round(float(value), 3) for value in point)
    return x, y, z


def _ambience_label(things: list[SoundingThing]) -> str:
    labels = [thing.label for thing in things if thing.kind == "ambient"]
    return ", ".join(labels)[:200] if labels else "ambience"


def _unique_ids(names: list[str]) -> list[str]:
    """Names as ids of `scene.json`: lower case, and numbered where there are several of one name."""
    slugs = [re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:48] or "source" for name in names]
    total, taken = Counter(slugs), {AMBIENCE_ID}
    ids: list[str] = []
    for slug in slugs:
        numbers = itertools.count(1)
        identifier = slug if total[slug] == 1 else f"{slug}-{next(numbers)}"
        while identifier in taken:
            identifier = f"{slug}-{next(numbers)}"
        taken.add(identifier)
        ids.append(identifier)
    return ids
