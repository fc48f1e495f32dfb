"""Where sounds come from, over time, in a binaural recording."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonovista.slfm.angles import folded
from sonovista.slfm.classical.time_delay import gcc_phat_azimuth
from sonovista.slfm.features.spatial import spatial_features
from sonovista.slfm.features.votes import left_right_vote
from sonovista.slfm.recordings import SAMPLE_RATE, BinauralRecording, is_silent, read_binaural
from sonovista.slfm.runtime import MotionNetworks, shared_networks

SOUND_EVIDENCE = 8
PARTS = 4
"""Overlapping halves of a window whose estimates must agree for it to be sure."""
_FINEST = 0.02
"""Radians of disagreement below which less says nothing."""


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
        window: seconds, at least 0.1; None takes what the network was trained on.
        networks: None takes the shipped ones.

    Raises:
        InputError: the file cannot be used.
    """
    networks = networks or shared_networks()
    recording = _recording(recording)
    window = networks.seconds if window is None else window
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
    return SoundTrack(windows, list(recording.warnings))


def estimate_windows(
    stretches: list[NDArray[np.float32]], networks: MotionNetworks
) -> list[tuple[float | None, float, float]]:
    """Azimuth (None for silence), spread and confidence of stretches of sound, each `(2, samples)` at 16 kHz."""
    whole = round(networks.seconds * SAMPLE_RATE)
    features, owners = [], []
    for number, stretch in enumerate(stretches):
        if not is_silent(stretch):
            for piece in [stretch, *parts_of(stretch)]:
                features.append(networks.sound_features(repeated(piece, whole)))
                owners.append(number)
    azimuths = networks.sound(np.stack(features)) if features else np.zeros(0)
    out: list[tuple[float | None, float, float]] = []
    for number, stretch in enumerate(stretches):
        mine = azimuths[np.array(owners, int) == number]
        if len(mine) == 0:
            out.append((None, 0.0, 0.0))
            continue
        evidence = sound_evidence(stretch, mine)
        azimuth = float(folded(mine[0]))
        out.append((azimuth, float(np.std(folded(mine[1:]))), float(networks.confidence("sound").chance(evidence))))
    return out


def sound_evidence(stretch: NDArray[np.float32], azimuths: NDArray[np.float64]) -> NDArray[np.float64]:
    """What tells a good estimate from a bad one, shape `(SOUND_EVIDENCE,)`.

    How far the parts spread and how far their mean is from the whole (logarithms), how far to the side, whether the
    louder ear is that side's, how alike the ears are (reverberation makes them less so) in what is loud, how long there
    is sound, and how far off (a logarithm) the delay between the ears says that it is.

    Args:
        stretch: the sound.
        azimuths: of all of it, then of its parts.
    """
    front = folded(azimuths)
    vote, agreement = left_right_vote(stretch)
    side = float(np.sign(front[0]) * vote * agreement)
    real, imaginary, _, level = spatial_features(stretch)
    weight = np.maximum(level, 0.0)
    total = max(float(weight.sum()), 1e-6)
    likeness = float((weight * np.hypot(real, imaginary)).sum()) / total
    active = float((level.max(axis=0) > 0.3).mean()) * min(stretch.shape[1], SAMPLE_RATE) / SAMPLE_RATE
    aside = abs(float(front[0]))
    apart = np.array(
        [np.std(front[1:]), abs(front[0] - front[1:].mean()), abs(front[0] - gcc_phat_azimuth(stretch))], np.float64
    )
    spread, shifted, delayed = np.log(apart + _FINEST)
    return np.array([spread, shifted, aside, aside**3, side, likeness, active, delayed])


def parts_of(stretch: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Overlapping halves."""
    half = max(1, stretch.shape[1] // 2)
    starts = np.linspace(0, stretch.shape[1] - half, PARTS).astype(int)
    return [stretch[:, start : start + half] for start in starts]


def repeated(piece: NDArray[np.float32], samples: int) -> NDArray[np.float32]:
    """A piece again and again until it has so many samples."""
    if piece.shape[1] >= samples:
        return piece[:, :samples]
    return np.tile(piece, (1, -(-samples // max(1, piece.shape[1]))))[:, :samples]


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
