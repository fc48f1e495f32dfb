"""Steps aside of ten held-out photos: do holes open, and how it looks, learned stages beside classical ones.

Each photo goes through the stages of both profiles up to depth, and is lifted. From 0.5 m to the left and to the right
of the start pose, looking as the photo's camera does, pixels with opacity below 0.5 count as holes. A sheet shows what
cannot be counted: start, left and right of every scene, learned on the left, classical on the right. Prints one JSON
document.

python benchmarks/views_aside.py [--sheet FILE.jpg] [--size 1024] [--budget 1300000] [--work FOLDER] [PHOTO ...]

The photos are those whose pairs of points are marked in `depth_row_pairs.json`; they are fetched on the first run.
`examples/stream` and the like are the repository's own.
Stages that are finished in FOLDER already are not run again. The sheet's rows carry the document's numbers.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from environment import environment
from numpy.typing import NDArray
from PIL import Image
from scene_stages import run_until

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from fetch_photos import fetch_all, photo_file  # noqa: E402  # pyright: ignore[reportMissingImports]

from sonovista.generate.options import CreateOptions  # noqa: E402
from sonovista.geometry import PerspectiveCamera  # noqa: E402
from sonovista.render.splats import render_view_float  # noqa: E402
from sonovista.scene.gaussians import Gaussians  # noqa: E402

PROFILES = {"learned": "offline", "classical": "classical"}
STEP = 0.5
STEPS = {"start": 0.0, "left": STEP, "right": -STEP}
WIDTH = 960
OPAQUE = 0.5
GOAL = 0.001
SEED = 0
LARGEST_SHEET = 250_000
"""Bytes."""


def photos_of_pairs() -> list[str]:
    """Names of the held-out photos in which pairs of points are marked."""
    pairs = json.loads((ROOT / "benchmarks" / "depth_row_pairs.json").read_text(encoding="utf-8"))["pairs"]
    return sorted({pair["photo"] for pair in pairs})


def lifted(name: str, profile: str, work: Path, size: int, budget: int) -> tuple[Gaussians, PerspectiveCamera]:
    """The photo's Gaussians by a profile, and its camera; stages that are finished in the folder are not run again."""
    folder = work / PROFILES[profile] / name.replace("/", "-")
    folder.mkdir(parents=True, exist_ok=True)
    options = CreateOptions(profile=PROFILES[profile], panorama_height=size, seed=SEED)
    run = run_until("depth", photo_file(name), options, folder)
    calibration = run["horizon"]
    gaussians = run.backend("lifting")(run["outpainting"], run["depth"], run.image, calibration, budget, SEED)
    return gaussians, calibration.camera(WIDTH, round(WIDTH * run.image.shape[0] / run.image.shape[1]))


def views(gaussians: Gaussians, start: PerspectiveCamera) -> dict[str, tuple[NDArray[np.uint8], float]]:
    """Pictures from the start and from both sides, `(h, w, 3)`, and the share of their pixels that are holes."""
    out = {}
    for name, left in STEPS.items():
        camera = replace(start, position=(0.0, left, 0.0))
        colours, opacity = render_view_float(gaussians, camera)[:2]
        out[name] = np.round(np.clip(colours, 0.0, 1.0) * 255.0).astype(np.uint8), float(np.mean(opacity < OPAQUE))
    return out


def labelled(picture: NDArray[np.uint8], text: str, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture of the sheet: smaller, in the middle of its place, with a word in its corner."""
    scale = min(size[0] / picture.shape[1], size[1] / picture.shape[0])
    width, height = (max(1, round(scale * side)) for side in picture.shape[1::-1])
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    small = np.zeros((size[1], size[0], 3), np.uint8)
    fitted = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    small[top : top + height, left : left + width] = fitted
    for colour, thickness in ((0, 3), (255, 1)):
        cv2.putText(small, text, (4, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (colour,) * 3, thickness, cv2.LINE_AA)
    return small


def write_sheet(path: Path, rows: list[list[tuple[str, NDArray[np.uint8]]]]) -> None:
    """All rows as one JPEG, of as good a quality as keeps it small."""
    size = (212, 142) if len(rows) > 5 else (300, 200)
    picture = np.concatenate([np.concatenate([labelled(p, t, size) for t, p in row], axis=1) for row in rows])
    for quality in range(85, 20, -5):
        Image.fromarray(picture).save(path, quality=quality, optimize=True)
        if path.stat().st_size <= LARGEST_SHEET:
            break


def main() -> None:
    """Make the scenes, step aside, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="*", default=photos_of_pairs())
    parser.add_argument("--size", type=int, default=1024, help="Height of the panoramas.")
    parser.add_argument("--budget", type=int, default=1_300_000, help="Gaussians of each at most.")
    parser.add_argument("--work", type=Path, help="Where finished stages are kept and looked for [nowhere].")
    parser.add_argument("--sheet", type=Path, help="JPEG to write.")
    arguments = parser.parse_args()
    fetch_all()
    runs: list[dict[str, Any]] = []
    sheet = []
    numbers = {name: number for number, name in enumerate(photos_of_pairs(), 1)}
    with tempfile.TemporaryDirectory() as fresh:
        work = arguments.work or Path(fresh)
        for name in arguments.photos:
            number = numbers.setdefault(name, len(numbers) + 1)
            row, run = [], {"row": number, "photo": name}
            for profile in PROFILES:
                print(f"{name} {profile} ...", file=sys.stderr, flush=True)
                world = lifted(name, profile, work, arguments.size, arguments.budget)
                seen = views(*world)
                run[profile] = {step: round(share, 6) for step, (_, share) in seen.items()}
                title = number if name in photos_of_pairs() else name.partition("/")[2]
                row += [(f"{title} {profile} {step}", picture) for step, (picture, _) in seen.items()]
            runs.append(run)
            sheet.append(row)
    if arguments.sheet:
        write_sheet(arguments.sheet, sheet)
    worst = {p: max(max(run[p]["left"], run[p]["right"]) for run in runs) for p in PROFILES}
    document = {
        "benchmark": "views_aside",
        "environment": environment(),
        "seed": SEED,
        "panorama": f"{2 * arguments.size}x{arguments.size}",
        "budget": arguments.budget,
        "step_m": STEP,
        "goal": GOAL,
        "hole_fraction": runs,
        "worst": worst,
        "photos_within_goal": {p: sum(max(run[p]["left"], run[p]["right"]) <= GOAL for run in runs) for p in PROFILES},
    }
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
