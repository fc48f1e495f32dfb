from pathlib import Path

import numpy as np
import pytest
from manhattan_scenes import RenderedPhoto, render_manhattan_photo

from sonovista.generate.calibration.line_segments import detect_line_segments
from sonovista.generate.calibration.vanishing_points import Options, VanishingPointCalibrator
from sonovista.geometry.image_files import read_photo

EXAMPLES = Path(__file__).parents[2] / "examples"
calibrate = VanishingPointCalibrator()
calibrate_quickly = VanishingPointCalibrator(Options(hypotheses=2000))


def errors_deg(photo: RenderedPhoto) -> np.ndarray:
    found, true = calibrate_quickly(photo.image, None), photo.camera
    return np.rad2deg(
        np.abs([found.pitch - true.pitch, found.roll - true.roll, found.horizontal_fov - true.horizontal_fov])
    )


@pytest.fixture(scope="module")
def street() -> RenderedPhoto:
    return render_manhattan_photo(1, longer_side=480)


def test_rooms_and_streets_give_pitch_roll_and_fov(street: RenderedPhoto) -> None:
    photos = [street] + [render_manhattan_photo(seed, longer_side=480) for seed in (0, 4, 6)]
    pitch, roll, fov = np.median([errors_deg(photo) for photo in photos], axis=0)
    assert pitch <= 2.0
    assert roll <= 2.0
    assert fov <= 6.0


@pytest.mark.slow
def test_forty_rooms_and_streets_keep_the_stated_errors() -> None:
    errors = np.array([errors_deg(render_manhattan_photo(seed)) for seed in range(100, 140)])
    assert np.all(np.median(errors, axis=0) <= [2.0, 2.0, 6.0])


def test_a_mirrored_photo_has_the_opposite_roll(street: RenderedPhoto) -> None:
    plain, mirrored = (
        calibrate_quickly(street.image, None),
        calibrate_quickly(np.ascontiguousarray(street.image[:, ::-1]), None),
    )
    assert mirrored.roll == pytest.approx(-plain.roll, abs=np.deg2rad(0.5))
    assert mirrored.pitch == pytest.approx(plain.pitch, abs=np.deg2rad(0.7))


def test_a_photo_with_lines_is_believed(street: RenderedPhoto) -> None:
    found = calibrate_quickly(street.image, None)
    assert min(found.pitch_confidence, found.roll_confidence, found.horizontal_fov_confidence) > 0.5
    assert "vanishing points" in found.method


def test_the_same_photo_gives_the_same_camera(street: RenderedPhoto) -> None:
    assert calibrate_quickly(street.image, None) == calibrate_quickly(street.image, None)


@pytest.mark.parametrize(("width", "height"), [(320, 240), (240, 320)])
def test_without_lines_the_prior_is_taken_and_said(width: int, height: int) -> None:
    blank = np.full((height, width, 3), 120, np.uint8)
    found = calibrate(blank, None)
    assert (found.pitch, found.roll) == (0.0, 0.0)
    longer_half = np.tan(0.5 * found.horizontal_fov) * max(width, height) / width
    assert np.rad2deg(2.0 * np.arctan(longer_half)) == pytest.approx(60.0)
    assert found.pitch_confidence == found.roll_confidence == found.horizontal_fov_confidence == 0.0
    assert found.method == "pitch: prior; roll: prior; field of view: prior"


def test_noise_is_no_evidence() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    found = calibrate(noise, None)
    assert found.pitch_confidence < 0.2
    assert abs(found.pitch) < np.deg2rad(3.0)


@pytest.mark.parametrize("name", ["stream", "meadow", "mountain"])
def test_accidental_lines_of_nature_do_not_tilt_the_camera(name: str) -> None:
    found = calibrate(read_photo(EXAMPLES / f"{name}.jpg", 1024).pixels, None)
    assert abs(found.pitch) < np.deg2rad(5.0)
    assert abs(found.roll) < np.deg2rad(3.0)
    assert found.pitch_confidence < 0.5


def test_eaves_of_an_octagonal_pagoda_do_not_tilt_the_camera() -> None:
    # The far shore runs through the picture's middle.
    found = calibrate(read_photo(EXAMPLES / "pagoda.jpg", 1024).pixels, None)
    assert abs(found.pitch) < np.deg2rad(4.0)
    assert abs(found.roll) < np.deg2rad(2.0)


def test_a_drum_on_the_floor_is_seen_from_above_through_a_long_lens() -> None:
    # The table's top is seen, so the horizon lies above it.
    found = calibrate(read_photo(EXAMPLES / "interior.jpg", 1024).pixels, None)
    horizon = 0.5 + np.tan(found.pitch) * 0.5 / np.tan(0.5 * found.camera(684, 1024).vertical_fov)
    assert 0.0 < horizon < 0.29
    assert np.rad2deg(found.horizontal_fov) < 32.0


@pytest.mark.parametrize("focal_length", [18.0, 27.0, 85.0])
def test_exif_decides_the_field_of_view(focal_length: float) -> None:
    found = calibrate(np.full((200, 300, 3), 90, np.uint8), focal_length)
    assert found.horizontal_fov == pytest.approx(2.0 * np.arctan(18.0 / focal_length), rel=1e-6)
    assert found.horizontal_fov_confidence > 0.9
    assert "EXIF" in found.method


def test_exif_is_kept_against_lines_within_its_tolerance(street: RenderedPhoto) -> None:
    diagonal = np.hypot(*street.image.shape[:2])
    true_35mm = street.camera.focal_length / diagonal * np.hypot(36.0, 24.0)
    found = calibrate_quickly(street.image, float(true_35mm))
    assert np.rad2deg(abs(found.horizontal_fov - street.camera.horizontal_fov)) < 2.0
    assert np.rad2deg(abs(found.pitch - street.camera.pitch)) < 1.0


def test_a_drawn_line_is_found_where_it_is() -> None:
    picture = np.zeros((200, 400, 3), np.uint8)
    picture[:, 300:] = 200
    segments = detect_line_segments(picture, 1024)
    assert len(segments) >= 1
    np.testing.assert_allclose(np.abs(segments.directions[0]), [0.0, 1.0], atol=1e-3)
    np.testing.assert_allclose(segments.middles[0], [0.5, 0.0], atol=0.02)


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError):
        Options(longer_side=3)
