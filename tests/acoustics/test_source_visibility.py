import numpy as np
import pytest
from numpy.typing import NDArray

from sonovista.acoustics.occlusion import visibility
from sonovista.acoustics.ray_casting import RayCaster
from sonovista.acoustics.source_visibility import SMOOTHING, ListenerGrid, map_visibility

pytest.importorskip("embreex")


def wall(x: float, y_low: float, y_high: float) -> RayCaster:
    """An upright wall across x, 40 m high."""
    corners = [[x, y_low, -20], [x, y_high, -20], [x, y_high, 20], [x, y_low, 20]]
    return RayCaster(np.array(corners, float), np.array([[0, 1, 2], [0, 2, 3]]))


def grid() -> ListenerGrid:
    return ListenerGrid.around([-1.5, -3.5, -0.5], [0.5, 3.5, 0.5])


def seen(caster: RayCaster, source: list[float], positions: NDArray[np.float64]) -> NDArray[np.float64]:
    occlusion = map_visibility(caster, [np.array([source])], grid(), [0.0, 3.0, 0.0])
    return visibility(occlusion, positions)[:, 0]


def test_a_source_behind_a_wall_is_hidden_and_one_before_it_is_seen():
    caster = wall(2.0, -20.0, 20.0)
    assert seen(caster, [4.0, 0.0, 0.0], np.zeros((1, 3)))[0] < 1e-6
    assert seen(caster, [1.5, 0.0, 0.0], np.zeros((1, 3)))[0] > 1.0 - 1e-6


def test_walking_past_the_edge_it_appears_monotonically_and_gently():
    path = np.column_stack([np.zeros(121), np.linspace(-3.0, 3.0, 121), np.zeros(121)])
    v = seen(wall(2.0, -20.0, 0.0), [4.0, 0.0, 0.0], path)
    assert np.all(np.diff(v) >= -1e-6)
    assert v[0] < 0.01
    assert v[-1] > 0.99
    assert v[60] == pytest.approx(0.5, abs=0.05)
    assert np.diff(v).max() <= 0.05 / (SMOOTHING * np.sqrt(2.0 * np.pi))


def test_a_source_on_a_surface_is_not_hidden_by_it():
    v = seen(wall(2.0, -20.0, 20.0), [1.95, 0.0, 0.0], np.array([[0.0, 3.0, 0.0], [0.0, -3.0, 0.0], [-1.0, 0.0, 0.0]]))
    assert v.min() > 1.0 - 1e-6


def test_the_points_of_an_area_are_seen_one_by_one():
    points = np.array([[4.0, y, 0.0] for y in (-3.0, -2.9, 2.9, 3.0)])
    occlusion = map_visibility(wall(2.0, -20.0, 0.0), [points, None], grid(), [0.0, 3.0, 0.0], smoothing=0.01)
    assert visibility(occlusion, np.zeros(3)) == pytest.approx([0.5, 1.0])


def test_a_listener_by_a_wall_is_not_dulled_by_what_lies_behind_it():
    """Points beyond a closed wall count as the nearest that can be walked to."""
    caster = wall(0.0, -20.0, 20.0)
    closed = ListenerGrid.around([-1.5, -1.0, -0.5], [1.0, 1.0, 0.5])
    occlusion = map_visibility(caster, [np.array([[-3.0, 0.0, 0.0]])], closed, [-1.0, 0.0, 0.0])
    assert visibility(occlusion, [-0.1, 0.0, 0.0])[0] > 1.0 - 1e-6


def test_a_grid_holds_its_box_and_stays_bounded():
    low, high = np.array([-40.0, -40.0, 0.0]), np.array([40.0, 40.0, 5.0])
    large = ListenerGrid.around(low, high, 0.25, most_points=5000)
    assert np.prod(large.shape) <= 5000
    points = large.points()
    assert len(points) == np.prod(large.shape)
    assert np.all(points.min(axis=0) <= low + 1e-9)
    assert np.all(points.max(axis=0) >= high - 1e-9)
