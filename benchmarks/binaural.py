"""Time of one block of binaural sound, listener moving and turning every block; prints one JSON document.

    python benchmarks/binaural.py [--blocks 2000]

`wall_ms` is what the clock says, `cpu_ms` the thread's own processor time: on a machine that others use too, the second
is the cost and the first also the wait.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import platform
import time

import numba
import numpy as np

import sonovista
from sonovista.acoustics.occlusion import OcclusionMap
from sonovista.geometry import rotation_from_yaw_pitch_roll
from sonovista.render import BinauralRenderer
from sonovista.scene.document import Acoustics, Air, Room, SceneDocument, Source
from sonovista.scene.scene import Scene

SEED = 0
BLOCK_SIZE = 256


def scene_with(points: int, areas: int, ambience: bool, everything: bool = False) -> Scene:
    """Sources around the listener; `everything`: delays and Doppler, air, occlusion, a reverberation of one second."""
    rng = np.random.default_rng(SEED)
    common = {"label": "thing", "gain_db": -30.0, "sound": "sounds/a.flac"}
    sources = [
        Source(id=f"point{i}", kind="point", position=tuple(rng.normal(size=3) * 4.0), **common) for i in range(points)
    ]
    for i in range(areas):
        cloud = [tuple(p) for p in rng.normal(size=(1000, 3)) * 2.0 + [5.0, 0.0, 0.0]]
        sources.append(Source(id=f"area{i}", kind="area", position=(5.0, 0.0, 0.0), points=cloud, **common))
    if ambience:
        sources.append(Source(id="bed", kind="ambient", **common))
    sounds = {source.id: (0.1 * rng.normal(size=8 * 48_000)).astype(np.float32) for source in sources}
    if not everything:
        return Scene(SceneDocument(sources=sources, camera_height=1.6), sounds)
    size = (12.0, 10.0, 5.0)
    absorption = eyring_absorption(size, 1.0)
    room = Room(centre=(0.0, 0.0, 0.9), size=size, absorption=[(absorption,) * 8] * 6)  # pyright: ignore[reportArgumentType]
    acoustics = Acoustics(propagation_delay=True, air=Air(), occlusion=True, room=room)
    scene = Scene(SceneDocument(sources=sources, camera_height=1.6, acoustics=acoustics), sounds)
    grid = rng.random((len(sources), 25, 25, 7)).astype(np.float32)
    scene.occlusion = OcclusionMap(np.array([-3.0, -3.0, -0.5]), 0.25, grid)
    return scene


def eyring_absorption(size: tuple[float, float, float], seconds: float) -> float:
    """Absorption of all walls with which a box has a reverberation time."""
    volume, surface = np.prod(size), 2.0 * (size[0] * size[1] + size[1] * size[2] + size[2] * size[0])
    return float(1.0 - np.exp(-24.0 * np.log(10.0) * volume / (343.0 * surface * seconds)))


def measure(points: int, areas: int, ambience: bool, order: int, everything: bool, blocks: int) -> dict[str, object]:
    renderer = BinauralRenderer(scene_with(points, areas, ambience, everything), order, BLOCK_SIZE)
    out = np.empty((2, BLOCK_SIZE), np.float32)
    poses = [
        (np.array([0.5 * np.cos(0.01 * i), 0.5 * np.sin(0.01 * i), 0.0]), rotation_from_yaw_pitch_roll(0.02 * i, 0.1))
        for i in range(blocks)
    ]
    wall, cpu = np.empty(blocks), np.empty(blocks)
    for warm_up in poses[:50]:
        renderer.render_block(*warm_up, out)
    for i, pose in enumerate(poses):
        wall_start, cpu_start = time.perf_counter(), time.thread_time()
        renderer.render_block(*pose, out)
        wall[i], cpu[i] = time.perf_counter() - wall_start, time.thread_time() - cpu_start
    return {
        "point_sources": points,
        "area_sources_of_1000_points": areas,
        "ambience": ambience,
        "order": order,
        "delay_air_occlusion_and_reverberation": everything,
        "wall_ms": _summary(wall),
        "cpu_ms": _summary(cpu),
    }


def _summary(seconds: np.ndarray) -> dict[str, float]:
    percentiles = np.percentile(1e3 * seconds, [5, 50, 95, 99.9])
    return dict(zip(("p5", "median", "p95", "p99_9"), np.round(percentiles, 4).tolist(), strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description="Time of one block of binaural sound.")
    parser.add_argument("--blocks", type=int, default=2000)
    blocks = parser.parse_args().blocks
    cases = [
        (1, 0, False, 1, False),
        (1, 0, False, 3, False),
        (64, 0, False, 3, False),
        (64, 4, True, 3, False),
        (64, 4, True, 3, True),
        (256, 0, False, 7, False),
    ]
    results = [measure(*case, blocks) for case in cases]
    one, many = (np.asarray(results[i]["cpu_ms"]["median"]) for i in (1, 2))  # pyright: ignore[reportIndexIssue]
    document = {
        "benchmark": "binaural",
        "block_size": BLOCK_SIZE,
        "block_lasts_ms": round(1e3 * BLOCK_SIZE / 48_000, 4),
        "blocks": blocks,
        "results": results,
        "microseconds_per_further_point_source_order_3": round(float(many - one) * 1e3 / 63, 4),
        "seed": SEED,
        "load_average_1_min": round(os.getloadavg()[0], 2),
        "machine": {"processor": platform.processor() or platform.machine(), "cpus": os.cpu_count()},
        "versions": {
            "sonovista": sonovista.__version__ if hasattr(sonovista, "__version__") else "unknown",
            "python": platform.python_version(),
            "numpy": np.__version__,
            "numba": numba.__version__,
        },
    }
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
