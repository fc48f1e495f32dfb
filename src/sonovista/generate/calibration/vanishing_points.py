"""Calibration from straight lines: the vanishing points of a Manhattan frame, with a prior where lines are few."""

from dataclasses import replace
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from sonovista.generate.calibration.line_segments import (
    LineSegments,
    detect_line_segments,
    exchange_directions,
    random_directions,
)
from sonovista.generate.calibration.manhattan_frame import (
    CameraPrior,
    ManhattanFrame,
    find_manhattan_frame,
    vertical_support,
)
from sonovista.generate.calibration.protocol import Calibration
from sonovista.geometry.exif import FULL_FRAME_DIAGONAL

_EXIF_LOG_DEVIATION = 0.03  # of the focal length: makers round it, and focusing changes it
_EXIF_CONFIDENCE = 0.95
_CHANCE_RUNS = 3
# Weight of segments explained beyond chance, from which and above which a frame is believed: among about forty photos
# of buildings and fifteen of nature, the latter stay below the first but for a few, the former are mostly above.
_CONVERGENCE_RAMP = (1.5, 6.0)
# Weight of upright segments that a tilted camera explains beyond a level one, from which and above which the tilt is
# believed: in about forty photos those that are tilted gain 1.2 to 70, and those that only seem so, by eaves, arches
# and slopes, 0.1 at most.
_TILT_RAMP = (0.3, 1.3)
_LITTLE_TILT = (np.deg2rad(3.0), np.deg2rad(6.0))  # below the first a pitch or roll needs no such support
_LEVEL_ROLLS = np.deg2rad(np.arange(-3.0, 3.1, 0.5))  # within which a camera is as level as a hand holds it
_LEVEL_DEVIATION = np.deg2rad(1.5)
_ALIGNMENT_RAMP = (0.25, 0.45)  # the same as a share of all segments' weight


class Options(BaseModel):
    """Options of `VanishingPointCalibrator`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    longer_side: Annotated[int, Field(ge=128, le=4096)] = 1024
    """Pixels to which the photo is scaled down for the search of lines."""
    hypotheses: Annotated[int, Field(ge=100, le=100_000)] = 6000
    prior_longer_fov_deg: Annotated[float, Field(gt=10, lt=120)] = 60.0
    """Field of view along the longer side where nothing else is known: between a phone's camera and a kit lens."""
    prior_log_focal_deviation: Annotated[float, Field(gt=0, le=1)] = 0.25
    prior_pitch_deviation_deg: Annotated[float, Field(gt=0, le=45)] = 12.0
    prior_roll_deviation_deg: Annotated[float, Field(gt=0, le=45)] = 4.0
    seed: Annotated[int, Field(ge=0)] = 0


