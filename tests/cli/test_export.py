"""`sonovista export`: files that other programs read."""

import gzip
import json
from pathlib import Path

import pytest
from command_line import Run, refused

from sonovista.scene import Scene
from sonovista.scene.ply import read_ply


@pytest.fixture
def folder(small_scene: Scene, tmp_path: Path) -> Path:
    small_scene.save(tmp_path / "scene")
    return tmp_path / "scene"


@pytest.mark.parametrize("form", ["ply", "spz"])
def test_gaussians_are_written_beside_the_scene(sonovista: Run, folder: Path, form: str):
    result = sonovista("export", folder, "--to", form, "--json")
    assert result.returncode == 0, result.stderr
    written = Path(json.loads(result.stdout)["output"])
    assert written == folder.with_name(f"scene.{form}")
    if form == "ply":
        assert len(read_ply(written)) == 50
    else:
        assert gzip.decompress(written.read_bytes())[:4] == b"NGSP"
        assert written.stat().st_size < 0.5 * (folder / "gaussians.ply").stat().st_size


def test_an_unknown_form_is_wrong_usage_and_no_scene_a_clear_line(sonovista: Run, folder: Path, tmp_path: Path):
    assert sonovista("export", folder, "--to", "obj").returncode == 2
    assert "nowhere" in refused(sonovista("export", tmp_path / "nowhere", "--to", "spz"))
