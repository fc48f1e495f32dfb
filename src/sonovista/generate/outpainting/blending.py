"""Putting a piece of picture onto a canvas: along the line where both agree best, and blended in two bands."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Float = NDArray[Any]
Mask = NDArray[np.bool_]

FEATHER = 1.3
"""Standard deviation of the transition of details, in pixels at canvas height 1024."""


STRAIGHT = 0.7
"""By how much more a cut costs right beside what must stay."""


@dataclass(frozen=True)
class Canvas:
    """A picture that is being completed; its arrays are changed in place.

    Attributes:
        pixels: RGB, shape `(H, W, 3)`.
        filled: where `pixels` holds something, shape `(H, W)`.
        freedom: how far a pixel may change, shape `(H, W)`: 0 on the photo, rising to 1 a few pixels away from it.
        changed: how much of each pixel was pasted, in [0, 1], shape `(H, W)`.
    """

    pixels: Float
    filled: Mask
    freedom: Float
    changed: Float


def freedom_around(locked: Mask, ramp: float) -> Float:
    """0 where `locked`, `(H, W)`, rising linearly to 1 over `ramp` pixels around it."""
    if not locked.any():
        return np.ones(locked.shape, np.float32)
    distance = cv2.distanceTransform((~locked).astype(np.uint8), cv2.DIST_L2, 3)
    return np.clip(distance / ramp, 0.0, 1.0).astype(np.float32)


def seam(old: Float, new: Float, filled: Mask, valid: Mask, locked: Mask, nodes: int = 1600) -> Float:
    """1 where the new piece should show, 0 where the old canvas should stay.

    The border between both is the minimum cut (Kwatra et al. 2003) through their difference, between what only the
    piece can show and the piece's rim on the canvas, on a coarse grid.

    Args:
        old: RGB of the canvas under the piece, shape `(h, w, 3)`.
        new: RGB of the piece, same shape.
        filled: where the canvas holds something.
        valid: where the piece holds something.
        locked: where the canvas must stay.
        nodes: about how many nodes the grid may have.

    Returns:
        float32 in [0, 1], shape `(h, w)`, zero where not `valid`.
    """
    height, width = valid.shape
    step = max(np.sqrt(height * width / nodes), 1.0)
    small = (max(round(width / step), 4), max(round(height / step), 4))
    difference = np.abs(old - new).sum(axis=2) * (filled & valid)
    difference = cv2.resize(difference, small, interpolation=cv2.INTER_AREA)
    valid_small = cv2.resize(valid.astype(np.float32), small, interpolation=cv2.INTER_AREA) > 0.6
    filled_small = cv2.resize(filled.astype(np.float32), small, interpolation=cv2.INTER_AREA) > 0.6
    core = cv2.erode(
        valid_small.astype(np.uint8), np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0
    )
    locked_small = cv2.resize(locked.astype(np.float32), small, interpolation=cv2.INTER_AREA) > 0.3
    keep = filled_small & ((core == 0) | locked_small)
    must = valid_small & ~filled_small & ~locked_small
    if not must.any() and not valid_small.any():
        return np.where(filled, 0.0, valid).astype(np.float32)
    if not keep.any():
        return valid.astype(np.float32)
    # A border along the canvas's own edge would show as a straight line: the difference is known in the overlap alone.
    difference[~(valid_small & filled_small)] = 6.0
    if locked_small.any():
        # Along what must stay a cut would be as straight as that is.
        away = cv2.distanceTransform((~locked_small).astype(np.uint8), cv2.DIST_L2, 3)
        difference = difference * (1.0 + STRAIGHT * np.exp(-0.5 * away))
    chosen = minimum_cut(difference, must, keep).astype(np.float32) * valid_small
    chosen = cv2.GaussianBlur(cv2.resize(chosen, (width, height), interpolation=cv2.INTER_LINEAR), (0, 0), 0.35 * step)
    return np.where(valid, np.where(filled, chosen, 1.0), 0.0).astype(np.float32)


def minimum_cut(cost: Float, inside: Mask, outside: Mask) -> Mask:
    """Pixels on the `inside` part's side of the cheapest border between two parts of a grid with four neighbours.

    Args:
        cost: of a border through a pixel, not negative, shape `(h, w)`.
        inside: pixels of the one part.
        outside: pixels of the other, disjoint.

    Returns:
        Mask of shape `(h, w)` that holds `inside` and not `outside`.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import breadth_first_order, maximum_flow

    if not inside.any():
        return np.zeros(cost.shape, bool)
    height, width = cost.shape
    index = np.arange(height * width).reshape(height, width)
    units = 1 + np.minimum(cost * 1000.0, 6000.0).astype(np.int32)
    first = np.concatenate([index[:, :-1].ravel(), index[:-1].ravel()])
    second = np.concatenate([index[:, 1:].ravel(), index[1:].ravel()])
    weight = units.ravel()[first] + units.ravel()[second]
    source, sink = height * width, height * width + 1
    huge = np.int32(10_000_000)
    starts, ends = index[inside], index[outside & ~inside]
    rows = np.concatenate([first, second, np.full(starts.size, source), ends])
    columns = np.concatenate([second, first, starts, np.full(ends.size, sink)])
    values = np.concatenate([weight, weight, np.full(starts.size, huge), np.full(ends.size, huge)]).astype(np.int32)
    graph = csr_array((values, (rows, columns)), shape=(sink + 1, sink + 1))
    residual = graph - maximum_flow(graph, source, sink).flow
    residual.data[residual.data < 0] = 0
    residual.eliminate_zeros()
    reached = breadth_first_order(residual, source, return_predecessors=False)
    side = np.zeros(height * width + 2, bool)
    side[reached] = True
    return side[:-2].reshape(height, width)


