"""Camera rotation and sound direction over a video, in windows (the paper, figure 6)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonovista.errors import InputError
from sonovista.slfm.angles import folded, wrapped
from sonovista.slfm.camera_rotation import UNSETTLED, estimate_rotation
from sonovista.slfm.features.pictures import FIELD_OF_VIEW, with_field_of_view
from sonovista.slfm.recordings import SAMPLE_RATE, read_binaural, video_frames
from sonovista.slfm.runtime import MotionNetworks, shared_networks
from sonovista.slfm.sound_direction import checked_window, estimate_windows

FRAME_STEP = 0.25
"""Seconds between the pictures that are looked at."""
KEY_TURN = np.radians(20.0)
"""Beyond it a picture becomes the one that later ones are compared with."""
SUB_STEP = 0.25
"""Seconds between the sounds whose mean and spread a window has."""


@dataclass(frozen=True)
class TrackWindow:
    """A window of a video; radians, left positive, rotations from the first picture on.

    Attributes:
        start: seconds.
        end: seconds.
        azimuth: mean of the window, in front; None for silence.
        azimuth_spread: standard deviation.
        rotation: mean of the window; None where it holds no picture.
        rotation_spread: standard deviation.
        sound_confidence: in [0, 1].
        rotation_confidence: the least of all steps since the first picture.
        smoothed_azimuth: as a source at rest would be heard, by all windows together; None where none was.
    """

    start: float
    end: float
    azimuth: float | None
    azimuth_spread: float
    rotation: float | None
    rotation_spread: float
    sound_confidence: float
    rotation_confidence: float
    smoothed_azimuth: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain data, degrees."""

        def degrees(value: float | None) -> float | None:
            return None if value is None else round(float(np.degrees(value)), 2)

        return {
            "start_s": round(self.start, 3),
            "end_s": round(self.end, 3),
            "azimuth_deg": degrees(self.azimuth),
            "azimuth_spread_deg": degrees(self.azimuth_spread),
            "rotation_deg": degrees(self.rotation),
            "rotation_spread_deg": degrees(self.rotation_spread),
            "sound_confidence": round(self.sound_confidence, 3),
            "rotation_confidence": round(self.rotation_confidence, 3),
            "smoothed_azimuth_deg": degrees(self.smoothed_azimuth),
            "front_back": "ambiguous",
        }


@dataclass(frozen=True)
class VideoTrack:
    """All windows of a video."""

    windows: list[TrackWindow]
    warnings: list[str]

    def as_dict(self) -> dict[str, Any]:
        """What `sonovista track --json` prints."""
        return {"windows": [window.as_dict() for window in self.windows], "warnings": self.warnings}


def track(
    video: str | Path,
    window: float = 1.0,
    horizontal_fov: float = FIELD_OF_VIEW,
    networks: MotionNetworks | None = None,
) -> VideoTrack:
    """Follow the camera's rotation and the sound's direction through a video.

    Args:
        video: with pictures and two channels of sound.
        window: seconds, 0.25 to 60.
        horizontal_fov: radians across the pictures.
        networks: None takes the shipped ones.

    Raises:
        InputError: the file is no video with two channels of sound, or the window cannot be used.
    """
    networks = networks or shared_networks()
    window = checked_window(window, FRAME_STEP)
    recording = read_binaural(video)
    times, turns, confidence, warnings = _camera(video, horizontal_fov, networks)
    length = recording.signal.shape[1] / SAMPLE_RATE
    count = max(1, int(np.ceil(max(length, times[-1] + FRAME_STEP) / window - 0.3)))
    windows = []
    for number in range(count):
        start, end = number * window, (number + 1) * window
        azimuth, spread, sure = _sound(recording.signal, start, end, networks)
        inside = (times >= start - 1e-6) & (times < end - 1e-6)
        seen = inside.any()
        windows.append(
            TrackWindow(
                start,
                end,
                azimuth,
                spread,
                float(turns[inside].mean()) if seen else None,
                float(turns[inside].std()) if seen else 0.0,
                min(recording.trust, sure),
                float(confidence[inside].min()) if seen else 0.0,
            )
        )
    return VideoTrack(smoothed(windows), [*recording.warnings, *warnings])