class VanishingPointCalibrator:
    """Pitch, roll and field of view from EXIF, line segments and a prior, each with a confidence.

    A Manhattan frame (Coughlan and Yuille 1999) is fitted to the line segments by RANSAC. Accidental lines always fit
    some frame, so it must beat what the same segments give by chance: with their directions exchanged among them (which
    keeps leaning trunks and level strata but destroys convergence) for pitch and focal length, and with directions
    drawn at random for roll. A tilt must show in the upright segments too, as eaves and walls at other angles look like
    one; else the frame is sought anew near level. What is no better than chance is drawn back to the prior, and its
    confidence falls to 0.
    """

    def __init__(self, options: Options = Options()) -> None:
        self.options = options

    def __call__(self, image: NDArray[np.uint8], focal_length_35mm: float | None) -> Calibration:
        """Estimate the camera of a photo; see `Calibrator`."""
        height, width = image.shape[:2]
        prior = self._prior(width, height, focal_length_35mm)
        segments = detect_line_segments(image, self.options.longer_side)
        random = np.random.default_rng(self.options.seed)
        frame = find_manhattan_frame(segments, prior, self.options.hypotheses, random)
        if frame is not None and (tilt := _tilt_evidence(frame, segments)) < 1.0:
            pitch_deviation = max(_LEVEL_DEVIATION, tilt * prior.pitch[1])
            roll_deviation = max(_LEVEL_DEVIATION, tilt * prior.roll[1])
            level = replace(prior, pitch=(0.0, pitch_deviation), roll=(0.0, roll_deviation))
            frame = find_manhattan_frame(segments, level, self.options.hypotheses, random) or frame
        values = np.array([prior.pitch[0], prior.roll[0], prior.log_focal_length[0]])
        confidences = np.zeros(3)
        if frame is not None:
            convergence, alignment = self._evidence(frame, segments, prior, random)
            evidence = np.array([convergence, max(convergence, alignment), convergence])
            found = np.array([frame.pitch, frame.roll, np.log(frame.focal_length)])
            values += evidence * (found - values)
            deviations = np.array([prior.pitch[1], prior.roll[1], prior.log_focal_length[1]])
            confidences = evidence * np.clip(1.0 - (frame.deviations / deviations) ** 2, 0.0, 1.0)
        if focal_length_35mm is not None:
            confidences[2] = _EXIF_CONFIDENCE
        pitch, roll, log_focal = (float(value) for value in values)
        fov = 2.0 * float(np.arctan(width / max(width, height) / np.exp(log_focal)))
        method = _method(frame, segments, confidences, focal_length_35mm)
        pitch_confidence, roll_confidence, fov_confidence = (float(value) for value in confidences)
        return Calibration(pitch, roll, fov, pitch_confidence, roll_confidence, fov_confidence, method)

    def _prior(self, width: int, height: int, focal_length_35mm: float | None) -> CameraPrior:
        options = self.options
        if focal_length_35mm is not None:
            in_diagonals = focal_length_35mm / FULL_FRAME_DIAGONAL
            focal = in_diagonals * float(np.hypot(width, height)) / (0.5 * max(width, height))
            log_focal = (float(np.log(focal)), _EXIF_LOG_DEVIATION)
        else:
            half = np.deg2rad(0.5 * options.prior_longer_fov_deg)
            log_focal = (-float(np.log(np.tan(half))), options.prior_log_focal_deviation)
        return CameraPrior(
            (0.0, float(np.deg2rad(options.prior_pitch_deviation_deg))),
            (0.0, float(np.deg2rad(options.prior_roll_deviation_deg))),
            log_focal,
        )

    def _evidence(
        self, frame: ManhattanFrame, segments: LineSegments, prior: CameraPrior, random: np.random.Generator
    ) -> tuple[float, float]:
        """How far a frame is from chance, both in [0, 1]: by convergence of the segments, and by their alignment."""
        hypotheses = self.options.hypotheses // 2
        exchanged = []
        for _ in range(_CHANCE_RUNS):
            other = find_manhattan_frame(exchange_directions(segments, random), prior, hypotheses, random)
            exchanged.append(0.0 if other is None else other.score)
        turned = find_manhattan_frame(random_directions(segments, random), prior, hypotheses, random)
        by_convergence = frame.score - max(exchanged)
        by_alignment = (frame.score - (0.0 if turned is None else turned.score)) / frame.total
        return _ramp(by_convergence, *_CONVERGENCE_RAMP), _ramp(by_alignment, *_ALIGNMENT_RAMP)


def _tilt_evidence(frame: ManhattanFrame, segments: LineSegments) -> float:
    """In [0, 1]: whether the upright segments bear a frame's pitch and roll.

    What converges elsewhere may be no right angle; and where nothing stands upright, nothing says that it is tilted.
    """
    tilted = vertical_support(segments, frame.pitch, np.array([frame.roll]), frame.focal_length)
    level = vertical_support(segments, 0.0, _LEVEL_ROLLS, frame.focal_length)
    little = 1.0 - _ramp(max(abs(frame.pitch), abs(frame.roll)), *_LITTLE_TILT)
    return max(_ramp(tilted - level, *_TILT_RAMP), little)


def _ramp(value: float, low: float, high: float) -> float:
    return float(np.clip((value - low) / (high - low), 0.0, 1.0))


def _method(
    frame: ManhattanFrame | None,
    segments: LineSegments,
    confidences: NDArray[np.float64],
    focal_length_35mm: float | None,
) -> str:
    share = 0.0 if frame is None else 100.0 * float(frame.support.sum()) / frame.total
    lines = f"vanishing points ({share:.0f} % of {len(segments)} line segments)"
    found = [lines if confidence >= 0.5 else f"prior and weak {lines}" for confidence in confidences]
    found = [text if confidence > 0.0 else "prior" for text, confidence in zip(found, confidences, strict=True)]
    if focal_length_35mm is not None:
        found[2] = f"EXIF, {focal_length_35mm:.3g} mm equivalent"
    return f"pitch: {found[0]}; roll: {found[1]}; field of view: {found[2]}"
