"""What dAngular, CC and AUC say of a source that is heard in a wrong direction; prints one JSON document.

    python benchmarks/field_metrics.py

One plane wave of noise straight ahead is the reference; the estimate is the same wave from elsewhere, or the wave right
but under a diffuse field. Plain beams at order 1 and 3, and those of SonoScene360's evaluation. Last, 1000 pairs of
random directions: what knowing nothing scores.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import json
from typing import Any

import numpy as np
from environment import environment

from sonovista.ambisonics import encode
from sonovista.evaluate.field import Beams, FieldView, beams_of_map, measure, view_of_field
from sonovista.geometry import angles_from_direction

SEED = 0
SAMPLES = 48_000
OFFSETS_DEG = (0.0, 15.0, 30.0, 60.0, 90.0, 180.0)
DIFFUSE_DB = (-10.0, 0.0, 10.0)
VARIANTS: tuple[tuple[str, int, Beams], ...] = (
    ("plain, order 1", 1, "plain"),
    ("plain, order 3", 3, "plain"),
    ("published", 1, "published"),
)


def plane_wave(azimuth_deg: float, elevation_deg: float, order: int) -> np.ndarray:
    noise = np.random.default_rng(SEED).normal(size=SAMPLES)
    return encode(noise, np.radians(azimuth_deg), np.radians(elevation_deg), order)


def diffuse(order: int, level_db: float) -> np.ndarray:
    """512 independent waves from evenly spread directions, of the power of a plane wave of this level together."""
    generator = np.random.default_rng(SEED + 1)
    index = np.arange(512)
    elevation = np.arcsin(1.0 - 2.0 * (index + 0.5) / 512)
    azimuth = np.pi * (1.0 + np.sqrt(5.0)) * index
    field = np.zeros(((order + 1) ** 2, SAMPLES))
    for a, e in zip(azimuth, elevation, strict=True):
        field += encode(generator.normal(size=SAMPLES), a, e, order)
    return 10.0 ** (level_db / 20.0) / np.sqrt(512) * field


def scores(estimate: FieldView, reference: FieldView) -> dict[str, float]:
    found = measure(estimate, reference)
    return {
        "angular_error_rad": round(found.angular_error, 4),
        "correlation": round(found.correlation, 4),
        "auc": round(found.auc, 4),
    }


def chance(order: int, beams: Beams) -> dict[str, float]:
    generator = np.random.default_rng(SEED)
    directions = generator.normal(size=(1000, 2, 3))
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    weights = beams_of_map(order, beams)
    rows = []
    for pair in directions:
        angles = [angles_from_direction(d) for d in pair]
        views = [view_of_field(encode(np.ones(1), *angle, order), weights) for angle in angles]
        found = measure(views[0], views[1])
        rows.append((found.angular_error, found.correlation, found.auc))
    names = ("angular_error_rad", "correlation", "auc")
    return dict(zip(names, np.round(np.mean(rows, axis=0), 3).tolist(), strict=True))


def main() -> None:
    results: dict[str, Any] = {}
    for name, order, beams in VARIANTS:
        weights = beams_of_map(order, beams)
        reference = view_of_field(plane_wave(0.0, 0.0, order), weights)
        sideways = {f"{d:g}": view_of_field(plane_wave(d, 0.0, order), weights) for d in OFFSETS_DEG}
        upwards = view_of_field(plane_wave(0.0, 30.0, order), weights)
        wave, hum = plane_wave(0.0, 0.0, order), diffuse(order, 0.0)
        results[name] = {
            "off_to_the_left_deg": {offset: scores(view, reference) for offset, view in sideways.items()},
            "off_upwards_30_deg": scores(upwards, reference),
            "diffuse_field_over_the_wave_db": {
                f"{level:g}": scores(view_of_field(wave + 10.0 ** (level / 20.0) * hum, weights), reference)
                for level in DIFFUSE_DB
            },
            "random_directions": chance(order, beams),
        }
    document = {"benchmark": "field_metrics", "results": results, "seed": SEED, "environment": environment()}
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
