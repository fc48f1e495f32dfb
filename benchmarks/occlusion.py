"""A listener walks past an edge: how a hidden source appears; how long a scene's map takes. Prints one JSON document.

    python benchmarks/occlusion.py [--walks 200] [--scene SCENE ...]

Each walk has a half-plane at random (an upright, level or slanting edge, 1 to 4 m off), a point source 0.5 to 6 m
behind it and a straight path of 5 m in the open that crosses the shadow's boundary at random. The level is that of pink
noise, 20 Hz to 20 kHz, after the gain and the one-pole low-pass of the visibility interpolated at every 5 cm.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from environment import environment
from numpy.typing import NDArray

from sonovista.acoustics.occlusion import occlusion_cutoff_hz, occlusion_gain, visibility
from sonovista.acoustics.ray_casting import RayCaster
from sonovista.acoustics.source_visibility import ListenerGrid, map_visibility
from sonovista.render.occlusion_maps import build_occlusion_map
from sonovista.scene import Scene
from sonovista.scene.document import SAMPLE_RATE, SceneDocument, Source

SEED = 0
STEP = 0.05


def pink_level_db(v: NDArray[np.float64]) -> NDArray[np.float64]:
    """Level of pink noise by visibility, relative to full view."""
    frequency = np.geomspace(20.0, 20_000.0, 600)  # equal power at each: pink
    a = 1.0 - np.exp(-2.0 * np.pi * occlusion_cutoff_hz(v) / SAMPLE_RATE)[..., None]
    response = a / np.abs(1.0 - (1.0 - a) * np.exp(-2j * np.pi * frequency / SAMPLE_RATE))
    return 20.0 * np.log10(occlusion_gain(v)) + 10.0 * np.log10(np.mean(response**2, axis=-1))


def half_plane(rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.float64]]:
    """A 60 m square that ends in an edge through the middle of its plane x = const, and the edge's inward normal."""
    turn = rng.uniform(0.0, 2.0 * np.pi)
    inward = np.array([0.0, np.cos(turn), np.sin(turn)])
    along = np.array([0.0, -np.sin(turn), np.cos(turn)])
    middle = np.array([rng.uniform(1.0, 4.0), 0.0, 0.0])
    corners = [middle + a * along + b * inward for a, b in ((-30, 0), (30, 0), (30, 60), (-30, 60))]
    return np.array(corners), np.array([[0, 1, 2], [0, 2, 3]], np.int32), inward


def walk(rng: np.random.Generator) -> NDArray[np.float64]:
    """Level in dB at every 5 cm, from hidden to seen."""
    vertices, triangles, inward = half_plane(rng)
    edge = vertices[0, 0]
    source = np.array([edge + rng.uniform(0.5, 6.0), 0.0, 0.0]) + inward * rng.uniform(-2.0, 2.0)
    # Where the line of sight over the edge meets the listener's plane is the middle of the path.
    x = rng.uniform(-1.0, 0.2)
    depth = source @ inward
    boundary = -depth * (edge - x) / (source[0] - edge)
    side = np.cross(inward, [1.0, 0.0, 0.0])
    heading = -inward + rng.uniform(-1.0, 1.0) * side
    heading /= np.linalg.norm(heading)
    middle = np.array([x, 0.0, 0.0]) + inward * boundary
    path = middle + np.arange(-2.5, 2.5 + 1e-9, STEP)[:, None] * heading
    grid = ListenerGrid.around(path.min(axis=0) - 0.5, path.max(axis=0) + rng.uniform(0.4, 0.6, 3), 0.25)
    occlusion = map_visibility(RayCaster(vertices, triangles), [source[None]], grid, path[-1])
    return pink_level_db(visibility(occlusion, path)[:, 0])


def walks(count: int) -> dict[str, Any]:
    rng = np.random.default_rng(SEED)
    levels = [walk(rng) for _ in range(count)]
    steps = np.array([np.diff(level) for level in levels])
    return {
        "walks": count,
        "step_m": STEP,
        "largest_step_db": float(np.abs(steps).max()),
        "largest_step_back_db": float(max(0.0, -steps.min())),
        "level_before_db": {
            "median": float(np.median([x[0] for x in levels])),
            "lowest": float(min(x[0] for x in levels)),
        },
        "level_after_db": {
            "median": float(np.median([x[-1] for x in levels])),
            "lowest": float(min(x[-1] for x in levels)),
        },
    }


def made_scene() -> Scene:
    """A room of 7 x 6 x 2.7 m with three pillars and ten sources on its surfaces, depth 1024 x 512."""
    from sonovista.geometry.equirectangular import pixel_directions

    rng = np.random.default_rng(SEED)
    directions = pixel_directions(512)
    low, high = np.array([-3.0, -3.5, -1.4]), np.array([4.0, 2.5, 1.3])
    with np.errstate(divide="ignore"):
        depth = np.where(directions > 0, high / directions, low / directions).min(axis=-1)
    for azimuth in (0.4, 2.3, -1.8):
        across = np.abs(np.angle(np.exp(1j * (np.arctan2(directions[..., 1], directions[..., 0]) - azimuth))))
        depth = np.where(
            across < 0.12, np.minimum(depth, 1.7 / np.hypot(directions[..., 0], directions[..., 1])), depth
        )
    sources = []
    for i in range(10):
        row, column = int(rng.integers(150, 400)), int(rng.integers(0, 1024))
        position = depth[row, column] * directions[row, column]
        sources.append(
            Source(
                id=f"s{i}",
                label="s",
                kind="point",
                position=tuple(position),
                gain_db=0,
                sound="sounds/s.flac",
                mask="m.png",
            )
        )
    document = SceneDocument(sources=sources, camera_height=1.4, indoor=True)
    return Scene(document, depth=depth.astype(np.float32))


def scene_map(scene: Scene) -> dict[str, Any]:
    seconds = []
    occlusion = None
    for _ in range(5):
        start = time.thread_time()
        occlusion = build_occlusion_map(scene)
        seconds.append(time.thread_time() - start)
    assert occlusion is not None
    assert scene.depth is not None
    rng = np.random.default_rng(SEED)
    extent = (np.array(occlusion.values.shape[1:]) - 1) * occlusion.spacing
    starts = occlusion.origin + extent * rng.random((300, 3))
    headings = rng.normal(size=(300, 3))
    headings /= np.linalg.norm(headings, axis=1, keepdims=True)
    path = starts[:, None] + np.arange(0.0, 2.0, STEP)[:, None] * headings[:, None]
    level = pink_level_db(visibility(occlusion, path))
    at_start = visibility(occlusion, scene.document.listener.position)
    return {
        "depth": list(scene.depth.shape[::-1]),
        "sources": len(occlusion.values),
        "grid": list(occlusion.values.shape[1:]),
        "cpu_s": {"best": min(seconds), "all": seconds},
        "largest_step_db_on_300_walks": float(np.abs(np.diff(level, axis=1)).max()),
        "visibility_at_start": [round(float(v), 3) for v in at_start],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--walks", type=int, default=200)
    parser.add_argument("--scene", type=Path, nargs="*", default=[])
    arguments = parser.parse_args()
    report = {
        "benchmark": "occlusion",
        "seed": SEED,
        "environment": environment(),
        "edges": walks(arguments.walks),
        "maps": {"made room": scene_map(made_scene())}
        | {path.name: scene_map(Scene.load(path, parts=["depth"])) for path in arguments.scene},
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
