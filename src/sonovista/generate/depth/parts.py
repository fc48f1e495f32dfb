"""Things that touch in the picture are told apart by their colours: every part stands where its own foot shows.

A surface of one material is often several things, one before the other. The feet that are seen say how far away some of
its pieces are; the others take it over from the pieces that they touch and resemble: harmonic interpolation on the
graph of pieces (L. Grady, "Random walks for image segmentation", PAMI 2006).
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import spsolve

from sonovista.generate.depth.materials import Material
from sonovista.generate.depth.standing import Layout

COLOUR_SIGMA = 12.0
"""Levels of 255 by which the mean colours of pieces of one thing differ."""
LEAST_TIE = 0.003
"""Of touching pieces that have nothing in common, as a part of a full tie."""
FOOT_WEIGHT = 3.0
"""Of a foot's cell against a cell of border to a piece of the same colour."""
OWN_WEIGHT = 0.02
"""Of a cell's earlier distance against the same: what decides where no foot is seen."""


def stand_apart(
    layout: Layout,
    pieces: NDArray[np.int32],
    pixels: NDArray[np.uint8],
    ground: NDArray[np.float64],
    log_r: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Log of the horizontal distance with every piece of a thing where its own, or the most alike, foot is.

    Args:
        layout: what stands where; only things (not plants, buildings or rock) that the photo sees are moved.
        pieces: superpixel of every cell, shape `(R, C)`.
        pixels: RGB of the cells, shape `(R, C, 3)`.
        ground: log horizontal distance of the ground, shape `(R, C)`.
        log_r: of every cell as it was, shape `(R, C)`.
    """
    component = layout.component
    kind = np.append(layout.materials, Material.SKY)[component]  # -1 reads the appended one
    mine = (kind == Material.OBJECT) & layout.seen
    if not mine.any():
        return log_r
    row, column = np.nonzero(mine)
    key = component[row, column].astype(np.int64) * (int(pieces.max()) + 1) + pieces[row, column]
    _, part = np.unique(key, return_inverse=True)
    count = int(part.max()) + 1
    index = np.full(component.shape, -1, np.int64)
    index[row, column] = part
    area = np.bincount(part, minlength=count)
    colour = np.stack([np.bincount(part, pixels[row, column, c], count) / area for c in range(3)], axis=1)
    ties = _ties(index, component, colour, count)
    weight, foot = _feet(layout, index, ground, count)
    own = np.bincount(part, log_r[row, column], count) / area
    data = FOOT_WEIGHT * weight
    # Where no part of a component shows a foot the whole keeps its distance.
    own_weight = OWN_WEIGHT * area / np.maximum(area.mean(), 1.0)
    laplacian = sparse.diags_array(np.asarray(ties.sum(axis=1)).ravel()) - ties
    system = (laplacian + sparse.diags_array(data + own_weight)).tocsc()
    value = np.asarray(spsolve(system, data * foot + own_weight * own))
    out = log_r.copy()
    out[row, column] = np.minimum(value[part], ground[row, column])
    return out


def _ties(
    index: NDArray[np.int64], component: NDArray[np.int32], colour: NDArray[np.float64], count: int
) -> sparse.csr_array:
    """Length of the border between touching parts of a component, less the more their colours differ."""
    pairs = []
    for axis in (0, 1):
        last = index.shape[axis]
        a, b = index.take(range(last - 1), axis).ravel(), index.take(range(1, last), axis).ravel()
        ca, cb = component.take(range(last - 1), axis).ravel(), component.take(range(1, last), axis).ravel()
        touch = (a >= 0) & (b >= 0) & (a != b) & (ca == cb)
        pairs.append(np.stack([a[touch], b[touch]]))
    first, second = np.concatenate(pairs, axis=1)
    step = np.abs(colour[first] - colour[second]).mean(axis=1)
    tie = np.exp(-0.5 * (step / COLOUR_SIGMA) ** 2) + LEAST_TIE
    one_way = sparse.coo_array((tie, (first, second)), shape=(count, count))
    return sparse.csr_array(one_way + one_way.T)


def _feet(
    layout: Layout, index: NDArray[np.int64], ground: NDArray[np.float64], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How many cells of every part meet the ground below them, and the nearer part of where they do (log metres)."""
    above, below = index[:-1], index[1:]
    # What hangs over another thing shows the ground behind it, not its foot.
    clear = np.cumsum((layout.component >= 0)[::-1], axis=0)[::-1][1:] == 0
    meets = (above >= 0) & (below < 0) & clear & (layout.material[1:] == Material.FLAT) & layout.seen[1:]
    part, where = above[meets], ground[1:][meets]
    weight = np.bincount(part, minlength=count).astype(float)
    # Along a rounded foot only the nearest cells touch the ground; those at its sides hang over ground behind it.
    order = np.lexsort((where, part))
    starts = np.searchsorted(part[order], np.arange(count))
    quarter = np.minimum(starts + (0.25 * weight).astype(int), max(len(order) - 1, 0))
    foot = where[order][quarter] if len(order) else np.zeros(count)
    return weight, np.where(weight > 0, foot, 0.0)
