from pathlib import Path

import numpy as np
import pytest

from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.outpainting.protocol import Panorama
from sonovista.generate.regions.protocol import DETAIL_CLASSES, REGION_CLASSES, RegionClass, RegionMap
from sonovista.generate.segmentation.tiled_voting import TiledVotingSegmenter
from sonovista.generate.understanding import imagenet_things, learned
from sonovista.generate.understanding.attributes import detail_shares, scene_attributes, weigh
from sonovista.generate.understanding.co_occurrence import Reasons, shipped_co_occurrence
from sonovista.generate.understanding.detector import COCO, Detection, overlap
from sonovista.generate.understanding.evidence import gather_evidence
from sonovista.generate.understanding.explain import write_explanation
from sonovista.generate.understanding.gist import FEATURES, shipped_heads
from sonovista.generate.understanding.imagenet_things import Sighting
from sonovista.generate.understanding.learned import LearnedUnderstanding, LearnedUnderstandingOptions, box_weight
from sonovista.generate.understanding.ontology import shipped_ontology
from sonovista.geometry.equirectangular import pixel_directions
from sonovista.geometry.image_files import read_rgb
from sonovista.scene import Scene

ONTOLOGY = shipped_ontology()
Rows = list[tuple[RegionClass, int]]
MEADOW: Rows = [("sky", 30), ("vegetation", 14), ("grass", 36)]
WOOD: Rows = [("vegetation", 50), ("running_water", 15), ("rock", 15)]
ROOM: Rows = [("ceiling", 20), ("wall", 35), ("floor", 25)]
SEA: Rows = [("sky", 35), ("water", 30), ("rock", 15)]
AHEAD = Calibration(0.0, 0.0, np.radians(90.0), 1.0, 1.0, 1.0, "given")


def regions_of(rows: Rows, width: int, indoor: float) -> RegionMap:
    segments = np.repeat(np.arange(len(rows)), [count for _, count in rows]).astype(np.int32)
    probabilities = np.full((len(rows), len(REGION_CLASSES)), 0.02 / (len(REGION_CLASSES) - 1), np.float32)
    for index, (name, _) in enumerate(rows):
        probabilities[index, REGION_CLASSES.index(name)] = 0.98
    return RegionMap(np.repeat(segments[:, None], width, axis=1), probabilities, indoor)


def understand(rows: Rows, *wanted: str, indoor: float = 0.02) -> dict[str, float]:
    image = np.full((80, 80, 3), 150, np.uint8)
    panorama = Panorama(np.full((80, 160, 3), 150, np.uint8), np.ones((80, 160), bool))
    backend = LearnedUnderstanding(LearnedUnderstandingOptions(gist=False))
    surroundings = regions_of(rows, 160, indoor)
    things = backend(image, regions_of(rows, 80, indoor), panorama, surroundings, wanted, 0, AHEAD)
    assert all(thing.why for thing in things)
    return {thing.name: thing.confidence for thing in things}


@pytest.fixture(autouse=True)
def no_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learned, "available", lambda: False)
    monkeypatch.setattr(imagenet_things, "available", lambda: False)


@pytest.mark.parametrize(
    ("rows", "indoor", "there", "absent"),
    [
        (MEADOW, 0.02, {"songbirds", "leaves", "crickets", "wind"}, {"surf", "room_tone", "crowd"}),
        (WOOD, 0.02, {"stream", "songbirds", "leaves"}, {"surf", "traffic"}),
        (SEA, 0.02, {"surf", "gulls"}, {"stream", "songbirds"}),
        (ROOM, 0.97, {"room_tone"}, {"songbirds", "wind", "pigeons"}),
    ],
)
def test_places_sound_as_such_places_do(rows: Rows, indoor: float, there: set[str], absent: set[str]) -> None:
    found = set(understand(rows, indoor=indoor))
    assert there <= found
    assert not absent & found
    assert sum(ONTOLOGY[name].kind == "ambient" for name in found) == 1


def test_what_the_user_names_is_there_and_only_the_surroundings_join_it() -> None:
    found = understand(MEADOW, "a dog", "waterfall")
    assert (found["dog"], found["waterfall"]) == (1.0, 1.0)
    assert len(found) == 3


def test_a_detected_object_is_heard_where_it_was_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    box = (0.4, 0.4, 0.6, 0.6)
    monkeypatch.setattr(learned, "available", lambda: True)
    monkeypatch.setattr(learned, "detect_objects", lambda image: [Detection("dog", 0.9, box)])
    image = np.full((80, 80, 3), 150, np.uint8)
    panorama = Panorama(np.zeros((80, 160, 3), np.uint8), np.ones((80, 160), bool))
    backend = LearnedUnderstanding(LearnedUnderstandingOptions(gist=False))
    photo, around = regions_of(MEADOW, 80, 0.02), regions_of(MEADOW, 160, 0.02)
    dog = next(t for t in backend(image, photo, panorama, around, (), 0, AHEAD) if t.name == "dog")
    assert dog.weight is not None
    middle = (pixel_directions(80) * dog.weight[..., None]).sum(axis=(0, 1))
    assert np.degrees(np.arccos(middle[0] / np.linalg.norm(middle))) < 1.0
    assert "dog" in dog.why
    assert "0.90" in dog.why