def paste(
    canvas: Canvas,
    top: int,
    left: int,
    piece: Float,
    valid: Mask,
    scale: float,
    nodes: int = 1600,
) -> Float:
    """Lay a piece onto the canvas with a seam, blended in two bands (Burt and Adelson 1983).

    Args:
        canvas: changed in place.
        top: first row of the piece on the canvas; the piece must lie on the canvas wholly.
        left: first column.
        piece: RGB, shape `(h, w, 3)`.
        valid: where the piece holds something, shape `(h, w)`.
        scale: canvas height in units of 1024 pixels: widths of the transitions grow with it.
        nodes: of the grid on which the seam is sought.

    Returns:
        How much of every pixel's detail is the piece's, in [0, 1], shape `(h, w)`.
    """
    height, width = valid.shape
    window = (slice(top, top + height), slice(left, left + width))
    old, filled, freedom = canvas.pixels[window], canvas.filled[window], canvas.freedom[window]
    if not (valid & (freedom > 0)).any():
        return np.zeros(valid.shape, np.float32)
    choice = seam(old, piece, filled, valid, filled & (freedom < 0.4), nodes)
    # Neither may end at its own rim, where a wide transition has not come to its end yet.
    from_rims = _inward(filled, 1.5 * FEATHER * scale), _inward(valid, 1.5 * FEATHER * scale)
    fine = _share(_blur(choice, FEATHER * scale), *from_rims)
    coarse = _share(_blur(choice, 7.0 * scale), *from_rims)
    old_low, new_low = _masked_blur(old, filled, 6.0 * scale), _masked_blur(piece, valid, 6.0 * scale)
    old_low, new_low = np.where(filled[..., None], old_low, new_low), np.where(valid[..., None], new_low, old_low)
    low = old_low + (new_low - old_low) * coarse[..., None]
    detail = (old - old_low) * (1.0 - fine[..., None]) + (piece - new_low) * fine[..., None]
    # Detail of two unlike pieces that are averaged loses power; the sum of squares of the shares restores it.
    detail /= np.sqrt(fine**2 + (1.0 - fine) ** 2)[..., None]
    blended = np.where((valid | filled)[..., None], low + detail, old)
    free = np.where(filled, freedom, (freedom > 0).astype(np.float32))
    # Where nothing was filled before there is nothing to keep.
    canvas.pixels[window] = old + (blended - old) * free[..., None]
    canvas.changed[window] = np.maximum(canvas.changed[window], np.maximum(fine, coarse) * free)
    canvas.filled[window] |= valid & (freedom > 0)
    return fine * free


