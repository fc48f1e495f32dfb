import numpy as np
import pytest
from acoustic_scenes import ambient, area, mixed_scene, point, point_at, scene_of

from sonovista.ambisonics import encode, intensity_direction
from sonovista.geometry import direction_from_angles, rotation_from_yaw_pitch_roll
from sonovista.render import AmbisonicRenderer, Pose, render_ambisonics
from sonovista.render.encoder import SceneEncoder
from sonovista.render.encoder_reference import encode_reference
from sonovista.scene.scene import Scene

ORIGIN, AHEAD = np.zeros(3), np.eye(3)


def _walk(steps: int) -> list[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(2)
    return [(0.5 * rng.normal(size=3), rotation_from_yaw_pitch_roll(*rng.normal(size=3))) for _ in range(steps)]


@pytest.mark.parametrize(("order", "block_size"), [(0, 64), (1, 256), (3, 128), (5, 100), (7, 64)])
def test_fast_encoder_equals_the_reference_on_a_wild_walk(order: int, block_size: int) -> None:
    scene = mixed_scene()
    poses = _walk(6)
    encoder = SceneEncoder(scene, order, block_size)
    encoder.jump_to(*poses[0])
    blocks = [encoder.encode_block(*pose).copy() for pose in poses[1:]]
    expected = encode_reference(scene, poses, order, block_size)
    np.testing.assert_allclose(np.concatenate(blocks, axis=1), expected, atol=1e-6)


@pytest.mark.parametrize("azimuth_deg", range(-180, 180, 30))
@pytest.mark.parametrize("elevation_deg", [-60, -10, 35, 80])
def test_intensity_at_the_origin_points_at_each_point_source(azimuth_deg: int, elevation_deg: int) -> None:
    scene = scene_of(point_at(azimuth_deg, elevation_deg, distance=3.3), samples=4800)
    foa = render_ambisonics(scene, Pose(ORIGIN), duration=0.1, order=1)
    expected = direction_from_angles(np.radians(azimuth_deg), np.radians(elevation_deg))
    error = np.degrees(np.arccos(np.clip(intensity_direction(foa) @ expected, -1.0, 1.0)))
    assert error < 0.01


def test_a_point_source_is_its_encoded_sound_at_its_distance() -> None:
    scene = scene_of(point_at(40.0, 10.0, distance=4.0), absorption=0.05, samples=960)
    found = render_ambisonics(scene, Pose(ORIGIN), duration=0.02, order=4)
    plane = encode(scene.sounds["thing"].astype(float), np.radians(40.0), np.radians(10.0), 4)
    np.testing.assert_allclose(found, np.exp(-0.05 * 4.0) / 4.0 * plane, atol=1e-7)


def test_an_area_source_is_the_mean_of_its_points() -> None:
    points = [[2.0, 0.0, 0.0], [0.0, 3.0, 1.0], [-1.0, 0.5, 0.2]]
    together = scene_of(area("pond", points), samples=500)
    apart = Scene(
        scene_of(*(point(f"p{i}", p) for i, p in enumerate(points))).document,
        {f"p{i}": together.sounds["pond"] for i in range(3)},
    )
    whole = render_ambisonics(together, Pose(ORIGIN), 0.01, 3)
    np.testing.assert_allclose(whole, render_ambisonics(apart, Pose(ORIGIN), 0.01, 3) / 3.0, atol=1e-6)


def test_ambience_is_in_w_alone_and_the_same_everywhere() -> None:
    scene = scene_of(ambient(gain_db=-6.0), listener_db=-4.0, samples=2400)
    here = render_ambisonics(scene, Pose(ORIGIN), 0.05, 3)
    np.testing.assert_array_equal(here[1:], 0.0)
    np.testing.assert_allclose(here[0], 10.0**-0.5 * scene.sounds["bed"], rtol=1e-6)
    np.testing.assert_allclose(
        here, render_ambisonics(scene, Pose(np.array([50.0, -9.0, 3.0]), 2.0), 0.05, 3), rtol=0, atol=1e-6
    )


def test_sounds_loop_without_a_gap() -> None:
    scene = scene_of(point_at(0.0, distance=1.0), absorption=0.0, samples=333)
    rendered = render_ambisonics(scene, Pose(ORIGIN), 0.05, 0)[0]
    np.testing.assert_allclose(rendered, np.resize(scene.sounds["thing"], rendered.shape), atol=1e-7)


def test_world_axes_do_not_turn_with_the_listener_and_a_microphones_axes_do() -> None:
    scene = scene_of(point_at(30.0))
    R = rotation_from_yaw_pitch_roll(yaw=np.radians(30.0))
    world = AmbisonicRenderer(scene, 1).render_block(ORIGIN)
    turned = AmbisonicRenderer(scene, 1).render_block(ORIGIN, R)
    np.testing.assert_allclose(intensity_direction(world), direction_from_angles(np.radians(30.0), 0.0), atol=1e-6)
    np.testing.assert_allclose(intensity_direction(turned), [1.0, 0.0, 0.0], atol=1e-6)


def test_a_mute_is_ramped_over_one_block_and_then_silent() -> None:
    scene = scene_of(point_at(0.0, distance=1.0), absorption=0.0)
    scene.sounds["thing"] = np.ones(256, np.float32)
    renderer = AmbisonicRenderer(scene, 0)
    assert renderer.render_block(ORIGIN)[0] == pytest.approx(1.0)
    renderer.set_gain("thing", 0.0)
    np.testing.assert_allclose(renderer.render_block(ORIGIN)[0], 1.0 - np.arange(1, 257) / 256.0, atol=1e-6)
    np.testing.assert_array_equal(renderer.render_block(ORIGIN), 0.0)
    renderer.set_gain("thing", 2.0)
    renderer.render_block(ORIGIN)
    assert renderer.render_block(ORIGIN)[0] == pytest.approx(2.0)


def test_refuses_gains_and_scenes_that_make_no_sense() -> None:
    scene = scene_of(point_at(0.0))
    encoder = SceneEncoder(scene, 1)
    for wrong in (-1.0, float("nan"), float("inf"), 1e4):
        with pytest.raises(ValueError, match="gain"):
            encoder.set_gain("thing", wrong)
    with pytest.raises(KeyError):
        encoder.set_gain("nobody", 1.0)
    with pytest.raises(ValueError, match="no sound"):
        SceneEncoder(Scene(scene.document), 1)
    with pytest.raises(ValueError, match="block_size"):
        SceneEncoder(scene, 1, 0)


def test_a_scene_without_sources_is_silent() -> None:
    np.testing.assert_array_equal(AmbisonicRenderer(scene_of(), 2).render_block(ORIGIN, AHEAD), 0.0)
