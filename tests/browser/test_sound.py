"""What the page's audio graph renders, without loudspeakers."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from viewer_pages import SECONDS, Bare, Open, pose, render_in_page, step_inside

from sonovista.render import Pose, Trajectory, render_binaural
from sonovista.scene import Scene

pytestmark = pytest.mark.browser


def levels_db(ears: NDArray[np.float32]) -> NDArray[np.float64]:
    return 10.0 * np.log10(np.mean(ears.astype(float) ** 2, axis=1))


def in_python(scene: Scene, at: dict[str, float]) -> NDArray[np.float32]:
    return render_binaural(scene, Pose(np.array([at["x"], at["y"], at["z"]]), at["yaw"], at["pitch"]), SECONDS)


def test_source_at_the_left_is_louder_in_the_left_ear_until_the_head_turns_past_it(bare_page: Bare):
    page = bare_page("one")
    left, right = levels_db(render_in_page(page, pose()))
    assert left - right >= 3.0
    left, right = levels_db(render_in_page(page, pose(yaw_deg=120.0)))
    assert right - left >= 3.0


MIXED_POSES: Sequence[dict[str, float]] = (
    pose(0.2, -0.1, 0.0, 25.0, -5.0),
    pose(1.0, 1.0, 0.2, -100.0, 30.0),
    pose(-1.2, 0.4, -0.3, 170.0, -20.0),
    pose(1.45, 2.1, 1.2, 40.0),  # nearer to the bird than its least distance
)


@pytest.mark.parametrize("index", range(len(MIXED_POSES)))
def test_same_pose_sounds_as_in_python(bare_page: Bare, mixed_scene: Scene, index: int):
    at = MIXED_POSES[index]
    there, here = render_in_page(bare_page("mixed"), at), in_python(mixed_scene, at)
    assert np.abs(levels_db(there) - levels_db(here)).max() <= 0.5
    # The waveforms too: the graph is the same, and only 16-bit files and single precision lie between them.
    assert np.abs(there - here).max() <= 2e-3 * np.abs(here).max()


def test_walk_sounds_as_in_python(bare_page: Bare, mixed_scene: Scene):
    keys = [(0.0, 0.0, 0.0, 0.0), (0.25, 1.0, -0.5, 90.0), (0.5, 0.0, -1.0, 200.0)]
    walk = [{"time": t, **pose(x, y, 0.0, yaw)} for t, x, y, yaw in keys]
    there = render_in_page(bare_page("mixed"), walk)
    trajectory = Trajectory(
        np.array([key[0] for key in keys]),
        np.array([(key[1], key[2], 0.0) for key in keys]),
        np.array([(np.radians(key[3]), 0.0, 0.0) for key in keys]),
    )
    here = render_binaural(mixed_scene, trajectory, SECONDS)
    assert np.abs(levels_db(there) - levels_db(here)).max() <= 0.1
    assert np.abs(there - here).max() <= 2e-2 * np.abs(here).max()


def test_mute_solo_and_gain_change_what_is_heard(open_page: Open, one_source_scene: Scene):
    page = open_page("one", ui=1, viewport=(760, 420))
    step_inside(page)
    before = levels_db(render_in_page(page, pose()))
    gain = page.get_by_role("slider", name="Gain of Bell in decibels")
    gain.evaluate("slider => { slider.value = -12; slider.dispatchEvent(new Event('input')); }")
    assert levels_db(render_in_page(page, pose())) == pytest.approx(before - 12.0, abs=0.01)
    mute = page.get_by_role("button", name="Mute Bell")
    mute.click()
    assert mute.get_attribute("aria-pressed") == "true"
    assert np.abs(render_in_page(page, pose())).max() == 0.0
    mute.click()
    assert levels_db(render_in_page(page, pose())) == pytest.approx(before - 12.0, abs=0.01)


def test_solo_leaves_only_its_source(open_page: Open, mixed_scene: Scene):
    page = open_page("mixed", ui=1, viewport=(760, 420))
    step_inside(page)
    page.get_by_role("button", name="Solo Bird").click()
    document = mixed_scene.document
    alone = Scene(document.model_copy(update={"sources": document.sources[:1]}), sounds=mixed_scene.sounds)
    there, here = render_in_page(page, MIXED_POSES[0]), in_python(alone, MIXED_POSES[0])
    assert np.abs(there - here).max() <= 2e-3 * np.abs(here).max()
