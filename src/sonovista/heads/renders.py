"""Renders with known depth for the depth head: outdoor scenes and the simulator's rooms, written to a folder.

Run: python -m sonovista.heads.renders OUTPUT --kind outdoor --first 0 --count 800 --photos FOLDER --split FILE
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.geometry import PerspectiveCamera
from sonovista.heads.outdoor.gear import gear
from sonovista.heads.outdoor.rendering import (
    Buffers,
    albedo_of,
    draw_shapes,
    light_on,
    photograph,
    ray_grid,
    render,
    shadow_map,
)
from sonovista.heads.outdoor.scenes import TEXTURES, Material, Scene, draw_scene
from sonovista.heads.outdoor.shapes import Shapes, animal, person
from sonovista.simulate.rooms.room import ProceduralRoom
from sonovista.whole_files import whole_file

SIZE = (294, 392)
"""Height and width of the pictures; distance is kept at half of it."""
FINER = 1.25
"""Times that in which scenes are rendered, before the lens."""
VIEWS = 3
ROOM_VIEWS = 4
"""More than outdoors: a room takes longer to make than to look at."""


def draw_camera(rng: np.random.Generator, size: tuple[int, int], yaw: float, position: NDArray) -> PerspectiveCamera:
    """A camera of any pitch in -40..40, roll and horizontal field of view in 35..95 degrees."""
    pitch = float(np.clip(rng.normal(-4.0, 13.0), -40.0, 40.0))
    roll = float(np.clip(rng.normal(0.0, 3.0), -15.0, 15.0))
    place = (float(position[0]), float(position[1]), float(position[2]))
    fov = np.radians(rng.uniform(35.0, 95.0))
    return PerspectiveCamera(size[1], size[0], fov, yaw, np.radians(pitch), np.radians(roll), place)


def _finer(size: tuple[int, int]) -> tuple[int, int]:
    return round(FINER * size[0]), round(FINER * size[1])


def outdoor_views(
    seed: int, material: Material, size: tuple[int, int] = SIZE
) -> list[tuple[NDArray[np.uint8], NDArray[np.float32]]]:
    """Views of one outdoor scene: pictures and metres along rays, infinite in the sky."""
    scene, forward = draw_scene(seed, material)
    rng = np.random.default_rng([seed, 78])
    ground = float(scene.ground.height(np.zeros((1, 1)), np.zeros((1, 1)))[0, 0])
    height = rng.uniform(0.3, 1.2) if rng.random() < 0.2 else 10 ** rng.uniform(0.1, 0.4)
    if rng.random() < 0.12:
        height = rng.uniform(4.0, 30.0)
    position = np.array([0.0, 0.0, max(ground, scene.ground.water) + height])
    scene = replace(scene, shadows=shadow_map(scene))
    polar = scene.ground.polar(position)
    fine = _finer(size)
    out = []
    for _ in range(VIEWS):
        camera = draw_camera(rng, fine, forward + float(rng.normal(0, 0.4)), position)
        rotation = camera.R_world_camera
        colour, distance = render(scene, rotation, position, camera.focal_length, fine, rng, polar)
        out.append(photograph(colour, distance, scene.weather.night, size, rng))
    return out


def room_views(
    seed: int, material: Material, size: tuple[int, int] = SIZE
) -> list[tuple[NDArray[np.uint8], NDArray[np.float32]]]:
    """Views of one of the simulator's rooms, most with people, animals and gear in it, some of these seen from near."""
    rng = np.random.default_rng([seed, 79])
    photographs = None
    if material.photos:
        some = rng.choice(len(material.photos), 4)
        photographs = np.stack([cv2.resize(material.photos[k], (512, 512)) for k in some]).astype(np.float32) / 255.0
    room = ProceduralRoom(seed, photographs=photographs)
    scene, _ = draw_scene(seed, material)
    fine = _finer(size)
    out = []
    for _ in range(ROOM_VIEWS):
        peopled = replace(scene, shapes=Shapes())
        things = _people(room, peopled, rng) if rng.random() < 0.8 else []
        camera = _look_at(room, things[0], fine, rng) if things and rng.random() < 0.6 else None
        if camera is None:
            position = room.stand(float(rng.uniform(0.6, min(2.0, room.size[2] - 0.4))), 0.35, rng)
            if position is None:
                continue
            camera = draw_camera(rng, fine, float(rng.uniform(-np.pi, np.pi)), position)
        view = room.view(camera)
        colour = (view.rgb.astype(np.float32) / 255.0) ** 2.2
        distance = np.asarray(view.depth, np.float64)
        if things:
            colour, distance = _inhabit(peopled, camera, colour, distance)
        out.append(photograph(colour, distance, rng.random() < 0.12, size, rng))
    return out


def _people(room: ProceduralRoom, scene: Scene, rng: np.random.Generator) -> list[tuple[NDArray, float]]:
    """Put solid people, animals and gear on the free floor of a room; where, and half their height."""
    things = []
    for _ in range(int(rng.integers(1, 5))):
        foot = room.stand(0.1, 0.3, rng)
        if foot is None:
            break
        foot[2] = 0.0
        kind, yaw = rng.random(), float(rng.uniform(-np.pi, np.pi))
        if kind < 0.2:
            person(scene.shapes, rng, foot, int(rng.integers(TEXTURES)), yaw)
            things.append((foot, 0.8))
        elif kind < 0.35:
            height = float(rng.uniform(0.2, 0.6))
            animal(scene.shapes, rng, foot, height, int(rng.integers(TEXTURES)), yaw)
            things.append((foot, 0.5 * height))
        else:
            things.append((foot, 0.5 * gear(scene.shapes, rng, foot, TEXTURES)))
    return things


