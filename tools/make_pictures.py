"""Makes the pictures of the README: a scene of every example photo, as Chromium shows it.

python tools/make_pictures.py [NAME ...] [--scenes out/pictures]

Scenes that are there already are used as they are. Where there is no graphics card a picture takes minutes.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from screenshot import take

from sonovista.generate.pipeline import create
from sonovista.scene import Scene

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "docs" / "pictures"
WIDTH, HEIGHT = 800, 500
QUALITY = 84


def panorama_and_depth(scene: Scene, width: int = 1000) -> Image.Image:
    """The completed panorama above its depth, near in yellow and far in blue."""
    assert scene.panorama is not None
    assert scene.depth is not None
    near = np.log(scene.depth)
    near = (near.max() - near) / max(float(np.ptp(near)), 1e-6)
    coloured = cv2.applyColorMap((255 * near).astype(np.uint8), cv2.COLORMAP_VIRIDIS)[..., ::-1]
    both = np.concatenate([scene.panorama, coloured])
    return Image.fromarray(both).resize((width, width), Image.Resampling.LANCZOS)


def main() -> None:
    """Make the scenes that are missing, then the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    photos = {path.stem: path for path in sorted((ROOT / "examples").glob("*.jpg"))}
    parser.add_argument("names", nargs="*", default=list(photos))
    parser.add_argument("--scenes", type=Path, default=ROOT / "out" / "pictures")
    arguments = parser.parse_args()
    arguments.scenes.mkdir(parents=True, exist_ok=True)
    TARGET.mkdir(parents=True, exist_ok=True)
    for name in arguments.names:
        folder = arguments.scenes / name
        if not folder.is_dir():
            create(photos[name], folder)
        picture = panorama_and_depth(Scene.load(folder, parts=("panorama", "depth")))
        picture.save(TARGET / f"{name}-panorama.jpg", quality=QUALITY)
        take(folder, WIDTH, HEIGHT, {}, ui=True, timeout_seconds=1500.0).save(TARGET / f"{name}.jpg", quality=QUALITY)
        print(f"wrote {name}.jpg and {name}-panorama.jpg", flush=True)


if __name__ == "__main__":
    main()
