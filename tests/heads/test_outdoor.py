"""Outdoor scenes: what is drawn lies where geometry says."""

import numpy as np
import pytest

from sonovista.heads.outdoor import rasterise
from sonovista.heads.outdoor.rendering import Buffers, ray_grid, render
from sonovista.heads.outdoor.scenes import draw_scene
from sonovista.heads.outdoor.shapes import Look, Shapes

FORWARD = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
"""A camera that looks along +x, level."""


def test_an_ellipsoid_lies_at_its_distance():
    shapes = Shapes()
    shapes.ellipsoid((5.0, 0.0, 0.0), np.eye(3), (1.0, 2.0, 1.0), Look(0, 1.0, (1, 1, 1)))
    buffers = Buffers.empty(31, 41)
    view = FORWARD, np.zeros(3), 30.0, -1e9, buffers.depth, buffers.normal, buffers.index
    one = np.ones(1)
    rasterise.draw_ellipsoids(np.stack(shapes.centres), np.stack(shapes.inverses), 2.0 * one, one, 0, *view)
    assert buffers.depth[15, 20] == pytest.approx(4.0, abs=0.01)
    assert buffers.normal[15, 20] == pytest.approx([-1.0, 0.0, 0.0], abs=0.05)
    assert buffers.index[0, 0] == rasterise.SKY


def test_even_ground_is_a_plane_and_water_lies_over_what_is_lower():
    radii = np.geomspace(0.2, 4000.0, 200)
    normals = np.zeros((360, 200, 3), np.float32)
    normals[..., 2] = 1.0
    for water, kind, height in ((-1e9, rasterise.TERRAIN, 2.0), (0.5, rasterise.WATER, 1.5)):
        buffers = Buffers.empty(31, 41)
        view = FORWARD, np.array([0.0, 0.0, 2.0]), 30.0, buffers.depth, buffers.normal, buffers.index
        rasterise.draw_terrain(np.zeros((360, 200)), radii, normals, water, *view)
        rays = ray_grid(FORWARD, 30.0, 31, 41)
        assert buffers.index[30, 20] == kind
        assert buffers.depth[30, 20] == pytest.approx(height / -rays[30, 20, 2], rel=1e-3)
        assert buffers.index[0, 20] == rasterise.SKY


def test_a_scene_is_the_same_for_the_same_seed():
    pictures = []
    for _ in range(2):
        scene, _ = draw_scene(5)
        rng = np.random.default_rng(0)
        pictures.append(render(scene, FORWARD, np.array([0.0, 0.0, 3.0]), 40.0, (36, 48), rng))
    assert np.array_equal(pictures[0][0], pictures[1][0])
    assert np.array_equal(pictures[0][1], pictures[1][1])
    assert np.isfinite(pictures[0][0]).all()


def test_scenes_of_every_kind_are_drawn():
    kinds, lamps = set(), 0
    for seed in range(60):
        scene, forward = draw_scene(seed)
        kinds.add(scene.kind)
        lamps += len(scene.lamps)
        assert -np.pi <= forward <= np.pi
        assert all(np.shape(centre) == (3,) for centre in [*scene.shapes.centres, *scene.shapes.poly_centres])
    assert kinds == {"plain", "hills", "mountains", "shore", "gorge", "street"}
    assert lamps > 0
