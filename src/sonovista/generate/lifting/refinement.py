"""Colours that make the drawn picture equal the given one: Gaussians that are summed are not pixels."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sonovista.geometry import PerspectiveCamera
from sonovista.render.splats.weights import BlendingWeights, blending_weights
from sonovista.scene.gaussians import Gaussians


def refine_colours(
    gaussians: Gaussians,
    camera: PerspectiveCamera,
    target: NDArray[np.float32],
    rows: NDArray[np.bool_],
    free: NDArray[np.bool_],
    iterations: int,
    damping: float,
) -> Gaussians:
    """Change colours so that the camera's picture comes close to the target.

    A picture is linear in the colours, so this is a linear least-squares problem: `|A c - target|^2` over the given
    pixels plus `damping * |c - c_0|^2`, solved by conjugate gradients on the normal equations, a few steps from where
    the colours are (few, because the last ones would only sharpen noise).

    Args:
        gaussians: N of them.
        camera: whose picture is compared.
        target: sRGB in [0, 1], shape `(camera.height, camera.width, 3)`.
        rows: pixels that count, shape `(camera.height, camera.width)`.
        free: Gaussians whose colour may change, shape `(N,)`.
        iterations: each draws the picture and sends the residual back to the Gaussians.
        damping: weight of staying at the colours given.

    Returns:
        The same Gaussians with colours in [0, 1].

    Source: Hestenes and Stiefel 1952 (CGLS).
    """
    weights = blending_weights(gaussians, camera)
    keep = rows[..., None].astype(np.float32)
    residual = (target - weights.apply(gaussians.colours)) * keep
    change = _solve(weights, residual, keep, free[:, None].astype(np.float32), iterations, damping)
    return replace(gaussians, colours=np.clip(gaussians.colours + change, 0.0, 1.0))


def _solve(
    weights: BlendingWeights,
    residual: NDArray[np.float32],
    keep: NDArray[np.float32],
    free: NDArray[np.float32],
    iterations: int,
    damping: float,
) -> NDArray[np.float32]:
    """CGLS for every colour channel by itself."""
    change = np.zeros((weights.count, 3), np.float32)
    gradient = weights.apply_transposed(residual) * free
    direction = gradient
    power = _squared(gradient)
    for _ in range(iterations):
        image = weights.apply(direction) * keep
        curvature = _squared(image) + damping * _squared(direction)
        step = np.where(curvature > 0.0, power / np.where(curvature > 0.0, curvature, 1.0), 0.0).astype(np.float32)
        change = change + step * direction
        residual = residual - step * image
        gradient = weights.apply_transposed(residual) * free - np.float32(damping) * change
        before, power = power, _squared(gradient)
        ratio = np.where(before > 0.0, power / np.where(before > 0.0, before, 1.0), 0.0).astype(np.float32)
        direction = gradient + ratio * direction
    return change


def _squared(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Sum of squares of every channel, in double precision."""
    flat = values.reshape(-1, values.shape[-1])
    return np.array([np.dot(flat[:, k].astype(float), flat[:, k].astype(float)) for k in range(flat.shape[1])])
