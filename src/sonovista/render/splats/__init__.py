"""A CPU rasteriser for 3D Gaussians (Kerbl et al. 2023), tile by tile."""

from sonovista.render.splats.kernels import SCREEN_KERNELS, KernelName, ScreenKernel
from sonovista.render.splats.rasteriser import render_view, render_view_float

__all__ = ["SCREEN_KERNELS", "KernelName", "ScreenKernel", "render_view", "render_view_float"]
