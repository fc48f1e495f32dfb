"""Takes a picture of a scene as Chromium shows it: `python tools/screenshot.py SCENE OUT.jpg --yaw 20 --ui`."""

import argparse
import io
from pathlib import Path
from urllib.parse import urlencode

from PIL import Image

from sonovista.viewer.chromium import capture, chromium, wait_until_ready
from sonovista.viewer.server import serving

JPEG_QUALITY = 88


def take(
    scene: Path,
    width: int,
    height: int,
    pose: dict[str, float],
    ui: bool = False,
    overlay: bool = False,
    timeout_seconds: float = 900.0,
) -> Image.Image:
    """The page, or the canvas alone.

    Args:
        scene: folder of a scene.
        width: pixels.
        height: pixels.
        pose: any of x, y, z in metres, yaw, pitch and fov (horizontal) in degrees; the rest is the scene's start.
        ui: with labels, compass and panel; slower where there is no graphics card.
        overlay: with the start screen over it.
        timeout_seconds: drawing a million Gaussians on a processor can take minutes.
    """
    with serving(scene) as url, chromium() as browser:
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(1000 * timeout_seconds)
        page.goto(url + "?" + urlencode({**pose, "ui": int(ui or overlay)}))
        wait_until_ready(page, timeout_seconds)
        if not (ui or overlay):
            return Image.open(io.BytesIO(capture(page))).convert("RGB")
        if not overlay:
            page.evaluate("() => document.getElementById('start').click()")
            page.locator("#overlay").wait_for(state="hidden")
        page.evaluate("() => window.sonovista.capture()")
        return Image.open(io.BytesIO(page.screenshot(timeout=1000 * timeout_seconds))).convert("RGB")


def main() -> None:
    """Read the command line and write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scene", type=Path)
    parser.add_argument("output", type=Path, help="a .jpg or .png file")
    parser.add_argument("--width", type=int, default=960)
    parser.add_argument("--height", type=int, default=600)
    for name, unit in (("x", "m"), ("y", "m"), ("z", "m"), ("yaw", "degrees"), ("pitch", "degrees")):
        parser.add_argument(f"--{name}", type=float, help=f"{unit}, world frame")
    parser.add_argument("--fov", type=float, help="horizontal field of view, degrees")
    parser.add_argument("--ui", action="store_true", help="with labels and controls")
    parser.add_argument("--overlay", action="store_true", help="with the start screen")
    parser.add_argument("--timeout", type=float, default=900.0, help="seconds")
    options = parser.parse_args()
    given = {name: getattr(options, name) for name in ("x", "y", "z", "yaw", "pitch", "fov")}
    pose = {name: value for name, value in given.items() if value is not None}
    picture = take(options.scene, options.width, options.height, pose, options.ui, options.overlay, options.timeout)
    picture.save(options.output, quality=JPEG_QUALITY)
    print(f"wrote {options.output} ({picture.width} x {picture.height})")


if __name__ == "__main__":
    main()
