"""Colours that make the drawn picture equal the given one: Gaussians that are summed are not pixels."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sonovista.geometry import PerspectiveCamera
from sonovista.render.splats.weights import BlendingWeights, blending_weights
from sonovista.scene.gaussians import Gaussians

ROUNDS = 3
"""Of solving and clipping."""


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
    pixels plus `damping * |c - c_0|^2`, with colours bound to [0, 1]. It is solved in rounds: a few steps of conjugate
    gradients on the normal equations (few, because the last ones would only sharpen noise), then colours are clipped
    and the next round begins from there.

    Args:
        gaussians: N of them.
        camera: whose picture is compared.
        target: sRGB in [0, 1], shape `(camera.height, camera.width, 3)`.
        rows: pixels that count, shape `(camera.height, camera.width)`.
        free: Gaussians whose colour may change, shape `(N,)`.
        iterations: in a round; each draws the picture and sends the residual back to the Gaussians.
        damping: weight of staying at the colours given.

    Returns:
        The same Gaussians with colours in [0, 1].

    Source: Hestenes and Stiefel 1952 (CGLS).
    """
    weights = blending_weights(gaussians, camera)
    fixed = gaussians.colours.copy()
    fixed[free] = 0.0
    target = np.where(rows[..., None], target - weights.apply(fixed), 0.0).astype(np.float32)
    weights = weights.restricted(rows, free)
    colours = gaussians.colours[free]
    for _ in range(ROUNDS):
        residual = target - weights.apply(colours)
        change = _solve(weights, residual, colours, iterations, damping)
        colours = np.clip(colours + change, 0.0, 1.0)
    everything = gaussians.colours.copy()
    everything[free] = colours
    return replace(gaussians, colours=everything)


def _solve(
    weights: BlendingWeights,
    residual: NDArray[np.float32],
    colours: NDArray[np.float32],
    iterations: int,
    damping: float,
) -> NDArray[np.float32]:
    """CGLS for every colour channel by itself: the change of the colours, shape `(weights.count, 3)`."""
    gradient = weights.apply_transposed(residual)
    # What stands at a bound and is pushed beyond it stays there, so that the others make up for it.
    stays = ((colours <= 0.0) & (gradient < 0.0)) | ((colours >= 1.0) & (gradient > 0.0))
    gradient[stays] = 0.0
    change = np.zeros((weights.count, 3), np.float32)
    direction = gradient.copy()
    power = _squared(gradient)
    for _ in range(iterations):
        image = weights.apply(direction)
        curvature = _squared(image) + damping * _squared(direction)
        step = _ratio(power, curvature)
        change += step * direction
        residual -= step * image
        gradient = weights.apply_transposed(residual)
        gradient -= np.float32(damping) * change
        gradient[stays] = 0.0
        before, power = power, _squared(gradient)
        direction *= _ratio(power, before)
        direction += gradient
    return change


def _squared(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Sum of squares of every channel, in double precision."""
    return np.array([np.square(channel, dtype=np.float64).sum() for channel in np.moveaxis(values, -1, 0)])


def _ratio(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.divide(a, b, out=np.zeros_like(a), where=b > 0.0).astype(np.float32)
