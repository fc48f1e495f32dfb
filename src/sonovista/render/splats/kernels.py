"""The two ways in which viewers draw a projected Gaussian; a picture is only comparable within one of them."""

from dataclasses import dataclass
from typing import Literal

KernelName = Literal["spark", "inria"]


@dataclass(frozen=True)
class ScreenKernel:
    """How a projected Gaussian becomes opacity on the screen.

    Attributes:
        blur: square pixels added to the diagonal of the 2D covariance.
        compensated: whether opacity is multiplied by sqrt(det before / det after) of that addition, so that a Gaussian
            smaller than a pixel keeps its total weight (Mip-Splatting, Yu et al. 2024, section 4.2).
        cutoff: standard deviations at which a Gaussian ends.
        minimum_alpha: below this a Gaussian leaves a pixel alone.
        maximum_alpha: what one Gaussian can cover at most.
        radial_order: sorted by distance from the camera if true, by depth along its axis if not.
        maximum_radius: pixels; the longer half axes (at `cutoff`) are shortened to this.
        centre_clip: Gaussians whose centre lies beyond this multiple of the half picture are dropped.
        slope_clamp: multiple of the half picture at which the local affine approximation is frozen.
    """

    blur: float
    compensated: bool
    cutoff: float
    minimum_alpha: float
    maximum_alpha: float
    radial_order: bool
    maximum_radius: float
    centre_clip: float
    slope_clamp: float


SCREEN_KERNELS: dict[KernelName, ScreenKernel] = {
    "spark": ScreenKernel(0.3, True, 8.0**0.5, 0.5 / 255.0, 1.0, True, 512.0, 1.4, float("inf")),
    "inria": ScreenKernel(0.3, False, 3.0, 1.0 / 255.0, 0.99, False, float("inf"), float("inf"), 1.3),
}
"""`spark`: as Spark 2 draws in the browser with its defaults. `inria`: as Kerbl et al. 2023 trained and drew."""
