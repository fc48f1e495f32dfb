"""Layered lifting: the photo and a strip around it at the photo's resolution, the cube around, and what lies hidden."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.depth.protocol import DepthEstimate
from sonovista.generate.lifting.backstop import HEIGHT as BACKSTOP_HEIGHT
from sonovista.generate.lifting.backstop import backstop
from sonovista.generate.lifting.blocks import choose_blocks, merging_errors
from sonovista.generate.lifting.border import with_strip
from sonovista.generate.lifting.concealment import concealed, farthest_seen
from sonovista.generate.lifting.depth_edges import sharpen_jumps
from sonovista.generate.lifting.hidden import hidden_layers
from sonovista.generate.lifting.refinement import refine_colours
from sonovista.generate.lifting.sheets import Sheet, cube_sheets, photo_sheet, resized, with_photo_depth
from sonovista.generate.lifting.speckles import without_specks
from sonovista.generate.lifting.surfels import surfels
from sonovista.generate.outpainting.protocol import Panorama
from sonovista.scene.gaussians import Gaussians, concatenate

SMALLEST_SCALE = 1e-3
"""Of a sheet's resolution, below which a budget is given up: it is smaller than the number of sheets."""

BEATS_UP_TO = 1.5
"""Pixels of the photo's grid over those of the view, up to which the two grids beat."""

FACE_VIEW = 704
"""Pixels along a side at which faces smaller than it are refined: they too are watched larger than they are."""

SPECK = 3
"""Pixels of the panorama along the window in which what is smaller than half of it has no depth of its own."""

PHOTO_GROWN = 3
"""Pixels of the photo's sheet by which near things grow: regions and depth miss their outlines by about as much."""

LARGEST_SPECK = 15
"""Likewise pixels of the photo, however coarse the panorama is."""


