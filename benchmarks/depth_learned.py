"""Order of depth on photos by the learned head, with classical depth, a guess by the row and by class; prints JSON.

Run: python benchmarks/depth_learned.py [--motorcycle FOLDER] [--rows] [--examples] [--photos FOLDER] > depth.json

`--motorcycle` takes scikit-image's stereo pair (motorcycle_left.png, motorcycle_disp.npz).
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
from platformdirs import user_cache_path
from scipy.stats import rankdata

from sonovista.generate.calibration.vanishing_points import VanishingPointCalibrator
from sonovista.generate.depth.ground_plane import GroundPlaneDepth
from sonovista.generate.depth.learned import LearnedDepth
from sonovista.generate.depth.relative import relative_depth
from sonovista.generate.outpainting.exemplar import ExemplarOutpainter
from sonovista.generate.outpainting.protocol import Panorama
from sonovista.generate.regions.appearance import AppearanceClassifier
from sonovista.generate.regions.protocol import RegionMap
from sonovista.geometry.equirectangular import pixel_angles

ROOT = Path(__file__).parent.parent
CLASS_DISTANCE = {
    "sky": 9.0, "rock": 6.0, "building": 5.0, "vegetation": 4.0, "snow": 4.0, "water": 3.0, "running_water": 3.0,
    "ceiling": 3.0, "wall": 3.0, "grass": 2.0, "ground": 2.0, "floor": 1.0, "object": 1.0,
}  # fmt: skip
"""A distance for each class, in steps: what a guess knows that looks at nothing but the class."""


MOTORCYCLE_FOCAL = 994.978
"""Pixels, as scikit-image tells of its stereo pair: disparity is told along the axis, depth here along the rays."""


def correlation(a: NDArray, b: NDArray) -> float:
    return float(np.corrcoef(rankdata(a), rankdata(b))[0, 1])


def motorcycle(folder: Path) -> dict:
    image = np.asarray(Image.open(folder / "motorcycle_left.png").convert("RGB"))
    with np.load(folder / "motorcycle_disp.npz") as file:
        disparity = np.asarray(next(iter(file.values())), float)
    known = np.isfinite(disparity) & (disparity > 0)
    nearness = np.where(known, disparity, np.nan)
    found = relative_depth(image, 38, flip=True)
    small = Image.fromarray(found.log_distance).resize(image.shape[1::-1], Image.Resampling.BILINEAR)
    learned = -np.asarray(small)
    photo, classical, _ = both_depths(image, learned_too=True)
    rows = np.broadcast_to(np.arange(len(image))[:, None], known.shape).astype(float)
    answer = {}
    u, v = (np.arange(n) + 0.5 - 0.5 * n for n in image.shape[1::-1])
    slant = np.sqrt(1.0 + (u[None, :] ** 2 + v[:, None] ** 2) / MOTORCYCLE_FOCAL**2)
    guesses = {
        "head": learned,
        "learned": -photo.photo,
        "learned, along the axis": -photo.photo / slant,
        "classical": -classical.photo,
        "row": rows,
    }
    for name, guess in guesses.items():
        within = []
        for row in range(0, len(image), 4):
            mask = known[row]
            if mask.sum() > 50 and np.ptp(guess[row][mask]) > 0 and np.ptp(nearness[row][mask]) > 0:
                within.append(correlation(guess[row][mask], nearness[row][mask]))
        mask = known[::2, ::2]
        answer[name] = {
            "rank_correlation": correlation(guess[::2, ::2][mask], nearness[::2, ::2][mask]),
            "within_rows": float(np.mean(within)) if within else 0.0,
        }
    return answer


def both_depths(image: NDArray[np.uint8], learned_too: bool):
    """Learned and classical depth with a plain panorama around the photo, and the photo's regions."""
    height, width = image.shape[:2]
    calibration = VanishingPointCalibrator()(image, None)
    elevation = np.arcsin(calibration.camera(width, height).ray_directions()[..., 2]).astype(np.float32)
    regions = AppearanceClassifier()(image, elevation, False)
    rows = 256
    panorama = ExemplarOutpainter()(image, calibration, regions, rows, 0)
    around = np.broadcast_to(pixel_angles(rows)[1][:, None], (rows, 2 * rows)).astype(np.float32)
    inputs: tuple[Panorama, RegionMap] = panorama, AppearanceClassifier()(panorama.pixels, around, True)
    classical = GroundPlaneDepth()(*inputs, image, regions, calibration)
    began = time.process_time()
    learned = LearnedDepth()(*inputs, image, regions, calibration) if learned_too else classical
    print(f"learned: {time.process_time() - began:.1f} s of one core", file=sys.stderr)
    return learned, classical, regions


