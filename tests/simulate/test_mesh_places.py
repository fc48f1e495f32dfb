from pathlib import Path

import numpy as np
import pytest
from mesh_files_for_tests import write_room_glb

from sonovista.acoustics.decay import decay_time
from sonovista.errors import InputError
from sonovista.geometry import PerspectiveCamera
from sonovista.simulate.example import SAMPLE_RATE, Viewpoints
from sonovista.simulate.heads import load_head
from sonovista.simulate.places import mesh_files
from sonovista.simulate.places.mesh import MeshPlace
from sonovista.simulate.rooms.layout import RoomOptions

pytest.importorskip("trimesh")
EMPTY = RoomOptions(shortest_side=4.0, longest_side=5.0, along_walls=1, in_the_middle=0, on_walls=2)


@pytest.fixture(scope="module")
def room(tmp_path_factory) -> tuple[MeshPlace, np.ndarray, Path]:
    path = tmp_path_factory.mktemp("mesh") / "room.glb"
    size = write_room_glb(path, 3, options=EMPTY)
    return MeshPlace(path), size, path


def write_box_obj(folder: Path) -> Path:
    """A room of 4 x 3 x 2.5 m (x, y up: -z, x, y in the file), each wall of its own colour, by materials."""
    walls = {
        "floor": ("1 0 0", "1 2 6 5"),
        "ceiling": ("0 1 0", "3 4 8 7"),
        "front": ("0 0 1", "2 4 8 6"),
        "back": ("1 1 0", "1 3 7 5"),
        "left": ("0 1 1", "1 2 4 3"),
        "right": ("1 0 1", "5 6 8 7"),
    }
    (folder / "box.mtl").write_text("".join(f"newmtl {name}\nKd {rgb}\n" for name, (rgb, _) in walls.items()))
    corners = [(x, y, z) for x in (0, 3) for y in (0, 2.5) for z in (0, -4)]
    lines = ["mtllib box.mtl"] + [f"v {x} {y} {z}" for x, y, z in corners]
    for name, (_, face) in walls.items():
        a, b, c, d = face.split()
        lines += [f"usemtl {name}", f"f {a} {b} {c}", f"f {a} {c} {d}"]
    (folder / "box.obj").write_text("\n".join(lines) + "\n")
    return folder / "box.obj"


def test_a_glb_has_its_size_and_its_pictures(room):
    place, size, _ = room
    np.testing.assert_allclose(place.size, size, atol=0.05)
    position = place.stand(1.5, 0.4, np.random.default_rng(0))
    assert position is not None
    view = place.view(PerspectiveCamera(80, 60, 1.0, 0.3, -0.3, 0.0, tuple(position)))
    assert view.depth is not None
    assert np.isfinite(view.depth).all()
    assert view.rgb.std() > 5


def test_colours_and_axes_of_an_obj(tmp_path):
    """-z of the file lies ahead, its y up: the front wall is blue, the left one cyan, the floor red."""
    place = MeshPlace(write_box_obj(tmp_path))
    np.testing.assert_allclose(place.size, [4.0, 3.0, 2.5])
    middle = (2.0, 1.5, 1.2)
    seen = {
        name: place.view(PerspectiveCamera(8, 6, 0.5, yaw, pitch, 0.0, middle)).rgb.mean(axis=(0, 1)) > 40
        for name, yaw, pitch in (("front", 0.0, 0.0), ("left", 1.57, 0.0), ("right", -1.57, 0.0), ("floor", 0.0, -1.4))
    }
    assert seen["front"].tolist() == [False, False, True]
    assert seen["left"].tolist() == [False, True, True]
    assert seen["right"].tolist() == [True, False, True]
    assert seen["floor"].tolist() == [True, False, False]
    depth = place.view(PerspectiveCamera(9, 7, 0.5, 0.0, 0.0, 0.0, middle)).depth
    assert depth is not None
    assert depth[3, 4] == pytest.approx(2.0, abs=0.01)


def test_z_may_point_up(tmp_path):
    size = write_room_glb(tmp_path / "z.glb", 3, up="z", options=EMPTY)
    np.testing.assert_allclose(MeshPlace(tmp_path / "z.glb", "z").size, size, atol=0.05)


def test_one_stands_on_floors_inside(room):
    place, size, _ = room
    for seed in range(10):
        position = place.stand(1.5, 0.4, np.random.default_rng(seed))
        assert position is not None
        assert ((position > 0.2) & (position < size - 0.2)).all()
        assert place.free(position, 0.3)
    assert not place.free(size + 1.0, 0.1)
    assert not place.sees(size / 2.0, size + 3.0)


def test_it_rings_as_long_as_asked_and_its_direct_sound_is_in_place(room):
    place, _, _ = room
    rng = np.random.default_rng(1)
    camera = place.stand(1.5, 0.5, rng)
    assert camera is not None
    source = camera + np.array([0.5, 0.8, -0.2])
    viewpoints = Viewpoints(np.stack([camera, camera]), np.array([0.0, 1.0]), 0.0, source[None])
    heard = place.hear(viewpoints, 0.3, load_head(), 0)
    total = heard.indirect.astype(float)
    total[..., : heard.direct.shape[-1]] += heard.direct
    for response in total.reshape(-1, total.shape[-1]):
        assert decay_time(response, SAMPLE_RATE) == pytest.approx(0.3, rel=0.1)
    distance = np.linalg.norm(source - camera)
    assert np.abs(heard.direct).argmax(axis=-1) == pytest.approx(distance / 343.0 * SAMPLE_RATE, abs=14)
    assert heard.record["rays_lost"] < 0.01
    again = place.hear(viewpoints, 0.3, load_head(), 0)
    np.testing.assert_array_equal(heard.indirect, again.indirect)


@pytest.mark.parametrize(
    ("name", "content", "named"),
    [
        ("broken.glb", b"glTF this is no mesh", "expected a mesh"),
        ("empty.obj", b"", "found 0 bytes"),
        ("points.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\n", "expected"),
        ("thumb.obj", b"v 0 0 0\nv .01 0 0\nv 0 .01 0\nv 0 0 .01\nf 1 2 3\nf 1 2 4\n", "in metres"),
        ("wild.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 99\n", "expected"),
    ],
)
def test_what_is_no_place_is_named(tmp_path, name, content, named):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=rf"{name}.*{named}"):
        MeshPlace(tmp_path / name)


def test_a_missing_or_truncated_mesh_is_named(tmp_path, room):
    with pytest.raises(InputError, match=r"none\.glb: expected a mesh, found nothing"):
        MeshPlace(tmp_path / "none.glb")
    (tmp_path / "half.glb").write_bytes(room[2].read_bytes()[:5000])
    with pytest.raises(InputError, match=r"half\.glb"):
        MeshPlace(tmp_path / "half.glb")


def test_of_a_large_mesh_the_head_is_checked(tmp_path, room, monkeypatch):
    monkeypatch.setattr(mesh_files, "MOST_CHECKED_BYTES", 100)
    whole = room[2].read_bytes()
    (tmp_path / "whole.glb").write_bytes(whole)
    mesh_files.check_mesh(tmp_path / "whole.glb")
    (tmp_path / "half.glb").write_bytes(whole[:5000])
    with pytest.raises(InputError, match=r"half\.glb: expected a GLB of 5000 bytes"):
        mesh_files.check_mesh(tmp_path / "half.glb")
