"""How good the completed panoramas of the example photos are; prints one JSON document.

Regions are those of the default profile (`--regions learned`) or the classical ones (`--regions appearance`).

Definitions, all on luminance (Rec. 709) in [0, 255] unless stated, at panorama height 1024:

- `projection_mae`: the panorama's pixels sampled (bicubic) at the photo's rays, against the photo low-passed by a
  Gaussian of one panorama pixel (`f * pi / H` photo pixels), mean absolute error over RGB, in units of 1/255, three
  panorama pixels away from the photo's border.
- `back_seam`: mean absolute horizontal difference between the last and the first column, over the mean of the
  differences between neighbouring columns within 12 columns of the seam.
- `photo_border`: mean gradient magnitude of pixels within 1 pixel of the photo's border, over that of the pixels 4 to
  12 pixels away from it on both sides.
- `mid_frequency_db`: power of a band-pass (difference of Gaussians of 1.5 and 6 pixels) of the completed part, in dB
  relative to the photo's part; means over solid angle. Given for the whole, and for the band of elevations that the
  photo covers and the rest, both without sky (the photo's sky class; outdoors only).
- `peak_memory_mb_so_far`: of the process after completing the photo, before its measures; the first photo's is clean.
- `repeats`: share of the completed part, by solid angle, covered by 32 x 32 patches (stride 16) that repeat, at a
  normalised cross-correlation above 0.95, a patch of the photo's part at any offset of two pixels, flipped or not, or
  a completed patch elsewhere at the same elevation. Patches lose their mean and their best-fitting plane first, since
  any two gradients correlate; patches whose remaining standard deviation is below 3 hold no pattern and cannot repeat.
"""

import argparse
import json
import math
import resource
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from environment import environment
from numpy.typing import NDArray
from scene_stages import run_until

from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.options import CreateOptions
from sonovista.generate.outpainting.protocol import Panorama
from sonovista.geometry import elevation_of
from sonovista.geometry.equirectangular import pixel_angles, pixel_solid_angles, sample

PATCH, STRIDE = 32, 16
EXAMPLES = Path(__file__).parents[1] / "examples"


def luminance(rgb: NDArray[np.generic]) -> NDArray[np.float32]:
    return (rgb.astype(np.float32) @ np.array([0.2126, 0.7152, 0.0722], np.float32)).astype(np.float32)


def projection_mae(image: NDArray[np.uint8], calibration: Calibration, panorama: Panorama) -> float:
    height, width = image.shape[:2]
    camera = calibration.camera(width, height)
    sigma = camera.focal_length * np.pi / panorama.pixels.shape[0]
    reference = cv2.GaussianBlur(image.astype(np.float32), (0, 0), sigma) if sigma > 0.3 else image.astype(np.float32)
    seen = sample(panorama.pixels.astype(np.float32), camera.ray_directions(), cv2.INTER_CUBIC)
    border = int(np.ceil(3 * sigma))
    inner = (slice(border, -border), slice(border, -border))
    return float(np.abs(np.clip(seen, 0, 255) - reference)[inner].mean())


def back_seam(grey: NDArray[np.float32]) -> float:
    across = np.abs(grey[:, 0] - grey[:, -1]).mean()
    left, right = np.abs(np.diff(grey[:, :13], axis=1)), np.abs(np.diff(grey[:, -13:], axis=1))
    return float(across / np.concatenate([left, right], axis=1).mean())


