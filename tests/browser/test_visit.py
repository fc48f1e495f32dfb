"""What a visitor does: step in, look, walk, listen, press buttons."""

import numpy as np
import pytest
from playwright.sync_api import Page
from viewer_pages import Open, step_inside

pytestmark = pytest.mark.browser


def pose_of(page: Page) -> dict[str, float]:
    return page.evaluate("() => ({...window.sonovista.pose})")


def test_w_walks_ahead_and_stops_within_reach(open_page: Open):
    page = open_page("one")
    step_inside(page)
    page.keyboard.down("Shift")
    page.keyboard.down("w")
    page.wait_for_function("() => window.sonovista.pose.x > 1.6")
    page.keyboard.up("w")
    page.keyboard.up("Shift")
    pose = pose_of(page)
    assert pose["x"] < 2.0
    assert pose["y"] == pytest.approx(0.0, abs=1e-9)
    assert pose["z"] == 0.0


def test_a_walks_to_the_left_of_the_view(open_page: Open):
    page = open_page("one", yaw=90)
    step_inside(page)
    page.keyboard.down("a")
    page.wait_for_function("() => window.sonovista.pose.x < -0.1")
    page.keyboard.up("a")
    assert pose_of(page)["y"] == pytest.approx(0.0, abs=1e-6)


def test_dragging_pulls_the_world_along(open_page: Open):
    page = open_page("one", fov=75)
    step_inside(page)
    page.mouse.move(160, 120)
    page.mouse.down()
    page.mouse.move(200, 130, steps=4)
    page.mouse.up()
    pose = pose_of(page)
    focal = 160 / np.tan(np.radians(37.5))
    assert pose["yaw"] == pytest.approx(40 / focal, rel=1e-6)
    assert pose["pitch"] == pytest.approx(10 / focal, rel=1e-6)


def test_sound_begins_with_the_start_button_and_can_be_switched_off(open_page: Open):
    page = open_page("one", viewport=(700, 400))
    toggle = page.locator("#sound")
    assert toggle.get_attribute("aria-pressed") == "false"
    step_inside(page)
    page.wait_for_function("() => document.getElementById('sound').getAttribute('aria-pressed') === 'true'")
    page.wait_for_function(
        "() => parseFloat(getComputedStyle(document.querySelector('#meter i')).getPropertyValue('--level')) > 0"
    )
    toggle.click()
    assert toggle.get_attribute("aria-pressed") == "false"


def test_labels_hang_on_the_sources_with_their_distances(open_page: Open):
    page = open_page("one", viewport=(700, 400), yaw=50)
    step_inside(page)
    label = page.locator(".label")
    assert label.inner_text().split("\n")[0].startswith("Bell")
    assert "2.0 m" in label.inner_text()
    box = label.bounding_box()
    assert box is not None
    # Ten degrees left of the centre at 75 degrees across 700 pixels.
    assert box["x"] + box["width"] / 2 == pytest.approx(
        350 - 350 * np.tan(np.radians(10)) / np.tan(np.radians(37.5)), abs=1
    )
    page.keyboard.press("l")
    assert not label.is_visible()


def test_a_title_is_text_and_never_markup(open_page: Open):
    page = open_page("mixed")
    assert page.locator("h1").inner_text() == "<b>Mixed</b> & more"
    assert page.title().startswith("<b>Mixed</b> & more")


def test_home_brings_back_to_the_start(open_page: Open):
    page = open_page("mixed", x=1.0, yaw=-60)
    step_inside(page)
    page.keyboard.press("r")
    pose = pose_of(page)
    assert (pose["x"], pose["y"]) == pytest.approx((0.2, -0.1))
    assert pose["yaw"] == pytest.approx(np.radians(25))


def test_every_control_has_a_name(open_page: Open):
    page = open_page("mixed", viewport=(900, 600))
    step_inside(page)
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('button, input')].filter(
            element => !element.getAttribute('aria-label') && !element.textContent.trim()).length"""
    )
    assert nameless == 0
