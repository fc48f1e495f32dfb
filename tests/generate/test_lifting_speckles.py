"""Specks of depth go, things stay."""

import numpy as np
import pytest

from sonovista.generate.lifting.speckles import without_specks

PARALLAX = 100.0


@pytest.fixture
def wall_and_board():
    inverse = np.full((40, 60), 0.1, np.float32)
    inverse[:, 20:40] = 0.5
    return inverse


def test_specks_take_the_depth_around_them_and_things_keep_theirs(wall_and_board):
    flickering = wall_and_board.copy()
    flickering[5, 30] = 0.1
    flickering[20:22, 10] = 0.5
    smooth = without_specks(flickering, PARALLAX, 5)
    np.testing.assert_allclose(smooth, wall_and_board, rtol=0.02)


def test_what_opens_no_gap_is_not_touched():
    slope = np.linspace(0.2, 0.4, 60, dtype=np.float32)[None, :].repeat(40, axis=0)
    np.testing.assert_array_equal(without_specks(slope, PARALLAX, 5), slope)


def test_a_panorama_closes_at_its_seam():
    inverse = np.full((20, 40), 0.1, np.float32)
    inverse[:, [0, 1, 38, 39]] = 0.5
    np.testing.assert_allclose(without_specks(inverse, PARALLAX, 5, wraps=True), inverse, rtol=0.02)


def test_a_window_of_one_pixel_changes_nothing(wall_and_board):
    np.testing.assert_array_equal(without_specks(wall_and_board, PARALLAX, 1), wall_and_board)
