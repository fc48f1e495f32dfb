import numpy as np
import pytest

from sonovista.acoustics.occlusion import visibility
from sonovista.geometry.equirectangular import pixel_directions
from sonovista.render.occlusion_maps import build_occlusion_map
from sonovista.scene import Scene
from sonovista.scene.document import SceneDocument, Source, Vector

pytest.importorskip("embreex")

PILLAR = 0.6  # azimuth
DIRECTIONS = pixel_directions(256)
AZIMUTH = np.arctan2(DIRECTIONS[..., 1], DIRECTIONS[..., 0])


def room_with_pillar() -> np.ndarray:
    """7 x 6 x 2.7 m, with a pillar 1.5 m from the origin that stands before the room's corner."""
    with np.errstate(divide="ignore"):
        walls = np.where(DIRECTIONS > 0, [4.0, 3.0, 1.3] / DIRECTIONS, [-3.0, -3.0, -1.4] / DIRECTIONS).min(axis=-1)
    upright = np.hypot(DIRECTIONS[..., 0], DIRECTIONS[..., 1])
    return np.where(np.abs(AZIMUTH - PILLAR) < 0.35, np.minimum(walls, 1.5 / upright), walls).astype(np.float32)


def at_pixel(depth: np.ndarray, azimuth: float, elevation: float) -> Vector:
    row = int((0.5 - elevation / np.pi) * 256)
    column = int((1.0 - azimuth / np.pi) * 256)
    x, y, z = depth[row, column] * DIRECTIONS[row, column].astype(float)
    return float(x), float(y), float(z)


def source(name: str, position: Vector | None, mask: bool = True, points: list[Vector] | None = None) -> Source:
    kind = "ambient" if position is None else "area" if points else "point"
    path = f"masks/{name}.png" if mask and position is not None else None
    return Source(
        id=name, label=name, kind=kind, position=position, points=points, gain_db=0.0, sound="sounds/a.flac", mask=path
    )


def scene(*sources: Source, depth: np.ndarray | None = None) -> Scene:
    document = SceneDocument(sources=list(sources), camera_height=1.4, indoor=True)
    return Scene(document, depth=room_with_pillar() if depth is None else depth)


def seen(a_scene: Scene, positions: np.ndarray) -> np.ndarray:
    occlusion = build_occlusion_map(a_scene)
    assert occlusion is not None
    return visibility(occlusion, positions)


def test_sources_on_the_surfaces_that_show_them_are_in_full_view():
    depth = room_with_pillar()
    places = [
        at_pixel(depth, azimuth, elevation) for azimuth in (-3.0, -1.8, -0.7, 1.7) for elevation in (-0.6, 0.0, 0.5)
    ]
    on_surfaces = scene(*(source(f"s{i}", place) for i, place in enumerate(places)))
    assert seen(on_surfaces, np.zeros(3)).min() > 0.97


def test_a_source_that_sits_inside_what_shows_it_is_brought_to_its_surface():
    """The centroid of a rounded surface lies behind it."""
    depth = room_with_pillar()
    x, y, z = at_pixel(depth, -1.0, 0.0)
    assert seen(scene(source("s", (1.1 * x, 1.1 * y, z))), np.zeros(3))[0] > 0.97


def test_what_stands_behind_the_pillar_is_hidden_until_one_walks_around():
    hidden = (3.0 * np.cos(PILLAR), 3.0 * np.sin(PILLAR), 0.0)
    across = np.array([-np.sin(PILLAR), np.cos(PILLAR), 0.0])
    path = np.linspace(0.0, -2.8, 57)[:, None] * across
    v = seen(scene(source("s", hidden, mask=False)), path)[:, 0]
    assert v[0] < 0.35
    assert v[-1] > 0.9
    assert np.all(np.diff(v) >= -1e-6)


def test_ambience_is_never_hidden_and_an_area_is_as_far_as_its_points_are():
    depth = room_with_pillar()
    behind = [(2.6, 1.8, 0.1 * i) for i in range(5)]
    open_wall = [at_pixel(depth, -1.0 + 0.05 * i, 0.0) for i in range(5)]
    area = source("area", (2.6, 0.0, 0.0), mask=False, points=[*behind, *open_wall])
    v = seen(scene(source("bed", None), area), np.zeros(3))
    assert v[0] == 1.0
    assert 0.5 <= v[1] < 0.75


def test_values_are_shares_and_follow_the_documents_order():
    depth = room_with_pillar()
    several = scene(source("a", (2.6, 1.8, 0.0), mask=False), source("b", at_pixel(depth, -1.0, 0.0)))
    occlusion = build_occlusion_map(several)
    assert occlusion is not None
    assert occlusion.values.shape[0] == 2
    assert occlusion.values.min() >= 0.0
    assert occlusion.values.max() <= 1.0
    v = visibility(occlusion, np.zeros(3))
    assert v[0] < v[1]


def test_in_the_open_nothing_is_hidden():
    with np.errstate(divide="ignore"):
        ground = np.where(DIRECTIONS[..., 2] < 0, -1.6 / DIRECTIONS[..., 2], np.inf)
    meadow = np.minimum(ground, 150.0).astype(np.float32)
    birds = [source(f"s{i}", (20.0 * np.cos(i), 20.0 * np.sin(i), 3.0)) for i in range(6)]
    occlusion = build_occlusion_map(scene(*birds, depth=meadow))
    assert occlusion is not None
    assert occlusion.values.min() > 0.99


def test_a_scene_without_depth_has_no_map():
    assert build_occlusion_map(Scene(SceneDocument(sources=[]))) is None
