"""What the panel says of the acoustics, the room's switch, and labels of sources that move."""

import pytest
from acoustic_worlds import RAMP, ROOM, WITHIN_DB, difference_db, in_python, standing, without
from viewer_pages import Open, pose, render_in_page, step_inside

from sonovista.render.reverberation import room_reverberation_times
from sonovista.scene import Scene

pytestmark = pytest.mark.browser


def test_the_room_can_be_switched_off_by_button_and_key(open_page: Open, worlds: dict[str, Scene]):
    page = open_page("room", viewport=(760, 420))
    step_inside(page)
    seconds = room_reverberation_times(ROOM, worlds["room"].document.acoustics)[2:4].mean()  # at 500 Hz and 1 kHz
    assert page.locator("#panel .acoustics span").inner_text() == f"Air, occlusion, room {seconds:.1f} s"
    switch = page.get_by_role("button", name="Reverberation of the room")
    assert switch.get_attribute("aria-pressed") == "true"
    switch.click()
    assert switch.get_attribute("aria-pressed") == "false"
    dry = in_python(without(worlds["room"], room=None), standing(pose()), RAMP)
    assert difference_db(render_in_page(page, pose()), dry) <= WITHIN_DB["room"]
    page.keyboard.press("v")
    assert switch.get_attribute("aria-pressed") == "true"
    wet = in_python(worlds["room"], standing(pose()), RAMP)
    assert difference_db(render_in_page(page, pose()), wet) <= WITHIN_DB["room"]


def test_a_plain_scene_has_no_such_switch(open_page: Open):
    page = open_page("mixed", viewport=(760, 420))
    step_inside(page)
    assert page.locator("#panel .acoustics").count() == 0
    page.keyboard.press("h")
    assert page.get_by_text("look around").is_visible()
    assert not page.locator("#help-room").is_visible()


def test_the_label_of_a_moving_source_moves_with_its_sound(open_page: Open):
    page = open_page("moving", viewport=(760, 420))
    where = page.locator("#panel li", has_text="Open").locator(".where")
    assert where.text_content() == "4.0 m"
    step_inside(page)
    page.wait_for_function(
        """() => [...document.querySelectorAll('#panel li')].some(
            item => item.textContent.includes('Open') && item.querySelector('.where').textContent !== '4.0 m')"""
    )
