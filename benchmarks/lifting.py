"""Lifting of the example photos: does the start view equal the photo, does a step aside show holes, how long it takes.

python benchmarks/lifting.py [PHOTO ...] [--size 1024] [--budget 1000000] [--pictures FOLDER]
"""

import argparse
import json
import resource
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from environment import environment
from numpy.typing import NDArray
from scene_stages import run_until

from sonovista.generate.backends import build_backend, choose_backends
from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.options import CreateOptions
from sonovista.geometry import PerspectiveCamera
from sonovista.geometry.image_files import write_rgb
from sonovista.render.splats import render_view, render_view_float
from sonovista.scene.gaussians import Gaussians

EXAMPLES = Path(__file__).parent.parent / "examples"
STEP = 0.5
STEPS = {"left": (0.0, STEP, 0.0), "right": (0.0, -STEP, 0.0), "forward": (STEP, 0.0, 0.0), "back": (-STEP, 0.0, 0.0)}
WIDTH = 1024
SEED = 0


def stages(photo: Path, size: int) -> dict[str, Any]:
    """What lifting receives, from the default backends of the stages before it."""
    run = run_until("depth", photo, CreateOptions(panorama_height=size, seed=SEED))
    return {
        "panorama": run["outpainting"],
        "depth": run["depth"],
        "image": run.image,
        "calibration": run["horizon"],
    }


def start_psnr(gaussians: Gaussians, image: NDArray[np.uint8], calibration: Calibration) -> float:
    """Decibels between the view of the photo's camera and the photo, both 1024 pixels wide."""
    height = round(WIDTH * image.shape[0] / image.shape[1])
    shrinks = image.shape[1] > WIDTH
    photo = cv2.resize(image, (WIDTH, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    view = render_view(gaussians, calibration.camera(WIDTH, height))
    return float(-10.0 * np.log10(np.mean((view.astype(float) - photo) ** 2) / 255.0**2))


def holes(gaussians: Gaussians, calibration: Calibration) -> dict[str, float]:
    """Share of pixels with alpha below 0.5 after a step, the worst of four views a quarter turn apart."""
    worst = {}
    for name, position in STEPS.items():
        cameras = [
            PerspectiveCamera(768, 512, np.deg2rad(75.0), yaw, calibration.pitch, 0.0, position)
            for yaw in np.arange(4) * 0.5 * np.pi
        ]
        worst[name] = max(float(np.mean(render_view_float(gaussians, camera)[1] < 0.5)) for camera in cameras)
    return worst


def write_pictures(folder: Path, name: str, gaussians: Gaussians, calibration: Calibration) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    fov = np.deg2rad(75.0)
    for step, position in {"start": (0.0, 0.0, 0.0), **STEPS}.items():
        camera = PerspectiveCamera(960, 640, fov, 0.0, calibration.pitch, 0.0, position)
        write_rgb(folder / f"{name}-{step}.png", render_view(gaussians, camera))
    for degrees in (90, 180, 270):
        camera = PerspectiveCamera(960, 640, fov, np.deg2rad(degrees), calibration.pitch)
        write_rgb(folder / f"{name}-turned-{degrees}.png", render_view(gaussians, camera))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="*", type=Path, default=sorted(EXAMPLES.glob("*.jpg")))
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--budget", type=int, default=1_300_000)
    parser.add_argument("--pictures", type=Path)
    arguments = parser.parse_args()
    lifter = build_backend("lifting", choose_backends("offline", {})["lifting"])
    runs = []
    for photo in arguments.photos:
        given = stages(photo, arguments.size)
        wall, processor = time.perf_counter(), time.process_time()
        gaussians = lifter(**given, budget=arguments.budget, seed=SEED)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        step_holes = holes(gaussians, given["calibration"])
        runs.append(
            {
                "photo": photo.name,
                "size": list(given["image"].shape[1::-1]),
                "gaussians": len(gaussians),
                "start_psnr_db": round(start_psnr(gaussians, given["image"], given["calibration"]), 2),
                "hole_fraction_after_step": {name: round(value, 6) for name, value in step_holes.items()},
                "seconds": round(wall, 2),
                "cpu_seconds": round(processor, 2),
            }
        )
        if arguments.pictures:
            write_pictures(arguments.pictures, photo.stem, gaussians, given["calibration"])
    # Of the whole process: the stages before lifting count too.
    peak = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9, 3)
    document = {
        "benchmark": "lifting",
        "environment": environment(),
        "seed": SEED,
        "panorama": f"{2 * arguments.size}x{arguments.size}",
        "budget": arguments.budget,
        "step_m": STEP,
        "runs": runs,
        "peak_memory_gb": peak,
    }
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
