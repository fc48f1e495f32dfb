"""Which pixels of a sheet become one Gaussian together: a quadtree that spends a budget where there is detail."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.lifting.depth_edges import jump_sides, surface_gradient
from sonovista.generate.lifting.sheets import Sheet

SIZES = (8, 4, 2)
"""Pixels along the side of a merged block, the largest first."""

LARGEST_ERROR = 0.1
"""That merging may cost: beyond it, a coarser sheet shows more than a merged one."""


@dataclass(frozen=True)
class Blocks:
    """Square blocks of a sheet's pixels.

    Attributes:
        centre: column and row of each block's centre in pixels, shape `(N, 2)`, float32.
        size: pixels along each block's side, shape `(N,)`, float32.
    """

    centre: NDArray[np.float32]
    size: NDArray[np.float32]


def merging_errors(sheet: Sheet, parallax: float, colour_scale: float = 1.0) -> list[NDArray[np.float32]]:
    """What merging costs, for blocks of every size of `SIZES`: an array `(rows, columns)` of blocks for each size.

    The cost is the largest range of a colour channel in the block and half a block around it (a large Gaussian spills
    over to its neighbours), or twice the relative error of a plane through it if that is more; infinite where a pixel
    is not used or depth jumps.

    Args:
        sheet: at least one pixel.
        parallax: pixels that a step moves what is at one metre.
        colour_scale: multiplies ranges of colour.
    """
    inverse = 1.0 / sheet.depth
    near_side, far_side = jump_sides(inverse, parallax)
    barred = (near_side | far_side | ~sheet.used).astype(np.uint8)
    gradients = np.dstack([g / inverse for g in surface_gradient(inverse, parallax)])
    height, width = inverse.shape
    errors = []
    for size in SIZES:
        rows, columns = height // size, width // size
        kernel = np.ones((2 * size, 2 * size), np.uint8)
        # The anchor puts the window from half a block before the block to half a block behind it.
        anchor = (size // 2, size // 2)
        at = (slice(0, rows * size, size), slice(0, columns * size, size))
        colour_range = (
            cv2.dilate(sheet.colours, kernel, anchor=anchor) - cv2.erode(sheet.colours, kernel, anchor=anchor)
        )[at]
        bend = (cv2.dilate(gradients, kernel, anchor=anchor) - cv2.erode(gradients, kernel, anchor=anchor))[at]
        error = np.maximum(colour_scale * colour_range.max(axis=-1), 2.0 * size * bend.sum(axis=-1))
        error[cv2.dilate(barred, np.ones((size, size), np.uint8), anchor=(0, 0))[at] > 0] = np.inf
        errors.append(error.astype(np.float32))
    return errors


def choose_blocks(sheets: list[Sheet], errors: list[list[NDArray[np.float32]]], budget: int) -> list[Blocks]:
    """Blocks of all sheets under one common threshold, the smallest that keeps within the budget.

    Args:
        sheets: whose used pixels are all covered.
        errors: of `merging_errors`, for each sheet.
        budget: blocks in all; more come out where merging within `LARGEST_ERROR` does not bring them down to it.
    """
    used = [int(sheet.used.sum()) for sheet in sheets]
    low, high = 0.0, LARGEST_ERROR
    if sum(used) <= budget:
        high = 0.0
    for _ in range(8):
        if high - low < 1e-3:
            break
        middle = 0.5 * (low + high)
        total = sum(_count(n, _accepted(e, middle)) for n, e in zip(used, errors, strict=True))
        low, high = (middle, high) if total > budget else (low, middle)
    threshold = high if high > 0.0 else -1.0
    return [_blocks(sheet, _accepted(e, threshold)) for sheet, e in zip(sheets, errors, strict=True)]


def _accepted(errors: list[NDArray[np.float32]], threshold: float) -> list[NDArray[np.bool_]]:
    """Blocks of every size that are merged and lie in no larger one."""
    accepted: list[NDArray[np.bool_]] = []
    covered: NDArray[np.bool_] | None = None
    for error in errors:
        good = error <= threshold
        if covered is not None:
            parents = np.zeros_like(good)
            up = covered.repeat(2, axis=0).repeat(2, axis=1)
            parents[: up.shape[0], : up.shape[1]] = up[: parents.shape[0], : parents.shape[1]]
            accepted.append(good & ~parents)
            covered = good | parents
        else:
            accepted.append(good)
            covered = good
    return accepted


def _count(used: int, accepted: list[NDArray[np.bool_]]) -> int:
    merged = [int(a.sum()) for a in accepted]
    return used + sum(merged) - sum(n * size * size for n, size in zip(merged, SIZES, strict=True))


def _blocks(sheet: Sheet, accepted: list[NDArray[np.bool_]]) -> Blocks:
    single = sheet.used.copy()
    centres, sizes = [], []
    for blocks, size in zip(accepted, SIZES, strict=True):
        rows, columns = np.nonzero(blocks)
        centres.append(np.stack([columns + 0.5, rows + 0.5], axis=1) * size)
        sizes.append(np.full(len(rows), size))
        spread = blocks.repeat(size, axis=0).repeat(size, axis=1)
        single[: spread.shape[0], : spread.shape[1]] &= ~spread
    rows, columns = np.nonzero(single)
    centres.append(np.stack([columns + 0.5, rows + 0.5], axis=1))
    sizes.append(np.ones(len(rows)))
    return Blocks(np.concatenate(centres).astype(np.float32), np.concatenate(sizes).astype(np.float32))
