from pathlib import Path

import cv2
import numpy as np
import pytest
from learning import tiny_head

from sonovista.geometry.image_files import read_rgb
from sonovista.slfm.classical.level_difference import LevelDifferenceScale, level_difference, voted_level_difference
from sonovista.slfm.classical.matching import Matches, sift_matches
from sonovista.slfm.classical.photometric import photometric_rotation, turned_camera
from sonovista.slfm.classical.rotation_fitting import (
    camera_matrix,
    five_point,
    homography_rotation,
    pure_rotation,
    turn_between,
)
from sonovista.slfm.classical.time_delay import azimuth_from_delay, gcc_phat, gcc_phat_azimuth
from sonovista.slfm.streams.panoramas import crop

FOV = np.radians(60.0)


@pytest.fixture(scope="module")
def panorama():
    """A real photo wrapped around, mirrored at its seam."""
    photo = read_rgb(Path(__file__).parent.parent.parent / "examples" / "meadow.jpg")
    half = cv2.resize(photo, (1024, 1024), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(np.concatenate([half, half[:, ::-1]], axis=1))


@pytest.mark.parametrize("samples", [-11, 0, 5])
def test_gcc_phat_finds_a_delay(rng, samples):
    noise = rng.standard_normal(8_100)
    left, right = noise[50:8_050], noise[50 - samples : 8_050 - samples]
    assert gcc_phat(np.stack([left, right])) == pytest.approx(samples / 16_000, abs=1e-6)


def test_woodworths_delay_and_back():
    for azimuth in np.radians([-90.0, -37.0, 0.0, 5.0, 88.0]):
        delay = 0.0875 / 343.0 * (np.sin(azimuth) + azimuth)
        assert azimuth_from_delay(delay) == pytest.approx(azimuth, abs=1e-4)


def test_sounds_about_a_sphere_are_found(rng):
    noise = rng.standard_normal(16_000)
    for azimuth_deg in (-60, -20, 0, 35, 70):
        response = tiny_head().responses[6, azimuth_deg % 360]
        binaural = np.stack([np.convolve(noise, ear) for ear in response])
        # a rigid sphere delays low sounds more than Woodworth's formula says
        assert np.degrees(gcc_phat_azimuth(binaural)) == pytest.approx(azimuth_deg, abs=15)
        assert np.sign(np.round(level_difference(binaural))) == np.sign(azimuth_deg)
        assert np.sign(voted_level_difference(binaural)) == np.sign(azimuth_deg) or azimuth_deg == 0


def test_silence_has_no_side():
    silence = np.zeros((2, 8_000))
    assert level_difference(silence) == voted_level_difference(silence) == gcc_phat_azimuth(silence) * 0.0 == 0.0


def test_a_scale_is_fitted():
    azimuths = np.radians(np.linspace(-80, 80, 33))
    scale = LevelDifferenceScale.fitted(12.0 * np.sin(azimuths), azimuths)
    assert scale.decibels == pytest.approx(12.0)
    assert scale.azimuth(6.0) == pytest.approx(np.radians(30.0))
    assert scale.azimuth(50.0) == pytest.approx(np.pi / 2)


@pytest.mark.parametrize("method", [five_point, pure_rotation, homography_rotation])
@pytest.mark.parametrize(("turn_deg", "pitch_deg"), [(12.0, 0.0), (-25.0, -22.5)])
def test_a_turn_is_found_in_real_pictures(panorama, method, turn_deg, pitch_deg):
    pitch = np.radians(pitch_deg)
    first, second = (crop(panorama, yaw, pitch, 320, 240, FOV) for yaw in (0.3, 0.3 + np.radians(turn_deg)))
    found = method(sift_matches(first, second), camera_matrix(320, 240, FOV), pitch)
    # an essential matrix says nothing firm where the camera only turned
    tolerance = 3.0 if method is five_point else 0.15
    assert found is not None
    assert np.degrees(found.angle) == pytest.approx(turn_deg, abs=tolerance)
    whole = method(sift_matches(first, second), camera_matrix(320, 240, FOV), None)
    assert np.sign(whole.angle) == np.sign(turn_deg)


def test_nothing_to_match_gives_no_rotation():
    black = np.zeros((120, 160, 3), np.uint8)
    matches = sift_matches(black, black)
    assert len(matches) == 0
    for method in (five_point, pure_rotation, homography_rotation):
        assert method(matches, camera_matrix(160, 120, FOV)) is None


def test_points_that_do_not_agree_give_no_rotation(rng):
    scattered = Matches(rng.uniform(0, 320, (30, 2)), rng.uniform(0, 320, (30, 2)))
    assert pure_rotation(scattered, camera_matrix(320, 240, FOV)) is None


@pytest.mark.parametrize(("turn_deg", "pitch_deg"), [(12.0, 0.0), (-25.0, -22.5), (41.0, 0.0)])
def test_pictures_laid_over_each_other_tell_the_turn(panorama, turn_deg, pitch_deg):
    pitch = np.radians(pitch_deg)
    first, second = (crop(panorama, yaw, pitch, 320, 240, FOV) for yaw in (0.3, 0.3 + np.radians(turn_deg)))
    second = np.clip(0.6 * second.astype(float) + 30.0, 0, 255).astype(np.uint8)
    near = np.radians(turn_deg + 9.0)
    found = photometric_rotation(first, second, FOV, near, np.radians(6.0))
    assert np.degrees(found.angle) == pytest.approx(turn_deg, abs=0.15)
    assert found.lead > 8.0
    back = photometric_rotation(second, first, FOV, -near, np.radians(6.0), (pitch,))
    assert np.degrees(back.angle) == pytest.approx(-turn_deg, abs=0.1)


def test_pictures_that_share_nothing_lead_nowhere(panorama):
    first, second = (crop(panorama, yaw, 0.0, 320, 240, FOV) for yaw in (0.3, 2.5))
    found = photometric_rotation(first, second, FOV, 0.5, np.radians(6.0))
    assert found.lead < 8.0
    flat = np.zeros((240, 320, 3), np.uint8)
    assert photometric_rotation(flat, flat, FOV, 0.0, np.radians(6.0)).score == 0.0


def test_a_turned_camera_is_that_of_the_fit():
    for angle, pitch in ((0.3, 0.0), (-0.7, -0.4)):
        assert turn_between(turned_camera(angle, pitch), pitch) == pytest.approx(angle)
