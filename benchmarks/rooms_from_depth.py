"""Rooms estimated from the depth of 12 rendered boxes, and from scenes; prints one JSON document.

    python benchmarks/rooms_from_depth.py [--scene SCENE ...]

Each room has a size, a yaw, a listener off its centre and 3 to 7 pieces of furniture, all at random. The truth is
traced with 20000 rays in the furnished mesh: walls of hard surface and plasterboard, a floor of wood, a ceiling of
plasterboard, furniture half upholstered and half wooden, all scattering. The estimate sees depth and the class of every
pixel (`labels`) or depth alone (`depth`), and gives Eyring's time of its box. `noisy`: depth with smooth errors of 5 %.
`other materials`: the truth's surfaces absorb more or less than usual, each by a factor with a standard deviation of
25 %, which no depth can show.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from environment import environment
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from sonovista.acoustics.materials import MATERIALS
from sonovista.acoustics.ray_casting import RayCaster
from sonovista.acoustics.ray_tracing import MeshRoom, trace_energy
from sonovista.acoustics.shoebox import reverberation_times
from sonovista.generate.regions.protocol import REGION_CLASSES, RegionClass, RegionMap
from sonovista.generate.room.estimated import EstimatedRoom
from sonovista.generate.room.protocol import RoomEstimate
from sonovista.geometry.equirectangular import pixel_directions
from sonovista.scene import Scene

SEED = 0
ROOMS = 12
HEIGHT = 256
MID = slice(2, 4)  # 500 Hz and 1 kHz
WALLS: tuple[RegionClass, ...] = ("wall", "wall", "wall", "wall", "floor", "ceiling")
SURFACES = {
    "wall": ("hard_surface", "plasterboard"),
    "floor": ("wood_on_planks",),
    "ceiling": ("plasterboard_ceiling",),
    "object": ("upholstered_chairs", "wooden_chairs"),
}


@dataclass(frozen=True)
class Furnished:
    """A room whose listener is the world's origin."""

    size: NDArray[np.float64]
    centre: NDArray[np.float64]
    yaw: float
    vertices: NDArray[np.float64]
    triangles: NDArray[np.int64]
    classes: list[RegionClass]  # of every triangle
    source: NDArray[np.float64]


def furnish(rng: np.random.Generator) -> Furnished:
    size = np.array([rng.uniform(3.0, 9.0), rng.uniform(2.8, 7.0), rng.uniform(2.3, 3.5)])
    yaw = float(rng.uniform(-np.pi, np.pi))
    eye = np.array([*(size[:2] * rng.uniform(0.3, 0.7, 2)), 1.4])
    shell = trimesh.creation.box(size)
    axis = np.abs(shell.face_normals).argmax(axis=1)
    side = 2 * axis + (shell.face_normals[np.arange(12), axis] > 0)
    parts, classes = [(shell.vertices + 0.5 * size, shell.faces)], [WALLS[i] for i in side]
    source = size * [0.5, 0.5, 0.6]
    wanted = int(rng.integers(3, 8))
    while len(parts) <= wanted:
        box = rng.uniform([0.4, 0.4, 0.4], [2.0, 1.0, 1.6])
        turn = float(rng.choice([0.0, 0.5 * np.pi]) if rng.random() < 0.7 else rng.uniform(0, np.pi))
        place = np.array([*(size[:2] * rng.uniform(0.0, 1.0, 2)), 0.5 * box[2] + 0.01])
        c, s = np.cos(turn), np.sin(turn)
        mesh = trimesh.creation.box(box)
        vertices = mesh.vertices @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1.0]]) + place
        inside = np.all((vertices[:, :2] > 0.02) & (vertices[:, :2] < size[:2] - 0.02))
        radius = 0.5 * float(np.hypot(*box[:2]))
        apart = min(np.hypot(*(place - eye)[:2]), np.hypot(*(place - source)[:2])) > radius + 0.4
        if inside and apart:
            parts.append((vertices, mesh.faces))
            classes += ["object"] * len(mesh.faces)
    offsets = np.cumsum([0, *(len(v) for v, _ in parts)])
    triangles = np.concatenate([f + o for (_, f), o in zip(parts, offsets, strict=False)])
    R = np.array([[np.cos(yaw), -np.sin(yaw), 0], [np.sin(yaw), np.cos(yaw), 0], [0, 0, 1.0]])  # room to world
    vertices = (np.concatenate([v for v, _ in parts]) - eye) @ R.T
    return Furnished(size, R @ (0.5 * size - eye), yaw, vertices, triangles, classes, R @ (source - eye))