def _look_at(
    room: ProceduralRoom, thing: tuple[NDArray, float], size: tuple[int, int], rng: np.random.Generator
) -> PerspectiveCamera | None:
    """A camera that a thing is before, from 0.8 to 4 m; None where nobody can stand there."""
    foot, half = thing
    for _ in range(30):
        r, angle = np.exp(rng.uniform(np.log(0.8), np.log(4.0))), rng.uniform(-np.pi, np.pi)
        height = float(rng.uniform(0.4, min(1.8, room.size[2] - 0.4)))
        at = np.array([foot[0] + r * np.cos(angle), foot[1] + r * np.sin(angle), height])
        if not room.free(at, 0.2):
            continue
        yaw = float(angle + np.pi + rng.normal(0, 0.15))
        pitch = float(np.clip(np.arctan2(half - height, r) + rng.normal(0, 0.12), -0.9, 0.7))
        fov = np.radians(rng.uniform(35.0, 75.0))
        roll = np.radians(float(rng.normal(0.0, 3.0)))
        place = (float(at[0]), float(at[1]), float(at[2]))
        return PerspectiveCamera(size[1], size[0], fov, yaw, pitch, roll, place)
    return None


def _inhabit(
    scene: Scene, camera: PerspectiveCamera, colour: NDArray, distance: NDArray
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Draw a scene's shapes into a picture of a room."""
    rotation, position, focal = camera.R_world_camera, np.asarray(camera.position), camera.focal_length
    rays = ray_grid(rotation, focal, *distance.shape)
    length = np.linalg.norm(rays, axis=-1)
    buffers = Buffers.empty(*distance.shape)
    buffers.depth[:] = distance / length
    draw_shapes(scene, rotation, position, focal, -1e9, buffers)
    hit = buffers.index >= 0
    if hit.any():
        points = position + rays[hit] * buffers.depth[hit][:, None]
        distance = np.where(hit, buffers.depth * length, distance)
        skin = albedo_of(scene, points, buffers.normal[hit], buffers.index[hit], distance[hit], focal)
        light = light_on(scene, points, buffers.normal[hit], buffers.index[hit], np.zeros(len(points), bool))
        colour = colour.copy()
        # The room's own exposure: white in mean light is about twice as bright as the room is.
        colour[hit] = skin * light / max(float(light.mean()), 1e-6) * float(colour.mean()) * 1.5
    return colour, distance


def read_material(photos: Path | None, split: Path | None, cutouts: Path | None) -> Material:
    """Photos of the fitting split only, and the cut-outs made of them."""
    if photos is None or split is None:
        return Material()
    pictures, cut = [], []
    for name in json.loads(split.read_text())["fitting"]:
        path = photos / f"{name}.png"
        if path.is_file() and not name.startswith(("panoramas", "samples")):
            picture = cv2.imread(str(path))
            if picture is not None:
                scale = 700 / max(picture.shape[:2])
                small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
                pictures.append(np.ascontiguousarray(small[..., ::-1]))
    for path in sorted(cutouts.glob("*.png")) if cutouts is not None else ():
        picture = np.asarray(cv2.imread(str(path), cv2.IMREAD_UNCHANGED))
        square = cv2.resize(picture, (256, 256), interpolation=cv2.INTER_AREA)
        rgba = np.ascontiguousarray(square[..., [2, 1, 0, 3]]).astype(np.uint8)
        cut.append((rgba, picture.shape[1] / picture.shape[0]))
    return Material(pictures, cut)


def write(folder: Path, name: str, picture: NDArray[np.uint8], distance: NDArray[np.float32], quality: int) -> None:
    """One crop: `NAME.jpg`, and `NAME.npy` of float16 log metres, infinite in the sky; the latter last."""
    cv2.imwrite(str(folder / f"{name}.jpg"), picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    with whole_file(folder / f"{name}.npy") as temporary, temporary.open("wb") as file:
        np.save(file, np.log(np.maximum(distance, 0.05)).astype(np.float16))


def main() -> None:
    """Render scenes that are not there yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("--kind", choices=("outdoor", "room", "both"), default="both")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=800, help="scenes")
    parser.add_argument("--rooms", type=int, default=4, help="with both, one scene of so many is a room")
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--split", type=Path)
    parser.add_argument("--cutouts", type=Path)
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    material = read_material(arguments.photos, arguments.split, arguments.cutouts)
    cv2.setNumThreads(1)
    for seed in range(arguments.first, arguments.first + arguments.count):
        indoor = arguments.kind == "room" or (
            arguments.kind == "both" and seed % arguments.rooms == arguments.rooms - 1
        )
        stem = f"{'room' if indoor else 'outdoor'}-{seed:05d}"
        if (arguments.output / f"{stem}-0.npy").exists():
            continue
        views = room_views(seed, material) if indoor else outdoor_views(seed, material)
        for k, (picture, distance) in enumerate(views):
            quality = int(np.random.default_rng([seed, k]).integers(60, 96))
            write(arguments.output, f"{stem}-{k}", picture, distance, quality)


if __name__ == "__main__":
    main()
