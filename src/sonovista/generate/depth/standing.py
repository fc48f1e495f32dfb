"""What stands on the ground takes the distance of its foot; what stands behind something else lies beyond it.

After the reasoning of D. Hoiem, A. A. Efros, M. Hebert, "Automatic photo pop-up" (SIGGRAPH 2005), and the stixel world
(H. Badino, U. Franke, D. Pfeiffer, DAGM 2009): columns are read from the ground upward.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.depth.grid import AngularGrid
from sonovista.generate.depth.materials import Material
from sonovista.generate.depth.terrain import cyclic_quantile, wrapped_components

LEAN = {
    Material.PLANTS: np.tan(np.radians(80.0)),
    Material.BUILT: np.tan(np.radians(89.5)),
    Material.OBJECT: np.tan(np.radians(88.0)),
}
"""Tangent of the angle at which a surface rises from its foot."""
ROCK_LEAN = np.tan(np.radians(52.0))
TALLEST = {Material.PLANTS: 18.0, Material.BUILT: 40.0, Material.OBJECT: 8.0}
"""Metres above the camera that near surfaces reach before they close overhead."""
LOWEST_FOOT = np.radians(-40.0)
"""Below this elevation a surface that never shows its foot is taken as lying on the ground."""


@dataclass(frozen=True)
class Layout:
    """The surfaces of a grid: `component` counts connected surfaces of one standing material from 0, -1 elsewhere."""

    material: NDArray[np.uint8]
    component: NDArray[np.int32]
    materials: NDArray[np.uint8]  # (components,)


def lay_out(material: NDArray[np.uint8]) -> Layout:
    """Number the connected surfaces that stand."""
    component = np.full(material.shape, -1, np.int32)
    kinds: list[int] = []
    for kind in LEAN:
        labels, count = wrapped_components(material == kind)
        component[labels > 0] = labels[labels > 0] - 1 + len(kinds)
        kinds += [int(kind)] * count
    return Layout(material, component, np.array(kinds, np.uint8))


def leaning(log_foot: NDArray, foot_tangent: NDArray, tangent: NDArray, lean: NDArray | float) -> NDArray[np.float64]:
    """Log of the horizontal distance at `tangent` of a surface that rises at `lean` from a foot at `foot_tangent`."""
    rise = np.maximum(lean - foot_tangent, 0.05) / np.maximum(lean - tangent, 0.05)
    return log_foot + np.log(np.maximum(rise, 1.0))


def stand(
    grid: AngularGrid, layout: Layout, ground: NDArray[np.float64], rise: NDArray[np.floating], far: float
) -> NDArray[np.float64]:
    """Log of the horizontal distance in metres of every cell, shape `(R, C)`.

    Args:
        grid: the directions.
        layout: what stands where.
        ground: inverse horizontal distance of the ground, 1/m, shape `(R, C)`.
        rise: tangent of the ground's slope, shape `(C,)`.
        far: metres at which things end whose foot nobody sees.
    """
    base = -np.log(ground)
    log_r = base.copy()
    _perch(grid, layout.material, log_r, base, rise, far)
    feet = _Feet(grid, layout)
    for _ in range(3):
        feet.settle(log_r, base, far)
        _perch(grid, layout.material, log_r, base, rise, far)
    return log_r


def _perch(
    grid: AngularGrid,
    material: NDArray[np.uint8],
    log_r: NDArray[np.float64],
    base: NDArray[np.float64],
    rise: NDArray[np.floating],
    far: float,
) -> None:
    """Rock leans back from its foot; ground above the slope's top rests on what is below it; in place, upward."""
    tangent = np.tan(grid.elevation)
    rows, columns = material.shape
    foot_log, foot_tangent = base[-1].copy(), np.full(columns, tangent[-1])
    lean = np.full(columns, ROCK_LEAN)
    previous = np.full(columns, int(Material.FLAT))
    for row in range(rows - 1, -1, -1):
        kind = material[row]
        rock, flat = kind == Material.ROCK, kind == Material.FLAT
        perched = flat & (tangent[row] > rise + 0.02)
        leaning_here = rock | perched
        # A run of rock starts anew wherever something else lies below it.
        starts = leaning_here & ((previous != kind) | (grid.elevation[row] < LOWEST_FOOT))
        below = log_r[row + 1] if row + 1 < rows else base[row]
        foot_log = np.where(starts, below if row + 1 < rows else base[row], foot_log)
        foot_log = np.where(starts & (grid.elevation[row] < LOWEST_FOOT), base[row], foot_log)
        foot_tangent = np.where(starts, tangent[row], foot_tangent)
        lean = np.where(starts, np.maximum(ROCK_LEAN, tangent[row] + 0.7), lean)
        value = np.minimum(leaning(foot_log, foot_tangent, np.full(columns, tangent[row]), lean), np.log(far))
        # Ground behind a stone is seen over it: never farther than the ground itself.
        value = np.where(tangent[row] < rise, np.minimum(value, base[row]), value)
        log_r[row] = np.where(leaning_here, value, np.where(flat, base[row], log_r[row]))
        previous = kind


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
        self.supported = (under == Material.FLAT) | (under == Material.ROCK) | (row == rows - 1)
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
            value = leaning(profile[column], foot_tangent[column], tangent[row], LEAN[kind])
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
        g_row, g_column = row[grounded], column[grounded]
        touch = np.logaddexp(-log_r[np.minimum(g_row + 1, len(tangent) - 1), g_column], -base[g_row, g_column])
        supported = np.where(
            self.layout.material[np.minimum(g_row + 1, len(tangent) - 1), g_column] == Material.ROCK,
            log_r[np.minimum(g_row + 1, len(tangent) - 1), g_column],
            np.log(2.0) - touch,
        )
        supported = np.where(g_row >= clamp_row, base[np.minimum(g_row, clamp_row), g_column], supported)
        feet[g_column] = supported

        hidden = lowest & self.occluded[mine]
        behind = np.full(columns, np.nan)
        h_row, h_column = row[hidden], column[hidden]
        nearest = log_r[np.minimum(h_row + 1, len(tangent) - 1), h_column]
        farthest = np.clip(base[h_row, h_column], nearest, np.log(far))
        behind[h_column] = nearest + self._depth_share(k) * (farthest - nearest) + 0.03
        enough = np.isfinite(feet).sum() >= max(3, 0.1 * len(np.unique(column)))
        values = feet if enough else np.where(np.isfinite(feet), feet, behind)
        profile = cyclic_quantile(values, self.half_window, 0.35)
        return _fill_cyclic(profile, np.log(0.3 * far)), _fill_cyclic(tangents, 0.0)

    def _depth_share(self, k: int) -> float:
        """How far towards the farthest possible place something stands that is half hidden."""
        return 0.1 if self.layout.materials[k] == Material.OBJECT else 0.5


def _fill_cyclic(values: NDArray[np.floating], default: float) -> NDArray[np.floating]:
    """Linear interpolation over NaN around the circle; `default` where nothing is known."""
    known = np.flatnonzero(np.isfinite(values))
    if len(known) == 0:
        return np.full(len(values), default)
    return np.interp(np.arange(len(values)), known, values[known], period=len(values))
