import threading
import tracemalloc

import numpy as np
import pytest
from acoustic_scenes import ambient, area, mixed_scene, noise, point, point_at, scene_of, with_everything
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.signal import fftconvolve

from sonovista.ambisonics import load_default_filters
from sonovista.geometry import rotation_from_yaw_pitch_roll
from sonovista.render import AmbisonicRenderer, BinauralRenderer, Pose, render_ambisonics, render_binaural
from sonovista.scene.scene import Scene

ORIGIN = np.zeros(3)
anything = st.floats(allow_nan=True, allow_infinity=True)


def _left_over_right_db(scene: Scene, yaw_deg: float, order: int = 3) -> float:
    ears = render_binaural(scene, Pose(ORIGIN, yaw=np.radians(yaw_deg)), duration=0.5, order=order)
    left, right = np.mean(ears.astype(float) ** 2, axis=1)
    return 10.0 * np.log10(left / right)


@pytest.mark.parametrize("order", range(1, 8))
def test_a_source_at_the_left_is_louder_left_until_the_listener_turns_past_it(order: int) -> None:
    scene = scene_of(point_at(60.0))
    assert _left_over_right_db(scene, 0.0, order) >= 3.0
    assert _left_over_right_db(scene, 120.0, order) <= -3.0
    assert _left_over_right_db(scene, 60.0, order) == pytest.approx(0.0, abs=0.01)


def test_twice_the_distance_is_half_the_pressure() -> None:
    scene = scene_of(point_at(20.0, distance=2.0), absorption=0.0)
    near = render_binaural(scene, Pose(ORIGIN), 0.2)
    far = render_binaural(scene_of(point_at(20.0, distance=4.0), absorption=0.0), Pose(ORIGIN), 0.2)
    np.testing.assert_allclose(near, 2.0 * far, atol=1e-6)


def test_binaural_is_the_decoded_sound_field_of_the_listeners_axes() -> None:
    scene = mixed_scene()
    sources = [source for source in scene.document.sources if source.kind != "ambient"]
    scene = Scene(scene.document.model_copy(update={"sources": sources}), scene.sounds)
    pose = Pose(np.array([0.2, -0.4, 0.1]))
    field = render_ambisonics(scene, pose, 0.1, 3).astype(float)
    expected = fftconvolve(load_default_filters(3).filters.astype(float), field[None], axes=-1).sum(axis=1)
    found = render_binaural(scene, pose, 0.1, 3)
    assert np.abs(expected).max() < 0.8
    np.testing.assert_allclose(found, expected[:, : found.shape[1]], atol=2e-6)


@pytest.mark.parametrize("block_size", [64, 128, 480])
def test_the_block_size_does_not_change_what_a_resting_listener_hears(block_size: int) -> None:
    scene = mixed_scene()
    renderer = BinauralRenderer(scene, order=2, block_size=block_size)
    blocks = [renderer.render_block(ORIGIN, np.eye(3)) for _ in range(4)]
    found = np.concatenate(blocks, axis=1)
    expected = render_binaural(scene, Pose(ORIGIN), found.shape[1] / 48_000.0, order=2)
    np.testing.assert_allclose(found, expected, atol=2e-6)


def test_fast_motion_makes_no_clicks() -> None:
    # A steady tone circles the head in half a second; a click would be a jump far beyond a sine's own slope.
    tone = 0.3 * np.sin(2.0 * np.pi * 200.0 * np.arange(48_000) / 48_000.0)
    scene = scene_of(point_at(0.0, distance=1.0))
    scene.sounds["thing"] = tone.astype(np.float32)
    renderer = BinauralRenderer(scene)
    blocks = []
    for block in range(120):
        R = rotation_from_yaw_pitch_roll(yaw=2.0 * np.pi * block * 256 / 24_000.0)
        blocks.append(renderer.render_block(ORIGIN, R))
    ears = np.concatenate(blocks, axis=1)[:, 512:]
    curvature = np.abs(np.diff(ears, n=2, axis=1)).max()
    assert curvature < 2.0 * np.abs(ears).max() * (2.0 * np.pi * 200.0 / 48_000.0) ** 2


