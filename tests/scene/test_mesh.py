import numpy as np
import pytest

from sonovista.geometry.equirectangular import pixel_directions
from sonovista.scene.mesh import mesh_from_depth


def room_depth(height: int, low: list[float], high: list[float]) -> np.ndarray:
    directions = pixel_directions(height)
    with np.errstate(divide="ignore"):
        return np.where(directions > 0, np.array(high) / directions, np.array(low) / directions).min(axis=-1)


def area(vertices: np.ndarray, triangles: np.ndarray) -> float:
    corners = vertices[triangles]
    return 0.5 * np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum()


def test_a_rooms_mesh_is_whole_and_has_its_surface():
    low, high = [-2.0, -2.5, -1.4], [4.0, 1.5, 1.3]
    mesh = mesh_from_depth(room_depth(256, low, high))
    lx, ly, lz = np.subtract(high, low)
    assert area(mesh.vertices, mesh.triangles) == pytest.approx(2 * (lx * ly + lx * lz + ly * lz), rel=0.02)
    assert len(mesh.triangles) == 2 * 255 * 512


def test_thinning_keeps_the_surface_with_a_quarter_of_the_triangles():
    depth = room_depth(512, [-2.0, -2.5, -1.4], [4.0, 1.5, 1.3])
    fine, coarse = mesh_from_depth(depth, 512), mesh_from_depth(depth, 256)
    assert len(coarse.triangles) < 0.26 * len(fine.triangles)
    assert area(coarse.vertices, coarse.triangles) == pytest.approx(area(fine.vertices, fine.triangles), rel=0.02)


def test_a_pillar_before_a_wall_is_cut_out_on_both_sides():
    depth = room_depth(512, [-4.0, -4.0, -1.4], [4.0, 4.0, 1.3])
    directions = pixel_directions(512)
    azimuth = np.arctan2(directions[..., 1], directions[..., 0])
    pillar = (np.abs(azimuth - 0.5) < 0.15) & (np.abs(directions[..., 2]) < 0.2)
    depth = np.where(pillar, 2.0, depth)
    mesh = mesh_from_depth(depth, 512)
    sides = mesh.vertices[mesh.triangles]
    spans = np.linalg.norm(sides, axis=-1)
    assert np.all(spans.max(axis=1) / spans.min(axis=1) < 1.5)
    on_pillar = np.isclose(spans, 2.0).all(axis=1)
    assert area(mesh.vertices, mesh.triangles[on_pillar]) == pytest.approx(4 * 0.3 * 0.4, rel=0.1)


def test_open_ground_stays_whole_to_the_horizon_and_the_sky_is_left_out():
    directions = pixel_directions(256)
    with np.errstate(divide="ignore"):
        depth = np.where(directions[..., 2] < 0, -1.6 / directions[..., 2], 150.0)
    depth = np.minimum(depth, 150.0)
    mesh = mesh_from_depth(depth)
    assert np.linalg.norm(mesh.vertices[mesh.triangles], axis=-1).max() < 100.0
    np.testing.assert_allclose(mesh.vertices[mesh.triangles.ravel(), 2], -1.6, atol=1e-9)
    rows = np.flatnonzero((depth < 100.0).all(axis=1))
    assert len(mesh.triangles) == 2 * (len(rows) - 1) * 512


@pytest.mark.parametrize("depth", [np.ones((8, 8)), np.full((8, 16), 150.0), np.full((8, 16), np.nan)])
def test_what_is_no_depth_panorama_is_refused(depth: np.ndarray):
    with pytest.raises(ValueError):
        mesh_from_depth(depth)
