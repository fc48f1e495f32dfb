"""Errors of calibration on rendered rooms and streets with known pitch, roll and field of view; one JSON document."""

import argparse
import json
import sys
import time
from pathlib import Path

import cv2
import numpy as np
from environment import environment

from sonovista.generate.calibration.vanishing_points import VanishingPointCalibrator
from sonovista.geometry.image_files import read_photo

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "generate"))
from manhattan_scenes import render_manhattan_photo  # noqa: E402  # pyright: ignore[reportMissingImports]

LIMITS_DEG = {"pitch": 2.0, "roll": 2.0, "horizontal_fov": 6.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=40)
    parser.add_argument("--first-seed", type=int, default=100)
    parser.add_argument("--longer-side", type=int, default=640)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
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
