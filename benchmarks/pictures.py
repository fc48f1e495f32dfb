"""Whether the photo, the rasteriser's picture and Chromium's agree, from the start pose at the photo's field of view.

python benchmarks/pictures.py [SCENE PHOTO ...] [--no-browser]

Chromium draws on the processor here, which takes minutes for a million Gaussians; its page cannot roll the camera, so
it is compared with the rasteriser at no roll.
"""

import argparse
import io
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import cv2
import numpy as np
from environment import environment
from numpy.typing import NDArray
from PIL import Image

from sonovista.generate.pipeline import create
from sonovista.geometry.image_files import read_photo
from sonovista.render.splats import render_view
from sonovista.scene import Scene
from sonovista.viewer.chromium import capture, chromium, wait_until_ready
from sonovista.viewer.server import serving

EXAMPLES = Path(__file__).parent.parent / "examples"
WIDTH = 1024
TIMEOUT_SECONDS = 1500.0


def psnr(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Peak signal-to-noise ratio in decibels."""
    error = np.mean((one.astype(float) - other.astype(float)) ** 2)
    return round(float(10.0 * np.log10(255.0**2 / max(error, 1e-9))), 2)


def chromium_picture(folder: Path, width: int, height: int, pitch_deg: float, fov_deg: float) -> NDArray[np.uint8]:
    """The canvas alone."""
    with serving(folder) as url, chromium() as browser:
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(1000 * TIMEOUT_SECONDS)
        page.goto(url + "?" + urlencode({"pitch": pitch_deg, "fov": fov_deg, "yaw": 0, "ui": 0}))
        wait_until_ready(page, TIMEOUT_SECONDS)
        return np.asarray(Image.open(io.BytesIO(capture(page))).convert("RGB"))


def measure(folder: Path, photo: Path, browser: bool) -> dict[str, Any]:
    """All pairs of pictures of one scene."""
    scene = Scene.load(folder, parts=("gaussians",))
    assert scene.gaussians is not None
    camera = scene.document.photo
    assert camera is not None
    height = round(WIDTH * camera.height / camera.width)
    image = read_photo(photo).pixels
    interpolation = cv2.INTER_AREA if image.shape[1] > WIDTH else cv2.INTER_CUBIC
    resized = np.asarray(cv2.resize(image, (WIDTH, height), interpolation=interpolation), np.uint8)
    view = render_view(scene.gaussians, camera.camera(WIDTH))
    result: dict[str, Any] = {
        "scene": folder.name,
        "gaussians": len(scene.gaussians),
        "picture": f"{WIDTH}x{height}",
        "rasteriser_and_photo_psnr_db": psnr(view, resized),
    }
    if browser:
        level = render_view(scene.gaussians, replace(camera.camera(WIDTH), roll=0.0))
        shown = chromium_picture(folder, WIDTH, height, camera.pitch_deg, camera.horizontal_fov_deg)
        result["chromium_and_rasteriser_psnr_db"] = psnr(shown, level)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", nargs="*", type=Path, help="folders of scenes, each followed by its photo [made]")
    parser.add_argument("--no-browser", action="store_true")
    arguments = parser.parse_args()
    if len(arguments.pairs) % 2:
        parser.error("give each scene's folder and its photo")
    pairs = list(zip(arguments.pairs[::2], arguments.pairs[1::2], strict=True))
    with tempfile.TemporaryDirectory() as folder:
        for photo in [] if pairs else sorted(EXAMPLES.glob("*.jpg")):
            create(photo, Path(folder) / photo.stem)
            pairs.append((Path(folder) / photo.stem, photo))
        runs = [measure(scene, photo, not arguments.no_browser) for scene, photo in pairs]
    print(json.dumps({"benchmark": "pictures", "environment": environment(), "runs": runs}, indent=2))


if __name__ == "__main__":
    main()