def mean_under(picture: Float, mask: Mask, sigma: float) -> tuple[Float, Float]:
    """Mean colours under a mask around every pixel, also beyond it, and how much of the mask is there.

    Args:
        picture: shape `(h, w, 3)`.
        mask: what counts, shape `(h, w)`.
        sigma: standard deviation in pixels over which is averaged.

    Returns:
        Colours, shape `(h, w, 3)`, and the share of the mask, in [0, 1], shape `(h, w)`.
    """
    weight = mask.astype(np.float32)
    total = cv2.GaussianBlur(weight, (0, 0), sigma)
    return cv2.GaussianBlur(picture * weight[..., None], (0, 0), sigma) / np.maximum(total, 1e-4)[..., None], total


def _inward(mask: Mask, ramp: float) -> Float:
    """0 outside a mask, rising to 1 within `ramp` pixels of its rim; the picture's border is none."""
    distance = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3)
    return np.clip(distance / max(ramp, 1.0), 0.0, 1.0).astype(np.float32)


def _share(choice: Float, filled: Float, valid: Float) -> Float:
    new, old = choice * valid, (1.0 - choice) * filled
    return (new / np.maximum(new + old, 1e-6)).astype(np.float32)


def _blur(picture: Float, sigma: float) -> Float:
    return cv2.GaussianBlur(picture, (0, 0), max(sigma, 0.4), borderType=cv2.BORDER_REPLICATE)


def _masked_blur(picture: Float, mask: Mask, sigma: float) -> Float:
    weight = mask.astype(np.float32)
    total = _blur(weight, sigma)
    return _blur(picture * weight[..., None], sigma) / np.maximum(total, 1e-4)[..., None]


def fill_smoothly(pixels: Float, filled: Mask) -> None:
    """Fill what is left open from its surroundings, coarse to fine (pull-push, Gortler et al. 1996), in place.

    Args:
        pixels: shape `(H, W, channels)`.
        filled: where they hold something, shape `(H, W)`; nothing is done where none do.
    """
    if filled.all() or not filled.any():
        return
    weight = filled.astype(np.float32)
    level = pixels * weight[..., None]
    levels: list[tuple[Any, Any]] = [(level, weight)]
    while min(weight.shape) > 1:
        size = (max(weight.shape[1] // 2, 1), max(weight.shape[0] // 2, 1))
        level = cv2.resize(level, size, interpolation=cv2.INTER_AREA)
        weight = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
        levels.append((level, weight))
    smooth = level / np.maximum(weight, 1e-6)[..., None]
    for level, weight in reversed(levels[:-1]):
        smooth = cv2.resize(smooth, weight.shape[::-1], interpolation=cv2.INTER_LINEAR)
        own = level / np.maximum(weight, 1e-6)[..., None]
        smooth = np.where(weight[..., None] > 0.0, own, smooth)
    pixels[~filled] = smooth[~filled]


def spread_from_rim(values: Float, known: Mask, wanted: Mask, closed: bool = False) -> None:
    """Continue values beyond the rim of where they are known, in place: far off they are the mean of ever more of it.

    Weights fall with the square of the distance (Shepard 1968). The values of the nearest point of the rim alone would
    draw the dark corners of a photo out to dark corners of the sky around it. Costs points of the rim times points
    that are wanted: for coarse grids.

    Args:
        values: shape `(h, w, channels)`.
        known: where they are known, shape `(h, w)`.
        wanted: where to continue them, same shape.
        closed: whether the left and right edges touch.
    """
    inner = cv2.erode(known.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    rows, columns = np.nonzero(known & ~inner)
    places = np.argwhere(wanted & ~known)
    if rows.size == 0 or len(places) == 0:
        return
    rim, width = values[rows, columns], known.shape[1]
    for part in np.array_split(places, len(places) * rows.size // 2_000_000 + 1):
        across = np.abs(part[:, 1, None] - columns[None])
        across = np.minimum(across, width - across) if closed else across
        weight = 1.0 / ((part[:, 0, None] - rows[None]) ** 2 + across**2).astype(np.float32)
        values[part[:, 0], part[:, 1]] = weight @ rim / weight.sum(axis=1, keepdims=True)
