"""What the page's sound does in air, behind obstacles, in rooms and in motion: the same as in Python."""

from pathlib import Path

import numpy as np
import pytest
from acoustic_worlds import ROOM
from numpy.typing import NDArray
from playwright.sync_api import Browser
from viewer_pages import SECONDS, Bare, Open, pose, render_in_page, step_inside

from sonovista.render import BinauralRenderer, Trajectory, render_binaural
from sonovista.render.reverberation import room_reverberation_times
from sonovista.scene import Scene
from sonovista.viewer.chromium import wait_until_ready
from sonovista.viewer.export_html import export_html

pytestmark = pytest.mark.browser

QUANTUM = 128
"""Samples of the page's blocks on a walk: Python's, of the same length, go in the same straight lines."""

RAMP = 1024
"""Samples in which the page reaches a pose that it was told, and for which it looks ahead of a moving source."""

STILL = pose(0.4, -0.2, 0.1, 25.0, -5.0)
KEYS = [(0.0, 0.0, 0.0, 0.0, 0.0), (0.25, 0.8, -0.5, 0.1, 90.0), (0.5, -0.6, -0.9, 0.0, 200.0)]
WALK = [{"time": t, **pose(x, y, z, yaw)} for t, x, y, z, yaw in KEYS]


def trajectory(keys: list[tuple[float, float, float, float, float]]) -> Trajectory:
    values = np.array(keys)
    angles = np.zeros((len(keys), 3))
    angles[:, 0] = np.radians(values[:, 4])
    return Trajectory(values[:, 0], values[:, 1:4], angles)


def standing(at: dict[str, float]) -> Trajectory:
    angles = np.array([[at["yaw"], at["pitch"], 0.0]])
    return Trajectory(np.zeros(1), np.array([[at["x"], at["y"], at["z"]]]), angles)


def in_python(scene: Scene, path: Trajectory, block_size: int = QUANTUM) -> NDArray[np.float32]:
    """In blocks as long as the page's."""
    renderer = BinauralRenderer(scene, 3, block_size)
    start = path.pose(0.0)
    renderer.jump_to(start.position, start.R_world_listener)
    blocks = []
    for end in np.arange(block_size, SECONDS * 48_000 + block_size, block_size):
        at = path.pose(end / 48_000)
        blocks.append(renderer.render_block(at.position, at.R_world_listener))
    return np.concatenate(blocks, axis=1)[:, : round(SECONDS * 48_000)]


def without(scene: Scene, **acoustics: object) -> Scene:
    """The same, but for its acoustics."""
    document = scene.document
    changed = document.acoustics.model_copy(update=acoustics)
    return Scene(document.model_copy(update={"acoustics": changed}), sounds=scene.sounds, depth=scene.depth)


def difference_db(found: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    """Power of the difference relative to what was expected."""
    error = found.astype(float) - expected
    return float(10.0 * np.log10(np.mean(error**2) / np.mean(expected.astype(float) ** 2)))


@pytest.fixture(scope="module")
def worlds(scene_folders: dict[str, Path]) -> dict[str, Scene]:
    """As they lie on the disk, so that the page and Python have the same samples."""
    return {name: Scene.load(scene_folders[name], ("sounds", "depth")) for name in scene_folders}


# Single precision gives -99 dB; a room's tail, cut at -60 dB of its energy, and visibility in 16 bits give -73 dB.
WORLDS = {"mixed": -90.0, "delay": -90.0, "moving": -90.0, "room": -65.0, "whole": -65.0}


@pytest.mark.parametrize("world", WORLDS)
def test_a_place_sounds_as_in_python(bare_page: Bare, worlds: dict[str, Scene], world: str):
    there = render_in_page(bare_page(world), STILL)
    assert difference_db(there, in_python(worlds[world], standing(STILL), RAMP)) <= WORLDS[world]


@pytest.mark.parametrize("world", WORLDS)
def test_a_walk_sounds_as_in_python(bare_page: Bare, worlds: dict[str, Scene], world: str):
    there = render_in_page(bare_page(world), WALK)
    assert difference_db(there, in_python(worlds[world], trajectory(KEYS))) <= WORLDS[world]


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
    assert difference_db(there, in_python(worlds["delay"], trajectory(keys))) <= WORLDS["delay"]


def test_the_room_can_be_switched_off_by_button_and_key(open_page: Open, worlds: dict[str, Scene]):
    page = open_page("room", viewport=(900, 600))
    step_inside(page)
    seconds = room_reverberation_times(ROOM, worlds["room"].document.acoustics)[2:4].mean()  # at 500 Hz and 1 kHz
    assert page.locator("#panel .acoustics span").inner_text() == f"Air, occlusion, room {seconds:.1f} s"
    switch = page.get_by_role("button", name="Reverberation of the room")
    assert switch.get_attribute("aria-pressed") == "true"
    switch.click()
    assert switch.get_attribute("aria-pressed") == "false"
    dry = in_python(without(worlds["room"], room=None), standing(STILL), RAMP)
    assert difference_db(render_in_page(page, STILL), dry) <= WORLDS["room"]
    page.keyboard.press("v")
    assert switch.get_attribute("aria-pressed") == "true"
    wet = in_python(worlds["room"], standing(STILL), RAMP)
    assert difference_db(render_in_page(page, STILL), wet) <= WORLDS["room"]


def test_a_plain_scene_has_no_such_switch(open_page: Open):
    page = open_page("mixed", viewport=(900, 600))
    step_inside(page)
    assert page.locator("#panel .acoustics").count() == 0
    page.keyboard.press("h")
    assert page.get_by_text("look around").is_visible()
    assert not page.get_by_text("reverberation").is_visible()


def test_the_label_of_a_moving_source_moves_with_its_sound(open_page: Open):
    page = open_page("moving", viewport=(900, 600))
    where = page.locator("#panel li", has_text="Open").locator(".where")
    assert where.text_content() == "4.0 m"
    step_inside(page)
    page.wait_for_function(
        """() => [...document.querySelectorAll('#panel li')].some(
            item => item.textContent.includes('Open') && item.querySelector('.where').textContent !== '4.0 m')"""
    )


def test_an_exported_page_has_the_same_acoustics(
    browser: Browser, worlds: dict[str, Scene], scene_folders: dict[str, Path], tmp_path: Path
):
    export_html(scene_folders["whole"], tmp_path / "page.html")
    page = browser.new_page(viewport={"width": 320, "height": 240})
    page.goto((tmp_path / "page.html").as_uri() + "?ui=0")
    wait_until_ready(page)
    expected = in_python(worlds["whole"], standing(STILL), RAMP)
    assert difference_db(render_in_page(page, STILL), expected) <= WORLDS["whole"]
    page.close()
