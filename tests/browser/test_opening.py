"""Pages that open without a server, and pages that cannot open."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser
from viewer_pages import Open, pose, render_in_page

from sonovista.viewer.chromium import capture, wait_until_ready
from sonovista.viewer.export_html import export_html

pytestmark = pytest.mark.browser


def test_exported_page_shows_and_sounds_the_same_without_a_server(
    browser: Browser, open_page: Open, scene_folders: dict[str, Path], tmp_path: Path
):
    out = tmp_path / "scene.html"
    export_html(scene_folders["mixed"], out, exact=True)
    assert [path.name for path in tmp_path.iterdir()] == ["scene.html"]
    page = browser.new_page(viewport={"width": 320, "height": 240})
    requests: list[str] = []
    problems: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(out.as_uri() + "?ui=0")
    wait_until_ready(page)
    served = open_page("mixed", ui=0)
    assert capture(page) == capture(served)
    at = pose(0.5, 0.5, yaw_deg=-30)
    # The browser splits its convolutions as it likes: the last bits may differ.
    np.testing.assert_allclose(render_in_page(page, at), render_in_page(served, at), atol=1e-5)
    assert [url for url in requests if not url.startswith(("file:", "blob:", "data:"))] == []
    assert problems == []
    page.close()


def test_a_packed_page_shows_the_same_to_the_eye(
    browser: Browser, open_page: Open, scene_folders: dict[str, Path], tmp_path: Path
):
    out = tmp_path / "scene.html"
    export_html(scene_folders["mixed"], out)
    page = browser.new_page(viewport={"width": 320, "height": 240})
    page.goto(out.as_uri() + "?ui=0")
    wait_until_ready(page)
    packed, exact = (
        np.asarray(Image.open(BytesIO(picture)).convert("RGB"), float)
        for picture in (capture(page), capture(open_page("mixed", ui=0)))
    )
    page.close()
    assert exact.std() > 10.0
    assert 10.0 * np.log10(255.0**2 / np.mean((packed - exact) ** 2)) > 35.0


def test_without_webgl_2_the_page_says_so(browser: Browser, addresses: dict[str, str]):
    page = browser.new_page()
    page.add_init_script(
        """const original = HTMLCanvasElement.prototype.getContext;
        HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
            return kind === 'webgl2' ? null : original.call(this, kind, ...rest);
        };"""
    )
    page.goto(addresses["one"])
    page.get_by_text("This browser has no WebGL 2").wait_for()
    assert not page.locator("#start").is_visible()
    page.close()


def test_a_sound_that_cannot_be_loaded_is_named(browser: Browser, addresses: dict[str, str]):
    page = browser.new_page()
    page.route("**/scene/sounds/bell.flac", lambda route: route.fulfill(status=200, body=b"not a sound"))
    page.goto(addresses["one"])
    page.get_by_text("sounds/bell.flac").wait_for()
    page.close()
