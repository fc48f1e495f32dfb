"""What the page's sound does in air, behind obstacles, in rooms and in motion: the same as in Python."""

from pathlib import Path

import pytest
from acoustic_worlds import RAMP, WITHIN_DB, difference_db, in_python, standing, trajectory, without
from playwright.sync_api import Browser
from viewer_pages import SECONDS, Bare, pose, render_in_page

from sonovista.render import render_binaural
from sonovista.scene import Scene
from sonovista.viewer.chromium import wait_until_ready
from sonovista.viewer.export_html import export_html

pytestmark = pytest.mark.browser

STILL = pose(0.4, -0.2, 0.1, 25.0, -5.0)
KEYS = [(0.0, 0.0, 0.0, 0.0, 0.0), (0.25, 0.8, -0.5, 0.1, 90.0), (0.5, -0.6, -0.9, 0.0, 200.0)]
WALK = [{"time": t, **pose(x, y, z, yaw)} for t, x, y, z, yaw in KEYS]


@pytest.mark.parametrize("world", WITHIN_DB)
def test_a_place_sounds_as_in_python(bare_page: Bare, worlds: dict[str, Scene], world: str):
    there = render_in_page(bare_page(world), STILL)
    assert difference_db(there, in_python(worlds[world], standing(STILL), RAMP)) <= WITHIN_DB[world]


@pytest.mark.parametrize("world", WITHIN_DB)
def test_a_walk_sounds_as_in_python(bare_page: Bare, worlds: dict[str, Scene], world: str):
    there = render_in_page(bare_page(world), WALK)
    assert difference_db(there, in_python(worlds[world], trajectory(KEYS))) <= WITHIN_DB[world]


def test_every_part_of_the_acoustics_is_heard_in_what_is_compared(worlds: dict[str, Scene]):
    whole = worlds["whole"]
    rendered = in_python(whole, standing(STILL), RAMP)
    for change in ({"air": None}, {"occlusion": False}, {"room": None}, {"propagation_delay": False}):
        assert difference_db(in_python(without(whole, **change), standing(STILL), RAMP), rendered) >= -20.0


def test_blocks_of_another_length_differ_by_their_straight_lines_only(bare_page: Bare, worlds: dict[str, Scene]):
    # `render_binaural` has blocks of 256 samples: gains agree, and delays up to the curvature of the motion.
    path = trajectory(KEYS)
    for world, limit in (("room", -60.0), ("delay", -25.0)):
        there = render_in_page(bare_page(world), WALK)
        assert difference_db(there, render_binaural(worlds[world], path, SECONDS)) <= limit


def test_after_a_leap_the_sound_catches_up_as_in_python(bare_page: Bare, worlds: dict[str, Scene]):
    keys = [(0.0, 0.0, 0.0, 0.0, 0.0), (0.1, 0.0, 0.0, 0.0, 0.0), (0.101, 1.5, -1.5, 0.0, 30.0)]
    leap = [{"time": t, **pose(x, y, z, yaw)} for t, x, y, z, yaw in keys]
    there = render_in_page(bare_page("delay"), leap)
    assert difference_db(there, in_python(worlds["delay"], trajectory(keys))) <= WITHIN_DB["delay"]


def test_an_exported_page_has_the_same_acoustics(
    browser: Browser, worlds: dict[str, Scene], scene_folders: dict[str, Path], tmp_path: Path
):
    export_html(scene_folders["whole"], tmp_path / "page.html")
    page = browser.new_page(viewport={"width": 320, "height": 240})
    page.goto((tmp_path / "page.html").as_uri() + "?ui=0")
    wait_until_ready(page)
    expected = in_python(worlds["whole"], standing(STILL), RAMP)
    assert difference_db(render_in_page(page, STILL), expected) <= WITHIN_DB["whole"]
    page.close()
