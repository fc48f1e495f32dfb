"""Photo -> how the camera was held and how wide it saw."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sonovista.geometry import PerspectiveCamera


@dataclass(frozen=True)
class Calibration:
    """A photo's camera; its yaw is zero by definition: the world's x axis lies below the optical axis.

    Attributes:
        pitch: radians, looking up is positive.
        roll: radians, left side rising is positive.
        horizontal_fov: radians.
        pitch_confidence: in [0, 1]; 0 means that the prior was taken.
        roll_confidence: likewise.
        horizontal_fov_confidence: likewise.
        method: how each was found, in words, for the record of the stage.
    """

    pitch: float
    roll: float
    horizontal_fov: float
    pitch_confidence: float
    roll_confidence: float
    horizontal_fov_confidence: float
    method: str

    def camera(self, width: int, height: int) -> PerspectiveCamera:
        """The photo's camera at `width` x `height` pixels, at the world's origin."""
        return PerspectiveCamera(width, height, self.horizontal_fov, 0.0, self.pitch, self.roll)


class Calibrator(Protocol):
    """Estimates the camera of a photo."""

    def __call__(
        self,
        image: NDArray[np.uint8],  # [H, W, 3]
        focal_length_35mm: float | None,  # mm, 35 mm equivalent, from EXIF where the file has it
    ) -> Calibration: ...
