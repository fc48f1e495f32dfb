"""A scene survives its folder, and a folder that is wrong is refused by name."""

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sonovista.errors import InputError
from sonovista.scene import Scene, SceneDocument
from sonovista.scene.paths import resolve_inside

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def folder(small_scene: Scene, tmp_path: Path) -> Path:
    small_scene.save(tmp_path / "scene")
    return tmp_path / "scene"


def edit(folder: Path, **changes: Any) -> None:
    document = json.loads((folder / "scene.json").read_text())
    document.update(changes)
    (folder / "scene.json").write_text(json.dumps(document))


def test_what_is_saved_is_loaded(small_scene: Scene, folder: Path) -> None:
    loaded = Scene.load(folder)
    assert loaded.document.listener == small_scene.document.listener
    assert [s.id for s in loaded.document.sources] == ["bird", "stream", "wind"]
    assert loaded.document.sources[1].points == small_scene.document.sources[1].points
    for name, signal in small_scene.sounds.items():
        np.testing.assert_allclose(loaded.sounds[name], signal, atol=2**-22)
    assert small_scene.panorama is not None
    assert small_scene.depth is not None
    assert small_scene.gaussians is not None
    assert loaded.depth is not None
    assert loaded.gaussians is not None
    np.testing.assert_array_equal(loaded.panorama, small_scene.panorama)
    np.testing.assert_allclose(loaded.depth, small_scene.depth, rtol=1e-3)
    np.testing.assert_allclose(loaded.gaussians.positions, small_scene.gaussians.positions, atol=1e-5)
    np.testing.assert_array_equal(loaded.masks["stream"], small_scene.masks["stream"])


def test_only_the_parts_that_are_asked_for_are_read(folder: Path) -> None:
    (folder / "gaussians.ply").unlink()
    loaded = Scene.load(folder, parts=("sounds",))
    assert loaded.gaussians is None
    assert set(loaded.sounds) == {"bird", "stream", "wind"}


def test_saving_leaves_nothing_else_behind(folder: Path) -> None:
    assert [path.name for path in folder.parent.iterdir()] == ["scene"]


def test_a_scene_is_replaced_only_when_told(small_scene: Scene, folder: Path) -> None:
    with pytest.raises(InputError, match="found a scene"):
        small_scene.save(folder)
    small_scene.save(folder, overwrite=True)
    assert [path.name for path in folder.parent.iterdir()] == ["scene"]


def test_what_is_no_scene_is_never_replaced(small_scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("precious")
    with pytest.raises(InputError, match="found something else"):
        small_scene.save(tmp_path / "thesis", overwrite=True)
    assert (tmp_path / "thesis" / "chapter.txt").read_text() == "precious"


def test_a_failed_save_leaves_no_trace(small_scene: Scene, tmp_path: Path) -> None:
    del small_scene.sounds["bird"]
    with pytest.raises(ValueError, match="bird"):
        small_scene.save(tmp_path / "scene")
    assert list(tmp_path.iterdir()) == []


def test_the_published_schema_is_the_models(folder: Path) -> None:
    published = json.loads((ROOT / "docs" / "scene.schema.json").read_text())
    published.pop("$schema")
    assert published == SceneDocument.model_json_schema(), "run `make schema`"
    jsonschema.validate(json.loads((folder / "scene.json").read_text()), published)


@pytest.mark.parametrize(
    "escape",
    ["../outside.ply", "/etc/passwd", "a/../../b", "..\\outside.ply", "C:\\outside.ply", "C:outside.ply", "a\0b"],
)
def test_paths_never_leave_the_folder(folder: Path, escape: str) -> None:
    edit(folder, gaussians=escape)
    with pytest.raises(InputError, match=r"scene\.json: gaussians: expected a path inside"):
        Scene.load(folder)


def test_links_never_leave_the_folder(folder: Path) -> None:
    secret = folder.parent / "secret.png"
    shutil.copy(folder / "panorama.png", secret)
    (folder / "panorama.png").unlink()
    (folder / "panorama.png").symlink_to(secret)
    with pytest.raises(InputError, match="panorama: expected a path inside"):
        Scene.load(folder)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(relative=st.text(min_size=1))
def test_no_text_resolves_outside(tmp_path: Path, relative: str) -> None:
    try:
        resolved = resolve_inside(tmp_path, relative, "field")
    except (InputError, OSError):
        return
    assert resolved.is_relative_to(tmp_path.resolve())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema_version": 2}, "schema_version"),
        ({"surprise": 1}, "surprise"),
        ({"listener": {"gain_db": "loud"}}, r"listener\.gain_db"),
        ({"camera_height": -1.0}, "camera_height"),
        ({"sources": 7}, "sources"),
        ({"panorama": "missing.png"}, r"missing\.png: panorama: expected a file"),
    ],
)
def test_a_wrong_field_is_named(folder: Path, changes: dict[str, Any], message: str) -> None:
    edit(folder, **changes)
    with pytest.raises(InputError, match=message) as caught:
        Scene.load(folder)
    assert "\n" not in str(caught.value)


def test_sources_without_a_place_or_with_one_name_are_named(folder: Path) -> None:
    sources = json.loads((folder / "scene.json").read_text())["sources"]
    edit(folder, sources=[sources[0], sources[0]])
    with pytest.raises(InputError, match=r"sources\.1\.id: .*twice"):
        Scene.load(folder)
    del sources[0]["position"]
    edit(folder, sources=sources)
    with pytest.raises(InputError, match=r"sources\.0\.position"):
        Scene.load(folder)
    sources[1]["points"] = []
    edit(folder, sources=sources[1:])
    with pytest.raises(InputError, match=r"sources\.0\.points"):
        Scene.load(folder)


@pytest.mark.parametrize(
    "name", ["scene.json", "panorama.png", "depth.npz", "gaussians.ply", "sounds/bird.flac", "masks/stream.png"]
)
@pytest.mark.parametrize("damage", ["empty", "text", "half", "gone"])
def test_every_damaged_file_is_named(folder: Path, name: str, damage: str) -> None:
    path = folder / name
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes({"empty": b"", "text": b"hello, world\n", "half": content[: len(content) // 2]}[damage])
    with pytest.raises(InputError) as caught:
        Scene.load(folder)
    assert Path(name).name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_depth_that_is_pickled_or_not_finite_is_refused(folder: Path) -> None:
    np.savez(folder / "depth.npz", depth=np.array([object()], dtype=object))
    with pytest.raises(InputError, match=r"depth\.npz"):
        Scene.load(folder)
    np.savez(folder / "depth.npz", depth=np.full((8, 16), np.nan))
    with pytest.raises(InputError, match="finite positive"):
        Scene.load(folder)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere: expected a scene's folder"):
        Scene.load(tmp_path / "nowhere")
