"""What a user's files are answered with, by the shipped networks."""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile
from learning import tiny_head
from PIL import Image

from sonovista.errors import InputError
from sonovista.geometry.image_files import read_rgb
from sonovista.slfm.camera_rotation import rotation
from sonovista.slfm.recordings import read_binaural
from sonovista.slfm.runtime import MotionNetworks
from sonovista.slfm.sound_direction import localize
from sonovista.slfm.streams.panoramas import crop
from sonovista.slfm.streams.sounds import Noise
from sonovista.slfm.tracking import TrackWindow, smoothed

FOV = np.radians(60.0)


def heard_from(azimuth_deg: float, seconds: float = 2.0, seed: int = 0) -> np.ndarray:
    """Noise in bursts from a direction about a rigid sphere, no room, with a little noise of its own in each ear."""
    rng = np.random.default_rng(seed)
    sound = Noise().piece(rng, round(16_000 * seconds))
    ears = tiny_head().responses[6, round(azimuth_deg) % 360]
    binaural = np.stack([np.convolve(sound, ear)[: len(sound)] for ear in ears])
    return (binaural + 1e-4 * rng.standard_normal(binaural.shape)).astype(np.float32)


@pytest.fixture(scope="module")
def panorama():
    photo = read_rgb(Path(__file__).parent.parent.parent / "examples" / "interior.jpg")
    half = cv2.resize(photo, (1024, 1024), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(np.concatenate([half, half[:, ::-1]], axis=1))


def save(path, signal, rate=16_000):
    soundfile.write(path, signal.T, rate, subtype="FLOAT")
    return path


def test_left_is_left_and_exchanged_ears_are_the_mirror_image():
    for azimuth_deg in (-60, -25, 25, 60):
        one = localize(heard_from(azimuth_deg))
        other = localize(np.ascontiguousarray(heard_from(azimuth_deg)[::-1]))
        for window, mirrored in zip(one.windows, other.windows, strict=True):
            assert window.azimuth is not None
            assert mirrored.azimuth is not None
            assert np.sign(window.azimuth) == np.sign(azimuth_deg)
            assert window.azimuth == pytest.approx(-mirrored.azimuth, abs=1e-3)


def test_the_document_is_the_promised_one(tmp_path):
    document = localize(save(tmp_path / "a.wav", heard_from(40.0))).as_dict()
    assert set(document) == {"windows", "warnings"}
    assert {"start_s", "end_s", "azimuth_deg", "confidence", "front_back"} <= set(document["windows"][0])
    assert document["windows"][0]["front_back"] == "ambiguous"
    assert [w["start_s"] for w in document["windows"]] == [0.0, 1.0]
    assert document["warnings"] == []


@pytest.mark.parametrize(
    ("signal", "rate", "words"),
    [
        (np.zeros((2, 16_000)), 16_000, "silence"),
        (heard_from(30.0)[:, :160], 16_000, "10 ms"),
        (np.clip(40.0 * heard_from(30.0), -1.0, 1.0), 16_000, "clipped"),
        (0.3 * np.clip(40.0 * heard_from(30.0), -1.0, 1.0), 16_000, "clipped"),
        (heard_from(30.0)[:, ::2], 8_000, "8000 Hz"),
        (np.tile(heard_from(30.0)[:1], (2, 1)), 16_000, "both channels are the same"),
        (heard_from(30.0) * np.array([[1.0], [0.0]]), 16_000, "one channel is silent"),
        (heard_from(30.0)[:1] * np.array([[1.0], [0.6]]), 16_000, "panned mono"),
        (heard_from(30.0)[:1] * np.array([[1.0], [-1.0]]), 16_000, "panned mono"),
        (heard_from(30.0)[:1] + 1e-5 * heard_from(-60.0), 16_000, "panned mono"),
    ],
)
def test_doubtful_recordings_are_doubted(tmp_path, signal, rate, words):
    found = localize(save(tmp_path / "a.wav", signal, rate))
    assert any(words in warning for warning in found.warnings)
    assert all(window.confidence <= 0.7 for window in found.windows)
    assert all(np.isfinite(window.azimuth) for window in found.windows if window.azimuth is not None)


def test_short_sounds_and_pure_tones_are_not_taken_for_clipped(tmp_path):
    short = localize(save(tmp_path / "a.wav", heard_from(30.0)[:, :160])).warnings
    assert len(short) == 1
    tone = 0.7 * np.sin(2.0 * np.pi * 440.0 * np.arange(16_000) / 16_000 + np.array([[0.0], [0.4]]))
    assert not any("clipped" in warning for warning in localize(save(tmp_path / "b.wav", tone)).warnings)


def test_silence_has_no_direction(tmp_path):
    found = localize(save(tmp_path / "a.wav", np.zeros((2, 32_000))))
    assert [window.azimuth for window in found.windows] == [None, None]
    assert [window.confidence for window in found.windows] == [0.0, 0.0]


@pytest.mark.parametrize(("channels", "words"), [(1, "two ears"), (6, "mix it down")])
def test_other_numbers_of_channels_are_refused(tmp_path, rng, channels, words):
    with pytest.raises(InputError, match=rf"a\.wav: expected 2 channels .* found {channels}: .*{words}"):
        read_binaural(save(tmp_path / "a.wav", 0.1 * rng.standard_normal((channels, 8_000))))


def test_windows_of_any_length():
    assert [round(w.end, 2) for w in localize(heard_from(10.0), window=0.5).windows] == [0.5, 1.0, 1.5, 2.0]
    assert [round(w.end, 2) for w in localize(heard_from(10.0), window=30.0).windows] == [2.0]


def test_a_longer_window_hears_all_of_it():
    first, second = heard_from(50.0, 1.0), heard_from(-50.0, 1.55, seed=1)
    quiet = np.concatenate([0.003 * first, second], axis=1).astype(np.float32)
    (window,) = localize(quiet, window=2.55).windows
    assert window.azimuth is not None
    assert np.degrees(window.azimuth) == pytest.approx(
        -50.0, abs=15.0
    )  # its first second, from the other side, is soft
    (minute,) = localize(heard_from(20.0, 20.0), window=60.0).windows
    assert minute.end == pytest.approx(20.0)
    assert minute.azimuth is not None
    assert np.degrees(minute.azimuth) == pytest.approx(20.0, abs=10.0)


def test_what_leaves_the_direction_open_is_said():
    rng = np.random.default_rng(0)
    found = localize(0.1 * rng.standard_normal((2, 32_000)).astype(np.float32))  # ears that have nothing in common
    assert all(window.confidence < 0.5 for window in found.windows)
    assert any("doubtful in 2 of 2 windows" in warning for warning in found.warnings)


@pytest.mark.parametrize("turn_deg", [-28.0, 17.0])
def test_a_turn_between_pictures_and_back(panorama, turn_deg):
    first, second = (crop(panorama, yaw, -0.2, 640, 480, FOV) for yaw in (1.6, 1.6 + np.radians(turn_deg)))
    there, back = rotation(first, second, pitch=-0.2), rotation(second, first, pitch=-0.2)
    assert there.method == "refined"
    assert np.degrees(there.angle) == pytest.approx(turn_deg, abs=0.2)
    assert np.degrees(back.angle) == pytest.approx(-turn_deg, abs=0.2)
    plain = rotation(first, second, refine=False), rotation(second, first, refine=False)
    assert plain[0].method == "network"
    assert plain[0].angle == pytest.approx(-plain[1].angle, abs=1e-3)


def test_an_unrefined_angle_that_refinement_contradicts_is_doubted(panorama, monkeypatch):
    first, second = (crop(panorama, yaw, -0.2, 640, 480, FOV) for yaw in (1.6, 1.6 + np.radians(17.0)))
    assert rotation(first, second, pitch=-0.2, refine=False).confidence > 0.5
    monkeypatch.setattr("sonovista.slfm.camera_rotation.network_rotation", lambda *_: (np.radians(-25.0), 0.01))
    found = rotation(first, second, pitch=-0.2, refine=False)
    assert np.degrees(found.angle) == pytest.approx(-25.0)
    assert found.confidence <= 0.5
    assert any("refinement says 17.0 degrees" in warning for warning in found.warnings)


def test_another_lens_is_allowed_for(panorama):
    wide = np.radians(85.0)
    first, second = (crop(panorama, yaw, 0.0, 640, 480, wide) for yaw in (1.5, 1.85))
    assert np.degrees(rotation(first, second, horizontal_fov=wide).angle) == pytest.approx(np.degrees(0.35), abs=0.5)


def test_pictures_that_show_nothing_are_no_ground_for_an_angle(panorama):
    black = np.zeros((480, 640, 3), np.uint8)
    picture = crop(panorama, 0.2, 0.0, 640, 480, FOV)
    found = rotation(picture, black)
    assert found.confidence == 0.0
    assert any("second picture shows nothing" in warning for warning in found.warnings)
    assert len(rotation(black, black).warnings) >= 2


def test_the_same_picture_twice_has_not_turned(panorama):
    picture = crop(panorama, 0.2, 0.0, 640, 480, FOV)
    found = rotation(picture, picture)
    assert np.degrees(found.angle) == pytest.approx(0.0, abs=0.05)
    assert any("the same" in warning for warning in found.warnings)


def test_pictures_of_different_size_are_taken_as_equal_views(panorama):
    first, second = crop(panorama, 1.5, 0.0, 640, 480, FOV), crop(panorama, 1.7, 0.0, 400, 300, FOV)
    found = rotation(first, second)
    assert any("differ in size" in warning for warning in found.warnings)
    assert np.degrees(found.angle) == pytest.approx(np.degrees(0.2), abs=0.5)


def test_a_source_at_rest_smooths_its_track():
    rng = np.random.default_rng(0)
    turns = np.radians(np.linspace(-40.0, 40.0, 12))
    true = np.radians(30.0) - turns
    heard = np.arcsin(np.sin(true)) + np.radians(6.0) * rng.standard_normal(12)
    windows = [TrackWindow(k, k + 1.0, heard[k], 0.05, turns[k], 0.01, 0.8, 0.9) for k in range(12)]
    out = np.array([w.smoothed_azimuth for w in smoothed(windows)], float)
    assert np.abs(out - true).mean() < 0.5 * np.abs(heard - true).mean()
    assert smoothed(windows[:2]) == windows[:2]


def test_use_needs_no_torch(tmp_path):
    path = save(tmp_path / "a.wav", heard_from(30.0))
    code = f"""
import sys
import sonovista.slfm.camera_rotation, sonovista.slfm.tracking
from sonovista.slfm.sound_direction import localize
localize({str(path)!r})
print([name for name in ("torch", "safetensors", "accelerate") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"


def test_a_folder_without_networks_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"model\.json: cannot be read"):
        MotionNetworks(tmp_path)
    (tmp_path / "model.json").write_text('{"format": 1}')
    with pytest.raises(InputError, match="format: expected 2, found 1"):
        MotionNetworks(tmp_path)


def test_a_picture_that_is_none_is_refused(tmp_path):
    Image.new("RGB", (640, 480), (9, 9, 9)).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"b\.png"):
        rotation(tmp_path / "a.png", tmp_path / "b.png")


@pytest.mark.parametrize("turn_deg", [90.0, 150.0])
def test_pictures_that_share_nothing_are_never_answered_with_confidence(panorama, turn_deg):
    # within one half of the panorama: the other half is its mirror image
    first, second = (crop(panorama, yaw, 0.3, 320, 240, FOV) for yaw in (0.55, 0.55 + np.radians(turn_deg)))
    found = rotation(first, second)
    assert found.method == "network"
    assert found.confidence <= 0.5
    assert any("it is a guess" in warning for warning in found.warnings)


@pytest.mark.parametrize("window", [0.0, -1.0, 0.01, 1e9, float("nan")])
def test_a_window_that_no_recording_has_is_refused(window: float):
    with pytest.raises(InputError, match=r"window: expected 0\.1 to 60 seconds"):
        localize(np.zeros((2, 16000), np.float32), window)
