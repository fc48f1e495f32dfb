"""What stands on the ground takes the distance of its foot; what stands behind something else lies beyond it.

After the reasoning of D. Hoiem, A. A. Efros, M. Hebert, "Automatic photo pop-up" (SIGGRAPH 2005), and the stixel world
(H. Badino, U. Franke, D. Pfeiffer, DAGM 2009): columns are read from the ground upward.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.depth.grid import AngularGrid
from sonovista.generate.depth.materials import Material
from sonovista.generate.depth.terrain import angular_smooth, cyclic_quantile, fill_cyclic, wrapped_components

LEAN = {
    Material.PLANTS: np.tan(np.radians(80.0)),
    Material.BUILT: np.tan(np.radians(89.5)),
    Material.OBJECT: np.tan(np.radians(88.0)),
    Material.ROCK: np.tan(np.radians(52.0)),
}
"""Tangent of the angle at which a surface rises from its foot."""
STANDING = (int(Material.PLANTS), int(Material.BUILT), int(Material.OBJECT))
TALLEST = {Material.PLANTS: 18.0, Material.BUILT: 40.0, Material.OBJECT: 8.0, Material.ROCK: 100.0}
"""Metres above the camera that near surfaces reach before they close overhead."""
LOWEST_FOOT = np.radians(-40.0)
"""Below this elevation a surface that never shows its foot is taken as lying on the ground."""
CLUTTER_LEAN = 1.0
CUT_SHARE = 0.85
"""Of the ground's distance at the photo's lower border: where a thing stands that this border cuts off."""


@dataclass(frozen=True)
class Layout:
    """The surfaces of a grid: `component` counts connected surfaces of one standing material from 0, -1 elsewhere."""

    material: NDArray[np.uint8]
    seen: NDArray[np.bool_]
    component: NDArray[np.int32]
    materials: NDArray[np.uint8]  # (components,)


def lay_out(material: NDArray[np.uint8], seen: NDArray[np.bool_]) -> Layout:
    """Number the connected surfaces that stand, apart where the photo sees and where the picture was completed."""
    component = np.full(material.shape, -1, np.int32)
    kinds: list[int] = []
    cliffs = _cliffs(material, seen)
    for kind in LEAN:
        for part in (seen, ~seen):
            stands = cliffs if kind == Material.ROCK else material == kind
            labels, count = wrapped_components(stands & part)
            component[labels > 0] = labels[labels > 0] - 1 + len(kinds)
            kinds += [int(kind)] * count
    return Layout(material, seen, component, np.array(kinds, np.uint8))


def _cliffs(material: NDArray[np.uint8], seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Rock that ends in the sky, or that rises behind what stands: cliffs and mountains, not stones."""
    far = np.zeros(material.shape, bool)
    standing = np.isin(material, STANDING)
    for part in (seen, ~seen):
        labels, count = wrapped_components((material == Material.ROCK) & part)
        if count == 0:
            continue
        top = (labels[1:] > 0) & (labels[:-1] != labels[1:])
        bottom = (labels[:-1] > 0) & (labels[1:] != labels[:-1])

        def share(edge: NDArray[np.bool_], of: NDArray[np.int32], touching: NDArray[np.bool_]) -> NDArray[np.float64]:
            total = np.bincount(of[edge], minlength=count + 1)  # noqa: B023
            return np.bincount(of[edge & touching], minlength=count + 1) / np.maximum(total, 1)  # noqa: B023

        skyline = share(top, labels[1:], material[:-1] == Material.SKY) > 0.4
        behind = share(bottom, labels[:-1], standing[1:]) > 0.5
        far |= ((skyline | behind) & (np.arange(count + 1) > 0))[labels]
    return far


def leaning(log_foot: NDArray, foot_tangent: NDArray, tangent: NDArray, lean: NDArray | float) -> NDArray[np.float64]:
    """Log of the horizontal distance at `tangent` of a surface that rises at `lean` from a foot at `foot_tangent`."""
    rise = np.maximum(lean - foot_tangent, 0.05) / np.maximum(lean - tangent, 0.05)
    return log_foot + np.log(np.maximum(rise, 1.0))


def stand(
    grid: AngularGrid,
    layout: Layout,
    ground: NDArray[np.float64],
    sheet: NDArray[np.bool_],
    rise: NDArray[np.floating],
    far: float,
) -> NDArray[np.float64]:
    """Log of the horizontal distance in metres of every cell, shape `(R, C)`.

    Args:
        grid: the directions.
        layout: what stands where.
        ground: inverse horizontal distance of the ground, 1/m, shape `(R, C)`.
        sheet: the cells of ground that connects to the ground underfoot, shape `(R, C)`.
        rise: tangent of the ground's slope, shape `(C,)`.
        far: metres at which things end whose foot nobody sees.
    """
    base = -np.log(ground)
    log_r = base.copy()
    _perch(grid, layout, sheet, log_r, base, rise, far)
    feet = _Feet(grid, layout)
    for _ in range(3):
        feet.settle(log_r, base, far)
        _perch(grid, layout, sheet, log_r, base, rise, far)
    return log_r


