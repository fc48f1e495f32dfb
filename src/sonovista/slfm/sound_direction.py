"""Where sounds come from, over time, in a binaural recording."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonovista.errors import InputError
from sonovista.slfm.angles import folded
from sonovista.slfm.recordings import SAMPLE_RATE, BinauralRecording, is_silent, read_binaural
from sonovista.slfm.runtime import MotionNetworks, shared_networks
from sonovista.slfm.sound_evidence import PARTS, asked_of, sound_evidence

SHORTEST, LONGEST = 0.1, 60.0
"""Seconds of a window."""
UNSURE = 0.5
"""Confidence below which a direction is more likely wrong than right."""


@dataclass(frozen=True)
class SoundWindow:
    """A stretch of sound and where it comes from.

    Attributes:
        start: seconds.
        end: seconds.
        azimuth: radians, left positive, folded to the front; None for silence.
        spread: standard deviation of the estimates of its parts, radians.
        confidence: chance that the estimate is within 10 degrees, in [0, 1].
    """

    start: float
    end: float
    azimuth: float | None
    spread: float
    confidence: float

    def as_dict(self) -> dict[str, Any]:
        """Plain data, degrees."""
        azimuth_deg = None if self.azimuth is None else round(float(np.degrees(self.azimuth)), 2)
        return {
            "start_s": round(self.start, 3),
            "end_s": round(self.end, 3),
            "azimuth_deg": azimuth_deg,
            "spread_deg": round(float(np.degrees(self.spread)), 2),
            "confidence": round(self.confidence, 3),
            "front_back": "ambiguous",
        }


@dataclass(frozen=True)
class SoundTrack:
    """Windows of a recording, and what has to be said of it."""

    windows: list[SoundWindow]
    warnings: list[str]

    def as_dict(self) -> dict[str, Any]:
        """What `sonovista localize --json` prints."""
        return {"windows": [window.as_dict() for window in self.windows], "warnings": self.warnings}


def localize(
    recording: str | Path | NDArray[np.float32] | BinauralRecording,
    window: float | None = None,
    networks: MotionNetworks | None = None,
) -> SoundTrack:
    """Azimuth of the (dominant) sound in each window of a recording.

    Two ears cannot tell front from back: azimuths are those in front, and a source behind has the same one reflected.

    Args:
        recording: a file (sound or video), or samples at 16 kHz, left ear first, shape `(2, samples)`.
        window: seconds, 0.1 to 60; None takes what the network was trained on.
        networks: None takes the shipped ones.

    Raises:
        InputError: the file or the window cannot be used.
    """
    networks = networks or shared_networks()
    window = checked_window(networks.seconds if window is None else window, SHORTEST)
    recording = _recording(recording)
    signal, trust = recording.signal, recording.trust
    step = round(window * SAMPLE_RATE)
    starts = [start for start in range(0, signal.shape[1], step) if start == 0 or signal.shape[1] - start >= step // 3]
    stretches = [signal[:, start : start + step] for start in starts]
    found = estimate_windows(stretches, networks)
    windows = [
        SoundWindow(
            start / SAMPLE_RATE, (start + stretch.shape[1]) / SAMPLE_RATE, azimuth, spread, min(trust, confidence)
        )
        for start, stretch, (azimuth, spread, confidence) in zip(starts, stretches, found, strict=True)
    ]
    return SoundTrack(windows, [*recording.warnings, *_doubts(windows, recording)])


def checked_window(seconds: float, shortest: float) -> float:
    """A window's length in seconds, from `shortest` to `LONGEST`; anything else is an `InputError`."""
    if not shortest <= seconds <= LONGEST:  # NaN is neither
        raise InputError(f"window: expected {shortest:g} to {LONGEST:g} seconds, found {seconds:g}")
    return seconds


def estimate_windows(
    stretches: list[NDArray[np.float32]], networks: MotionNetworks
) -> list[tuple[float | None, float, float]]:
    """Azimuth (None for silence), spread and confidence of stretches of sound, each `(2, samples)` at 16 kHz."""
    heard = [number for number, stretch in enumerate(stretches) if not is_silent(stretch)]
    asked = [asked_of(stretches[number], networks) for number in heard]
    azimuths, embeddings = networks.heard([features for each in asked for features in each])
    out: list[tuple[float | None, float, float]] = [(None, 0.0, 0.0)] * len(stretches)
    for place, number in enumerate(heard):
        mine = slice(place * (1 + PARTS), (place + 1) * (1 + PARTS))
        front = folded(azimuths[mine])
        doubt = float(networks.doubt.expected(embeddings[mine.start]))
        sure = networks.confidence("sound").chance(sound_evidence(stretches[number], front, doubt))
        out[number] = (float(front[0]), float(np.std(front[1:])), float(sure))
    return out


def _doubts(windows: list[SoundWindow], recording: BinauralRecording) -> list[str]:
    """A line where the sound itself, and not how it was recorded, leaves its direction open."""
    unsure = [window for window in windows if window.azimuth is not None and window.confidence < UNSURE]
    if recording.trust < 1.0 or not unsure:
        return []
    where = f"first at {unsure[0].start:.1f} s"
    return [f"the direction is doubtful in {len(unsure)} of {len(windows)} windows, {where}: see their confidence"]


def _recording(recording: str | Path | NDArray[np.float32] | BinauralRecording) -> BinauralRecording:
    if isinstance(recording, BinauralRecording):
        return recording
    if isinstance(recording, str | Path):
        return read_binaural(recording)
    from sonovista.slfm.recordings import checked_recording

    signal = np.asarray(recording, np.float32)
    if signal.ndim != 2 or signal.shape[0] != 2 or signal.shape[1] == 0:
        raise ValueError(f"recording must have the shape (2, samples), found {signal.shape}")
    return checked_recording(signal, SAMPLE_RATE)