def smoothed(windows: list[TrackWindow]) -> list[TrackWindow]:
    """Windows with what a source at rest would be heard at: its direction in the room is one, the camera is known.

    Every window says where the source would be, in front or behind; the direction that most of them agree with is the
    source's, and turned back by the camera it is each window's. A source that moves is no such source: windows that
    disagree by more than 30 degrees keep their own azimuth.
    """
    from dataclasses import replace

    heard = [w for w in windows if w.azimuth is not None and w.rotation is not None]
    if len(heard) < 3:
        return windows
    azimuth = np.array([w.azimuth for w in heard], float)
    turn = np.array([w.rotation for w in heard], float)
    weight = np.array([max(w.sound_confidence, 0.05) for w in heard])
    candidates = wrapped(np.concatenate([azimuth, np.pi - azimuth]) + np.tile(turn, 2))
    apart = np.abs(folded(candidates[:, None] - turn) - azimuth)
    cost = (weight * np.minimum(apart, np.radians(30.0))).sum(axis=1)
    world = candidates[int(np.argmin(cost))]
    near = np.abs(folded(world - turn) - azimuth) < np.radians(30.0)
    for _ in range(5):  # Gauss-Newton on the folded difference, sources behind move the other way
        behind = np.cos(world - turn) < 0.0
        residual = (azimuth - folded(world - turn)) * np.where(behind, -1.0, 1.0)
        world = float(world + (weight * residual * near).sum() / max(float((weight * near).sum()), 1e-9))
    out = []
    for w in windows:
        if w.rotation is None:
            out.append(w)
            continue
        expected = float(folded(world - w.rotation))
        own = w.azimuth
        out.append(
            replace(w, smoothed_azimuth=expected if own is None or abs(own - expected) < np.radians(30.0) else own)
        )
    return out


def _camera(
    video: str | Path, horizontal_fov: float, networks: MotionNetworks
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], list[str]]:
    """Times, rotations from the first picture and confidences; each picture is compared with the last key picture."""
    times, turns, sure = [], [], []
    key, key_turn, key_sure = None, 0.0, 1.0
    last, last_turn, last_sure = None, 0.0, 1.0
    for time, frame in video_frames(video, FRAME_STEP):
        picture = with_field_of_view(frame, horizontal_fov)
        if key is None:
            key = picture
        elif last is not None:
            found = estimate_rotation(key, picture, networks)
            if abs(last_turn - key_turn) > KEY_TURN or found.confidence <= UNSETTLED:
                key, key_turn, key_sure = last, last_turn, last_sure
                found = estimate_rotation(key, picture, networks)
            last_turn, last_sure = key_turn + found.angle, min(key_sure, found.confidence)
        last = picture
        times.append(time)
        turns.append(last_turn)
        sure.append(last_sure)
    if not times:
        raise InputError(f"{video}: expected a video, found no pictures in it")
    warnings = []
    if min(sure) <= UNSETTLED:
        doubtful = times[int(np.argmax(np.array(sure) <= UNSETTLED))]
        warnings.append(f"the camera's rotation is doubtful from {doubtful:.1f} s on")
    return np.array(times), np.array(turns), np.array(sure), warnings


def _sound(
    signal: NDArray[np.float32], start: float, end: float, networks: MotionNetworks
) -> tuple[float | None, float, float]:
    """Mean azimuth, spread and confidence of a window, from stretches that start in it."""
    stretches = []
    for moment in np.arange(start, end - 1e-6, SUB_STEP):
        first = round(moment * SAMPLE_RATE)
        stretch = signal[:, first : first + round(networks.seconds * SAMPLE_RATE)]
        if stretch.shape[1] >= SAMPLE_RATE // 10:
            stretches.append(stretch)
    found = [(azimuth, sure) for azimuth, _, sure in estimate_windows(stretches, networks) if azimuth is not None]
    if not found:
        return None, 0.0, 0.0
    azimuths = np.array([azimuth for azimuth, _ in found])
    return float(azimuths.mean()), float(azimuths.std()), float(np.mean([sure for _, sure in found]))
