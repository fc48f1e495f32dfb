import json
from pathlib import Path

import numpy as np
import pytest
from command_line import Run, refused

from sonovista.scene import Scene
from sonovista.scene.document import PhotoCamera

ANNOTATION = {
    "photos": {
        "made/world": {
            "things": [
                {"name": "stream", "kind": "area", "where": [[4, 4, 6, 10]]},
                {"name": "wind", "kind": "ambient"},
                {"name": "dog", "kind": "point", "where": [[0, 0, 1, 1]]},
            ]
        }
    }
}


@pytest.fixture
def world(small_scene: Scene, tmp_path: Path) -> Path:
    camera = PhotoCamera(width=640, height=480, pitch_deg=0.0, roll_deg=0.0, horizontal_fov_deg=90.0)
    small_scene.document = small_scene.document.model_copy(update={"photo": camera})
    small_scene.depth = np.full((64, 128), 9.0, np.float32)
    small_scene.depth[:, :64] = 2.0
    (tmp_path / "scenes").mkdir()
    small_scene.save(tmp_path / "scenes" / "world")
    (tmp_path / "annotation.json").write_text(json.dumps(ANNOTATION))
    pairs = {"pairs": [{"photo": "made/world", "row": 0.5, "near": 0.1, "far": 0.9}]}
    (tmp_path / "pairs.json").write_text(json.dumps(pairs))
    return tmp_path


def test_a_folder_of_scenes_is_measured_as_json(sonovista: Run, world: Path) -> None:
    result = sonovista("evaluate", "scene", "scenes", "annotation.json", "--depth-pairs", "pairs.json", "--json")
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["recall"] == pytest.approx(2 / 3, abs=1e-4)
    assert document["kinds_right"] == 1.0
    assert document["anchors"]["within_10_deg"] == 1.0
    assert document["depth_pairs"] == {"count": 1, "right": 1.0}


def test_a_scene_without_an_annotation_is_one_line(sonovista: Run, world: Path) -> None:
    two = {"photos": {"a/b": {"things": []}, "c/d": {"things": []}}}
    (world / "other.json").write_text(json.dumps(two))
    assert "world" in refused(sonovista("evaluate", "scene", "scenes/world", "other.json"))
