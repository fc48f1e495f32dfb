"""Floors of wood are laid with boards: their joints give a floor its scale."""

import colorsys
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float = NDArray[Any]

HUES = (0.02, 0.13)
SATURATION = 0.25
"""Hues, in turns, and least saturation of wood."""

WIDTHS = (0.07, 0.12)
"""Of boards, in camera heights."""

LENGTH = 1.1
JOINT = 0.006
"""Length of a board and width of a joint, likewise."""

DARKEST = 0.35
FAINTEST = 0.12
DARK_OVER_GRAIN = 6.0
"""Of its light that a joint lacks, at most and at least, and over the standard deviation of the floor's grain: a floor
that the photo shows plain has faint joints."""

TONES = 0.05
"""Standard deviation of the boards' brightness."""


def is_wood(colour: Float) -> bool:
    """Whether a floor of this colour, RGB in [0, 1], may be taken for wood."""
    hue, saturation, _ = colorsys.rgb_to_hsv(*(float(value) for value in colour))
    return HUES[0] <= hue <= HUES[1] and saturation >= SATURATION


def lay_boards(
    floor: Float, points: NDArray[np.float64], density: float, grain: float, rng: np.random.Generator
) -> None:
    """Draw joints and the boards' tones on a floor, in place, no finer than the panorama can show.

    Args:
        floor: RGB of points of the floor, shape `(N, 3)`.
        points: where they are, shape `(N, 3)`, in camera heights.
        density: pixels of the panorama for a camera height straight below.
        grain: standard deviation of the floor's brightness over the brightness.
        rng: every random choice.
    """
    width = float(rng.uniform(*WIDTHS))
    dark = float(np.clip(DARK_OVER_GRAIN * grain, FAINTEST, DARKEST))
    away = np.linalg.norm(points, axis=1)
    flat = np.maximum(np.linalg.norm(points[:, :2], axis=1), 1e-6)
    # A pixel covers more of the floor along the line of sight than across it.
    outward = np.abs(points[:, :2]) / flat[:, None]
    covered = away[:, None] / density * np.hypot(away[:, None] * outward, outward[:, ::-1])
    # The viewer stands on a board, not on a joint.
    across = points[:, 1] / width + 0.5
    board = np.floor(across).astype(int)
    shift = rng.uniform(0.0, 1.0, 4096)
    along = points[:, 0] / LENGTH + shift[board % shift.size]
    piece = np.floor(along).astype(int)
    tone = rng.normal(0.0, TONES, (64, 64))[board % 64, piece % 64]
    # Boards that are narrower than two pixels are one surface.
    tone *= np.clip(width / covered[:, 1] - 1.0, 0.0, 1.0)
    light = 1.0 + tone
    for place, size, footprint in ((across - board, width, covered[:, 1]), (along - piece, LENGTH, covered[:, 0])):
        distance = np.minimum(place, 1.0 - place) * size
        broad = np.maximum(footprint, JOINT)
        coverage = JOINT / broad * np.clip(1.0 - distance / broad, 0.0, 1.0)
        light = light * (1.0 - dark * coverage * np.clip(size / footprint - 2.0, 0.0, 1.0))
    floor *= light[:, None].astype(np.float32)
