"""Whether the depth of a scene goes on over the border of its photo; prints one JSON document.

python benchmarks/photo_border.py SCENE ...

For every side of the photo: the median step of log distance from `AWAY` pixels of the panorama inside the border to as
many outside, and beside it the step over the same length further inside, where nothing was joined. Where either end is
sky nothing is counted.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from environment import environment
from numpy.typing import NDArray

from sonovista.generate.depth.protocol import SKY_DISTANCE
from sonovista.geometry.equirectangular import pixel_directions
from sonovista.scene import Scene

AWAY = 4
SIDES = {"left": (1, 1), "right": (1, -1), "top": (0, 1), "bottom": (0, -1)}
"""Axis across the side, and the direction along it that leads inwards."""


def steps(metres: NDArray[np.floating], inside: NDArray[np.bool_]) -> dict[str, dict[str, float]]:
    """Of every side: median steps across the border and further inside, and how many were counted."""
    log = np.where(metres < 0.99 * SKY_DISTANCE, np.log(np.maximum(metres, 1e-3)), np.nan)
    out = {}
    for side, (axis, inwards) in SIDES.items():
        edge = inside & ~np.roll(inside, inwards, axis)
        at = {k: np.roll(log, -inwards * k, axis)[edge] for k in (-AWAY, AWAY, 3 * AWAY)}
        across, further = np.abs(at[AWAY] - at[-AWAY]), np.abs(at[3 * AWAY] - at[AWAY])
        both = np.isfinite(across) & np.isfinite(further)
        if both.sum() >= 20:
            out[side] = {
                "across": round(float(np.median(across[both])), 3),
                "inside": round(float(np.median(further[both])), 3),
                "pixels": int(both.sum()),
            }
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenes", nargs="+", type=Path)
    scenes = {}
    for folder in parser.parse_args().scenes:
        scene = Scene.load(folder, parts=("depth",))
        camera = scene.document.photo
        if scene.depth is None or camera is None:
            parser.error(f"{folder}: expected a scene of a photo with its depth")
        inside = camera.camera().nearest_pixels(pixel_directions(len(scene.depth)))[0]
        scenes[folder.name] = steps(np.asarray(scene.depth, float), inside)
    print(json.dumps({"benchmark": "photo_border", "environment": environment(), "scenes": scenes}, indent=2))


if __name__ == "__main__":
    main()
