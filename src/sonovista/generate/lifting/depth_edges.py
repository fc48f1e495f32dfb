"""Where depth jumps: judged by the gap that a step to the side would open."""

import cv2
import numpy as np
from numpy.typing import NDArray

GAP = 1.0
"""Pixels of the gap between neighbours at which they no longer belong to one surface: the surface would be seen
stretched to twice its pixels."""


def opens(near: NDArray[np.float32], far: NDArray[np.float32], parallax: float) -> NDArray[np.bool_]:
    """Whether a step opens a gap between pixels of inverse depths `near` and `far`.

    Args:
        near: 1 / metres.
        far: 1 / metres, at most `near`.
        parallax: pixels that a step moves what is at one metre: the step in metres times the focal length.
    """
    return (near - far) * parallax > GAP


def sharpen_jumps(
    inverse: NDArray[np.float32], parallax: float, wraps: bool = False, grown: int = 1
) -> NDArray[np.float32]:
    """Inverse depth in which every pixel next to a jump belongs to one side.

    Depth that was interpolated across a jump has values that belong to neither side and would become a rubber sheet:
    such pixels take the depth of the side that is closer to theirs. Then the near side grows, because the picture's
    pixels there are mixed of both colours and would leave an outline of the near thing on the far one.

    Args:
        inverse: inverse depth in 1 / metres, shape `(H, W)`.
        parallax: as in `opens`.
        wraps: whether the left and right edges touch.
        grown: pixels by which the near side grows.
    """
    margin = 2 + grown
    padded = np.pad(inverse, ((0, 0), (margin, margin)), mode="wrap" if wraps else "edge")
    near, far = cv2.dilate(padded, np.ones((5, 5), np.uint8)), cv2.erode(padded, np.ones((5, 5), np.uint8))
    near_side, far_side = jump_sides(padded, parallax)
    between = near_side & far_side & (np.minimum(near - padded, padded - far) > 0.1 * (near - far))
    snapped = np.where(between, np.where(near - padded < padded - far, near, far), padded)
    cross = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
    for _ in range(grown):
        near_side, far_side = jump_sides(snapped, parallax)
        snapped = np.where(far_side & ~near_side, cv2.dilate(snapped, cross), snapped)
    return snapped[:, margin:-margin].astype(np.float32)


def jump_sides(
    inverse: NDArray[np.float32], parallax: float, wraps: bool = False
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Pixels next to a jump: those on its near side and those on its far side (some are on both), `(H, W)` each."""
    near_side, far_side = np.zeros(inverse.shape, bool), np.zeros(inverse.shape, bool)
    for axis in (0, 1):
        other = np.roll(inverse, -1, axis=axis)
        falls, rises = opens(inverse, other, parallax), opens(other, inverse, parallax)
        if axis == 0 or not wraps:
            last = (-1, slice(None)) if axis == 0 else (slice(None), -1)
            falls[last] = rises[last] = False
        near_side |= falls | np.roll(rises, 1, axis=axis)
        far_side |= rises | np.roll(falls, 1, axis=axis)
    return near_side, far_side


def surface_gradient(inverse: NDArray[np.float32], parallax: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Gradient of inverse depth per pixel along columns and rows, never taken across a jump, `(H, W)` each.

    Of the differences to both neighbours the smaller one is taken, and none that opens a gap.
    """
    gradients = []
    for axis in (1, 0):
        forward = np.diff(inverse, axis=axis, append=np.take(inverse, [-1], axis=axis))
        backward = np.diff(inverse, axis=axis, prepend=np.take(inverse, [0], axis=axis))
        edge = [slice(None), slice(None)]
        edge[axis] = slice(-1, None)
        forward[tuple(edge)] = backward[tuple(edge)]
        edge[axis] = slice(0, 1)
        backward[tuple(edge)] = forward[tuple(edge)]
        forward_jumps, backward_jumps = np.abs(forward) * parallax > GAP, np.abs(backward) * parallax > GAP
        smaller = np.where(np.abs(forward) < np.abs(backward), forward, backward)
        both = np.where(forward_jumps | backward_jumps, smaller, 0.5 * (forward + backward))
        gradients.append(np.where(forward_jumps & backward_jumps, 0.0, both).astype(np.float32))
    return gradients[0], gradients[1]