def before_what_it_carries(layout: Layout, sheet: NDArray[np.bool_], log_r: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bring ledges and rock that are seen below a thing's foot to the foot, where they would lie behind it.

    Ground that connects to the ground underfoot stays: it is known better than what stands on it.
    """
    carries = ((layout.material == Material.FLAT) & ~sheet) | (
        (layout.material == Material.ROCK) & (layout.component < 0)
    )
    stands = layout.component >= 0
    out = log_r.copy()
    limit = np.full(log_r.shape[1], np.inf)
    for row in range(len(log_r)):
        out[row] = np.where(carries[row], np.minimum(out[row], limit), out[row])
        limit = np.where(stands[row] | carries[row], out[row], np.inf)
    return out


def _perch(
    grid: AngularGrid,
    layout: Layout,
    sheet: NDArray[np.bool_],
    log_r: NDArray[np.float64],
    base: NDArray[np.float64],
    rise: NDArray[np.floating],
    far: float,
) -> None:
    """Rock leans back from its foot; ground above the slope's top rests on what is below it; in place, upward."""
    tangent = np.tan(grid.elevation)
    rows, columns = layout.material.shape
    rock = (layout.material == Material.ROCK) & (layout.component < 0)
    ledge = (layout.material == Material.FLAT) & (~sheet | (tangent[:, None] > rise + 0.02))
    foot_log, foot_tangent = base[-1].copy(), np.full(columns, tangent[-1])
    lean = np.full(columns, LEAN[Material.ROCK])
    share = np.zeros(columns)
    previous, previous_seen = np.zeros(columns, int), layout.seen[-1]
    below, below_stands = base[-1], np.zeros(columns, bool)
    for row in range(rows - 1, -1, -1):
        seen = layout.seen[row]
        kind = np.where(rock[row], 1, np.where(ledge[row], 2, 0))
        unknown = (seen & ~previous_seen) | (grid.elevation[row] < LOWEST_FOOT)
        starts = (kind > 0) & ((previous != kind) | unknown)
        foot_log = np.where(starts, np.where(unknown, base[row], below), foot_log)
        foot_tangent = np.where(starts, tangent[row], foot_tangent)
        lean = np.where(starts, np.maximum(LEAN[Material.ROCK], tangent[row] + 0.7), lean)
        # A stone hides the ground behind it and rises in front of it: between its own slope and the ground's. Ground
        # that is seen over something that stands lies where the plane says.
        share = np.where(starts, np.where((kind == 2) & below_stands, 1.0, 0.4), share)
        value = np.minimum(leaning(foot_log, foot_tangent, np.full(columns, tangent[row]), lean), np.log(far))
        mixed = np.minimum((1.0 - share) * value + share * base[row], base[row])
        value = np.where(tangent[row] < rise - 0.02, mixed, value)
        value = np.where(starts, value, np.maximum(value, below))  # nothing that leans back comes nearer upward
        flat = layout.material[row] == Material.FLAT
        log_r[row] = np.where(kind > 0, value, np.where(flat, base[row], log_r[row]))
        previous, previous_seen, below = kind, seen, log_r[row]
        below_stands = layout.component[row] >= 0


class _Feet:
    """Where the standing components of a grid meet what is below them."""

    def __init__(self, grid: AngularGrid, layout: Layout) -> None:
        self.grid, self.layout = grid, layout
        component = layout.component
        rows, columns = component.shape
        below = np.vstack([component[1:], np.full((1, columns), -2, np.int32)])
        row, column = np.nonzero((component >= 0) & (component != below))
        self.row, self.column, self.owner = row, column, component[row, column]
        self.under_row = np.minimum(row + 1, rows - 1)
        under = layout.material[self.under_row, column]
        own_seen, under_seen = layout.seen[row, column], layout.seen[self.under_row, column]
        self.cut = (own_seen & ~under_seen) | (row == rows - 1)
        self.continues = (under == layout.material[row, column]) & ~own_seen & under_seen
        rests = (under == Material.FLAT) | ((under == Material.ROCK) & (layout.component[self.under_row, column] < 0))
        self.supported = rests | self.cut | self.continues
        self.occluded = ~self.supported & (under != Material.SKY)
        order = np.argsort(self.owner, kind="stable")
        self.order = order
        self.starts = np.searchsorted(self.owner[order], np.arange(len(layout.materials) + 1))
        flat_index = np.flatnonzero(component.ravel() >= 0)
        by_owner = np.argsort(component.ravel()[flat_index], kind="stable")
        self.cells = flat_index[by_owner]
        self.cell_starts = np.searchsorted(component.ravel()[self.cells], np.arange(len(layout.materials) + 1))
        median_step = float(np.median(grid.column_widths))
        self.half_window = max(2, round(np.radians(2.0) / median_step))

    def settle(self, log_r: NDArray[np.float64], base: NDArray[np.float64], far: float) -> None:
        """Give every component its distance from what it stands on or behind, in place; nearest feet first."""
        tangent = np.tan(self.grid.elevation)
        lowest = np.array([self.row[self.order[self.starts[k] : self.starts[k + 1]]].max() for k in self._components()])
        for k in np.argsort(-lowest) if len(lowest) else []:
            cells = self.cells[self.cell_starts[k] : self.cell_starts[k + 1]]
            row, column = np.divmod(cells, log_r.shape[1])
            profile, foot_tangent = self._profile(int(k), log_r, base, far)
            kind = Material(int(self.layout.materials[k]))
            mine = self.order[self.starts[k] : self.starts[k + 1]]
            # Clutter that fills the picture down to its border lies on the floor as much as it stands there.
            clutter = kind == Material.OBJECT and self.cut[mine].mean() > 0.4
            value = leaning(
                profile[column], foot_tangent[column], tangent[row], CLUTTER_LEAN if clutter else LEAN[kind]
            )
            overhead = np.log(TALLEST[kind]) - np.log(np.maximum(tangent[row], 1e-3))
            value = np.minimum(value, np.maximum(overhead, np.log(1.0)))
            clamped = self.grid.elevation[row] < LOWEST_FOOT
            ground_there = base[row, column]
            # A surface never lies beneath the ground that carries it.
            log_r[row, column] = np.where(clamped, np.minimum(value, ground_there), np.minimum(value, np.log(far)))

    def _components(self) -> range:
        return range(len(self.layout.materials))

    def _profile(
        self, k: int, log_r: NDArray[np.float64], base: NDArray[np.float64], far: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Log distance of component `k` in every column, and the tangent of its foot there."""
        mine = self.order[self.starts[k] : self.starts[k + 1]]
        row, column = self.row[mine], self.column[mine]
        columns = log_r.shape[1]
        tangent = np.tan(self.grid.elevation)
        foot_row = np.zeros(columns, int)
        np.maximum.at(foot_row, column, row)
        lowest = row == foot_row[column]
        clamp_row = int(np.searchsorted(-self.grid.elevation, -LOWEST_FOOT))
        tangents = np.full(columns, np.nan)
        tangents[column] = tangent[np.minimum(foot_row[column], clamp_row)]

        grounded = lowest & self.supported[mine]
        feet = np.full(columns, np.nan)
        g_row, g_column, g_under = row[grounded], column[grounded], self.under_row[mine][grounded]
        under = self.layout.material[g_under, g_column]
        # On the ground the foot lies at the cells' common edge: the mean of their closeness.
        contact = np.log(2.0) - np.logaddexp(-base[g_under, g_column], -base[g_row, g_column])
        contact = np.where(under == Material.FLAT, contact, log_r[g_under, g_column])
        contact = np.where(self.cut[mine][grounded], base[g_row, g_column] + np.log(CUT_SHARE), contact)
        if self.layout.materials[k] == Material.ROCK:
            # The foot of a cliff is seldom where the meadow before it ends.
            own = ~self.continues[mine][grounded] & (contact > np.log(6.0))
            contact = contact + np.where(own, 0.5, 0.0) * np.maximum(np.log(far) - contact, 0.0)
        feet[g_column] = np.where(g_row >= clamp_row, base[np.minimum(g_row, clamp_row), g_column], contact)

        hidden = lowest & self.occluded[mine]
        behind = np.full(columns, np.nan)
        h_row, h_column = row[hidden], column[hidden]
        nearest = log_r[self.under_row[mine][hidden], h_column]
        farthest = np.clip(base[h_row, h_column], nearest, np.log(far))
        behind[h_column] = nearest + self._depth_share(k) * (farthest - nearest) + 0.03
        enough = np.isfinite(feet).sum() >= max(3, 0.1 * len(np.unique(column)))
        values = feet if enough else np.where(np.isfinite(feet), feet, behind)
        profile = fill_cyclic(cyclic_quantile(values, self.half_window, 0.35), np.log(0.3 * far))
        if self.layout.materials[k] in (Material.PLANTS, Material.ROCK):
            profile = angular_smooth(profile, self.grid.column_widths, np.radians(2.0))
        return profile, fill_cyclic(tangents, 0.0)

    def _depth_share(self, k: int) -> float:
        """How far towards the farthest possible place something stands that is half hidden."""
        return {int(Material.OBJECT): 0.1, int(Material.ROCK): 0.8}.get(int(self.layout.materials[k]), 0.5)