@pytest.mark.parametrize("boxes", [((0.1, 0.4, 0.3, 0.6),), ((0.1, 0.4, 0.3, 0.6), (0.7, 0.4, 0.9, 0.6))])
def test_as_many_of_a_thing_are_heard_as_were_seen(
    monkeypatch: pytest.MonkeyPatch, boxes: learned.Boxes, rng: np.random.Generator
) -> None:
    monkeypatch.setattr(imagenet_things, "available", lambda: True)
    seen = [Sighting("cow", "ox", 0.9, 0.9, boxes), Sighting("clock", "clock", 0.2, 0.1, boxes)]
    monkeypatch.setattr(learned, "see_things", lambda image: seen)
    panorama = Panorama(rng.integers(0, 256, (80, 160, 3), np.uint8), np.ones((80, 160), bool))
    backend = LearnedUnderstanding(LearnedUnderstandingOptions(gist=False))
    photo, around = regions_of(MEADOW, 80, 0.02), regions_of(MEADOW, 160, 0.02)
    things = backend(np.full((80, 80, 3), 150, np.uint8), photo, panorama, around, (), 0, AHEAD)
    cow = next(thing for thing in things if thing.name == "cow")
    assert "clock" not in {thing.name for thing in things}
    assert cow.why == "ox seen, 0.90"
    assert cow.max_instances == len(boxes)
    herd = [one for one in TiledVotingSegmenter()(panorama, around, things, 0) if things[one.thing] is cow]
    assert len(herd) == len(boxes)


def test_what_is_told_by_the_place_stands_where_it_is_seen() -> None:
    told, box = learned.Recognised("songbirds", 0.8, "trees"), ((0.1, 0.1, 0.2, 0.2),)
    unsure, sure = (learned.Recognised("songbirds", value, "a robin was seen", box) for value in (0.5, 0.9))
    assert learned._joined(None, sure) == sure
    assert learned._joined(told, sure) == sure
    assert learned._joined(told, unsure) == learned.Recognised("songbirds", 0.8, "trees", box)
    assert learned._joined(sure, unsure) == sure


def test_box_weights_follow_the_camera() -> None:
    up = Calibration(np.radians(30.0), 0.0, np.radians(60.0), 1.0, 1.0, 1.0, "given")
    weight = box_weight(((0.45, 0.45, 0.55, 0.55),), (480, 640), 128, up)
    row, column = np.unravel_index(int(weight.argmax()), weight.shape)
    towards = pixel_directions(128)[row, column]
    assert np.degrees(np.arcsin(towards[2])) == pytest.approx(30.0, abs=1.5)
    assert weight[:, :32].max() == 0.0  # nothing behind


def test_reasons_add_up_and_take_away() -> None:
    reasons = Reasons(because={"a": 0.5, "b": 0.5}, unless={"c": 1.0})
    assert reasons.confidence({"a": 1.0}) == pytest.approx(0.5)
    assert reasons.confidence({"a": 1.0, "b": 1.0}) == pytest.approx(0.75)
    assert reasons.confidence({"a": 1.0, "c": 1.0}) == 0.0
    assert reasons.words({"a": 1.0, "c": 1.0}) == "a 1.00, but c"


def test_the_table_speaks_of_known_things_attributes_and_objects() -> None:
    table = shipped_co_occurrence()
    names = {thing.name for thing in ONTOLOGY.things}
    assert set(table.things) <= names
    assert {entry.thing for entry in table.objects.values()} <= names
    assert set(table.objects) <= set(COCO.values())
    regions = regions_of(MEADOW, 80, 0.02)
    gist = dict.fromkeys(shipped_heads().names, 0.5)
    image = np.full((80, 80, 3), 150, np.uint8)
    known = set(scene_attributes(gather_evidence(image, regions), regions, gist, gist, []))
    used = {name for reasons in table.things.values() for name in (*reasons.because, *reasons.unless)}
    assert used <= known | {"night"}


def test_witnesses_are_weighed_on_the_scale_of_log_odds() -> None:
    assert weigh([(0.8, 1.0), (0.2, 1.0)]) == pytest.approx(0.5)
    assert weigh([(0.8, 1.0), (0.2, 0.0)]) == pytest.approx(0.8)
    assert weigh([(1.0, 1.0)]) == pytest.approx(0.97)


def test_finer_classes_are_used_where_there_are_any() -> None:
    regions = regions_of([("object", 80)], 80, 0.02)
    assert detail_shares(regions) == {}
    details = np.zeros((1, len(DETAIL_CLASSES)), np.float32)
    details[0, DETAIL_CLASSES.index("person")] = 1.0
    with_details = RegionMap(regions.segments, regions.probabilities, 0.02, details)
    evidence = gather_evidence(np.full((80, 80, 3), 150, np.uint8), with_details)
    assert scene_attributes(evidence, with_details, None, None, [])["people"] > 0.9


def test_the_shipped_heads_are_whole() -> None:
    heads = shipped_heads()
    assert heads.weight.shape == (len(heads.names), FEATURES)
    assert np.all((heads.trust >= 0) & (heads.trust <= 1))
    found = heads.probabilities(heads.mean)
    assert all(0.0 <= value <= 1.0 for value in found.values())


def test_overlap_is_intersection_over_union() -> None:
    assert overlap((0, 0, 1, 1), (0, 0, 1, 1)) == 1.0
    assert overlap((0, 0, 1, 1), (0.5, 0, 1.5, 1)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 1, 1), (2, 2, 3, 3)) == 0.0


def test_an_explanation_shows_the_panorama_and_a_line_for_each_source(small_scene: Scene, tmp_path: Path) -> None:
    path = write_explanation(small_scene, tmp_path)
    picture = read_rgb(path)
    assert path.name == "explain.png"
    assert picture.shape[1] == 1600
    assert picture.shape[0] > 800 + 26 * len(small_scene.document.sources)