def pair_guesses(image: NDArray[np.uint8]) -> dict[str, NDArray]:
    learned, classical, regions = both_depths(image, True)
    found = relative_depth(image, 38, flip=True)
    size = image.shape[1::-1]
    head = np.where(found.sky > 0.5, np.float32(50.0), np.float32(0.0)) + found.log_distance
    step = np.array([CLASS_DISTANCE[name] for name in classes()])[regions.labels()]
    return {
        "learned": learned.photo,
        "head": np.asarray(Image.fromarray(head.astype(np.float32)).resize(size, Image.Resampling.BILINEAR)),
        "classical": classical.photo,
        "class": step,
    }


def classes() -> tuple[str, ...]:
    from sonovista.generate.regions.protocol import REGION_CLASSES

    return REGION_CLASSES


def count(tally: dict[str, list[int]], guesses: dict[str, NDArray], near: list[float], far: list[float]) -> list[str]:
    """Count a pair of points (fractions of width and height); the guesses that ordered it wrongly."""
    wrong = []
    for name, guess in guesses.items():
        h, w = guess.shape
        a, b = (guess[min(int(v * h), h - 1), min(int(u * w), w - 1)] for u, v in (near, far))
        tally.setdefault(name, [0, 0])
        tally[name][0] += bool(a < b)
        tally[name][1] += 1
        if not a < b:
            wrong.append(name)
    return wrong


def row_pairs(photos: Path) -> dict:
    marked = json.loads((ROOT / "benchmarks" / "depth_row_pairs.json").read_text())["pairs"]
    tally: dict[str, list[int]] = {}
    solid: dict[str, list[int]] = {}
    by_photo: dict[str, dict] = {}
    for photo in sorted({pair["photo"] for pair in marked}):
        image = load(photos, photo)
        guesses = pair_guesses(image)
        mine: dict[str, list[int]] = {}
        for pair in (p for p in marked if p["photo"] == photo):
            ends = [pair["near"], pair["row"]], [pair["far"], pair["row"]]
            for counts in (tally, mine, *(() if pair["sky"] else (solid,))):
                count(counts, guesses, *ends)
        by_photo[photo] = {name: f"{right} of {total}" for name, (right, total) in mine.items()}
        print(photo, by_photo[photo], file=sys.stderr, flush=True)
    shares = {name: right / total for name, (right, total) in tally.items()}
    without = {name: right / total for name, (right, total) in solid.items()}
    return {"right": tally, "share": shares, "share_without_sky": without, "row_guess": 0.0, "photos": by_photo}


def load(photos: Path, name: str) -> NDArray[np.uint8]:
    if name.startswith("samples/"):
        from skimage import data
        from sklearn.datasets import load_sample_image

        stem = name.split("/")[1]
        return np.asarray(load_sample_image(f"{stem}.jpg") if stem in ("china", "flower") else getattr(data, stem)())
    return np.asarray(Image.open(photos / f"{name}.png").convert("RGB"))


def example_pairs() -> dict:
    marked = json.loads((ROOT / "benchmarks" / "depth_pairs.json").read_text())["photos"]
    tally: dict[str, list[int]] = {}
    wrong: dict[str, list[str]] = {}
    for name, pairs in marked.items():
        guesses = pair_guesses(np.asarray(Image.open(ROOT / "examples" / name).convert("RGB")))
        rows = np.arange(guesses["learned"].shape[0], dtype=float)[::-1, None]
        guesses["row"] = np.broadcast_to(rows, guesses["learned"].shape)
        for pair in pairs:
            for guess in count(tally, guesses, pair["near_uv"], pair["far_uv"]):
                wrong.setdefault(guess, []).append(f"{name}: {pair['near']} before {pair['far']}")
        print(name, tally, file=sys.stderr, flush=True)
    return {"right": tally, "wrong": wrong.get("learned", [])}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--motorcycle", type=Path)
    parser.add_argument("--rows", action="store_true", help="the pairs in rows of held-out photos")
    parser.add_argument("--examples", action="store_true", help="the pairs on the example photos")
    parser.add_argument("--photos", type=Path, default=user_cache_path("sonovista") / "photos")
    arguments = parser.parse_args()
    report: dict[str, object] = {
        "versions": {name: version(name) for name in ("sonovista", "numpy", "onnxruntime")},
        "machine": {"python": platform.python_version(), "system": platform.platform()},
    }
    if arguments.motorcycle:
        report["motorcycle"] = motorcycle(arguments.motorcycle)
    if arguments.examples:
        report["example_pairs"] = example_pairs()
    if arguments.rows:
        report["row_pairs"] = row_pairs(arguments.photos)
    json.dump(report, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