def render(room: Furnished) -> tuple[NDArray[np.float32], RegionMap]:
    rays = pixel_directions(HEIGHT).reshape(-1, 3)
    distance, triangle = RayCaster(room.vertices, room.triangles).first_hit(np.zeros_like(rays), rays)
    shape = (HEIGHT, 2 * HEIGHT)
    probabilities = np.zeros((len(room.classes), len(REGION_CLASSES)), np.float32)
    probabilities[np.arange(len(room.classes)), [REGION_CLASSES.index(name) for name in room.classes]] = 1.0
    return distance.reshape(shape).astype(np.float32), RegionMap(triangle.reshape(shape), probabilities, 1.0)


def true_rt60(room: Furnished, scale: dict[str, float]) -> NDArray[np.float64]:
    surfaces = {
        name: np.mean([MATERIALS[m].absorption for m in materials], axis=0) for name, materials in SURFACES.items()
    }
    scattering = {name: float(np.mean([MATERIALS[m].scattering for m in ms])) for name, ms in SURFACES.items()}
    absorption = np.array([np.clip(scale[name] * surfaces[name], 0.0, 0.95) for name in room.classes])
    mesh = MeshRoom(room.vertices, room.triangles, absorption, np.array([scattering[name] for name in room.classes]))
    return trace_energy(mesh, room.source, np.zeros(3), 1.6, bin_seconds=0.01, seed=SEED).rt60()


def estimated_rt60(estimate: RoomEstimate) -> NDArray[np.float64]:
    return reverberation_times(estimate.size, estimate.absorption)


def geometry_errors(room: Furnished, estimate: RoomEstimate) -> dict[str, float]:
    quarter = round((estimate.yaw - room.yaw) / (np.pi / 2))
    size = room.size if quarter % 2 == 0 else room.size[[1, 0, 2]]
    off = estimate.yaw - room.yaw - quarter * np.pi / 2
    return {
        "largest_side_error_percent": 100.0 * float(np.abs(estimate.size / size - 1.0).max()),
        "yaw_error_deg": abs(float(np.rad2deg(off))),
        "centre_error_m": float(np.linalg.norm(estimate.centre - room.centre)),
    }


def one(rng: np.random.Generator) -> dict[str, Any]:
    room = furnish(rng)
    depth, regions = render(room)
    noise = gaussian_filter(rng.normal(size=depth.shape), 12.0, mode=("nearest", "wrap"))  # pyright: ignore[reportArgumentType]
    noisy = (depth * (1.0 + 0.05 * noise / noise.std())).astype(np.float32)
    usual = true_rt60(room, dict.fromkeys(SURFACES, 1.0))
    other = true_rt60(room, {name: float(np.exp(rng.normal(0.0, 0.25))) for name in SURFACES})
    start = time.thread_time()
    labels = EstimatedRoom()(depth, regions)
    seconds = time.thread_time() - start
    estimates = {"labels": labels, "depth": EstimatedRoom()(depth), "noisy": EstimatedRoom()(noisy, regions)}
    result: dict[str, Any] = {"size_m": room.size.round(2).tolist(), "furniture": len(room.classes) // 12 - 1}
    result["rt60_true_s"] = usual.round(3).tolist()
    for name, estimate in estimates.items():
        if estimate is None:
            result[name] = None
            continue
        ratio = 100.0 * (estimated_rt60(estimate) / usual - 1.0)
        result[name] = {
            "rt60_mid_error_percent": float(ratio[MID].mean()),
            "rt60_octave_errors_percent": ratio.round(1).tolist(),
        } | geometry_errors(room, estimate)
    if labels is not None:
        ratio = 100.0 * (estimated_rt60(labels) / other - 1.0)
        result["other materials"] = {"rt60_mid_error_percent": float(ratio[MID].mean())}
    result["cpu_s"] = seconds
    return result


def of_scene(path: Path) -> dict[str, Any] | None:
    scene = Scene.load(path, parts=["depth"])
    assert scene.depth is not None
    found = EstimatedRoom()(scene.depth)
    if found is None:
        return None
    return {
        "size_m": found.size.round(2).tolist(),
        "yaw_deg": round(float(np.rad2deg(found.yaw)), 1),
        "rt60_s": estimated_rt60(found).round(2).tolist(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scene", type=Path, nargs="*", default=[])
    arguments = parser.parse_args()
    rng = np.random.default_rng(SEED)
    rooms = [one(rng) for _ in range(ROOMS)]
    names = ("labels", "depth", "noisy", "other materials")
    report = {
        "benchmark": "rooms_from_depth",
        "seed": SEED,
        "environment": environment(),
        "summary": {
            name: {
                "found": sum(room.get(name) is not None for room in rooms),
                "largest_mid_error_percent": max(
                    abs(room[name]["rt60_mid_error_percent"]) for room in rooms if room.get(name)
                ),
                "median_mid_error_percent": float(
                    np.median([abs(room[name]["rt60_mid_error_percent"]) for room in rooms if room.get(name)])
                ),
            }
            for name in names
        },
        "scenes": {path.name: of_scene(path) for path in arguments.scene},
        "rooms": rooms,
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
