"""Error of depth on worlds whose depth is known, and order of hand-marked pairs on the example photos; prints JSON.

Run: python benchmarks/depth.py [--photos-only | --worlds-only] > depth.json
"""

import argparse
import json
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sonovista.generate.calibration.horizon import keep_horizon
from sonovista.generate.calibration.vanishing_points import VanishingPointCalibrator
from sonovista.generate.depth.ground_plane import GroundPlaneDepth
from sonovista.generate.outpainting.exemplar import ExemplarOutpainter
from sonovista.generate.outpainting.protocol import Panorama
from sonovista.generate.regions.appearance import AppearanceClassifier
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
        elevation = np.arcsin(camera.ray_directions()[..., 2]).astype(np.float32)
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
        image = np.asarray(Image.open(ROOT / "examples" / name).convert("RGB"))
        height, width = image.shape[:2]
        calibration = VanishingPointCalibrator()(image, None)
        elevation = np.arcsin(calibration.camera(width, height).ray_directions()[..., 2]).astype(np.float32)
        classify = AppearanceClassifier()
        regions = classify(image, elevation, False)
        calibration = keep_horizon(calibration, regions)
        panorama: Panorama = ExemplarOutpainter()(image, calibration, regions, panorama_height, 0)
        around = classify(panorama.pixels, panorama_elevation(panorama_height), True)
        wall, cpu = time.perf_counter(), time.process_time()
        found = GroundPlaneDepth()(panorama, around, image, regions, calibration)
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
        "versions": {name: version(name) for name in ("sonovista", "numpy", "scipy", "opencv-python-headless")},
        "machine": {"python": platform.python_version(), "system": platform.platform(), "cpu": platform.processor()},
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
