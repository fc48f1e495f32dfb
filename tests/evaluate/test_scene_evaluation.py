import json
from pathlib import Path

import numpy as np
import pytest

from sonovista.errors import InputError
from sonovista.evaluate.scene import FoundThing, score_depth_pairs, score_photo, summarise
from sonovista.evaluate.scene_annotations import (
    AnnotatedPhoto,
    DepthPair,
    read_depth_pairs,
    read_scene_annotations,
)
from sonovista.generate.understanding.ontology import shipped_ontology
from sonovista.geometry import direction_from_angles
from sonovista.geometry.cameras import PerspectiveCamera
from sonovista.scene.document import PhotoCamera

ROOT = Path(__file__).resolve().parents[2]
CAMERA = PerspectiveCamera(640, 480, np.radians(90.0))
PHOTO = AnnotatedPhoto.model_validate(
    {
        "things": [
            {"name": "river", "kind": "area", "where": [[4, 4, 6, 6]]},
            {"name": "dog", "kind": "point", "where": [[0, 4, 1, 6]]},
            {"name": "wind", "kind": "ambient"},
            {"name": "crow", "kind": "point", "certain": False},
        ]
    }
)


def thing(name: str, kind: str, *azimuths_deg: float) -> FoundThing:
    places = [3.0 * direction_from_angles(np.radians(azimuth), 0.0) for azimuth in azimuths_deg]
    return FoundThing(name, kind, np.array(places, float).reshape(-1, 3))


def test_what_is_found_missed_and_wrong_is_counted() -> None:
    found = [
        thing("stream", "area", 0.0),
        thing("wind", "ambient"),
        thing("crow", "point", 90.0),
        thing("car", "point", 0),
    ]
    score = score_photo(found, PHOTO, CAMERA)
    assert score.pairs == (("stream", "river"), ("wind", "wind"), ("crow", "crow"))
    assert score.missed == ("dog",)
    assert score.wrong == ("car",)
    summary = summarise([score])
    assert summary["recall"] == pytest.approx(2 / 3, abs=1e-4)
    assert summary["precision"] == pytest.approx(3 / 4)
    assert summary["precision_certain_only"] == pytest.approx(2 / 4)
    assert summary["same_name"] == pytest.approx(2 / 3, abs=1e-4)
    assert summary["kinds_right"] == 1.0


def test_every_source_of_a_pair_with_boxes_has_an_anchor_error() -> None:
    summary = summarise([score_photo([thing("river", "area", 0.0, 30.0), thing("crow", "point", 5.0)], PHOTO, CAMERA)])
    assert summary["anchors"]["count"] == 2
    edge = np.degrees(np.arctan(0.2))
    assert summary["anchors"]["largest_deg"] == pytest.approx(30.0 - edge, abs=1e-3)
    assert summary["anchors"]["within_10_deg"] == 0.5


def test_a_wrong_kind_is_seen() -> None:
    assert summarise([score_photo([thing("forest_air", "ambient")], PHOTO, CAMERA)])["kinds_right"] == 1.0
    assert summarise([score_photo([thing("leaves", "area", 0.0)], PHOTO, CAMERA)])["kinds_right"] == 0.0


def test_nothing_found_is_no_division_by_zero() -> None:
    summary = summarise([score_photo([], PHOTO, CAMERA)])
    assert summary["recall"] == 0.0
    assert summary["precision"] is None
    assert summary["anchors"]["median_deg"] is None


def test_depth_pairs_are_asked_of_the_panorama() -> None:
    depth = np.full((64, 128), 9.0, np.float32)
    depth[:, :64] = 2.0  # the left half: azimuth 0 to 180 degrees
    pairs = [
        DepthPair(photo="a", row=0.5, near=0.2, far=0.8),
        DepthPair(photo="a", row=0.5, near=0.8, far=0.2),
    ]
    assert score_depth_pairs(depth, CAMERA, pairs) == (1, 2)
    assert score_depth_pairs(depth, CAMERA, []) == (0, 0)


def test_the_documents_camera_is_in_radians() -> None:
    camera = PhotoCamera(width=640, height=480, pitch_deg=10.0, roll_deg=-5.0, horizontal_fov_deg=90.0).camera()
    assert (camera.pitch, camera.roll) == pytest.approx((np.radians(10.0), np.radians(-5.0)))


def test_the_shipped_annotations_are_whole() -> None:
    annotations = read_scene_annotations(ROOT / "benchmarks" / "scene_annotations.json")
    names = {entry.name: entry.kind for entry in shipped_ontology().things}
    for photo in annotations.photos.values():
        for entry in photo.things:
            assert names[entry.name] == entry.kind
            assert not (entry.kind == "ambient" and entry.where)
            assert all(left < right and top < bottom for left, top, right, bottom in entry.where)
    split = json.loads((ROOT / "tools" / "photo_split.json").read_text())
    held_out = [name for name in annotations.photos if name.partition("#")[0] in split["held_out"]]
    assert len(held_out) >= 30
    pairs = read_depth_pairs(ROOT / "benchmarks" / "depth_row_pairs.json").pairs
    assert len(pairs) == 200
    assert {pair.photo for pair in pairs} <= set(split["held_out"])


def test_photos_are_found_by_the_name_of_the_scenes_folder() -> None:
    annotations = read_scene_annotations(ROOT / "benchmarks" / "scene_annotations.json")
    assert annotations.of("leuvenA") == annotations.photos["opencv/leuvenA"]
    with pytest.raises(InputError, match="nowhere"):
        annotations.of("nowhere")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "expected a JSON file"),
        ('{"photos": {"a": {"things": [{"name": "dog", "kind": "round"}]}}}', "photos.a.things.0.kind"),
        ('{"photos": {"a": {"things": [{"name": "dog", "kind": "point", "where": [[0, 0, 11, 1]]}]}}}', "where"),
    ],
)
def test_a_wrong_annotation_is_named_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "annotation.json"
    path.write_text(text)
    with pytest.raises(InputError, match=words) as refused:
        read_scene_annotations(path)
    assert str(path) in str(refused.value)


def test_a_name_outside_the_ontology_is_refused() -> None:
    photo = AnnotatedPhoto.model_validate({"things": [{"name": "unicorn", "kind": "point"}]})
    with pytest.raises(InputError, match="unicorn"):
        score_photo([], photo, CAMERA)
