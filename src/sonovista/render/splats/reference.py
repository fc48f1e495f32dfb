"""The rasteriser written to be read: NumPy, one Gaussian after the other over the whole picture."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonovista.geometry import PerspectiveCamera
from sonovista.render.splats.compositing import OPAQUE
from sonovista.render.splats.kernels import SCREEN_KERNELS, KernelName
from sonovista.render.splats.projection import NEAR
from sonovista.scene.gaussians import Gaussians, rotation_matrices


def render_view_reference(
    gaussians: Gaussians,
    camera: PerspectiveCamera,
    background: ArrayLike = (0.0, 0.0, 0.0),
    kernel: KernelName = "spark",
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """What `sonovista.render.splats.render_view_float` computes, slowly in float64; same arguments and returns."""
    settings = SCREEN_KERNELS[kernel]
    R_camera_world = camera.R_world_camera.T
    centres = (gaussians.positions - np.asarray(camera.position)) @ R_camera_world.T
    axes = R_camera_world @ rotation_matrices(gaussians.rotations) * gaussians.scales[:, None, :]
    order = np.argsort(np.linalg.norm(centres, axis=1) if settings.radial_order else centres[:, 2], kind="stable")
    columns = np.arange(camera.width) + 0.5
    rows = np.arange(camera.height)[:, None] + 0.5
    half = 0.5 * np.array([camera.width, camera.height])

    rgb = np.zeros((camera.height, camera.width, 3))
    transmittance = np.ones((camera.height, camera.width))
    depth = np.zeros((camera.height, camera.width))
    for i in order:
        z = centres[i, 2]
        if z <= NEAR:
            continue
        slope = centres[i, :2] / z
        if np.any(np.abs(camera.focal_length * slope) > settings.centre_clip * half):
            continue
        bound = settings.slope_clamp * half / camera.focal_length
        clamped = np.clip(slope, -bound, bound)
        jacobian = camera.focal_length / z * np.array([[1.0, 0.0, -clamped[0]], [0.0, 1.0, -clamped[1]]])
        covariance = jacobian @ axes[i] @ axes[i].T @ jacobian.T
        blurred = covariance + settings.blur * np.eye(2)
        opacity = float(gaussians.opacities[i])
        if settings.compensated:
            opacity *= np.sqrt(max(np.linalg.det(covariance), 0.0) / np.linalg.det(blurred))
        if opacity < settings.minimum_alpha:
            continue
        values, vectors = np.linalg.eigh(blurred)
        values = np.minimum(values, (settings.maximum_radius / settings.cutoff) ** 2)
        conic = vectors / values @ vectors.T

        u, v = camera.focal_length * slope + half
        du, dv = columns - u, rows - v
        squared = conic[0, 0] * du**2 + 2.0 * conic[0, 1] * du * dv + conic[1, 1] * dv**2
        alpha = np.minimum(opacity * np.exp(-0.5 * squared), settings.maximum_alpha)
        alpha[(squared > settings.cutoff**2) | (opacity * np.exp(-0.5 * squared) < settings.minimum_alpha)] = 0.0
        alpha[transmittance < OPAQUE] = 0.0
        weight = transmittance * alpha
        rgb += weight[..., None] * gaussians.colours[i]
        depth += weight * z
        transmittance -= weight
    alpha = 1.0 - transmittance
    rgb += transmittance[..., None] * np.asarray(background, float)
    return rgb, alpha, np.where(alpha > 0.0, depth / np.where(alpha > 0.0, alpha, 1.0), np.inf)
