"""Examples from above: what is forward is up on the sheet, and what is left is left."""

from dataclasses import replace

import numpy as np
import pytest
from hearing_aids import example_with_clicks

from sonovista.simulate.top_view import top_view_of


@pytest.fixture
def example():
    found = example_with_clicks(sources=2, seed=0)
    return replace(found, record={"place_size": [6.0, 3.0, 2.5], "options": {"horizontal_fov_deg": 90.0}})


def test_a_place_fills_the_sheet_but_for_its_margins(example):
    view = top_view_of(example, longest=120.0, margin=5.0)
    assert view.scale == pytest.approx(20.0)
    assert view.size == pytest.approx((70.0, 130.0))
    assert view.at(6.0, 3.0) == pytest.approx((5.0, 5.0))
    assert view.at(0.0, 0.0) == pytest.approx((65.0, 125.0))


def test_forward_is_up_and_left_is_left(example):
    view = top_view_of(example, longest=120.0, margin=5.0)
    camera = np.array([3.0, 1.5, 1.5])
    x, y = view.at(*camera[:2])
    assert view.beyond(camera, 0.0, 10.0) == pytest.approx((x, y - 10.0))
    assert view.beyond(camera, 0.5 * np.pi, 10.0) == pytest.approx((x - 10.0, y))
    right, left = view.ends_of_view(camera, 0.0, 10.0)
    assert right == pytest.approx((x + 10.0 * np.sqrt(0.5), y - 10.0 * np.sqrt(0.5)))
    assert left == pytest.approx((x - 10.0 * np.sqrt(0.5), y - 10.0 * np.sqrt(0.5)))


def test_without_a_size_all_cameras_and_sources_are_on_it(example):
    view = top_view_of(replace(example, record={}), longest=120.0, margin=0.0)
    width, height = view.size
    for place in np.concatenate([example.viewpoints.cameras, example.viewpoints.sources]):
        x, y = view.at(*place[:2])
        assert 0.0 < x < width
        assert 0.0 < y < height
