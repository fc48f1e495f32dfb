import builtins
from typing import Any

import numpy as np
import pytest

from sonovista.acoustics.ray_casting import RayCaster
from sonovista.errors import BackendUnavailable

trimesh = pytest.importorskip("trimesh")


def test_distances_to_a_box_are_those_of_its_planes():
    size, origin = np.array([6.0, 5.0, 3.0]), np.array([101.0, -52.0, 0.4])
    box = trimesh.creation.box(size)
    middle = origin + np.array([0.7, -0.3, 0.2])
    caster = RayCaster(box.vertices + middle, box.faces)
    rays = np.random.default_rng(0).normal(size=(2000, 3))
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    expected = (np.where(rays > 0, middle + size / 2 - origin, middle - size / 2 - origin) / rays).min(axis=1)
    distance, triangle = caster.first_hit(np.broadcast_to(origin, rays.shape), rays)
    np.testing.assert_allclose(distance, expected, rtol=1e-5)
    assert set(triangle) <= set(range(12))


def test_hits_agree_with_an_independent_intersector():
    mesh = trimesh.creation.torus(2.0, 0.7)
    rng = np.random.default_rng(1)
    origins = rng.uniform(-4, 4, (60, 3))
    rays = -origins + rng.normal(size=(60, 3))
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    distance, _ = RayCaster(mesh.vertices, mesh.faces).first_hit(origins, rays)
    corners = mesh.triangles
    edge1, edge2 = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    for origin, ray, found in zip(origins, rays, distance, strict=True):  # Moller and Trumbore 1997
        p = np.cross(ray, edge2)
        with np.errstate(divide="ignore", invalid="ignore"):
            inverse = 1.0 / np.einsum("ij,ij->i", edge1, p)
            u = np.einsum("ij,ij->i", origin - corners[:, 0], p) * inverse
            q = np.cross(origin - corners[:, 0], edge1)
            v, t = (q @ ray) * inverse, np.einsum("ij,ij->i", edge2, q) * inverse
        t = t[(u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0)]
        assert found == pytest.approx(t.min() if len(t) else np.inf, rel=1e-4)


def test_blocked_ends_at_the_end():
    square = RayCaster(np.array([[0, -9, -9], [0, 9, -9], [0, 9, 9.0], [0, -9, 9]]), np.array([[0, 1, 2], [0, 2, 3]]))
    starts = np.array([[-1.0, 0, 0], [-1.0, 0, 0], [1.0, 0, 0], [-1.0, 20, 0]])
    ends = np.array([[1.0, 1, 1], [-0.01, 1, 1], [-1.0, 0, 0], [1.0, 20, 0]])
    np.testing.assert_array_equal(square.blocked(starts, ends), [True, False, True, False])


@pytest.mark.parametrize(
    ("vertices", "triangles"),
    [
        (np.zeros((3, 2)), [[0, 1, 2]]),
        (np.full((3, 3), np.nan), [[0, 1, 2]]),
        (np.eye(3), [[0, 1, 3]]),
        (np.eye(3), [[0, 1, -1]]),
        (np.eye(3), np.zeros((0, 3), int)),
        (np.eye(3), [[0.0, 1.0, 2.0]]),
    ],
)
def test_a_mesh_that_makes_no_sense_is_refused(vertices: Any, triangles: Any):
    with pytest.raises(ValueError):
        RayCaster(vertices, triangles)


def test_without_embree_the_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    real = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("embreex"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(BackendUnavailable, match="rays"):
        RayCaster(np.eye(3), [[0, 1, 2]])
