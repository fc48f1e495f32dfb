"""What the ears receive agrees with where the sources are and how long the room rings."""

import numpy as np
import pytest

from sonovista.acoustics.decay import decay_time
from sonovista.metrics.interaural import interaural_time_difference
from sonovista.simulate.example import SAMPLE_RATE, Viewpoints
from sonovista.simulate.heads import load_head, measured_head
from sonovista.simulate.hearing import direct_sound, hear_box, same_positions

SIZE = np.array([6.0, 5.0, 3.0])
CAMERA = np.array([2.5, 2.4, 1.5])


def around(azimuths: np.ndarray, distance: float = 1.5, elevation: float = 0.0) -> Viewpoints:
    """One camera for each azimuth, looking along x, and a source there: one source a camera is enough."""
    sources = CAMERA + distance * np.stack(
        [
            np.cos(elevation) * np.cos(azimuths),
            np.cos(elevation) * np.sin(azimuths),
            np.full(len(azimuths), np.sin(elevation)),
        ],
        axis=1,
    )
    return Viewpoints(CAMERA[None], np.zeros(1), 0.0, sources)


@pytest.mark.parametrize("head", ["kemar", "sphere"])
def test_sounds_on_the_left_reach_the_left_ear_first_and_louder(head):
    azimuths = np.radians(np.arange(-165.0, 180.0, 30.0))
    direct = hear_box(SIZE, around(azimuths), 0.3, load_head(head), 0).direct[:, 0]
    for azimuth, (left, right) in zip(azimuths, direct, strict=True):
        itd = interaural_time_difference(left, right, SAMPLE_RATE)
        ild = 10.0 * np.log10((left.astype(float) ** 2).sum() / (right.astype(float) ** 2).sum())
        if abs(np.sin(azimuth)) > 0.2:
            assert np.sign(itd) == np.sign(np.sin(azimuth))
            assert np.sign(ild) == np.sign(np.sin(azimuth))
            assert abs(itd) < 0.9e-3


@pytest.mark.parametrize("elevation_deg", [-20.0, 0.0, 10.0])
def test_delays_between_the_ears_are_those_of_the_measured_head(elevation_deg):
    """Within 30 microseconds, by cross-correlation below 1.5 kHz."""
    head, measured = load_head("kemar"), measured_head("kemar")
    level = np.abs(np.degrees(np.arcsin(measured.directions[:, 2])) - elevation_deg) < 0.5
    directions, hrirs = measured.directions[level][::5], measured.hrirs[level][::5]
    azimuths = np.arctan2(directions[:, 1], directions[:, 0])
    direct = direct_sound(around(azimuths, elevation=np.radians(elevation_deg)), head)[:, 0]
    for heard, (left, right) in zip(direct, hrirs, strict=True):
        assert interaural_time_difference(heard[0], heard[1], SAMPLE_RATE) == pytest.approx(
            interaural_time_difference(left, right, SAMPLE_RATE), abs=30e-6
        )


@pytest.mark.parametrize("asked", [0.12, 0.2, 0.35, 0.5])
def test_the_reverberation_time_is_the_one_asked_for(asked):
    viewpoints = around(np.array([0.4, 2.0]))
    heard = hear_box(SIZE, viewpoints, asked, load_head(), 3)
    total = heard.indirect.astype(float)
    total[..., : heard.direct.shape[-1]] += heard.direct
    for response in total.reshape(-1, total.shape[-1]):
        assert decay_time(response, SAMPLE_RATE) == pytest.approx(asked, rel=0.1)


def test_turning_the_head_turns_what_it_hears():
    """A head turned by the source's azimuth hears it from ahead, as if the world had turned the other way."""
    turned = Viewpoints(CAMERA[None], np.array([1.1]), 0.0, around(np.array([1.1])).sources)
    direct = direct_sound(turned, load_head())
    np.testing.assert_allclose(direct, direct_sound(around(np.array([0.0])), load_head()), atol=1e-6)


def test_the_direct_sound_is_one_over_the_distance_and_late_by_it():
    near, far = (direct_sound(around(np.array([0.7]), distance), load_head())[0, 0] for distance in (1.0, 3.0))
    assert np.linalg.norm(near) / np.linalg.norm(far) == pytest.approx(3.0, rel=0.02)
    late = np.abs(far).argmax(axis=1) - np.abs(near).argmax(axis=1)
    assert late == pytest.approx([2.0 / 343.0 * SAMPLE_RATE] * 2, abs=1)


def test_a_box_has_the_direct_sound_of_the_open():
    viewpoints = around(np.array([0.3, -2.0]))
    direct = hear_box(SIZE, viewpoints, 0.3, load_head(), 0).direct
    alone = direct_sound(viewpoints, load_head())
    length = min(direct.shape[-1], alone.shape[-1])
    np.testing.assert_allclose(direct[..., :length], alone[..., :length], atol=1e-4)


def test_cameras_at_one_place_share_a_field():
    cameras = np.array([CAMERA, CAMERA + np.array([0.1, 0.0, 0.0]), CAMERA])
    viewpoints = Viewpoints(cameras, np.array([0.0, 0.0, 0.0]), 0.0, around(np.array([0.5])).sources)
    assert [indices.tolist() for _, indices in same_positions(viewpoints)] == [[0, 2], [1]]
    heard = hear_box(SIZE, viewpoints, 0.3, load_head(), 0)
    np.testing.assert_array_equal(heard.indirect[0, 0], heard.indirect[0, 2])
    assert not np.array_equal(heard.indirect[0, 0], heard.indirect[0, 1])
