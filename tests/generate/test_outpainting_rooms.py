"""Ceilings with beams, in rooms that the photo does not show to their top."""

import numpy as np
import pytest

from sonovista.generate.outpainting.beams import DROP, SPACING, WIDTH, lay_beams
from sonovista.generate.outpainting.box import CEILING, Box
from sonovista.geometry.equirectangular import pixel_directions

HEIGHT = 256
WOOD = np.array([0.6, 0.4, 0.2], np.float32)


def beamed(box: Box, seed: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whether each point of the ceiling is wood, where it is, and how bright it was drawn."""
    surface, points = box.meet(pixel_directions(HEIGHT))
    overhead = points[surface == CEILING]
    ceiling = np.full((len(overhead), 3), 0.8, np.float32)
    lay_beams(ceiling, box, overhead, HEIGHT / np.pi, WOOD, np.random.default_rng(seed))
    assert np.isfinite(ceiling).all()
    assert ceiling.min() >= 0.0
    # Wood has a colour; the ceiling is grey.
    return ceiling[:, 0] > 1.3 * ceiling[:, 2], overhead, ceiling.mean(axis=1)


@pytest.mark.parametrize(("box", "across"), [(Box(4, 4, 2, 2, 1.0), 0), (Box(2, 2, 4, 4, 1.0), 1)])
def test_beams_span_the_shorter_side(box: Box, across: int):
    wood, points, _ = beamed(box)
    # Along a beam nothing changes but its streaks: wood is told by the coordinate across the beams alone.
    place = np.round(points[:, across] / 0.05).astype(int)
    near = np.abs(points[:, across]) < 1.5
    share = np.array([wood[near & (place == value)].mean() for value in np.unique(place[near])])
    assert (np.minimum(share, 1.0 - share) < 0.12).mean() > 0.6
    other = np.round(points[:, 1 - across] / 0.05).astype(int)
    level = np.array([wood[near & (other == value)].mean() for value in np.unique(other[near])])
    assert level.std() < 0.5 * share.std()


def test_none_is_right_overhead_and_as_much_is_seen_as_beams_hide():
    box = Box(3.0, 3.0, 2.5, 2.5, 1.2)
    wood, points, _ = beamed(box)
    assert not wood[np.abs(points[:, 0]) < 0.5 * SPACING[0] - 0.5 * WIDTH[1] - 0.02].any()
    # Overhead a beam hides little more than its width; far away its sides hide the ceiling between.
    assert WIDTH[0] / SPACING[1] < wood[np.abs(points[:, 0]) < 1.0].mean() < 0.65
    far = np.abs(points[:, 0]) > SPACING[1] * box.ceiling / DROP
    assert not far.any() or wood[far].mean() > 0.95


def test_sides_and_corners_are_darker_than_what_is_lit():
    wood, _, light = beamed(Box(3.0, 3.0, 2.5, 2.5, 1.2))
    assert light[wood].mean() < 0.6 * light[~wood].mean()
    assert np.percentile(light[~wood], 5) < 0.9 * np.median(light[~wood])
