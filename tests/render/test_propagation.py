"""What happens to sounds on their way: delay, Doppler, air, obstacles."""

import numpy as np
import pytest
from acoustic_scenes import ambient, area, point, point_at, scene_of

from sonovista.acoustics.air import air_absorption_db_per_metre
from sonovista.acoustics.occlusion import OcclusionMap
from sonovista.render import AmbisonicRenderer, BinauralRenderer, Pose, render_ambisonics
from sonovista.render.air_filter import air_filter
from sonovista.render.fractional_delay import TAPS, interpolator, read_delayed
from sonovista.render.sound_loops import MARGIN, SoundLoops
from sonovista.scene.document import Acoustics, Air, Waypoint
from sonovista.scene.scene import Scene

RATE = 48_000
ORIGIN = np.zeros(3)


def with_acoustics(scene: Scene, **changes) -> Scene:
    acoustics = Acoustics.model_validate({**scene.document.acoustics.model_dump(), **changes})
    return Scene(scene.document.model_copy(update={"acoustics": acoustics}), scene.sounds, occlusion=scene.occlusion)


def tone(frequency: float, seconds: float = 1.0) -> np.ndarray:
    return (0.1 * np.sin(2.0 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def frequency_of(signal: np.ndarray) -> float:
    """Hz, by the slope of the analytic signal's phase away from its ends."""
    from scipy.signal import hilbert

    phase = np.unwrap(np.angle(np.asarray(hilbert(signal.astype(float)))))[4000:-4000]
    return float(np.polyfit(np.arange(phase.size), phase, 1)[0] * RATE / (2.0 * np.pi))


def walk(scene: Scene, velocity: np.ndarray, start: np.ndarray, blocks: int) -> np.ndarray:
    renderer = AmbisonicRenderer(scene, order=1)
    renderer.jump_to(start)
    steps = [start + velocity * (block + 1) * 256 / RATE for block in range(blocks)]
    return np.concatenate([renderer.render_block(step) for step in steps], axis=1)[0]


@pytest.mark.parametrize("speed", [-20.0, -1.5, 1.5, 20.0])
def test_a_listener_who_walks_towards_a_source_hears_it_higher(speed: float) -> None:
    scene = with_acoustics(scene_of(point("thing", [40.0, 0.0, 0.0])), propagation_delay=True)
    scene.sounds["thing"] = tone(1000.0)
    heard = walk(scene, np.array([speed, 0.0, 0.0]), ORIGIN, 190)
    assert frequency_of(heard) == pytest.approx(1000.0 * (1.0 + speed / 343.0), rel=1e-4)


@pytest.mark.parametrize("speed", [-30.0, 30.0])
def test_a_source_that_comes_nearer_is_heard_higher_by_the_law_for_moving_sources(speed: float) -> None:
    scene = with_acoustics(scene_of(point("thing", [60.0, 0.0, 0.0])), propagation_delay=True)
    path = [
        Waypoint(time_s=0.0, position=(60.0, 0.0, 0.0)),
        Waypoint(time_s=1.5, position=(60.0 - 1.5 * speed, 0.0, 0.0)),
    ]
    source = scene.document.sources[0].model_copy(update={"path": path})
    scene = Scene(scene.document.model_copy(update={"sources": [source]}), {"thing": tone(1000.0)})
    renderer = AmbisonicRenderer(scene, order=0)
    heard = np.concatenate([renderer.render_block(ORIGIN) for _ in range(240)], axis=1)[0]
    # What was sounded before time 0 comes from the path's end, and the leap from there takes its time too.
    assert frequency_of(heard[28_000:]) == pytest.approx(1000.0 / (1.0 - speed / 343.0), rel=1e-4)


def test_a_resting_source_arrives_later_by_its_distance() -> None:
    at_rest = scene_of(point("thing", [17.15, 0.0, 0.0]), absorption=0.0)  # 50 ms: 2400 samples
    late = render_ambisonics(with_acoustics(at_rest, propagation_delay=True), Pose(ORIGIN), 0.5, 1)
    prompt = render_ambisonics(at_rest, Pose(ORIGIN), 0.5, 1)
    from scipy.signal import butter, sosfilt

    band = butter(6, 8000.0, fs=RATE, output="sos")  # within the interpolator's band
    late, prompt = (np.asarray(sosfilt(band, signal[0].astype(float))) for signal in (late, prompt))
    np.testing.assert_allclose(late[4000:], prompt[1600:-2400], atol=1e-3 * np.abs(prompt).max())


@pytest.mark.parametrize(("share", "error_db"), [(0.25, -68.0), (0.5, -67.0), (2.0 / 3.0, -53.0)])
def test_the_interpolator_is_as_good_as_it_says(share: float, error_db: float) -> None:
    places = np.arange(TAPS) - 0.5 * (TAPS - 1)
    fractions = np.linspace(-0.5, 0.5, 41)
    taps = np.vander(fractions, 5, increasing=True) @ interpolator()
    frequency = np.linspace(0.0, share * np.pi, 100)
    response = taps @ np.exp(1j * places[:, None] * frequency)
    error = np.abs(response - np.exp(1j * fractions[:, None] * frequency)).max()
    assert 20.0 * np.log10(error) < error_db


@pytest.mark.parametrize("length", [1, 5, 97, 4800])
@pytest.mark.parametrize("change", [0.0, 1.7, -1.7, 120.0, -120.0])
def test_delayed_reading_goes_around_every_loop(length: int, change: float) -> None:
    rng = np.random.default_rng(length)
    partials = np.arange(min(length // 3, 5) + 1)
    phases = rng.uniform(0.0, 6.0, partials.size)

    def sound(time: np.ndarray) -> np.ndarray:  # periodic, within the interpolator's band
        return np.cos(2.0 * np.pi * partials[:, None] * time / length + phases[:, None]).sum(axis=0)

    loops = SoundLoops([sound(np.arange(length)).astype(np.float32)])
    loops.cursors[:] = rng.integers(0, length)
    before = np.array([rng.uniform(0.0, 5000.0)])
    start, delay = float(loops.cursors[0]), before[0] + change * np.arange(1, 257) / 256
    out = np.zeros((1, 256), np.float32)
    read_delayed(loops.samples, loops.starts, loops.lengths, loops.cursors, before, before + change, out)
    np.testing.assert_allclose(out[0], sound(start + np.arange(256) - delay), atol=4e-3)
    assert MARGIN >= TAPS // 2


@pytest.mark.parametrize("distance", [1.0, 5.0, 20.0, 100.0])
def test_air_absorbs_as_the_standard_says(distance: float) -> None:
    frequency = np.geomspace(250.0, 20_000.0, 40)
    b0, b1, pole = air_filter(Air(), RATE, distance)
    delay = np.exp(-2j * np.pi * frequency / RATE)
    found = 20.0 * np.log10(np.abs((b0 + b1 * delay) / (1.0 - pole * delay)))
    expected = -air_absorption_db_per_metre(frequency) * distance
    audible = expected > -10.0
    limit = 0.2 if distance <= 20.0 else 1.3
    np.testing.assert_allclose(found[audible], expected[audible], atol=limit)


def test_far_sounds_are_dull_in_air_and_not_without() -> None:
    def treble_loss(**changes) -> float:
        scene = with_acoustics(scene_of(point("thing", [50.0, 0.0, 0.0]), absorption=0.0), **changes)
        near = with_acoustics(scene_of(point("thing", [1.0, 0.0, 0.0]), absorption=0.0), **changes)
        spectra = [np.abs(np.fft.rfft(render_ambisonics(s, Pose(ORIGIN), 1.0, 0)[0])) ** 2 for s in (scene, near)]
        treble, bass = ([s[a:b].sum() for s in spectra] for a, b in ((7000, 9000), (200, 1000)))
        return 10.0 * np.log10(treble[1] / treble[0] * bass[0] / bass[1])

    assert treble_loss() == pytest.approx(0.0, abs=0.1)
    expected = 50.0 * air_absorption_db_per_metre(8000.0) - 50.0 * air_absorption_db_per_metre(600.0)
    assert treble_loss(air=Air()) == pytest.approx(float(expected), abs=1.0)


def edge_map(sources: int) -> OcclusionMap:
    """Everything is hidden where x < -0.5 and seen where x > 0.5."""
    values = np.tile(np.clip(np.linspace(-1.0, 1.0, 9) + 0.5, 0.0, 1.0)[None, :, None, None], (sources, 1, 1, 1))
    return OcclusionMap(np.array([-1.0, 0.0, 0.0]), 0.25, np.ascontiguousarray(values, np.float32))


def test_a_hidden_source_appears_without_a_step_as_one_walks_past_the_edge() -> None:
    scene = with_acoustics(scene_of(point("thing", [0.0, 50.0, 0.0]), absorption=0.0), occlusion=True)
    scene.occlusion = edge_map(1)
    levels = []
    for x in np.arange(-0.9, 0.9, 0.05):
        heard = render_ambisonics(scene, Pose(np.array([x, 0.0, 0.0])), 0.2, 0)[0]
        levels.append(10.0 * np.log10(np.mean(heard[2400:].astype(float) ** 2)))
    steps = np.diff(levels)
    assert steps.min() > -0.02
    assert levels[-1] - levels[0] > 12.0
    hidden = np.abs(np.fft.rfft(render_ambisonics(scene, Pose(np.array([-0.9, 0.0, 0.0])), 1.0, 0)[0])) ** 2
    seen = np.abs(np.fft.rfft(render_ambisonics(scene, Pose(np.array([0.9, 0.0, 0.0])), 1.0, 0)[0])) ** 2
    loss = [10.0 * np.log10(seen[a:b].sum() / hidden[a:b].sum()) for a, b in ((100, 300), (7000, 9000))]
    assert 11.5 < loss[0] < 12.5
    assert loss[1] > loss[0] + 8.0


def test_only_what_has_a_place_is_late_or_hidden() -> None:
    scene = with_acoustics(scene_of(ambient()), propagation_delay=True, occlusion=True, air=Air())
    scene.occlusion = OcclusionMap(ORIGIN, 1.0, np.ones((1, 1, 1, 1), np.float32))
    np.testing.assert_allclose(render_ambisonics(scene, Pose(ORIGIN), 0.1, 1)[0], scene.sounds["bed"][:4800], atol=1e-6)


def test_an_area_source_is_late_by_the_distance_of_its_centroid() -> None:
    points = [[9.0, y, 0.0] for y in (-1.0, 0.0, 1.0)]
    scene = with_acoustics(scene_of(area("pond", points), absorption=0.0), propagation_delay=True)
    scene.sounds["pond"] = np.zeros(48_000, np.float32)
    scene.sounds["pond"][100:140] = np.hanning(40)
    heard = render_ambisonics(scene, Pose(ORIGIN), 0.5, 0)[0]
    assert np.argmax(heard) == pytest.approx(100 + 20 + 9.0 / 343.0 * RATE, abs=1.0)


def test_a_map_of_other_sources_is_refused() -> None:
    scene = with_acoustics(scene_of(point_at(0.0)), occlusion=True)
    scene.occlusion = edge_map(2)
    with pytest.raises(ValueError, match="must know 1 sources, found 2"):
        BinauralRenderer(scene)


def test_a_leap_leaves_no_sample_out_of_bounds() -> None:
    scene = with_acoustics(scene_of(point_at(30.0)), propagation_delay=True, air=Air())
    renderer = BinauralRenderer(scene)
    for x in (0.0, 1000.0, -1e6, 0.0, 3.0):
        block = renderer.render_block([x, 0.0, 0.0], np.eye(3))
        assert np.isfinite(block).all()
        assert np.abs(block).max() <= 1.0
