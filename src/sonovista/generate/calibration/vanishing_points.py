"""Calibration from straight lines: the vanishing points of a Manhattan frame, with a prior where lines are few."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from sonovista.generate.calibration.line_segments import LineSegments, detect_line_segments
from sonovista.generate.calibration.manhattan_frame import CameraPrior, ManhattanFrame, find_manhattan_frame
from sonovista.generate.calibration.protocol import Calibration
from sonovista.geometry.exif import FULL_FRAME_DIAGONAL

_EXIF_LOG_DEVIATION = 0.03  # of the focal length: makers round it, and focusing changes it
_EXIF_CONFIDENCE = 0.95


class Options(BaseModel):
    """Options of `VanishingPointCalibrator`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    longer_side: Annotated[int, Field(ge=128, le=4096)] = 1024
    """Pixels to which the photo is scaled down for the search of lines."""
    hypotheses: Annotated[int, Field(ge=100, le=100_000)] = 3000
    prior_longer_fov_deg: Annotated[float, Field(gt=10, lt=120)] = 60.0
    """Field of view along the longer side where nothing else is known: between a phone's camera and a kit lens."""
    prior_log_focal_deviation: Annotated[float, Field(gt=0, le=1)] = 0.25
    prior_pitch_deviation_deg: Annotated[float, Field(gt=0, le=45)] = 12.0
    prior_roll_deviation_deg: Annotated[float, Field(gt=0, le=45)] = 4.0
    seed: Annotated[int, Field(ge=0)] = 0


class VanishingPointCalibrator:
    """Pitch, roll and field of view from EXIF, line segments and a prior, each with a confidence."""

    def __init__(self, options: Options = Options()) -> None:
        self.options = options

    def __call__(self, image: NDArray[np.uint8], focal_length_35mm: float | None) -> Calibration:
        """Estimate the camera of a photo; see `Calibrator`."""
        height, width = image.shape[:2]
        longer = max(width, height)
        prior = self._prior(width, height, focal_length_35mm)
        segments = detect_line_segments(image, self.options.longer_side)
        random = np.random.default_rng(self.options.seed)
        frame = find_manhattan_frame(segments, prior, self.options.hypotheses, random)
        evidence = _evidence(frame, segments)
        if frame is None or evidence <= 0.0:
            focal = float(np.exp(prior.log_focal_length[0]))
            pitch, roll, gains = prior.pitch[0], prior.roll[0], np.zeros(3)
        else:
            focal, pitch, roll = frame.focal_length, frame.pitch, frame.roll
            deviations = np.array([prior.pitch[1], prior.roll[1], prior.log_focal_length[1]])
            gains = evidence * np.clip(1.0 - (frame.deviations / deviations) ** 2, 0.0, 1.0)
        fov = 2.0 * float(np.arctan(width / longer / focal))
        from_exif = focal_length_35mm is not None
        fov_confidence = _EXIF_CONFIDENCE if from_exif else float(gains[2])
        return Calibration(pitch, roll, fov, float(gains[0]), float(gains[1]), fov_confidence, "")

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


def _evidence(frame: ManhattanFrame | None, segments: LineSegments) -> float:
    return 0.0 if frame is None else float(np.clip((frame.score / frame.total - 0.42) / 0.1, 0.0, 1.0))
