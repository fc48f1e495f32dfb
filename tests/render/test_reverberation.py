"""The room of a scene: how long it sounds, how loud, and to whom."""

import numpy as np
import pytest
from acoustic_scenes import ambient, point, scene_of

from sonovista.acoustics.decay import decay_time
from sonovista.ambisonics import interaural_coherence, load_default_filters
from sonovista.render import BinauralRenderer, Pose, render_ambisonics, render_binaural
from sonovista.render.ambience import diffuse_loop
from sonovista.render.reverberation import (
    ambisonic_tail,
    binaural_tail,
    first_reflection,
    room_reverberation_times,
)
from sonovista.scene.document import Acoustics, Air, Room
from sonovista.scene.scene import Scene

RATE = 48_000
ORIGIN = np.zeros(3)


def room_of(absorption: float = 0.2, size=(6.0, 5.0, 3.0), centre=(0.0, 0.0, 0.0), yaw_deg: float = 0.0) -> Room:
    return Room(centre=centre, size=size, yaw_deg=yaw_deg, absorption=[(absorption,) * 8] * 6)  # pyright: ignore[reportArgumentType]


def inside(scene: Scene, room: Room, **acoustics) -> Scene:
    document = scene.document.model_copy(
        update={"acoustics": Acoustics(absorption_per_metre=0.0, room=room, **acoustics)}
    )
    return Scene(document, scene.sounds)


def click(scene: Scene, seconds: float = 2.0) -> Scene:
    for sound in scene.sounds:
        scene.sounds[sound] = np.zeros(round(seconds * RATE), np.float32)
        scene.sounds[sound][0] = 0.1
    return scene


@pytest.mark.parametrize("absorption", [0.1, 0.2, 0.5])
def test_the_tail_decays_by_eyrings_formula(absorption: float) -> None:
    room, acoustics = room_of(absorption), Acoustics()
    expected = room_reverberation_times(room, acoustics)
    assert expected[0] == pytest.approx(0.161 * 90.0 / (-126.0 * np.log(1.0 - absorption)), rel=0.005)
    tail = binaural_tail(room, acoustics, load_default_filters(3))
    for ear in tail:
        assert decay_time(ear[round(first_reflection(room, acoustics) * RATE) :], RATE) == pytest.approx(
            expected[0], rel=0.05
        )


def test_absorbing_treble_makes_the_treble_short() -> None:
    bands = (0.05, 0.05, 0.05, 0.1, 0.2, 0.4, 0.6, 0.6)
    room = room_of().model_copy(update={"absorption": [bands] * 6})
    tails = np.concatenate([binaural_tail(room, Acoustics(), load_default_filters(3), seed) for seed in range(8)])
    from scipy.signal import butter, sosfiltfilt

    times = room_reverberation_times(room, Acoustics())
    for centre, expected in ((250.0, times[1]), (4000.0, times[5])):
        band = sosfiltfilt(butter(3, [centre * 0.95, centre * 1.05], "band", fs=RATE, output="sos"), tails, axis=1)
        envelope = np.sqrt((np.asarray(band) ** 2).sum(axis=0))
        # Neighbouring octaves overlap, so only the first 20 dB are the octave's own.
        assert decay_time(envelope[1200:], RATE, stop_db=-20.0) == pytest.approx(expected, rel=0.1)
    in_air = room_reverberation_times(room, Acoustics(air=Air()))
    assert in_air[-1] < 0.9 * times[-1]
    assert in_air[0] == pytest.approx(times[0], rel=0.01)


def test_reverberant_energy_is_that_of_a_diffuse_field() -> None:
    # 16 pi / A of the direct sound's at 1 m (Kuttruff), less what the wait for the first reflection leaves out.
    room = room_of(0.2)
    acoustics = Acoustics(room=room)
    tail = ambisonic_tail(room, acoustics, 1)
    area = -126.0 * np.log(0.8)
    kept = 10.0 ** (-6.0 * first_reflection(room, acoustics) / room_reverberation_times(room, acoustics)[0])
    energy = (tail.astype(float) ** 2).sum(axis=1)
    assert 10.0 * np.log10(energy[0] / (16.0 * np.pi / area * kept)) == pytest.approx(0.0, abs=0.3)
    np.testing.assert_allclose(energy[1:] / energy[0], 1.0 / 3.0, rtol=0.1)


