"""A rug on the floor of a room, where the photo does not look: woven in the photo's own colours."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.outpainting.box import Box
from sonovista.generate.outpainting.furnishing import Palette
from sonovista.generate.outpainting.noise import fractal_noise
from sonovista.generate.outpainting.projection import sample_points

Float = NDArray[Any]

GAP = 0.45
"""Of free floor around the rug, in camera heights."""

LARGEST = 3.2
"""Camera heights along a side."""

SHADOW = 0.06
"""Camera heights over which the floor beside it is a little darker."""


def place_rug(box: Box) -> tuple[float, float, float, float] | None:
    """Where a rug lies behind the viewer: lowest and highest x, lowest and highest y; None where there is no room."""
    back, side = box.back - GAP, min(box.left, box.right) - GAP
    length, width = min(back - 0.1, LARGEST), min(2.0 * side, LARGEST)
    if length < 0.6 or width < 0.6:
        return None
    return -0.1 - length, -0.1, -0.5 * width, 0.5 * width


def weave_rug(shape: tuple[int, int], palette: Palette, rng: np.random.Generator) -> Float:
    """Borders around patchwork, threads across: RGB in [0, 1], shape `(h, w, 3)`."""
    height, width = shape
    size = min(shape)
    colours = [0.35 * palette.bodies.mean(axis=0) + 0.65 * palette.body(rng) for _ in range(2)]
    # A rug is woven in colours that differ: a dark one, a light one, and one between.
    threads = sorted((palette.pick(rng) for _ in range(9)), key=lambda colour: float(colour.mean()))
    colours += [threads[-1], threads[0], threads[4]]
    rows, columns = np.mgrid[:height, :width].astype(np.float32) + 0.5
    inward = np.minimum(np.minimum(rows, height - rows), np.minimum(columns, width - columns)) / size
    out = np.broadcast_to(colours[0], (height, width, 3)).astype(np.float32).copy()
    for edge, colour in ((0.015, colours[2]), (0.025, colours[1]), (0.08, colours[3]), (0.09, colours[0])):
        out = np.where((inward > edge)[..., None], colour, out)
    # Triangles along the border.
    teeth = np.abs(np.mod((rows + columns) * 18.0 / size, 1.0) - 0.5) < 0.25
    out = np.where(((inward > 0.033) & (inward < 0.072) & teeth)[..., None], colours[4], out)
    field = inward > 0.09
    out = np.where(field[..., None], _patchwork(rows, columns, size, colours, rng), out)
    thread = 1.0 + 0.05 * np.sign(np.sin(np.pi * rows)) + 0.08 * fractal_noise(rng, shape, max(size / 12.0, 2.0), 4)
    return np.clip(out * thread[..., None], 0.02, 0.95).astype(np.float32)


def _patchwork(rows: Float, columns: Float, size: int, colours: list[Float], rng: np.random.Generator) -> Float:
    """Squares with a figure in each, no two alike: a lattice of one figure would be seen again and again."""
    count = int(rng.integers(12, 19))
    x, y = (count * a / size for a in (columns, rows))
    i, j = x.astype(int), y.astype(int)
    cells = int(i.max()) + 1, int(j.max()) + 1
    u, v = np.abs(x - i - 0.5), np.abs(y - j - 0.5)
    steepness = rng.uniform(0.4, 2.5, cells)[i, j]
    figures = np.stack([u + v * steepness, np.maximum(u, v), np.hypot(u, steepness * v), u, v])
    figure = np.take_along_axis(figures, rng.integers(5, size=cells)[i, j][None], axis=0)[0]
    palette = np.stack(colours)
    out = palette[rng.choice(2, size=cells)[i, j]]
    limit = rng.uniform(0.15, 0.45, cells)[i, j]
    for share in (1.0, 0.6, 0.3):
        chosen = palette[rng.integers(len(colours), size=cells)[i, j]]
        out = np.where((figure < share * limit)[..., None], chosen, out)
    return out.astype(np.float32)


def lay_rug(
    floor: Float, box: Box, points: NDArray[np.float64], density: float, palette: Palette, rng: np.random.Generator
) -> None:
    """Lay a rug on the floor, in place.

    Args:
        floor: RGB of points of the floor, shape `(N, 3)`.
        box: the room.
        points: where they are, shape `(N, 3)`, in camera heights.
        density: pixels of the panorama for a camera height straight below.
        palette: colours.
        rng: every random choice.
    """
    place = place_rug(box)
    if place is None:
        return
    low_x, high_x, low_y, high_y = place
    fine = 2.0 * density
    rug = weave_rug((round((high_x - low_x) * fine), round((high_y - low_y) * fine)), palette, rng)
    x, y = points[:, 0], points[:, 1]
    outside = np.hypot(
        np.maximum(np.maximum(low_x - x, x - high_x), 0.0), np.maximum(np.maximum(low_y - y, y - high_y), 0.0)
    )
    floor *= (1.0 - 0.3 * np.exp(-0.5 * (outside / SHADOW) ** 2))[:, None].astype(np.float32)
    away = np.linalg.norm(points, axis=1)
    level = np.clip(np.log2(2.0 * away**1.5), 0.0, 4.0)
    inside = outside <= 0.0
    for index in range(5):
        used = inside & (np.rint(level) == index)
        if used.any():
            u = (high_y - y[used]) * fine / 2**index - 0.5
            v = (high_x - x[used]) * fine / 2**index - 0.5
            floor[used] = sample_points(rug, u, v, cv2.BORDER_REPLICATE)
        rug = np.asarray(cv2.pyrDown(rug), np.float32)
