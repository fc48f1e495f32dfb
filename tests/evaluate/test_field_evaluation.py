import numpy as np
import pytest

from sonovista.ambisonics import encode, rotation_matrix
from sonovista.errors import InputError
from sonovista.evaluate.field import (
    beams_of_map,
    compare_fields,
    compare_fields_as_published,
    compare_files,
    view_of_field,
)
from sonovista.geometry import direction_from_angles, rotation_from_yaw_pitch_roll
from sonovista.geometry.equirectangular import pixel_directions
from sonovista.signal.audio_files import write_audio

RATE = 48_000


def _noise(seconds: float = 0.5, seed: int = 0) -> np.ndarray:
    return 0.1 * np.random.default_rng(seed).normal(size=round(seconds * RATE))


def _plane(azimuth_deg: float, elevation_deg: float = 0.0, order: int = 1, seconds: float = 0.5) -> np.ndarray:
    return encode(_noise(seconds), np.radians(azimuth_deg), np.radians(elevation_deg), order)


def test_the_map_of_a_plane_wave_is_a_cardioid_about_its_direction() -> None:
    view = view_of_field(_plane(40.0, 20.0), beams_of_map(1))
    towards = pixel_directions(90) @ direction_from_angles(np.radians(40.0), np.radians(20.0))
    level = np.sqrt(np.mean(_noise() ** 2))
    np.testing.assert_allclose(view.map, level * (1.0 + towards), atol=1e-9)


def test_the_published_beams_weigh_y_and_x_by_the_square_root_of_two_and_z_by_one() -> None:
    ahead = direction_from_angles(np.radians(40.0), np.radians(20.0))
    view = view_of_field(_plane(40.0, 20.0), beams_of_map(1, "published"))
    x, y, z = np.moveaxis(pixel_directions(90), -1, 0)
    expected = np.abs(1.0 + np.sqrt(2.0) * (x * ahead[0] + y * ahead[1]) + z * ahead[2])
    np.testing.assert_allclose(view.map, np.sqrt(np.mean(_noise() ** 2)) * expected, atol=1e-9)
    with pytest.raises(ValueError, match="order 1"):
        beams_of_map(2, "published")


@pytest.mark.parametrize("order", [1, 2, 5])
@pytest.mark.parametrize(("azimuth_deg", "elevation_deg"), [(0.0, 0.0), (90.0, 0.0), (-135.0, 40.0), (10.0, -80.0)])
def test_a_known_source_is_where_it_is(order: int, azimuth_deg: float, elevation_deg: float) -> None:
    comparison = compare_fields(_plane(azimuth_deg, elevation_deg, order), _plane(0.0, 0.0, order), window=0.1)
    wanted = direction_from_angles(np.radians(azimuth_deg), np.radians(elevation_deg))
    np.testing.assert_allclose(comparison.estimate.direction, wanted, atol=1e-6)
    assert comparison.measures.angular_error == pytest.approx(np.arccos(np.clip(wanted[0], -1.0, 1.0)), abs=1e-6)
    loudest = np.unravel_index(comparison.estimate.map.argmax(), comparison.estimate.map.shape)
    assert np.arccos(np.clip(pixel_directions(90)[loudest] @ wanted, -1.0, 1.0)) <= np.radians(1.5)
    assert len(comparison.windows) == 5


def test_a_field_is_like_itself_and_unlike_its_opposite() -> None:
    same = compare_fields(_plane(30.0), 5.0 * _plane(30.0)).measures
    assert same.angular_error == pytest.approx(0.0, abs=1e-9)
    assert same.correlation == pytest.approx(1.0)
    assert same.auc == pytest.approx(1.0)
    opposite = compare_fields(_plane(30.0, 10.0), _plane(-150.0, -10.0)).measures
    assert opposite.angular_error == pytest.approx(np.pi)
    assert opposite.correlation == pytest.approx(-1.0, abs=0.001)
    assert opposite.auc < 0.01


@pytest.mark.parametrize("offset_deg", [15.0, 60.0, 90.0, 130.0])
def test_plain_correlation_of_two_single_sources_is_the_cosine_between_them(offset_deg: float) -> None:
    # Over the sphere, cardioids about a and b have the covariance a . b / 3 and the variance 1 / 3.
    found = compare_fields(_plane(20.0 + offset_deg), _plane(20.0)).measures.correlation
    assert found == pytest.approx(np.cos(np.radians(offset_deg)), abs=0.002)


def test_turning_both_fields_changes_little() -> None:
    a = _plane(30.0) + encode(_noise(seed=1), 2.0, 0.5, 1)
    b = _plane(50.0, 20.0)
    turn = rotation_matrix(rotation_from_yaw_pitch_roll(1.0, 0.5, 0.3), 1)
    before, after = compare_fields(a, b).measures, compare_fields(turn @ a, turn @ b).measures
    assert after.angular_error == pytest.approx(before.angular_error, abs=1e-9)
    assert after.correlation == pytest.approx(before.correlation, abs=0.01)
    assert after.auc == pytest.approx(before.auc, abs=0.01)


def test_windows_follow_a_source_that_moves() -> None:
    steps = [0.0, 60.0, 120.0]
    moving = np.concatenate([_plane(azimuth) for azimuth in steps], axis=1)
    comparison = compare_fields(moving, _plane(0.0, seconds=1.6), window=0.5)
    assert [round(window.end, 2) for window in comparison.windows] == [0.5, 1.0, 1.5]
    found = [np.degrees(window.measures.angular_error) for window in comparison.windows]
    assert found == pytest.approx(steps, abs=1e-3)


def test_silence_has_no_measures() -> None:
    comparison = compare_fields(np.zeros((4, 4800)), _plane(0.0))
    assert np.isnan([comparison.measures.angular_error, comparison.measures.correlation, comparison.measures.auc]).all()


def test_the_published_protocol_takes_the_middle_5_and_8_seconds_at_first_order() -> None:
    left, right = _plane(90.0, order=2, seconds=2.5), _plane(-90.0, order=2, seconds=3.0)
    estimate = np.concatenate([right, _plane(0.0, order=2, seconds=5.0), right], axis=1)
    reference = np.concatenate([left, _plane(10.0, order=2, seconds=8.0), left], axis=1)[:4]
    comparison = compare_fields_as_published(estimate, reference)
    assert comparison.order == 1
    assert np.degrees(comparison.measures.angular_error) == pytest.approx(10.0, abs=1e-3)
    assert comparison.windows == ()


def test_files_are_read_and_their_orders_checked(tmp_path) -> None:
    for name, order in (("first.wav", 1), ("third.wav", 3), ("mono.wav", 0)):
        write_audio(tmp_path / name, _plane(45.0, 0.0, order), RATE, "FLOAT")
    write_audio(tmp_path / "five.wav", np.zeros((5, 100)), RATE)
    for name in ("mono.wav", "five.wav"):
        with pytest.raises(InputError, match=rf"{name}: expected an Ambisonic file"):
            compare_files(tmp_path / name, tmp_path / "first.wav")
    with pytest.raises(InputError, match="--order 1"):
        compare_files(tmp_path / "third.wav", tmp_path / "first.wav")
    with pytest.raises(InputError, match=r"first\.wav: expected order 2"):
        compare_files(tmp_path / "third.wav", tmp_path / "first.wav", order=2)
    comparison = compare_files(tmp_path / "third.wav", tmp_path / "first.wav", order=1)
    assert comparison.measures.correlation == pytest.approx(1.0)
    with pytest.raises(ValueError, match="same order"):
        compare_fields(_plane(0.0, order=2), _plane(0.0, order=1))