def _circling_tone(block_size: int) -> np.ndarray:
    """Both ears of a 1 kHz tone that circles the head in one second, its second round."""
    scene = scene_of(point_at(0.0, distance=1.0), absorption=0.0)
    scene.sounds["thing"] = (0.3 * np.sin(2.0 * np.pi * 1000.0 * np.arange(48_000) / 48_000.0)).astype(np.float32)
    renderer = AmbisonicRenderer(scene, 3, block_size)
    renderer.jump_to(ORIGIN, np.eye(3))
    turns = [2.0 * np.pi * (block + 1) * block_size / 48_000.0 for block in range(96_000 // block_size)]
    field = np.concatenate([renderer.render_block(ORIGIN, rotation_from_yaw_pitch_roll(yaw=t)) for t in turns], axis=1)
    filters = load_default_filters(3).filters.astype(float)
    return fftconvolve(filters, field[None].astype(float), axes=-1).sum(axis=1)[:, 24_000:72_000]


def test_blocks_leave_no_trace_at_multiples_of_their_rate() -> None:
    by_sample = _circling_tone(1)
    difference = _circling_tone(256) - by_sample
    tone, trace = (np.abs(np.fft.rfft(ears * np.hanning(48_000), axis=1)) for ears in (by_sample, difference))
    frequency = np.arange(tone.shape[1])[:, None]  # 1 Hz apart
    lines = 187.5 * np.arange(1, 100)
    beside = np.concatenate([lines, 1000.0 + lines, np.abs(1000.0 - lines)])
    near = (np.abs(frequency - beside) <= 8.0).any(axis=1)
    assert 20.0 * np.log10(trace[:, near].max() / tone.max()) <= -75.0
    assert 20.0 * np.log10(trace.max() / tone.max()) <= -60.0


def test_a_muted_source_is_not_heard() -> None:
    scene = scene_of(point("left", [0.0, 2.0, 0.0]), point("right", [0.0, -2.0, 0.0]))
    renderer = BinauralRenderer(scene)
    renderer.set_gain("left", 0.0)
    ears = np.concatenate([renderer.render_block(ORIGIN, np.eye(3)) for _ in range(20)], axis=1)
    alone = Scene(
        scene.document.model_copy(update={"sources": [scene.document.sources[1]]}), {"right": scene.sounds["right"]}
    )
    np.testing.assert_allclose(ears, render_binaural(alone, Pose(ORIGIN), 20 * 256 / 48_000.0), atol=1e-6)


def test_listener_gain_scales_everything() -> None:
    soft = render_binaural(scene_of(point_at(10.0), listener_db=-26.0), Pose(ORIGIN), 0.1)
    loud = render_binaural(scene_of(point_at(10.0), listener_db=-6.0), Pose(ORIGIN), 0.1)
    np.testing.assert_allclose(10.0 * soft, loud, atol=1e-5)


@pytest.mark.parametrize("everything", [False, True])
def test_writes_into_the_callers_buffer_and_nowhere_else(everything: bool) -> None:
    renderer = BinauralRenderer(with_everything(mixed_scene()) if everything else mixed_scene())
    out = np.empty((2, 256), np.float32)
    assert renderer.render_block(ORIGIN, np.eye(3), out) is out
    R = np.eye(3)
    tracemalloc.start()
    for _ in range(5):
        renderer.render_block(ORIGIN, R, out)
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    for _ in range(50):
        renderer.render_block(ORIGIN, R, out)
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 512
    assert peak - before < 8192  # array views and numbers, no buffers
    for wrong in (np.empty((2, 128), np.float32), np.empty((2, 256))):
        with pytest.raises(ValueError, match="out"):
            renderer.render_block(ORIGIN, R, wrong)  # pyright: ignore[reportArgumentType]


def test_a_pose_may_be_set_from_another_thread() -> None:
    scene = with_everything(mixed_scene())
    given, told = BinauralRenderer(scene), BinauralRenderer(scene)
    for step in range(20):
        position, R = np.array([0.1 * step, 0.0, 0.0]), rotation_from_yaw_pitch_roll(0.1 * step)
        thread = threading.Thread(target=told.set_pose, args=(position, R))
        thread.start()
        thread.join()
        # Equal but for rounding: vectorised sums over arrays that lie otherwise in memory round otherwise.
        np.testing.assert_allclose(told.render_block(), given.render_block(position, R), rtol=0, atol=1e-6)


def test_refuses_a_decoder_of_another_order_or_rate() -> None:
    with pytest.raises(ValueError, match="order 3"):
        BinauralRenderer(scene_of(), order=3, hrtf=load_default_filters(2))


@settings(deadline=None, max_examples=60)
@given(
    positions=st.lists(st.tuples(anything, anything, anything), min_size=1, max_size=4),
    matrices=st.lists(st.lists(anything, min_size=9, max_size=9), min_size=1, max_size=4),
    samples=st.lists(st.floats(width=32, allow_nan=True, allow_infinity=True), max_size=300),
    gains=st.lists(st.floats(0.0, 1000.0), min_size=1, max_size=4),
    absorption=st.sampled_from([0.0, 0.02, 10.0]),
    listener_db=st.sampled_from([-120.0, 0.0, 60.0]),
    everything=st.booleans(),
)
@example([(1e308, -1e308, 0.0)], [[float("nan")] * 9], [float("inf"), 3e38, -3e38], [1000.0], 0.0, 60.0, True)
def test_nothing_makes_it_emit_what_is_not_finite_or_beyond_1(
    positions, matrices, samples, gains, absorption, listener_db, everything
) -> None:
    scene = scene_of(
        point("at_the_origin", [0.0, 0.0, 0.0], 60.0),
        area("far", [[1e9, 0.0, 0.0], [1.0, 1.0, 1.0]], 60.0),
        ambient(gain_db=60.0),
        listener_db=listener_db,
        absorption=absorption,
    )
    scene.sounds["at_the_origin"] = np.array(samples, np.float32)
    scene.sounds["far"] = np.array(samples, np.float32)[::-1]
    if everything:
        scene = with_everything(scene)
    renderer = BinauralRenderer(scene, order=1, block_size=64)
    for step in range(6):
        renderer.set_gain("far", gains[step % len(gains)])
        if np.isfinite(positions[step % len(positions)]).all():
            renderer.move_source("far", positions[step % len(positions)])
        R = np.array(matrices[step % len(matrices)]).reshape(3, 3) if step % 2 else np.eye(3)
        block = renderer.render_block(positions[step % len(positions)], R)
        assert np.isfinite(block).all()
        assert np.abs(block).max() <= 1.0


def test_a_pose_that_makes_no_sense_leaves_the_listener_where_they_were() -> None:
    scene = scene_of(point_at(60.0))
    good, bad = BinauralRenderer(scene), BinauralRenderer(scene)
    R = rotation_from_yaw_pitch_roll(0.3)
    for renderer in (good, bad):
        renderer.render_block([0.5, 0.0, 0.0], R)
    expected = good.render_block([0.5, 0.0, 0.0], R)
    np.testing.assert_allclose(bad.render_block([np.nan, 0.0, 0.0], 2.0 * R), expected, rtol=0, atol=1e-6)
    expected = good.render_block([0.5, 0.0, 0.0], R)
    np.testing.assert_allclose(
        bad.render_block([np.inf, 0.0, 0.0], np.diag([1.0, -1.0, 1.0])), expected, rtol=0, atol=1e-6
    )


def test_sources_do_not_share_what_they_sound() -> None:
    scene = scene_of(point("a", [1.0, 2.0, 0.0]), point("b", [2.0, -1.0, 0.5]))
    parts = [
        render_binaural(
            Scene(scene.document.model_copy(update={"sources": [source]}), {source.id: scene.sounds[source.id]}),
            Pose(ORIGIN),
            0.1,
        )
        for source in scene.document.sources
    ]
    np.testing.assert_allclose(render_binaural(scene, Pose(ORIGIN), 0.1), parts[0] + parts[1], atol=1e-6)
    assert not np.array_equal(scene.sounds["a"], noise(seed=1))
