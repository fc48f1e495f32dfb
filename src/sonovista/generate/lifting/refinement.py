"""Colours that make the drawn picture equal the given one: Gaussians that are summed are not pixels."""

from dataclasses import replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonovista.generate.lifting.normal_equations import NormalEquations
from sonovista.geometry import PerspectiveCamera
from sonovista.render.splats.weights import blending_weights
from sonovista.scene.gaussians import Gaussians


def refine_colours(
    gaussians: Gaussians,
    camera: PerspectiveCamera,
    target: NDArray[np.float32],
    rows: NDArray[np.bool_],
    free: NDArray[np.bool_],
    iterations: int,
    damping: float,
    rounds: int = 3,
    leeway: float = 1.0,
) -> Gaussians:
    """Change colours so that the camera's picture comes close to the target.

    A picture is linear in the colours, so this is a linear least-squares problem: `|A c - target|^2` over the given
    pixels plus `damping * |c - c_0|^2`, with colours bound to [0, 1] and to `leeway` around what they were. It is
    solved in rounds: a few steps of conjugate gradients on the normal equations (few, because the last ones would only
    sharpen noise), then colours are clipped and the next round begins from there. Gaussians of one pixel and of
    sixty-four stand side by side: the diagonal preconditions them, which is worth two steps of three.

    Args:
        gaussians: N of them.
        camera: whose picture is compared.
        target: sRGB in [0, 1], shape `(camera.height, camera.width, 3)`.
        rows: pixels that count, shape `(camera.height, camera.width)`.
        free: Gaussians whose colour may change, shape `(N,)`.
        iterations: in a round; each draws the picture and sends it back to the Gaussians.
        damping: weight of staying at the colours given.
        rounds: of solving and clipping.
        leeway: by how much a colour may change.

    Returns:
        The same Gaussians with colours in [0, 1].

    Source: Hestenes and Stiefel 1952 (conjugate gradients); Saad 2003, section 9.2 (preconditioning).
    """
    weights = blending_weights(gaussians, camera)
    fixed = gaussians.colours.copy()
    fixed[free] = 0.0
    target = np.where(rows[..., None], target - weights.apply(fixed), 0.0).astype(np.float32)
    weights = weights.restricted(rows, free)
    equations = NormalEquations.of(weights)
    wanted = weights.apply_transposed(target)
    given = gaussians.colours[free]
    bounds = np.maximum(given - np.float32(leeway), 0.0), np.minimum(given + np.float32(leeway), 1.0)
    colours = np.clip(given, *bounds)
    for _ in range(rounds):
        change = _solve(equations, wanted - equations.apply(colours), colours, bounds, iterations, np.float32(damping))
        colours = np.clip(colours + change, *bounds)
    everything = gaussians.colours.copy()
    everything[free] = colours
    return replace(gaussians, colours=everything)


def _solve(
    equations: NormalEquations,
    gradient: NDArray[np.float32],
    colours: NDArray[np.float32],
    bounds: tuple[NDArray[np.float32], NDArray[np.float32]],
    iterations: int,
    damping: np.float32,
) -> NDArray[np.float32]:
    """Conjugate gradients for every colour channel by itself: the change of the colours, shape `(count, 3)`."""
    # What stands at a bound and is pushed beyond it stays there, so that the others make up for it.
    moves = ~(((colours <= bounds[0]) & (gradient < 0.0)) | ((colours >= bounds[1]) & (gradient > 0.0)))
    # A Gaussian that no pixel sees has no row of its own: nothing moves it, whatever its scale.
    scale = (1.0 / np.maximum(equations.diagonal + damping, 1e-6)).astype(np.float32)
    change, direction = np.zeros_like(gradient), np.zeros_like(gradient)
    power = _turn(gradient, moves, scale, np.ones(3), direction)
    for _ in range(iterations):
        sent = equations.apply(direction)
        power = _step(sent, damping, power, change, gradient, direction, moves, scale)
    return change


@njit(cache=True)
def _turn(gradient, moves, scale, before, direction):  # pragma: no cover - compiled
    """Set gradients of what stays to zero, turn the direction to them, and return their power in every channel."""
    power = np.zeros(3)
    for i in range(len(gradient)):
        for c in range(3):
            if not moves[i, c]:
                gradient[i, c] = 0.0
            power[c] += np.float64(gradient[i, c]) * scale[i] * gradient[i, c]
    for c in range(3):
        ratio = np.float32(power[c] / before[c]) if before[c] > 0.0 else np.float32(0.0)
        for i in range(len(gradient)):
            direction[i, c] = ratio * direction[i, c] + scale[i] * gradient[i, c]
    return power


@njit(cache=True)
def _step(sent, damping, power, change, gradient, direction, moves, scale):  # pragma: no cover - compiled
    """One step along the direction, whose image under `A^T A` is `sent`; changes all but `sent` in place."""
    curvature = np.zeros(3)
    for i in range(len(sent)):
        for c in range(3):
            sent[i, c] += damping * direction[i, c]
            curvature[c] += np.float64(direction[i, c]) * sent[i, c]
    for c in range(3):
        step = np.float32(power[c] / curvature[c]) if curvature[c] > 0.0 else np.float32(0.0)
        for i in range(len(sent)):
            change[i, c] += step * direction[i, c]
            gradient[i, c] -= step * sent[i, c]
    return _turn(gradient, moves, scale, power, direction)
