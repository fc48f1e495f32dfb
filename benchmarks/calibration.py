"""Errors of calibration on rendered rooms and streets with known pitch, roll and field of view; one JSON document.

With `--panoramas FOLDER` instead on level views of real panoramas (512 rows or more, one file a place): pitch before
and after the horizon is held by what the regions show (`keep_horizon`).
"""

import argparse
import json
import sys
import time
from pathlib import Path

import cv2
import numpy as np
from environment import environment
from scene_stages import run_until

from sonovista.generate.calibration.vanishing_points import VanishingPointCalibrator
from sonovista.generate.options import CreateOptions
from sonovista.geometry import PerspectiveCamera
from sonovista.geometry.equirectangular import sample
from sonovista.geometry.image_files import read_photo

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "generate"))
from manhattan_scenes import render_manhattan_photo  # noqa: E402  # pyright: ignore[reportMissingImports]

VIEW = (640, 480)
PITCH_DEG = 12.0
"""Standard deviation of the views' pitch: what the calibrator's prior expects."""

LIMITS_DEG = {"pitch": 2.0, "roll": 2.0, "horizontal_fov": 6.0}


def views_of_panoramas(folder: Path, each: int) -> dict:
    """Errors of pitch in degrees on views of 60 degrees without roll, before and after, by place."""
    rng = np.random.default_rng(0)
    places, rows = {}, []
    for path in sorted(folder.glob("*.png")):
        panorama = read_photo(path).pixels
        own = []
        for _ in range(each):
            pitch, yaw = np.radians(rng.normal(0.0, PITCH_DEG)), rng.uniform(-np.pi, np.pi)
            camera = PerspectiveCamera(*VIEW, np.radians(60.0), yaw, pitch)
            view = sample(panorama.astype(np.float32), camera.ray_directions(), cv2.INTER_CUBIC)
            view = np.clip(view, 0, 255).astype(np.uint8)
            run = run_until("horizon", view, CreateOptions())
            found, settled = run["calibration"], run["horizon"]
            own.append(np.degrees([abs(found.pitch - pitch), abs(settled.pitch - pitch)]))
            rows.append((*own[-1], settled != found))
        places[path.stem] = np.round(np.mean(own, axis=0), 1).tolist()
        print(path.stem, places[path.stem], file=sys.stderr, flush=True)
    before, after, moved = (np.array(column) for column in zip(*rows, strict=True))
    return {
        "benchmark": "calibration, views of panoramas",
        "views": len(rows),
        "moved": int(moved.sum()),
        "of_these_better_by_a_degree": int((moved & (after < before - 1.0)).sum()),
        "of_these_worse_by_a_degree": int((moved & (after > before + 1.0)).sum()),
        "mean_error_deg": [round(float(errors.mean()), 2) for errors in (before, after)],
        "mean_error_deg_of_those_moved": [round(float(errors[moved].mean()), 2) for errors in (before, after)],
        "percentile_90_error_deg": [round(float(np.percentile(errors, 90)), 2) for errors in (before, after)],
        "places_mean_error_deg": places,
        "environment": environment(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=40)
    parser.add_argument("--first-seed", type=int, default=100)
    parser.add_argument("--longer-side", type=int, default=640)
    parser.add_argument("--panoramas", type=Path, help="folder of real panoramas to take views of")
    parser.add_argument("--views", type=int, default=6, help="of each panorama")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    if arguments.panoramas is not None:
        print(json.dumps(views_of_panoramas(arguments.panoramas, arguments.views), indent=2))
        return
    calibrate = VanishingPointCalibrator()
    errors, baseline, seconds = [], [], []
    for seed in range(arguments.first_seed, arguments.first_seed + arguments.scenes):
        photo = render_manhattan_photo(seed, arguments.longer_side)
        started = time.process_time()
        found = calibrate(photo.image, None)
        seconds.append(time.process_time() - started)
        blank = calibrate(np.full_like(photo.image, 128), None)
        true = np.array([photo.camera.pitch, photo.camera.roll, photo.camera.horizontal_fov])
        errors.append(np.rad2deg(np.abs(np.array([found.pitch, found.roll, found.horizontal_fov]) - true)))
        baseline.append(np.rad2deg(np.abs(np.array([blank.pitch, blank.roll, blank.horizontal_fov]) - true)))
        print(f"{seed}: {np.round(errors[-1], 2)}", file=sys.stderr)
    names = list(LIMITS_DEG)
    median, ninetieth = np.median(errors, axis=0), np.percentile(errors, 90, axis=0)
    photos = {}
    for path in sorted((ROOT / "examples").glob("*.jpg")):
        found = calibrate(read_photo(path, 1600).pixels, None)
        photos[path.name] = {
            "pitch_deg": round(float(np.rad2deg(found.pitch)), 2),
            "roll_deg": round(float(np.rad2deg(found.roll)), 2),
            "horizontal_fov_deg": round(float(np.rad2deg(found.horizontal_fov)), 2),
            "confidences": [
                round(value, 2)
                for value in (found.pitch_confidence, found.roll_confidence, found.horizontal_fov_confidence)
            ],
            "method": found.method,
        }
    document = {
        "benchmark": "calibration",
        "scenes": arguments.scenes,
        "first_seed": arguments.first_seed,
        "longer_side": arguments.longer_side,
        "median_error_deg": dict(zip(names, np.round(median, 3).tolist(), strict=True)),
        "percentile_90_error_deg": dict(zip(names, np.round(ninetieth, 3).tolist(), strict=True)),
        "prior_median_error_deg": dict(zip(names, np.round(np.median(baseline, axis=0), 3).tolist(), strict=True)),
        "limits_deg": LIMITS_DEG,
        "within_limits": bool(np.all(median <= list(LIMITS_DEG.values()))),
        "cpu_seconds": {"median": round(float(np.median(seconds)), 3), "largest": round(max(seconds), 3)},
        "example_photos": photos,
        "environment": environment(),
    }
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
