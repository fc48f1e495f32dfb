"""Layered lifting: the photo at its own resolution, the cube around it, and what lies hidden behind the near things."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.depth.protocol import DepthEstimate
from sonovista.generate.lifting.blocks import choose_blocks, merging_errors
from sonovista.generate.lifting.depth_edges import sharpen_jumps
from sonovista.generate.lifting.hidden import hidden_layers
from sonovista.generate.lifting.refinement import refine_colours
from sonovista.generate.lifting.sheets import Sheet, cube_sheets, photo_sheet
from sonovista.generate.lifting.surfels import surfels
from sonovista.generate.outpainting.protocol import Panorama
from sonovista.scene.gaussians import Gaussians, concatenate


class Options(BaseModel):
    """How a panorama is lifted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    step: float = Field(default=0.5, gt=0.0, le=5.0)
    """Metres to any side within which no holes may show."""
    photo_share: float = Field(default=0.6, gt=0.0, lt=1.0)
    """Of the budget, for what the photo shows."""
    hidden_share: float = Field(default=0.1, gt=0.0, lt=1.0)
    """Of the budget, for what lies behind edges."""
    hidden_layers: int = Field(default=2, ge=0, le=4)
    """Behind what is seen."""
    spread: float = Field(default=0.65, gt=0.0, le=2.0)
    """Standard deviation of a Gaussian over the size of the pixels it stands for."""
    opacity: float = Field(default=0.97, gt=0.0, lt=1.0)
    maximum_slant: float = Field(default=6.0, gt=0.0)
    """Metres along the ray per metre across it to which a surfel may lean."""
    iterations: int = Field(default=6, ge=0, le=100)
    """Of the refinement of colours, for each view."""
    damping: float = Field(default=0.01, ge=0.0)
    """Of the refinement of colours."""


class LayeredLifter:
    """Lifts a panorama to surfels in at least two layers.

    What it cannot do: the hidden layer is a guess that holds for steps up to `options.step`; behind the hidden layer
    there is nothing, and things are not given backs.
    """

    def __init__(self, options: Options = Options()) -> None:
        self.options = options

    def __call__(
        self,
        panorama: Panorama,
        depth: DepthEstimate,
        image: NDArray[np.uint8],
        calibration: Calibration,
        budget: int,
        seed: int,
    ) -> Gaussians:
        """Lift as the protocol `Lifter` says; nothing is random, so the seed changes nothing."""
        del seed
        if budget < 1:
            raise ValueError(f"expected a budget of at least one Gaussian, found {budget}")
        options = self.options
        colours = panorama.pixels.astype(np.float32) / 255.0
        per_radian = len(colours) / np.pi
        inverse = sharpen_jumps(1.0 / depth.panorama, options.step * per_radian, wraps=True)

        photo = _snapped(photo_sheet(image, depth.photo, calibration, int(2.0 * options.photo_share * budget)), options)
        photo_cloud = self._lift([photo], int(options.photo_share * budget))
        face_size = int(np.clip(2.0 * per_radian, 16, np.sqrt(budget / 2.0)))
        behind = [
            sheet
            for layer in hidden_layers(colours, inverse, options.step, options.hidden_layers)
            for sheet in cube_sheets(layer.colours, 1.0 / layer.inverse, layer.mask, face_size)
        ]
        hidden_cloud = self._lift(behind, int(options.hidden_share * budget))
        left = budget - len(photo_cloud[0]) - sum(map(len, hidden_cloud))
        around = cube_sheets(colours, 1.0 / inverse, np.ones(inverse.shape, bool), face_size, photo.camera)
        around_cloud = self._lift(around, left)
        return self._refined([*around, photo], [*around_cloud, *photo_cloud], concatenate(hidden_cloud))

    def _lift(self, sheets: list[Sheet], budget: int) -> list[Gaussians]:
        options = self.options
        parallax = [options.step * sheet.camera.focal_length for sheet in sheets]
        errors = [merging_errors(sheet, p) for sheet, p in zip(sheets, parallax, strict=True)]
        chosen = choose_blocks(sheets, errors, budget)
        return [
            surfels(sheet, blocks, p, options.spread, options.opacity, options.maximum_slant)
            for sheet, blocks, p in zip(sheets, chosen, parallax, strict=True)
        ]

    def _refined(self, sheets: list[Sheet], clouds: list[Gaussians], hidden: Gaussians) -> Gaussians:
        """All clouds in one, the colours of each refined in the view of its own sheet."""
        everything = concatenate([*clouds, hidden])
        if self.options.iterations == 0:
            return everything
        first = 0
        for sheet, cloud in zip(sheets, clouds, strict=True):
            free = np.zeros(len(everything), bool)
            free[first : first + len(cloud)] = True
            first += len(cloud)
            if len(cloud):
                everything = refine_colours(
                    everything,
                    sheet.camera,
                    sheet.colours,
                    sheet.used,
                    free,
                    self.options.iterations,
                    self.options.damping,
                )
        return everything


def _snapped(sheet: Sheet, options: Options) -> Sheet:
    return replace(sheet, depth=1.0 / sharpen_jumps(1.0 / sheet.depth, options.step * sheet.camera.focal_length))
