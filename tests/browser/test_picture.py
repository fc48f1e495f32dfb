"""What the canvas shows."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page
from viewer_pages import VIEWPORT, Bare, Open

from sonovista.geometry import PerspectiveCamera
from sonovista.geometry.equirectangular import perspective_view
from sonovista.render.splats import render_view
from sonovista.scene import Scene
from sonovista.viewer.chromium import capture

pytestmark = pytest.mark.browser


def canvas_pixels(page: Page) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(capture(page))).convert("RGB"))


def camera(yaw_deg: float, pitch_deg: float, fov_deg: float = 75.0, **fields: object) -> PerspectiveCamera:
    width, height = VIEWPORT
    return PerspectiveCamera(
        width,
        height,
        np.radians(fov_deg),
        np.radians(yaw_deg),
        np.radians(pitch_deg),
        **fields,  # type: ignore[arg-type]
    )


def correlation(a: NDArray[np.generic], b: NDArray[np.generic]) -> float:
    return float(np.corrcoef(a.ravel().astype(float), b.ravel().astype(float))[0, 1])


def psnr(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    return float(10.0 * np.log10(255.0**2 / np.mean((a.astype(float) - b.astype(float)) ** 2)))


@pytest.mark.parametrize(("yaw", "pitch"), [(0.0, 0.0), (70.0, 0.0), (-140.0, 20.0), (10.0, -50.0)])
def test_canvas_shows_the_panorama_in_the_direction_of_the_view(
    bare_page: Bare, one_source_scene: Scene, yaw: float, pitch: float
):
    assert one_source_scene.panorama is not None
    page = bare_page("one")
    page.evaluate("pose => window.sonovista.setPose(pose)", {"yaw": np.radians(yaw), "pitch": np.radians(pitch)})
    shown = canvas_pixels(page)
    assert shown.shape == (VIEWPORT[1], VIEWPORT[0], 3)
    expected = perspective_view(one_source_scene.panorama, camera(yaw, pitch))
    mirrored = expected[:, ::-1]
    assert correlation(shown, expected) >= 0.95
    assert correlation(shown, mirrored) < 0.8


def test_canvas_agrees_with_the_rasteriser_away_from_the_start(open_page: Open, mixed_scene: Scene):
    assert mixed_scene.gaussians is not None
    page = open_page("mixed", ui=0, x=0.9, y=-1.1, z=0.3, yaw=-35, pitch=8, fov=62)
    view = camera(-35.0, 8.0, 62.0, position=(0.9, -1.1, 0.3))
    assert psnr(canvas_pixels(page), render_view(mixed_scene.gaussians, view, kernel="spark")) >= 38.0


def test_start_pose_and_field_of_view_are_the_documents(bare_page: Bare, mixed_scene: Scene):
    assert mixed_scene.gaussians is not None
    page = bare_page("mixed")
    view = camera(25.0, -5.0, 70.0, position=(0.2, -0.1, 0.0))
    assert psnr(canvas_pixels(page), render_view(mixed_scene.gaussians, view, kernel="spark")) >= 38.0
    pose = page.evaluate("() => ({...window.sonovista.pose})")
    assert pose == pytest.approx({"x": 0.2, "y": -0.1, "z": 0.0, "yaw": np.radians(25.0), "pitch": np.radians(-5.0)})
