"""The real-time renderer and the differentiable one on the same moving scene; prints one JSON document.

    python benchmarks/agreement.py [--seconds 2]

The listener walks and turns, a source flies along a path; for each part of the acoustics the difference of both ears'
signals, in dB of their RMS. The soft limit is in both; the scene stays below it.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import time
from typing import Any

import numpy as np
import torch
from environment import environment

from sonovista.acoustics.occlusion import OcclusionMap
from sonovista.geometry import rotation_from_yaw_pitch_roll
from sonovista.render import BinauralRenderer
from sonovista.render.differentiable import path_shifts, render, tensors_of_scene
from sonovista.scene.document import Acoustics, Air, Listener, Room, SceneDocument, Source, Waypoint
from sonovista.scene.scene import Scene

SEED = 0
BLOCK_SIZE = 256
ORDER = 3
ROOM = Room(
    centre=(0.0, 0.0, 0.2),
    size=(6.0, 5.0, 3.0),
    yaw_deg=20.0,
    absorption=[(0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4)] * 6,
)
PARTS = {
    "dry": Acoustics(),
    "delay and Doppler": Acoustics(propagation_delay=True),
    "air absorption": Acoustics(air=Air()),
    "occlusion": Acoustics(occlusion=True),
    "reverberation": Acoustics(room=ROOM),
    "everything": Acoustics(propagation_delay=True, air=Air(), occlusion=True, room=ROOM),
}


def moving_scene(acoustics: Acoustics) -> Scene:
    """Eight point sources, one of them on a path, an area, and ambience."""
    generator = np.random.default_rng(SEED)
    common: dict[str, Any] = {"label": "thing", "sound": "sounds/a.flac"}
    places = generator.normal(size=(8, 3)) * [4.0, 4.0, 1.0]
    sources = [
        Source(id=f"point{i}", kind="point", position=tuple(place), gain_db=-12.0, **common)
        for i, place in enumerate(places.tolist())
    ]
    path = [(0.0, places[0]), (0.7, places[0] + [5.0, -3.0, 1.0]), (1.3, places[0])]
    waypoints = [Waypoint(time_s=second, position=tuple(place.tolist())) for second, place in path]
    sources[0] = sources[0].model_copy(update={"path": waypoints})
    cloud = [tuple(point) for point in generator.normal([4.0, 0.0, -1.0], size=(200, 3)).tolist()]
    sources.append(Source(id="area", kind="area", position=(4.0, 0.0, -1.0), points=cloud, gain_db=-6.0, **common))
    sources.append(Source(id="bed", kind="ambient", gain_db=-26.0, **common))
    sounds = {source.id: (0.1 * generator.normal(size=70_001)).astype(np.float32) for source in sources}
    seen = generator.random((len(sources), 8, 8, 8)).astype(np.float32)
    seen[-1] = 1.0  # nothing hides ambience
    document = SceneDocument(sources=sources, acoustics=acoustics, listener=Listener(gain_db=-6.0))
    return Scene(document, sounds, occlusion=OcclusionMap(np.full(3, -0.9), 0.25, seen))


def walk(blocks: int) -> tuple[np.ndarray, np.ndarray]:
    step = np.arange(blocks + 1)
    positions = np.stack([0.7 * np.cos(0.02 * step), 0.7 * np.sin(0.02 * step), 0.1 * np.sin(0.1 * step)], axis=1)
    rotations = [rotation_from_yaw_pitch_roll(0.03 * i, 0.2 * np.sin(0.05 * i), 0.05) for i in step]
    return positions, np.stack(rotations)


def compare(acoustics: Acoustics, blocks: int, dtype: torch.dtype) -> dict[str, float]:
    scene = moving_scene(acoustics)
    positions, rotations = walk(blocks)
    renderer = BinauralRenderer(scene, ORDER, BLOCK_SIZE)
    renderer.jump_to(positions[0], rotations[0])
    blocks_of_sound = [renderer.render_block(*pose) for pose in zip(positions[1:], rotations[1:], strict=True)]
    expected = np.concatenate(blocks_of_sound, axis=1).astype(float)
    places, turns = torch.tensor(positions, dtype=dtype), torch.tensor(rotations, dtype=dtype)
    tensors = tensors_of_scene(scene, ORDER, dtype=dtype)
    start = time.perf_counter()
    with torch.no_grad():
        found = render(tensors, places, turns, BLOCK_SIZE, path_shifts(scene, places, BLOCK_SIZE)).double().numpy()
    seconds = time.perf_counter() - start
    level = np.sqrt(np.mean(expected**2))
    return {
        "rms_difference_db": round(float(20.0 * np.log10(np.sqrt(np.mean((found - expected) ** 2)) / level)), 1),
        "peak_of_the_real_time_renderer": round(float(np.abs(expected).max()), 3),
        "seconds_in_pytorch": round(seconds, 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="NumPy and PyTorch on the same moving scene.")
    parser.add_argument("--seconds", type=float, default=2.0)
    blocks = round(parser.parse_args().seconds * 48_000 / BLOCK_SIZE)
    results = {
        precision: {name: compare(acoustics, blocks, dtype) for name, acoustics in PARTS.items()}
        for precision, dtype in (("float32", torch.float32), ("float64", torch.float64))
    }
    document = {
        "benchmark": "agreement",
        "target": "at most -60 dB",
        "order": ORDER,
        "block_size": BLOCK_SIZE,
        "blocks": blocks,
        "results": results,
        "seed": SEED,
        "environment": environment(),
        "torch": torch.__version__,
    }
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
