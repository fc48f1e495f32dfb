from pathlib import Path

import numpy as np
import pytest

from sonovista.errors import BackendUnavailable
from sonovista.evaluate.scene_annotations import read_scene_annotations
from sonovista.generate.understanding import imagenet_things
from sonovista.generate.understanding.imagenet_things import (
    SIDES,
    Sighting,
    confidence,
    one_for_each_object,
    see_things,
    shipped_things,
    squares,
)
from sonovista.generate.understanding.learned import LearnedUnderstandingOptions
from sonovista.generate.understanding.ontology import shipped_ontology
from sonovista.geometry.image_files import read_rgb
from sonovista.vision.imagenet import WEIGHTS
from sonovista.weights.cache import pull
from sonovista.weights.registry import find

THRESHOLD = LearnedUnderstandingOptions().threshold


@pytest.fixture(scope="module")
def network() -> None:
    try:
        pull(find(WEIGHTS))
    except BackendUnavailable as error:
        pytest.skip(f"the weights could not be had: {error}")


def test_the_table_speaks_of_known_things_and_of_each_class_once() -> None:
    names = {thing.name for thing in shipped_ontology().things}
    assert set(shipped_things()) <= names
    numbers = [number for thing in shipped_things().values() for number in thing.numbers()]
    assert len(numbers) == len(set(numbers))
    assert all(0 <= number < 1000 for number in numbers)


@pytest.mark.parametrize("size", [(480, 640), (333, 200), (100, 100), (224, 896), (1, 1), (3, 7)])
def test_squares_of_every_size_cover_the_photo_and_overlap(size: tuple[int, int]) -> None:
    covered = np.zeros((len(SIDES), *size), int)
    for index, (left, top, right, bottom) in squares(*size):
        assert 0 <= left < right <= size[1]
        assert 0 <= top < bottom <= size[0]
        assert right - left == bottom - top
        covered[index, top:bottom, left:right] += 1
    assert covered.min() >= 1


def test_an_endless_strip_is_looked_at_in_its_middle() -> None:
    boxes = [box for _, box in squares(100, 10_000)]
    assert len(boxes) < 200
    assert min(box[0] for box in boxes) == 10_000 - max(box[2] for box in boxes)


def test_confidence_rises_with_the_score_and_falls_with_the_number_of_classes() -> None:
    values = [confidence(score, 3) for score in (0.0, 0.2, 0.5, 0.9, 1.0)]
    assert values == sorted(values)
    assert 0.0 < values[0] < 0.1
    assert 0.9 < values[-1] < 1.0
    assert confidence(0.5, 100) < confidence(0.5, 1)


def test_one_object_is_one_thing() -> None:
    whole, part, aside = (0.2, 0.2, 0.8, 0.8), (0.3, 0.3, 0.5, 0.5), (0.85, 0.2, 1.0, 0.5)
    cat = Sighting("cat", "cat", 0.9, 0.9, (whole,))
    found = [
        cat,
        Sighting("dog", "fox", 0.6, 0.5, (part,)),
        Sighting("drum", "drum", 0.5, 0.5, (part,)),
        Sighting("cow", "ox", 0.5, 0.5, (aside,)),
    ]
    assert [one.thing for one in one_for_each_object(found)] == ["cat", "drum", "cow"]


def test_maps_fall_into_parts() -> None:
    agreed = np.zeros((40, 60), np.float32)
    agreed[10:20, 5:15] = 0.8
    agreed[12:20, 40:50] = 0.7
    agreed[30:31, 30:31] = 0.75  # too small
    agreed[30:38, 50:58] = 0.5  # too doubtful
    first, second = imagenet_things._boxes(agreed)
    assert first == pytest.approx((5 / 60, 10 / 40, 15 / 60, 20 / 40))
    assert second == pytest.approx((40 / 60, 12 / 40, 50 / 60, 20 / 40))


@pytest.mark.usefixtures("network")
def test_the_drum_and_the_loudspeakers_of_the_interior_are_found_where_they_stand(
    example_photos: dict[str, Path], request: pytest.FixtureRequest
) -> None:
    path = request.config.rootpath / "benchmarks" / "scene_annotations.json"
    marked = {thing.name: thing for thing in read_scene_annotations(path).of("examples/interior").things}
    found = {one.thing: one for one in see_things(read_rgb(example_photos["interior"])) if one.confidence >= THRESHOLD}
    assert set(found) == {"drum", "loudspeaker"}
    for name, one in found.items():
        left, top, right, bottom = one.boxes[0]
        x, y = 5 * (left + right), 5 * (top + bottom)
        assert any(box[0] <= x <= box[2] and box[1] <= y <= box[3] for box in marked[name].where or ())


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("name", ["meadow", "mountain", "pagoda", "stream"])
def test_nothing_is_seen_in_the_other_examples(example_photos: dict[str, Path], name: str) -> None:
    assert not [one for one in see_things(read_rgb(example_photos[name])) if one.confidence >= THRESHOLD]
