"""Panorama -> how far away everything is."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.outpainting.protocol import Panorama
from sonovista.generate.regions.protocol import RegionMap

SKY_DISTANCE = 150.0
"""Metres at which the sky stands: beyond everything else, near enough for float32 viewers."""


@dataclass(frozen=True)
class DepthEstimate:
    """Metric distance along rays from the camera at the world's origin.

    Attributes:
        panorama: metres, shape `(H, 2H)`, float32, finite and positive.
        panorama_sky: bool, shape `(H, 2H)`.
        photo: metres along the rays of the photo's own pixels, shape `(h, w)`, float32, at the photo's full detail; it
            agrees with `panorama` where both see.
        photo_sky: bool, shape `(h, w)`.
        camera_height: metres of the camera above the ground or floor: the ground is at z = -camera_height.
        indoor: whether a room was built (walls and ceiling close the scene).
    """

    panorama: NDArray[np.float32]
    panorama_sky: NDArray[np.bool_]
    photo: NDArray[np.float32]
    photo_sky: NDArray[np.bool_]
    camera_height: float
    indoor: bool


class DepthEstimator(Protocol):
    """Estimates metric depth of a panorama and of the photo in it."""

    def __call__(
        self,
        panorama: Panorama,
        panorama_regions: RegionMap,
        image: NDArray[np.uint8],  # [h, w, 3], the photo
        regions: RegionMap,  # of the photo
        calibration: Calibration,
    ) -> DepthEstimate: ...
