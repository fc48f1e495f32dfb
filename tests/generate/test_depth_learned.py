"""Learned depth: its parts on cases with known answers, and the whole on a rendered world."""

import cv2
import numpy as np
import pytest

from sonovista.generate.depth.aligning import correct_by_known, fit_scale_and_shift
from sonovista.generate.depth.merging import merge_gradients
from sonovista.generate.depth.sharpening import follow_picture, sharpen_edges


def test_scale_and_shift_are_found_beside_gross_errors():
    rng = np.random.default_rng(0)
    relative = rng.uniform(-1, 1, 500)
    known = 1.7 * relative + 0.4
    known[:60] += 3.0
    a, b = fit_scale_and_shift(relative, known, np.ones(500))
    assert a == pytest.approx(1.7, abs=0.02)
    assert b == pytest.approx(0.4, abs=0.02)


def test_without_anything_known_only_the_shift_is_fitted():
    relative = np.linspace(0, 1, 100)
    assert fit_scale_and_shift(relative, relative + 2.0, np.zeros(100)) == pytest.approx((1.0, 2.0))


def test_the_ground_comes_to_what_is_known_and_the_rest_follows_smoothly():
    estimate = np.zeros((40, 60))
    known = np.full((40, 60), 0.3)
    trust = np.zeros((40, 60))
    trust[25:] = 1.0
    corrected = correct_by_known(estimate, known, trust, 2000.0)
    assert np.abs(corrected[30:] - 0.3).max() < 0.02
    assert corrected[20:25].min() > 0.15
    assert np.abs(np.diff(corrected, axis=0)).max() < 0.1


def test_a_field_is_recovered_from_its_steps_across_the_seam():
    azimuth = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    field = np.sin(azimuth)[None, :] + np.linspace(0, 1, 24)[:, None]
    trust = np.zeros(field.shape)
    trust[12, 5] = 1.0
    ones = np.ones(field.shape)
    steps = np.roll(field, -1, 1) - field, np.diff(field, axis=0)
    merged = merge_gradients(np.zeros(field.shape), *steps, ones, ones[1:], field, trust, rounds=600)
    assert np.abs(merged - field).max() < 1e-3


def test_a_ramp_between_two_surfaces_becomes_a_step_and_slopes_stay():
    row = np.concatenate([np.zeros(10), [0.25, 0.5, 0.8], np.ones(10)])
    values = np.tile(row, (9, 1)).astype(np.float32)
    sharp = sharpen_edges(values, np.ones(values.shape, bool), 5, 0.12)
    assert set(np.unique(sharp)) <= {0.0, 1.0}
    slope = np.tile(np.linspace(0, 1, 60), (9, 1)).astype(np.float32)
    assert np.array_equal(sharpen_edges(slope, np.ones(slope.shape, bool), 5, 0.12), slope)


def test_coarse_values_are_drawn_along_the_pictures_edges():
    picture = np.full((80, 120, 3), 220, np.uint8)
    picture[30:, 40:80] = (150, 60, 20)  # a thing before the sky, with a spire
    picture[12:30, 58:62] = (150, 60, 20)
    thing = (picture[..., 2] < 100).astype(np.float32)
    coarse = cv2.resize(cv2.resize(thing, (10, 7), interpolation=cv2.INTER_AREA), (120, 80))
    drawn = follow_picture(coarse.astype(np.float32), picture, 12)
    assert np.mean((drawn > 0.5) != (thing > 0.5)) < 0.3 * np.mean((coarse > 0.5) != (thing > 0.5))
    assert drawn.min() >= coarse.min()
    assert drawn.max() <= coarse.max()


def test_the_head_answers_at_half_the_pictures_size_or_says_what_is_missing():
    from sonovista.errors import BackendUnavailable
    from sonovista.generate.depth.relative import relative_depth

    image = np.random.default_rng(0).integers(0, 255, (60, 80, 3), dtype=np.uint8)
    try:
        found = relative_depth(image, 8)
    except BackendUnavailable as error:
        pytest.skip(str(error))
    assert found.log_distance.shape == found.sky.shape == (42, 56)
    assert np.isfinite(found.log_distance).all()
    assert 0 <= found.sky.min() <= found.sky.max() <= 1
