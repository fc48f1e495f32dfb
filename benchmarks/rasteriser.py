"""Seconds to draw a million Gaussians at 640 x 480, compilation left out.

python benchmarks/rasteriser.py [--count 1000000] [--repeats 7]
"""

import argparse
import json
import time

import numpy as np
from environment import environment

from sonovista.geometry import PerspectiveCamera
from sonovista.render.splats import render_view
from sonovista.scene.gaussians import Gaussians

SEED = 0


def cloud_in_view(count: int, camera: PerspectiveCamera) -> Gaussians:
    """Gaussians of about a pixel's size, all in front of the camera, 1 to 20 m away."""
    rng = np.random.default_rng(SEED)
    u, v = rng.uniform(0.0, camera.width, count), rng.uniform(0.0, camera.height, count)
    z = rng.uniform(1.0, 20.0, count)
    rays = np.stack([(u - camera.width / 2), (v - camera.height / 2), np.full(count, camera.focal_length)], axis=1)
    positions = rays / camera.focal_length * z[:, None] @ camera.R_world_camera.T
    quaternions = rng.normal(size=(count, 4))
    return Gaussians(
        positions.astype(np.float32),
        (np.exp(rng.normal(0.0, 0.5, (count, 3))) * (z / camera.focal_length)[:, None]).astype(np.float32),
        (quaternions / np.linalg.norm(quaternions, axis=1, keepdims=True)).astype(np.float32),
        rng.uniform(0.2, 0.99, count).astype(np.float32),
        rng.uniform(0.0, 1.0, (count, 3)).astype(np.float32),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    camera = PerspectiveCamera(640, 480, np.deg2rad(75.0))
    gaussians = cloud_in_view(arguments.count, camera)
    started = time.perf_counter()
    render_view(gaussians, camera)
    first = time.perf_counter() - started
    seconds, processor = [], time.process_time()
    for _ in range(arguments.repeats):
        started = time.perf_counter()
        render_view(gaussians, camera)
        seconds.append(time.perf_counter() - started)
    processor = (time.process_time() - processor) / arguments.repeats
    document = {
        "benchmark": "rasteriser",
        "environment": environment(),
        "seed": SEED,
        "gaussians": arguments.count,
        "picture": [camera.width, camera.height],
        "first_seconds_with_compilation": round(first, 3),
        "cpu_seconds_each": round(processor, 3),
        "median_seconds": round(float(np.median(seconds)), 4),
        "range_seconds": [round(min(seconds), 4), round(max(seconds), 4)],
    }
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
