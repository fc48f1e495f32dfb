"""Ceilings of wooden floors that are full of things carry beams, where the photo does not show the ceiling."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.outpainting.boards import lay_boards
from sonovista.generate.outpainting.box import Box
from sonovista.generate.outpainting.noise import fractal_noise

Float = NDArray[Any]

SPACING = (0.4, 0.55)
WIDTH = (0.09, 0.13)
DROP = 0.1
"""From beam to beam, their width, and how far they stand out below the ceiling; camera heights."""

DARKER = 0.42
"""Brightness of a beam from below over that of the floor."""

SIDE = 0.6
"""Brightness of a beam's side over that from below."""

SHADE, SHADE_REACH = 0.3, 0.07
"""Of its light that the ceiling beside a beam lacks, and the camera heights over which it comes back."""

TONES, STREAKS = 0.1, 0.45
"""Standard deviation of the beams' brightness, and how strong the streaks of their wood are."""

STREAK = (0.015, 0.3)
"""Width and length of a streak in camera heights; a pixel with a larger footprint than its width blurs it."""
CELL = 8
"""Cells of noise for a streak, across and along."""

HEWN, BEND = 0.02, 0.4
"""How far the edges of a beam leave the straight line, as they do where it was hewn by hand, and over which length."""

CEILING_GRAIN = 0.03
"""Standard deviation of a boarded ceiling's brightness over its brightness: how faint its joints are."""

SAMPLES = 5
"""Rays across a pixel's footprint."""


def lay_beams(
    ceiling: Float, box: Box, points: NDArray[np.float64], density: float, wood: Float, rng: np.random.Generator
) -> None:
    """Draw beams under a boarded ceiling, in place, with their sides as they are seen from where one stands.

    Args:
        ceiling: RGB of points of the ceiling, shape `(N, 3)`.
        box: the room; beams span its shorter side.
        points: where they are, shape `(N, 3)`, in camera heights.
        density: pixels of the panorama for a camera height straight below.
        wood: colour of the floor, RGB in [0, 1], shape `(3,)`.
        rng: every random choice.
    """
    across, along = (0, 1) if box.front + box.back > box.left + box.right else (1, 0)
    # Boards lie upon the beams, across them.
    lay_boards(ceiling, points[:, (across, along, 2)], density, CEILING_GRAIN, rng)
    spacing, width = float(rng.uniform(*SPACING)), float(rng.uniform(*WIDTH))
    tones = 1.0 + rng.normal(0.0, TONES, 256)
    streaks = fractal_noise(rng, (256, 1024), float(CELL), 3)
    edges = HEWN * np.concatenate([fractal_noise(rng, (1, 1024), float(CELL), 3) for _ in range(64)])

    def edge(number: NDArray[np.float64], side: NDArray[np.bool_], end: int) -> NDArray[np.float64]:
        """How far from the middle the nearer (-1) or farther (1) edge of a beam is."""
        rows = (3 * (2 * number + side).astype(int) + end) % len(edges)
        return (number + 0.5) * spacing + end * 0.5 * width + _along(edges, rows, points[:, along], BEND)

    away = np.linalg.norm(points, axis=1)
    outward = np.abs(points[:, across]) / np.maximum(np.hypot(points[:, 0], points[:, 1]), 1e-6)
    # A pixel covers more of the ceiling along the line of sight than across it.
    stretch = away / box.ceiling * outward
    footprint = away / density * np.hypot(stretch, np.sqrt(np.maximum(1.0 - outward**2, 0.0)))
    out = np.zeros_like(ceiling)
    for offset in (np.arange(SAMPLES) + 0.5) / SAMPLES - 0.5:
        place = points[:, across] + offset * footprint
        side = place < 0.0
        upper = np.abs(place)
        lower = upper * (1.0 - DROP / box.ceiling)
        # Beams lie at odd multiples of half their spacing, alike on both sides: none is right overhead.
        own = np.floor(lower / spacing)
        farther = edge(own, side, 1)
        ahead = np.where(lower < farther, own, own + 1.0)
        face = edge(ahead, side, -1)
        below = (lower > face) & (lower < farther)
        beside = ~below & (upper >= face)
        beam = (2 * ahead + side).astype(int)
        # Where on the wood: across its face below, up its side.
        up = np.where(below, lower - face, DROP * (face - lower) / np.maximum(upper - lower, 1e-6))
        rows = (np.floor(CELL * up / STREAK[0]) + 67 * beam).astype(int) % 256
        streak = _along(streaks, rows, points[:, along], STREAK[1])
        streak *= STREAKS * np.clip(2.0 * STREAK[0] / footprint, 0.0, 1.0)
        light = DARKER * tones[beam % 256] * (1.0 + streak) * np.where(below, 1.0, SIDE)
        gap = np.minimum(face - upper, np.where(ahead > 0, upper - face - width + spacing, np.inf))
        shaded = 1.0 - SHADE * np.exp(-np.maximum(gap, 0.0) / SHADE_REACH)
        out += np.where((below | beside)[:, None], wood * light[:, None], ceiling * shaded[:, None])
    ceiling[:] = out / SAMPLES


def _along(
    noise: NDArray[np.float32], rows: NDArray[np.int64], places: NDArray[np.float64], length: float
) -> NDArray[np.float64]:
    """Rows of noise at places along them, `CELL` cells for a length."""
    column = np.clip(CELL * places / length + 512.0, 0.0, 1022.0)
    left = column.astype(int)
    return noise[rows, left] + (column - left) * (noise[rows, left + 1] - noise[rows, left])
