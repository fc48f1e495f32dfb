"""Photo and its camera -> a whole panorama."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.regions.protocol import RegionMap


@dataclass(frozen=True)
class Panorama:
    """A completed panorama.

    Attributes:
        pixels: RGB, shape `(H, 2H, 3)`, uint8.
        observed: where the photo was seen, shape `(H, 2H)`, bool; elsewhere the pixels are completed.
        painted_sky: where the completed part shows the sky that it was painted before, shape `(H, 2H)`, bool, False
            where the photo was seen; None where nobody knows (rooms, panoramas that were given).
    """

    pixels: NDArray[np.uint8]
    observed: NDArray[np.bool_]
    painted_sky: NDArray[np.bool_] | None = None


class Outpainter(Protocol):
    """Projects a photo to the panorama and completes all that it does not show."""

    def __call__(
        self,
        image: NDArray[np.uint8],  # [h, w, 3], the photo
        calibration: Calibration,
        regions: RegionMap,  # of the photo, same size
        height: int,  # of the panorama in pixels
        seed: int,
    ) -> Panorama: ...