class Options(BaseModel):
    """How a panorama is lifted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    step: float = Field(default=0.5, gt=0.0, le=5.0)
    """Metres to any side within which no holes may show."""
    photo_share: float = Field(default=0.53, gt=0.0, lt=1.0)
    """Of the budget, for what the photo shows."""
    strip_share: float = Field(default=0.08, gt=0.0, lt=1.0)
    """Of the budget, for the strip around the photo that a step brings into its view."""
    hidden_share: float = Field(default=0.06, gt=0.0, lt=1.0)
    """Of the budget, for what lies behind edges."""
    hidden_layers: int = Field(default=2, ge=0, le=4)
    """Behind what is seen."""
    backstop_share: float = Field(default=0.02, gt=0.0, lt=1.0)
    """Of the budget, for a coarse last layer behind everything: no hole is ever black."""
    spread: float = Field(default=0.62, gt=0.0, le=2.0)
    """Standard deviation of the photo's Gaussians over the size of the pixels they stand for: less lets the dark behind
    through as a grid, more blurs beyond what refinement can mend."""
    surround_spread: float = Field(default=0.8, gt=0.0, le=2.0)
    """Likewise around the photo and behind, where pixels are coarse and watched enlarged."""
    opacity: float = Field(default=0.9, gt=0.0, lt=1.0)
    """Of the photo's Gaussians. With less, what is hidden shines through: at 0.75 depth as drawn is off by more than
    2 %."""
    surround_opacity: float = Field(default=0.9, gt=0.0, lt=1.0)
    """Likewise around the photo and behind."""
    maximum_slant: float = Field(default=6.0, gt=0.0)
    """Metres along the ray per metre across it to which a surfel may lean."""
    view_width: int = Field(default=1024, ge=16, le=4096)
    """Pixels across the photo's view at which its colours are refined, about as it is watched: refined for a smaller
    view they would be too sharp in a larger one, since every view blurs by its own pixels."""
    iterations: int = Field(default=5, ge=0, le=100)
    """Of the refinement of colours, in each of its rounds for each view."""
    rounds: int = Field(default=3, ge=1, le=20)
    """Of refining and clipping colours in the photo's view."""
    surround_iterations: int = Field(default=2, ge=0, le=100)
    """Likewise around the photo, where Gaussians are coarse and the eye looks later."""
    surround_rounds: int = Field(default=2, ge=1, le=20)
    """Likewise around the photo."""
    damping: float = Field(default=0.001, ge=0.0)
    """Of the refinement of colours."""
    leeway: float = Field(default=0.3, gt=0.0, le=1.0)
    """By how much refinement may change a colour. What hardly shows from the start could take any; from aside it would
    stand there as a bright speck."""


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
        height, width = image.shape[:2]
        colours = panorama.pixels.astype(np.float32) / 255.0
        per_radian = len(colours) / np.pi
        photo_camera = calibration.camera(width, height)
        parallax = options.step * per_radian
        photo_distance = self._photo_distance(depth.photo, photo_camera.focal_length, per_radian)
        distance = with_photo_depth(depth.panorama, photo_distance, photo_camera)
        inverse = without_specks(1.0 / distance, parallax, SPECK, wraps=True)
        inverse = sharpen_jumps(inverse, parallax, wraps=True)

        def photo(scale: float) -> list[Sheet]:
            sheet = photo_sheet(image, photo_distance, calibration, scale)
            sharp = sharpen_jumps(1.0 / sheet.depth, options.step * sheet.camera.focal_length, grown=PHOTO_GROWN)
            return [replace(sheet, depth=1.0 / sharp)]

        photo_budget = int(options.photo_share * budget)
        # A small photo is enlarged: Gaussians of its pixels' size could not draw the edges that a viewer interpolates.
        scale = min(np.sqrt(photo_budget / (height * width)), max(1.0, options.view_width / width))
        # A grid a little finer than the one it is watched on beats with it, and refinement cannot undo the beats.
        if 1.0 < scale * width / options.view_width < BEATS_UP_TO:
            scale = options.view_width / width
        photo_sheets, photo_clouds = self._lift(photo, photo_budget, options.spread, options.opacity, scale)
        wide, strip_sheets, strip_clouds = self._strip(
            photo_sheets[0], colours, inverse, int(options.strip_share * budget)
        )
        surround = options.surround_spread, options.surround_opacity
        layers = hidden_layers(colours, inverse, options.step, options.hidden_layers)

        def behind(scale: float) -> list[Sheet]:
            size = face_size(scale, per_radian)
            return [s for x in layers for s in cube_sheets(x.colours, 1.0 / x.inverse, x.mask, size)]

        _, hidden_clouds = self._lift(behind, int(options.hidden_share * budget), *surround)
        last = backstop(colours, inverse)

        def around_everything(scale: float) -> list[Sheet]:
            return cube_sheets(last.colours, 1.0 / last.inverse, last.mask, face_size(scale, BACKSTOP_HEIGHT / np.pi))

        _, backstop_clouds = self._lift(around_everything, int(options.backstop_share * budget), *surround)
        hidden_clouds += backstop_clouds
        everywhere = np.ones(inverse.shape, bool)

        def around(scale: float) -> list[Sheet]:
            return cube_sheets(colours, 1.0 / inverse, everywhere, face_size(scale, per_radian), wide)

        left = budget - sum(map(len, [*photo_clouds, *strip_clouds, *hidden_clouds]))
        around_sheets, around_clouds = self._lift(around, left, *surround)
        views = [resized(s, max(s.camera.width, min(2 * s.camera.width, FACE_VIEW))) for s in around_sheets]
        whole = Sheet(photo_camera, image.astype(np.float32) / 255.0, depth.photo, np.ones((height, width), bool))
        views += [*strip_sheets, resized(whole, max(photo_sheets[0].camera.width, options.view_width))]
        seen = farthest_seen(inverse, photo_sheets[0])
        hidden = concealed(concatenate(hidden_clouds), seen)
        return self._refined(views, [*around_clouds, *strip_clouds, *photo_clouds], hidden)

    def _strip(
        self, photo: Sheet, colours: NDArray[np.float32], inverse: NDArray[np.float32], budget: int
    ) -> tuple[Sheet, list[Sheet], list[Gaussians]]:
        """The photo with the strip around it, the strip alone, and its Gaussians; without budget no strip."""
        wide, inner = with_strip(photo, colours, inverse, self.options.step)
        used = wide.used.copy()
        used[inner.pixels] = False
        if budget < 1 or not used.any():
            return replace(wide, used=wide.used & ~used), [], []
        alone = replace(wide, used=used)

        def strip(scale: float) -> list[Sheet]:
            return [resized(alone, max(8, round(scale * wide.camera.width)))]

        return wide, [alone], self._lift(strip, budget, self.options.spread, self.options.opacity)[1]

    def _photo_distance(
        self, distance: NDArray[np.float32], focal_length: float, per_radian: float
    ) -> NDArray[np.float32]:
        """The photo's own without what is too small for hidden layers to show what is behind it."""
        size = 2 * round(0.5 * SPECK * min(focal_length / per_radian, LARGEST_SPECK / SPECK)) + 1
        return 1.0 / without_specks(1.0 / distance, self.options.step * focal_length, size)

    def _lift(
        self, sheets_at: Callable[[float], list[Sheet]], budget: int, spread: float, opacity: float, scale: float = 1.0
    ) -> tuple[list[Sheet], list[Gaussians]]:
        """Sheets and their Gaussians, at most `budget`: at a coarser scale where merging alone would be too many."""
        options = self.options
        while True:
            sheets = sheets_at(scale)
            parallax = [options.step * sheet.camera.focal_length for sheet in sheets]
            errors = [merging_errors(sheet, p) for sheet, p in zip(sheets, parallax, strict=True)]
            chosen = choose_blocks(sheets, errors, budget)
            count = sum(len(blocks.size) for blocks in chosen)
            if count <= budget or scale < SMALLEST_SCALE:
                break
            scale *= max(0.5, 0.97 * np.sqrt(budget / count))
        return sheets, [
            surfels(sheet, blocks, p, spread, opacity, options.maximum_slant)
            for sheet, blocks, p in zip(sheets, chosen, parallax, strict=True)
        ]

    def _refined(self, views: list[Sheet], clouds: list[Gaussians], hidden: Gaussians) -> Gaussians:
        """All clouds in one, the colours of each refined in its own view."""
        options = self.options
        everything = concatenate([*clouds, hidden])
        if options.iterations == 0:
            return everything
        first = 0
        for view, cloud in zip(views, clouds, strict=True):
            free = np.zeros(len(everything), bool)
            free[first : first + len(cloud)] = True
            first += len(cloud)
            if len(cloud):
                everything = refine_colours(
                    everything,
                    view.camera,
                    view.colours,
                    view.used,
                    free,
                    iterations=options.iterations if view is views[-1] else options.surround_iterations,
                    damping=options.damping,
                    leeway=options.leeway,
                    rounds=options.rounds if view is views[-1] else options.surround_rounds,
                )
        return everything


def face_size(scale: float, per_radian: float) -> int:
    """Pixels along a cube's face that has `scale` times the panorama's resolution at its centre."""
    return max(8, round(2.0 * scale * per_radian))
