"""The rasteriser: equal to its readable reference, equal to theory where theory is short, and never at a loss."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonovista.geometry import PerspectiveCamera
from sonovista.render.splats import SCREEN_KERNELS, KernelName, render_view, render_view_float
from sonovista.render.splats.reference import render_view_reference
from sonovista.render.splats.weights import blending_weights
from sonovista.scene.gaussians import Gaussians, concatenate

KERNELS: list[KernelName] = ["spark", "inria"]


def cloud(count: int, seed: int, size: float = -2.5, nearest: float = 0.0) -> Gaussians:
    """Gaussians all around, of every shape; some cross the near plane."""
    rng = np.random.default_rng(seed)
    directions = rng.normal(size=(count, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    distances = rng.uniform(nearest, 10.0, (count, 1))
    quaternions = rng.normal(size=(count, 4))
    return Gaussians(
        (directions * distances).astype(np.float32),
        np.exp(rng.normal(size, 1.0, (count, 3))).astype(np.float32),
        (quaternions / np.linalg.norm(quaternions, axis=1, keepdims=True)).astype(np.float32),
        rng.uniform(0.05, 0.999, count).astype(np.float32),
        rng.uniform(0.0, 1.0, (count, 3)).astype(np.float32),
    )


def one(
    position,
    scale: float | tuple[float, ...] = 0.1,
    opacity=0.8,
    colour=(1.0, 0.5, 0.25),
    rotation=(1.0, 0.0, 0.0, 0.0),
) -> Gaussians:
    scales = np.broadcast_to(np.asarray(scale, np.float32), (3,))
    arrays = ([position], [scales], [rotation], [opacity], [colour])
    return Gaussians(*(np.array(a, np.float32) for a in arrays))


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("seed", range(4))
def test_equals_the_reference(kernel, seed):
    gaussians = cloud(400, seed)
    camera = PerspectiveCamera(70, 45, 1.2, 0.3 * seed, 0.1, -0.2, (0.2, -0.1, 0.3))
    fast = render_view_float(gaussians, camera, (0.2, 0.4, 0.6), kernel)
    slow = render_view_reference(gaussians, camera, (0.2, 0.4, 0.6), kernel)
    # Where float32 and float64 fall on two sides of a threshold, a single Gaussian's smallest alpha is the difference.
    tolerance = SCREEN_KERNELS[kernel].minimum_alpha
    for a, b in zip(fast[:2], slow[:2], strict=True):
        assert a.dtype == np.float32
        np.testing.assert_allclose(a, b, atol=4.0 * tolerance)
        assert np.mean(np.abs(a - b) > 1e-4) < 0.01
    seen = slow[1] > 0.1
    np.testing.assert_allclose(fast[2][seen], slow[2][seen], rtol=0.05)
    assert np.isposinf(fast[2][slow[1] == 0.0]).all()


@pytest.mark.parametrize("kernel", KERNELS)
def test_one_gaussian_has_the_peak_and_width_that_theory_gives(kernel):
    focal, distance, scale, opacity = 100.0, 4.0, 0.1, 0.8
    camera = PerspectiveCamera(101, 101, 2.0 * np.arctan(50.5 / focal))
    rgb, alpha, depth = render_view_float(one((distance, 0.0, 0.0), scale, opacity), camera, kernel=kernel)
    before = (focal * scale / distance) ** 2
    after = before + 0.3
    peak = opacity * (before / after if kernel == "spark" else 1.0)
    offset = np.arange(101) - 50
    expected = peak * np.exp(-0.5 * offset**2 / after)
    shown = offset**2 / after < SCREEN_KERNELS[kernel].cutoff ** 2
    np.testing.assert_allclose(alpha[50, shown], expected[shown], rtol=1e-4)
    np.testing.assert_allclose(alpha[shown, 50], expected[shown], rtol=1e-4)
    assert (alpha[50, ~shown] == 0.0).all()
    np.testing.assert_allclose(rgb[50, 50], peak * np.array([1.0, 0.5, 0.25]), rtol=1e-4)
    assert depth[50, 50] == pytest.approx(distance, rel=1e-4)


def test_left_is_left_and_up_is_up():
    camera = PerspectiveCamera(64, 64, 1.0)
    for position, row, column in [((3.0, 1.0, 0.0), 32, 12), ((3.0, 0.0, 1.0), 12, 32), ((3.0, -1.0, -1.0), 52, 52)]:
        _, alpha, _ = render_view_float(one(position), camera)
        brightest = np.unravel_index(np.argmax(alpha), alpha.shape)
        np.testing.assert_allclose(brightest, (row, column), atol=1.5)


def test_a_long_gaussian_lies_along_its_axis():
    camera = PerspectiveCamera(64, 64, 1.0)
    # Half a right angle about the line of sight: from the upper left to the lower right or the other way round.
    half = np.pi / 8.0
    turned = one((3.0, 0.0, 0.0), (0.02, 0.5, 0.02), rotation=(np.cos(half), np.sin(half), 0.0, 0.0))
    _, alpha, _ = render_view_float(turned, camera)
    # The world's y axis (left) turned about x (forward) by 45 degrees points left and up.
    assert alpha[24, 24] > 0.1
    assert alpha[40, 40] > 0.1
    assert alpha[24, 40] == 0.0


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_nearer_one_covers_the_farther_one_whatever_their_order(kernel):
    camera = PerspectiveCamera(33, 33, 1.0)
    near, far = one((2.0, 0.0, 0.0), 0.5, 0.9, (1.0, 0.0, 0.0)), one((4.0, 0.0, 0.0), 1.0, 0.9, (0.0, 1.0, 0.0))
    a, _, _ = render_view_float(concatenate([near, far]), camera, kernel=kernel)
    b, _, _ = render_view_float(concatenate([far, near]), camera, kernel=kernel)
    np.testing.assert_array_equal(a, b)
    red, green = a[16, 16, 0], a[16, 16, 1]
    assert red == pytest.approx(0.9, abs=0.01)
    assert green == pytest.approx(0.9 * (1.0 - red), abs=0.01)


def test_the_background_shows_where_nothing_is():
    camera = PerspectiveCamera(20, 10, 1.0)
    empty = concatenate([])
    picture = render_view(empty, camera, (1.0, 0.5, 0.0))
    assert picture.dtype == np.uint8
    assert picture.shape == (10, 20, 3)
    assert (picture == (255, 128, 0)).all()
    _, alpha, depth = render_view_float(empty, camera)
    assert (alpha == 0.0).all()
    assert np.isposinf(depth).all()


def test_what_is_behind_or_nearer_than_the_near_plane_is_not_drawn():
    camera = PerspectiveCamera(20, 20, 1.0)
    for position in [(-2.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.05, 0.0, 0.0)]:
        assert (render_view_float(one(position), camera)[1] == 0.0).all()


DEGENERATE = {
    "needle": one((2.0, 0.0, 0.0), (1e-12, 1e-12, 5.0)),
    "point": one((2.0, 0.0, 0.0), 1e-20),
    "flat": one((2.0, 0.0, 0.0), (0.5, 0.0, 0.5)),
    "nothing": one((2.0, 0.0, 0.0), 0.0),
    "huge": one((2.0, 0.0, 0.0), 1e6),
    "overflowing": one((2.0, 0.0, 0.0), 1e30),
    "at the near plane": one((0.1001, 5.0, 0.0), 3.0),
    "zero quaternion": one((2.0, 0.0, 0.0), rotation=(0.0, 0.0, 0.0, 0.0)),
    "NaN position": one((np.nan, 0.0, 0.0)),
    "infinite position": one((np.inf, 0.0, 0.0)),
    "NaN scale": one((2.0, 0.0, 0.0), np.nan),
    "infinite scale": one((2.0, 0.0, 0.0), np.inf),
    "NaN quaternion": one((2.0, 0.0, 0.0), rotation=(np.nan, 0.0, 0.0, 1.0)),
    "NaN opacity": one((2.0, 0.0, 0.0), opacity=np.nan),
    "opacity 1": one((2.0, 0.0, 0.0), opacity=1.0),
}


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("name", DEGENERATE)
def test_degenerate_gaussians_spoil_nothing(name, kernel):
    camera = PerspectiveCamera(40, 30, 1.0)
    behind = one((6.0, 0.0, 0.0), 5.0, 0.9)
    rgb, alpha, depth = render_view_float(concatenate([DEGENERATE[name], behind]), camera, kernel=kernel)
    assert np.isfinite(rgb).all()
    assert ((alpha >= 0.0) & (alpha <= 1.0)).all()
    assert not np.isnan(depth).any()
    if "NaN" in name:
        np.testing.assert_array_equal(rgb, render_view_float(behind, camera, kernel=kernel)[0])


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(0, 40),
    seed=st.integers(0, 2**16),
    size=st.floats(-12.0, 6.0),
    width=st.integers(1, 50),
    height=st.integers(1, 50),
    fov=st.floats(0.05, 3.0),
    kernel=st.sampled_from(KERNELS),
)
def test_alpha_stays_in_its_range_and_colour_below_it(count, seed, size, width, height, fov, kernel):
    camera = PerspectiveCamera(width, height, fov)
    rgb, alpha, depth = render_view_float(cloud(count, seed, size), camera, kernel=kernel)
    assert ((alpha >= 0.0) & (alpha <= 1.0)).all()
    assert ((rgb >= 0.0) & (rgb <= alpha[..., None] + 1e-4)).all()
    assert (depth > 0.0).all()


@pytest.mark.parametrize("kernel", KERNELS)
def test_blending_weights_draw_the_same_picture(kernel):
    gaussians = cloud(500, 9)
    camera = PerspectiveCamera(53, 37, 1.2)
    weights = blending_weights(gaussians, camera, kernel)
    picture, _, _ = render_view_float(gaussians, camera, kernel=kernel)
    np.testing.assert_allclose(weights.apply(gaussians.colours), picture, atol=0.02)
    # <A c, p> = <c, A^T p> for any c and p.
    rng = np.random.default_rng(0)
    colours = rng.normal(size=(500, 3)).astype(np.float32)
    other = rng.normal(size=(37, 53, 3)).astype(np.float32)
    left = np.sum(weights.apply(colours) * other, axis=(0, 1))
    np.testing.assert_allclose(left, np.sum(colours * weights.apply_transposed(other), axis=0), rtol=1e-3, atol=1e-2)


def test_restricted_weights_are_rows_and_columns_of_the_whole():
    gaussians = cloud(200, 3)
    weights = blending_weights(gaussians, PerspectiveCamera(40, 30, 1.2))
    rng = np.random.default_rng(1)
    rows, columns = rng.random((30, 40)) < 0.5, rng.random(200) < 0.5
    colours = gaussians.colours.copy()
    colours[~columns] = 0.0
    expected = np.where(rows[..., None], weights.apply(colours), 0.0)
    part = weights.restricted(rows, columns)
    assert part.count == columns.sum()
    np.testing.assert_allclose(part.apply(gaussians.colours[columns]), expected, atol=1e-6)
