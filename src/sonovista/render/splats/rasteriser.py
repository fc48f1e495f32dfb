"""Gaussians and a camera -> a picture."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonovista.geometry import PerspectiveCamera
from sonovista.render.splats.compositing import composite
from sonovista.render.splats.kernels import SCREEN_KERNELS, KernelName
from sonovista.render.splats.projection import project
from sonovista.render.splats.tiles import bin_ellipses
from sonovista.scene.gaussians import Gaussians


def render_view_float(
    gaussians: Gaussians,
    camera: PerspectiveCamera,
    background: ArrayLike = (0.0, 0.0, 0.0),
    kernel: KernelName = "spark",
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Draw Gaussians as a camera sees them.

    The screen-space kernel is stated because pictures differ by it: `spark` (the default, what the browser shows) adds
    0.3 square pixels to the 2D covariance and lowers opacity by sqrt(det before / det after); `inria` adds the same and
    leaves opacity alone. Colours are blended as displayed (sRGB), front to back; what lies nearer than 0.1 m along the
    camera's axis is dropped, and a Gaussian that is not finite is never drawn.

    Args:
        gaussians: N of them, in the world; may be empty.
        camera: the pose and the picture's size.
        background: RGB in [0, 1] behind everything.
        kernel: `spark` or `inria`.

    Returns:
        RGB `(H, W, 3)`, not clipped to [0, 1]; alpha `(H, W)` in [0, 1]; depth along the camera's axis in metres
        `(H, W)`, the mean over what is seen there, infinite where nothing is. All float32.

    Source: Kerbl et al. 2023, section 6; Zwicker et al. 2001 (EWA splatting).
    """
    settings = SCREEN_KERNELS[kernel]
    ellipses = project(gaussians, camera, settings)
    lists = bin_ellipses(ellipses, camera.width, camera.height)
    colours = gaussians.colours[ellipses.index]
    rgb, transmittance, depth = composite(ellipses, lists, colours, camera.width, camera.height, settings.maximum_alpha)
    rgb += transmittance[..., None] * np.asarray(background, np.float32)
    alpha = 1.0 - transmittance
    seen = alpha > 0.0
    depth = np.where(seen, depth / np.where(seen, alpha, 1.0), np.inf).astype(np.float32)
    return rgb, alpha, depth


def render_view(
    gaussians: Gaussians,
    camera: PerspectiveCamera,
    background: ArrayLike = (0.0, 0.0, 0.0),
    kernel: KernelName = "spark",
) -> NDArray[np.uint8]:
    """Draw Gaussians as `render_view_float` does, as an RGB picture `(H, W, 3)`, uint8."""
    rgb, _, _ = render_view_float(gaussians, camera, background, kernel)
    return np.rint(np.clip(rgb, 0.0, 1.0) * 255.0).astype(np.uint8)
