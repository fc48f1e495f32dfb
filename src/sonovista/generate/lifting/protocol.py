"""Panorama and depth -> 3D Gaussians."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.depth.protocol import DepthEstimate
from sonovista.generate.outpainting.protocol import Panorama
from sonovista.scene.gaussians import Gaussians


class Lifter(Protocol):
    """Lifts a panorama to layered Gaussians, at the photo's own resolution where the photo sees."""

    def __call__(
        self,
        panorama: Panorama,
        depth: DepthEstimate,
        image: NDArray[np.uint8],  # [h, w, 3], the photo
        calibration: Calibration,
        budget: int,  # Gaussians at most
        seed: int,
    ) -> Gaussians: ...
