"""Order of depth on photos by the learned head, with classical depth, a guess by the row and by class; prints JSON.

Run: python benchmarks/depth_learned.py [--motorcycle FOLDER] [--rows] [--examples] [--renders 30] [--photos FOLDER]

`--motorcycle` takes scikit-image's stereo pair (motorcycle_left.png, motorcycle_disp.npz). `--renders` renders so many
scenes that nothing was trained on, as large as photos are looked at, and asks the network as a scene does.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
from environment import environment
from numpy.typing import NDArray
from PIL import Image
from platformdirs import user_cache_path
from scene_stages import run_until
from scipy.stats import rankdata

from sonovista.generate.depth.relative import relative_depth
from sonovista.generate.options import CreateOptions
from sonovista.generate.regions.protocol import RegionMap
from sonovista.heads.renders import outdoor_views, read_material, room_views

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from fetch_photos import load_photo  # noqa: E402  # pyright: ignore[reportMissingImports]

ROWS = 256
FIRST_SCENE = 100_000
"""Seed of the first rendered scene: none that the head was trained, chosen or tested on."""
RENDERED = (400, 532)
"""Height and width of their views: 38 patches across, as photos are looked at."""
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
    photo, classical = scene_depth(image, "offline")[0], scene_depth(image, "classical")[0]
    rows = np.broadcast_to(np.arange(len(image))[:, None], known.shape).astype(float)
    answer = {}
    u, v = (np.arange(n) + 0.5 - 0.5 * n for n in image.shape[1::-1])
    slant = np.sqrt(1.0 + (u[None, :] ** 2 + v[:, None] ** 2) / MOTORCYCLE_FOCAL**2)
    guesses = {
        "head": learned,
        "learned": -photo,
        "learned, along the axis": -photo / slant,
        "classical": -classical,
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


def scene_depth(image: NDArray[np.uint8], profile: str) -> tuple[NDArray[np.float32], RegionMap]:
    """Depth of a photo as a scene of a profile has it, panorama of 256 rows, and the photo's regions."""
    began = time.process_time()
    run = run_until("depth", image, CreateOptions(profile=profile, panorama_height=ROWS))
    print(f"{profile}: {time.process_time() - began:.1f} processor seconds", file=sys.stderr)
    return run["depth"].photo, run["regions"]


def head_guess(image: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.float32]:
    """What the network alone says, the sky behind everything, resized to a height and width."""
    found = relative_depth(image, 38, flip=True)
    order = np.where(found.sky > 0.5, np.float32(50.0), np.float32(0.0)) + found.log_distance
    resized = Image.fromarray(order.astype(np.float32)).resize((shape[1], shape[0]), Image.Resampling.BILINEAR)
    return np.asarray(resized)


def pair_guesses(image: NDArray[np.uint8]) -> dict[str, NDArray]:
    learned, _ = scene_depth(image, "offline")
    classical, regions = scene_depth(image, "classical")
    step = np.array([CLASS_DISTANCE[name] for name in classes()])[regions.labels()]
    return {
        "learned": learned,
        "head": head_guess(image, (image.shape[0], image.shape[1])),
        "classical": classical,
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


def fresh_renders(scenes: int, photos: Path) -> dict:
    """Spearman correlation of distance over views of new scenes (sky is farthest), two in five of them rooms."""
    material = read_material(photos, ROOT / "tools" / "photo_split.json", None)
    found: dict[str, list[tuple[float, float]]] = {"outdoor": [], "room": []}
    for seed in range(FIRST_SCENE, FIRST_SCENE + scenes):
        kind = "room" if seed % 5 < 2 else "outdoor"
        views = (room_views if kind == "room" else outdoor_views)(seed, material, RENDERED)
        for picture, distance in views:
            sky = np.isinf(distance)
            if sky.mean() > 0.97:
                continue
            guess = head_guess(picture, (distance.shape[0], distance.shape[1]))
            far = np.where(sky, 1e4, distance)
            rows = np.broadcast_to(-np.arange(len(far))[:, None], far.shape)
            by_head, by_row = (correlation(one[::2, ::2], far[::2, ::2]) for one in (guess, rows))
            found[kind].append((by_head, by_row))
        print(seed, kind, np.round(np.mean(found[kind], axis=0), 3), file=sys.stderr, flush=True)
    every = [*found["outdoor"], *found["room"]]
    return {
        name: {
            "views": len(rows),
            **dict(zip(("head", "row"), np.round(np.mean(rows, axis=0), 3).tolist(), strict=True)),
        }
        for name, rows in {**found, "all": every}.items()
    }


def load(photos: Path, name: str) -> NDArray[np.uint8]:
    if name.startswith("samples/"):
        return load_photo(name)
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
    parser.add_argument("--renders", type=int, default=0, help="scenes to render anew")
    parser.add_argument("--photos", type=Path, default=user_cache_path("sonovista") / "photos")
    arguments = parser.parse_args()
    report: dict[str, object] = {
        "environment": environment(),
    }
    if arguments.motorcycle:
        report["motorcycle"] = motorcycle(arguments.motorcycle)
    if arguments.examples:
        report["example_pairs"] = example_pairs()
    if arguments.rows:
        report["row_pairs"] = row_pairs(arguments.photos)
    if arguments.renders:
        report["renders"] = fresh_renders(arguments.renders, arguments.photos)
    json.dump(report, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
