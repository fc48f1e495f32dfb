"""Decay of boxes given as meshes, by rays, beside image sources and pyroomacoustics' rays; prints one JSON document.

    python benchmarks/ray_tracing.py [--rays 20000]

Walls reflect like mirrors in both, with equal absorption. RT60 is T30 of the energy at the receiver in bins of 5 ms,
both followed for 0.8 of the reverberation time. The rays of pyroomacoustics are as many, in its own box rather than a
mesh, with a receiver as large. A curved room of many triangles follows, with fewer rays.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import time
from importlib import metadata
from typing import Any

import numpy as np
import pyroomacoustics as pra  # pyright: ignore[reportMissingImports]
import trimesh
from environment import environment
from numpy.typing import NDArray

from sonovista.acoustics.decay import rt60
from sonovista.acoustics.ray_tracing import MeshRoom, trace_energy
from sonovista.acoustics.shoebox import box_rt60, reverberation_times

SEED = 0
BIN = 0.005
SIZES = ((6.0, 5.0, 3.0), (4.0, 3.0, 2.5), (10.0, 5.0, 3.0))
ABSORPTIONS = (0.1, 0.25, 0.5)
SPEED = 343.0
RADIUS = 0.5


def image_sources(
    size: NDArray[np.float64], absorption: float, source: NDArray, receiver: NDArray, duration: float
) -> NDArray[np.float64]:
    """Energy in bins of 5 ms by the images of pyroomacoustics."""
    order = int(np.ceil(SPEED * duration * np.linalg.norm(1.0 / size))) + 3
    room = pra.ShoeBox(size, fs=16000, materials=pra.Material(absorption), max_order=order)
    room.add_source(source)
    room.add_microphone(receiver)
    room.image_source_model()
    images = room.sources[0]
    distance = np.linalg.norm(images.images - receiver[:, None], axis=0)
    bins = int(np.ceil(duration / BIN))
    energy = images.damping[0] ** 2 / distance**2
    return np.asarray(np.bincount((distance / (SPEED * BIN)).astype(int), energy, minlength=bins)[:bins], float)


def peer_rays(room: pra.Room, source: NDArray, receiver: NDArray, duration: float, rays: int) -> float:
    """RT60 of the energy that pyroomacoustics' rays leave at the receiver."""
    room.set_ray_tracing(n_rays=rays, receiver_radius=RADIUS, time_thres=duration, hist_bin_size=BIN, energy_thres=1e-9)
    room.add_source(source)
    room.add_microphone(receiver)
    room.ray_tracing()
    energy = np.asarray(room.rt_histograms[0][0][0], float)[0]
    width = float(room.rt_args["hist_bin_size"])
    return rt60(np.sqrt(energy[: int(duration / width)]), 1.0 / width)


def curved_room(rays: int) -> dict[str, Any]:
    """A dome of 1280 triangles, 5 m wide, which no image sources describe: both tracers, and how long they take."""
    mesh = trimesh.creation.icosphere(subdivisions=3, radius=2.5)
    absorption, source, receiver, duration = 0.3, np.array([1.2, 0.4, 0.3]), np.array([-0.9, -0.6, 0.5]), 0.5
    start = time.process_time()
    room = MeshRoom(mesh.vertices, mesh.faces, np.array([absorption]), 0.0)
    decay = trace_energy(
        room, source, receiver, duration, rays=rays, bin_seconds=BIN, receiver_radius=RADIUS, seed=SEED
    )
    seconds = time.process_time() - start
    start = time.process_time()
    material = pra.Material(absorption)
    walls = [
        pra.wall_factory(corners.T, material.energy_absorption["coeffs"], [0.0]) for corners in mesh.triangles[:, ::-1]
    ]
    peer = peer_rays(pra.Room(walls, fs=16000, max_order=0, ray_tracing=True), source, receiver, duration, rays)
    return {
        "triangles": len(mesh.faces),
        "absorption": absorption,
        "rays": rays,
        "rt60_s": {"rays": float(decay.rt60()[0]), "pyroomacoustics rays": peer},
        "rays_lost": decay.lost,
        "cpu_s": {"rays": seconds, "pyroomacoustics rays": time.process_time() - start},
    }


def case(sides: tuple[float, float, float], absorption: float, rays: int, rng: np.random.Generator) -> dict[str, Any]:
    size = np.array(sides)
    source, receiver = size * rng.uniform(0.2, 0.8, 3), size * rng.uniform(0.2, 0.8, 3)
    duration = 0.8 * box_rt60(size, np.full(6, absorption))
    mesh = trimesh.creation.box(size)
    room = MeshRoom(mesh.vertices + 0.5 * size, mesh.faces, np.array([absorption]), 0.0)
    start = time.thread_time()
    decay = trace_energy(
        room, source, receiver, duration, rays=rays, bin_seconds=BIN, receiver_radius=RADIUS, seed=SEED
    )
    seconds = time.thread_time() - start
    start = time.thread_time()
    reference = image_sources(size, absorption, source, receiver, duration)
    reference_seconds = time.thread_time() - start
    start = time.process_time()
    box = pra.ShoeBox(size, fs=16000, materials=pra.Material(absorption), max_order=0, ray_tracing=True)
    peer = peer_rays(box, source, receiver, duration, rays)
    peer_seconds = time.process_time() - start
    ours, theirs = float(decay.rt60()[0]), rt60(np.sqrt(reference), 1.0 / BIN)
    return {
        "size_m": sides,
        "absorption": absorption,
        "rt60_s": {
            "rays": ours,
            "image sources": theirs,
            "pyroomacoustics rays": peer,
            "eyring": float(reverberation_times(size, absorption)[0]),
        },
        "rt60_error_percent": 100.0 * (ours / theirs - 1.0),
        "peer_rt60_error_percent": 100.0 * (peer / theirs - 1.0),
        "energy_error_db": float(10.0 * np.log10(decay.energy.sum() / reference.sum())),
        "rays_lost": decay.lost,
        "cpu_s": {"rays": seconds, "image sources": reference_seconds, "pyroomacoustics rays": peer_seconds},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rays", type=int, default=20_000)
    rays = parser.parse_args().rays
    rng = np.random.default_rng(SEED)
    curved_room(10)  # compiles
    cases = [case(size, absorption, rays, rng) for size in SIZES for absorption in ABSORPTIONS]
    report = {
        "benchmark": "ray_tracing",
        "seed": SEED,
        "rays": rays,
        "environment": environment()
        | {"peers": {name: metadata.version(name) for name in ("pyroomacoustics", "embreex", "trimesh")}},
        "largest_rt60_error_percent": max(abs(item["rt60_error_percent"]) for item in cases),
        "largest_peer_rt60_error_percent": max(abs(item["peer_rt60_error_percent"]) for item in cases),
        "cases": cases,
        "curved room": curved_room(2000),
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