def photo_border(grey: NDArray[np.float32], observed: NDArray[np.bool_]) -> float:
    wide = np.concatenate([grey[:, -1:], grey, grey[:, :1]], axis=1)
    gradient = np.hypot(cv2.Sobel(wide, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(wide, cv2.CV_32F, 0, 1, scale=0.125))
    gradient = gradient[:, 1:-1]
    inside = cv2.distanceTransform(observed.astype(np.uint8), cv2.DIST_L2, 5)
    outside = cv2.distanceTransform((~observed).astype(np.uint8), cv2.DIST_L2, 5)
    distance = np.maximum(inside, outside)
    return float(gradient[distance <= 1.0].mean() / gradient[(distance >= 4) & (distance <= 12)].mean())


def mid_frequency(
    grey: NDArray[np.float32], observed: NDArray[np.bool_], sky: NDArray[np.bool_]
) -> dict[str, float | None]:
    height = grey.shape[0]
    wide = np.concatenate([grey[:, -32:], grey, grey[:, :32]], axis=1)
    band = (cv2.GaussianBlur(wide, (0, 0), 1.5) - cv2.GaussianBlur(wide, (0, 0), 6.0))[:, 32:-32] ** 2
    weight = np.repeat(pixel_solid_angles(height)[:, None], 2 * height, axis=1)
    power = np.asarray(band * weight)
    away = cv2.erode(observed.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    photo, rest = away, cv2.dilate(observed.astype(np.uint8), np.ones((9, 9), np.uint8)) == 0
    rows = np.repeat(np.asarray(observed.any(axis=1))[:, None], 2 * height, axis=1)

    def level(mask: NDArray[np.bool_]) -> float:
        return float(power[mask].sum() / max(weight[mask].sum(), 1e-12))

    def ratio(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float | None:
        if not (a.any() and b.any()):
            return None
        return round(10.0 * math.log10(max(level(a), 1e-6) / max(level(b), 1e-6)), 2)

    return {
        "whole": ratio(rest, photo),
        "photo_elevations_without_sky": ratio(rest & rows & ~sky, photo & ~sky),
        "other_elevations_without_sky": ratio(rest & ~rows & ~sky, photo & ~sky),
    }


def patches(
    grey: NDArray[np.float32], rows: NDArray[np.integer], columns: NDArray[np.integer]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Patches from these places without their mean and plane, of length 1, and how lively each is."""
    index = np.stack([grey[r : r + PATCH, c : c + PATCH] for r, c in zip(rows, columns, strict=True)])
    flat = index.reshape(len(index), -1).astype(np.float32)
    axis = np.linspace(-1, 1, PATCH, dtype=np.float32)
    plane = np.stack([np.ones((PATCH, PATCH)), np.tile(axis, (PATCH, 1)), np.tile(axis[:, None], (1, PATCH))])
    basis, _ = np.linalg.qr(plane.reshape(3, -1).T.astype(np.float32))
    flat -= (flat @ basis) @ basis.T
    spread = flat.std(axis=1)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6), spread


def repeats(grey: NDArray[np.float32], observed: NDArray[np.bool_]) -> dict[str, float]:
    height = grey.shape[0]
    positions = [(r, c) for r in range(0, height - PATCH, STRIDE) for c in range(0, 2 * height - PATCH, STRIDE)]
    whole = cv2.boxFilter(
        observed.astype(np.float32), -1, (PATCH, PATCH), anchor=(0, 0), borderType=cv2.BORDER_CONSTANT
    )
    completed = [(r, c) for r, c in positions if whole[r, c] < 0.01]
    rows, columns = np.array(completed).T
    target, spread = patches(grey, rows, columns)
    weight = pixel_solid_angles(height)[rows + PATCH // 2]
    lively = np.flatnonzero(spread > 3.0)
    sources = np.argwhere(whole[: height - PATCH, : 2 * height - PATCH] > 0.99)
    sources = sources[(sources % 2 == 0).all(axis=1)]
    best = np.zeros(len(target), np.float32)
    # A patch is compared on 64 fixed random projections of its pixels' low-passed half first; only near ones in full.
    rng = np.random.default_rng(0)
    sketch = rng.normal(size=(PATCH * PATCH, 96)).astype(np.float32) / np.sqrt(96)
    small = target[lively] @ sketch
    for chunk in np.array_split(sources, max(len(sources) // 2000, 1)):
        source, _ = patches(grey, chunk[:, 0], chunk[:, 1])
        for flip in (False, True):
            if flip:
                source = source.reshape(-1, PATCH, PATCH)[:, :, ::-1].reshape(len(source), -1)
            likely = small @ (source @ sketch).T
            pair = np.argwhere(likely > 0.6)
            if len(pair):
                exact = np.einsum("ij,ij->i", target[lively[pair[:, 0]]], source[pair[:, 1]])
                np.maximum.at(best, lively[pair[:, 0]], exact)
    from_photo = float(weight[best > 0.95].sum() / weight.sum())
    # Among themselves: the same elevation (to two pixels), any azimuth more than a patch away, on a grid of two pixels.
    twice = best > 0.95
    for row in np.unique(rows):
        here = lively[rows[lively] == row]
        if here.size == 0:
            continue
        strip = np.concatenate([grey[row : row + PATCH], grey[row : row + PATCH, :PATCH]], axis=1)
        starts = np.arange(0, 2 * height, 2)
        source, _ = patches(strip, np.zeros(starts.size, int), starts)
        for mirrored in (source, source.reshape(-1, PATCH, PATCH)[:, :, ::-1].reshape(len(source), -1)):
            correlation = target[here] @ mirrored.T
            apart = np.abs((starts[None, :] - columns[here][:, None] + height) % (2 * height) - height) > PATCH
            twice[here] |= (correlation * apart).max(axis=1) > 0.95
    return {"photo": round(from_photo, 4), "photo_or_itself": round(float(weight[twice].sum() / weight.sum()), 4)}


def measure(photo: str, regions_by: str, height: int, seed: int) -> dict[str, Any]:
    path = Path(photo) if Path(photo).suffix else EXAMPLES / f"{photo}.jpg"
    run = run_until("horizon", path, CreateOptions(backends={"regions": regions_by}))
    image, regions, calibration = run.image, run["regions"], run["horizon"]
    outpaint = run.backend("outpainting")
    began, cpu = time.perf_counter(), time.process_time()
    panorama = outpaint(image, calibration, regions, height, seed)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    elevation = np.repeat(pixel_angles(height)[1][:, None], 2 * height, axis=1)
    grey = luminance(panorama.pixels)
    has_sky = regions.indoor < 0.5 and bool(regions.mask("sky").mean() > 0.02)
    rays = calibration.camera(image.shape[1], image.shape[0]).ray_directions()
    top = float(np.percentile(elevation_of(rays)[~regions.mask("sky")], 98)) if has_sky else np.pi
    sky = elevation > top
    return {
        "calibration_deg": [
            round(float(np.degrees(v)), 2) for v in (calibration.pitch, calibration.roll, calibration.horizontal_fov)
        ],
        "indoor": round(regions.indoor, 3),
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "peak_memory_mb_so_far": round(memory),
        "projection_mae": round(projection_mae(image, calibration, panorama), 3),
        "back_seam": round(back_seam(grey), 3),
        "photo_border": round(photo_border(grey, panorama.observed), 3),
        "mid_frequency_db": mid_frequency(grey, panorama.observed, sky),
        "repeats": repeats(grey, panorama.observed),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "photos",
        nargs="*",
        default=["stream", "mountain", "meadow", "pagoda", "interior"],
        help="names of example photos, or paths of others",
    )
    parser.add_argument("--regions", choices=("learned", "appearance"), default="learned")
    parser.add_argument("--height", type=int, default=1024)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    results = {}
    for name in arguments.photos:
        print(f"{name} ...", file=sys.stderr)
        results[name] = measure(name, arguments.regions, arguments.height, arguments.seed)
    document = {
        "benchmark": "outpainting",
        "environment": environment(),
        "seed": arguments.seed,
        "height": arguments.height,
        "regions": arguments.regions,
        "limits": {
            "projection_mae": 1.0,
            "back_seam": 1.5,
            "photo_border": 1.5,
            "mid_frequency_db": 6.0,
            "repeats": 0.05,
        },
        "photos": results,
    }
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
