"""Error of depth on worlds whose depth is known, and order of hand-marked pairs on the example photos; prints JSON.

Run: python benchmarks/depth.py [--photos-only | --worlds-only] > depth.json
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
from environment import environment
from numpy.typing import NDArray
from scene_stages import run_until

from sonovista.generate.depth.ground_plane import GroundPlaneDepth
from sonovista.generate.options import CreateOptions
from sonovista.generate.regions.appearance import AppearanceClassifier
from sonovista.geometry import elevation_of
from sonovista.geometry.equirectangular import pixel_angles

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "generate"))

from depth_scenes import (  # noqa: E402  # pyright: ignore[reportMissingImports]
    absolute_relative_error,
    as_panorama,
    render_both,
    twenty_worlds,
)


def panorama_elevation(height: int) -> NDArray[np.float32]:
    return np.broadcast_to(pixel_angles(height)[1][:, None], (height, 2 * height)).astype(np.float32)


def worlds() -> dict:
    rows = []
    for index, world in enumerate(twenty_worlds()):
        panorama, photo = render_both(world, 512, (640, 480))
        camera = world.calibration.camera(640, 480)
        elevation = elevation_of(camera.ray_directions()).astype(np.float32)
        row: dict[str, object] = {"world": index, "kind": world.kind, "camera_height_m": world.camera_height}
        classify = AppearanceClassifier()
        for name in ("true_regions", "classified_regions"):
            around, inside = panorama.regions, photo.regions
            if name == "classified_regions":
                around = classify(panorama.pixels, panorama_elevation(512), True)
                inside = classify(photo.pixels, elevation, False)
            found = GroundPlaneDepth()(as_panorama(panorama), around, photo.pixels, inside, world.calibration)
            row[name] = {
                "panorama": absolute_relative_error(found.panorama, panorama.depth),
                "photo": absolute_relative_error(found.photo, photo.depth),
            }
        rows.append(row)
        print(row, file=sys.stderr)
    medians = {
        f"{name}_{where}": float(np.median([row[name][where] for row in rows]))
        for name in ("true_regions", "classified_regions")
        for where in ("panorama", "photo")
    }
    return {"median_absrel": medians, "worlds": rows}


def photos(panorama_height: int) -> dict:
    marked = json.loads((ROOT / "benchmarks" / "depth_pairs.json").read_text())["photos"]
    answer: dict[str, dict] = {}
    right = total = 0
    for name, pairs in marked.items():
        options = CreateOptions(profile="classical", panorama_height=panorama_height)
        run = run_until("panorama-regions", ROOT / "examples" / name, options)
        seen = run["outpainting"], run["panorama-regions"], run.image, run["regions"], run["horizon"]
        estimate = run.backend("depth")
        wall, cpu = time.perf_counter(), time.process_time()
        found = estimate(*seen)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu

        def depth(uv: list[float], of: NDArray[np.float32] = found.photo) -> float:
            return float(of[int(uv[1] * of.shape[0]), int(uv[0] * of.shape[1])])

        wrong = [pair for pair in pairs if not depth(pair["near_uv"]) < depth(pair["far_uv"])]
        right, total = right + len(pairs) - len(wrong), total + len(pairs)
        answer[name] = {
            "pairs": len(pairs),
            "right": len(pairs) - len(wrong),
            "wrong": [f"{p['near']} before {p['far']}" for p in wrong],
            "seconds": wall,
            "cpu_seconds": cpu,
        }
        print(name, answer[name], file=sys.stderr)
    return {"order_right": right / total, "pairs": total, "panorama_height": panorama_height, "photos": answer}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos-only", action="store_true")
    parser.add_argument("--worlds-only", action="store_true")
    parser.add_argument("--panorama-height", type=int, default=1024)
    arguments = parser.parse_args()
    report: dict[str, object] = {
        "environment": environment(),
        "seeds": "worlds 0 to 6 of each kind; outpainting 0",
    }
    if not arguments.photos_only:
        report["known_depth"] = worlds()
    if not arguments.worlds_only:
        report["example_photos"] = photos(arguments.panorama_height)
    json.dump(report, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