def test_the_tail_has_the_heads_interaural_coherence() -> None:
    decoder = load_default_filters(3)
    tail = binaural_tail(room_of(0.05), Acoustics(), decoder).astype(float)[:, 4800:24_000]
    from scipy.signal import csd, welch

    frequency, cross = csd(*tail, fs=RATE, nperseg=512)
    power = [welch(ear, fs=RATE, nperseg=512)[1] for ear in tail]
    found = np.real(cross) / np.sqrt(power[0] * power[1])
    expected = np.interp(frequency, *interaural_coherence(decoder))
    low = (frequency > 200.0) & (frequency < 3000.0)
    assert np.abs(found - expected)[low].mean() < 0.12


def test_a_room_is_heard_after_the_sound_and_dies_away() -> None:
    dry = click(scene_of(point("clap", [1.0, 0.0, 0.0])))
    wet = render_binaural(inside(dry, room_of(0.2)), Pose(ORIGIN), 1.5)
    bare = render_binaural(dry, Pose(ORIGIN), 1.5)
    early, late = slice(0, 500), slice(4800, 20_000)
    assert np.abs(wet[:, late]).max() > 100.0 * max(np.abs(bare[:, late]).max(), 1e-9)
    np.testing.assert_allclose(wet[:, early].max(), np.exp(0.02) * bare[:, early].max(), rtol=0.05)
    assert np.abs(wet[:, -2400:]).max() < 1e-3 * np.abs(wet).max()


def test_a_source_outside_sends_less_into_the_room_and_ambience_nothing() -> None:
    def late_level(scene: Scene, room: Room) -> float:
        ears = render_binaural(inside(click(scene), room), Pose(ORIGIN), 0.5).astype(float)
        return float(np.sqrt(np.mean(ears[:, 4800:12_000] ** 2)))

    room = room_of(0.2)
    within = late_level(scene_of(point("clap", [0.5, 2.0, 0.0])), room)
    outside = late_level(scene_of(point("clap", [6.0, 0.0, 0.0])), room)  # 3 m from the wall
    assert outside / within == pytest.approx(0.25, rel=0.1)
    turned = late_level(scene_of(point("clap", [0.0, 2.9, 0.0])), room_of(0.2, yaw_deg=90.0))
    assert turned / within == pytest.approx(1.0, rel=0.1)
    assert late_level(scene_of(ambient()), room) < 0.01 * within


def test_mutes_reach_the_room() -> None:
    renderer = BinauralRenderer(inside(scene_of(point("clap", [1.0, 0.0, 0.0])), room_of(0.5)))
    for _ in range(20):
        renderer.render_block(ORIGIN, np.eye(3))
    renderer.set_gain("clap", 0.0)
    blocks = [renderer.render_block(ORIGIN, np.eye(3)) for _ in range(200)]
    assert np.abs(blocks[-1]).max() < 1e-6


def test_ambisonic_rendering_has_the_room_too() -> None:
    scene = inside(click(scene_of(point("clap", [1.0, 0.0, 0.0]))), room_of(0.2))
    field = render_ambisonics(scene, Pose(ORIGIN), 1.0, 1).astype(float)
    late = field[:, 4800:20_000]
    power = (late**2).mean(axis=1)
    assert power[0] > 0.0
    np.testing.assert_allclose(power[1:] / power[0], 1.0 / 3.0, rtol=0.3)


def test_ambience_is_flat_and_as_incoherent_at_the_ears_as_a_diffuse_field() -> None:
    scene = scene_of(ambient())
    ears = render_binaural(scene, Pose(ORIGIN), 1.0).astype(float)
    turned = render_binaural(scene, Pose(ORIGIN, yaw=1.0), 1.0)
    np.testing.assert_allclose(ears, turned, atol=1e-6)
    source = np.abs(np.fft.rfft(scene.sounds["bed"].astype(float))) ** 2
    heard = np.abs(np.fft.rfft(ears, axis=1)) ** 2
    for low, high in ((100, 300), (300, 1000), (1000, 4000), (4000, 12_000)):
        gain = 10.0 * np.log10(heard[:, low:high].sum(axis=1) / source[low:high].sum())
        np.testing.assert_allclose(gain, 0.0, atol=1.5)


def test_a_loop_of_ambience_loops_at_the_ears_too() -> None:
    decoder = load_default_filters(2)
    sound = np.random.default_rng(0).normal(size=3000).astype(np.float32)
    ears = diffuse_loop(sound, decoder)
    twice = diffuse_loop(np.concatenate([sound, sound]), decoder)
    np.testing.assert_allclose(twice, np.concatenate([ears, ears], axis=1), atol=1e-4)
