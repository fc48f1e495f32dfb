from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sonovista.errors import InputError
from sonovista.generate.outpainting.protocol import Panorama
from sonovista.generate.regions.protocol import REGION_CLASSES, RegionClass, RegionMap
from sonovista.generate.understanding.evidence import gather_evidence
from sonovista.generate.understanding.ontology import load_ontology, normalised, shipped_ontology
from sonovista.generate.understanding.protocol import SoundingThing
from sonovista.generate.understanding.scene_rules import SceneRules, SceneRulesOptions

ROOT = Path(__file__).resolve().parents[2]
ONTOLOGY = shipped_ontology()


def regions_of(rows: list[tuple[RegionClass, int]], width: int, indoor: float = 0.02) -> RegionMap:
    """Bands of classes from top to bottom."""
    segments = np.repeat(np.arange(len(rows)), [count for _, count in rows]).astype(np.int32)
    probabilities = np.full((len(rows), len(REGION_CLASSES)), 0.05 / (len(REGION_CLASSES) - 1), np.float32)
    for index, (name, _) in enumerate(rows):
        probabilities[index, REGION_CLASSES.index(name)] = 0.95
    return RegionMap(np.repeat(segments[:, None], width, axis=1), probabilities, indoor)


def understand(
    rows: list[tuple[RegionClass, int]], *wanted: str, indoor: float = 0.02, light: int = 160, **options: object
) -> list[SoundingThing]:
    height = sum(count for _, count in rows)
    photo = regions_of(rows, height, indoor)
    surroundings = regions_of(rows, 2 * height, indoor)
    image = np.full((height, height, 3), light, np.uint8)
    observed = np.zeros((height, 2 * height), bool)
    observed[:, height // 2 : height] = True
    panorama = Panorama(np.full((height, 2 * height, 3), light, np.uint8), observed)
    rules = SceneRules(SceneRulesOptions.model_validate(options))
    return rules(image, photo, panorama, surroundings, wanted, 0)


MEADOW: list[tuple[RegionClass, int]] = [("sky", 30), ("vegetation", 14), ("grass", 36)]
WOOD: list[tuple[RegionClass, int]] = [("vegetation", 50), ("running_water", 15), ("rock", 15)]
ROOM: list[tuple[RegionClass, int]] = [("ceiling", 20), ("wall", 35), ("floor", 25)]
RIDGE: list[tuple[RegionClass, int]] = [("sky", 35), ("rock", 40), ("snow", 5)]
SEA: list[tuple[RegionClass, int]] = [("sky", 35), ("water", 30), ("rock", 15)]


def names(things: list[SoundingThing]) -> set[str]:
    return {thing.name for thing in things}


def test_ontology_is_large_and_every_sound_can_be_made() -> None:
    from sonovista.generate.sounding.synthesis import SYNTHESES

    assert len(ONTOLOGY.things) >= 80
    assert {thing.kind for thing in ONTOLOGY.things} == {"point", "area", "ambient"}
    assert {thing.synthesis for thing in ONTOLOGY.things} - {None} <= set(SYNTHESES)


def test_every_name_is_sounded_by_its_own_synthesiser() -> None:
    from sonovista.generate.sounding.procedural import find_synthesis

    for thing in ONTOLOGY.things:
        if thing.synthesis is not None:
            found = find_synthesis(thing.name, thing.prompt)
            assert found is not None
            assert (thing.name, found[0]) == (thing.name, thing.synthesis)


def test_every_word_of_the_ontology_finds_its_thing() -> None:
    for thing in ONTOLOGY.things:
        for word in (thing.name, thing.label, *thing.synonyms):
            assert ONTOLOGY.match(word) == thing
            assert ONTOLOGY.match(f"The {word.upper()}") == thing


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Birds", "songbirds"),
        ("a small brook", "stream"),
        ("waterfal", "waterfall"),
        ("church-bells", "church_bell"),
        ("crikets", "crickets"),
        ("birds in the oak", "songbirds"),
        ("two barking dogs", "dog"),
        ("rustling of the leaves", "leaves"),
    ],
)
def test_free_words_find_their_thing(words: str, name: str) -> None:
    assert ONTOLOGY.match(words).name == name


def test_unknown_words_become_a_thing_of_their_own() -> None:
    thing = ONTOLOGY.match("Zorblax 9!")
    assert (thing.label, thing.kind, thing.family, thing.prompt) == ("Zorblax 9!", "point", "custom", "Zorblax 9!")
    assert thing.hosts


@pytest.mark.parametrize("words", ["", "   ", "x" * 201])
def test_empty_or_endless_words_are_refused(words: str) -> None:
    with pytest.raises(InputError, match="sources"):
        ONTOLOGY.match(words)


@settings(deadline=None, max_examples=40)
@given(st.text(min_size=1, max_size=60).filter(lambda words: bool(words.strip())))
def test_any_words_give_a_thing(words: str) -> None:
    thing = ONTOLOGY.match(words)
    assert thing.name
    assert thing.label


def test_normalised_is_idempotent_and_ignores_number() -> None:
    for words in ("The Old Oaks", "wind_chimes", "leaves", "buses", "some flies"):
        assert normalised(normalised(words)) == normalised(words)
    assert normalised("Church-Bells") == normalised("church bell")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("things: [{name: 3}]", "things.0"),
        ("things: [", "YAML"),
        ("- 1", "things"),
        ("\x00", "YAML"),
    ],
)
def test_broken_ontology_names_file_and_field(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as error:
        load_ontology(path)
    assert "mine.yaml" in str(error.value)
    assert "\n" not in str(error.value)


def test_two_things_may_not_share_a_word(tmp_path: Path) -> None:
    text = (ROOT / "src/sonovista/generate/understanding/ontology.yaml").read_text()
    path = tmp_path / "twice.yaml"
    path.write_text(text.replace("synonyms: [crow", "synonyms: [brook").replace("raven", "brook"))
    with pytest.raises(InputError, match="brook"):
        load_ontology(path)


def test_meadow_hears_birds_and_crickets_in_wind() -> None:
    found = names(understand(MEADOW))
    assert {"songbirds", "crickets", "wind"} <= found
    assert not found & {"stream", "waterfall", "room_tone", "surf"}


def test_wood_with_a_brook_hears_it() -> None:
    things = understand(WOOD)
    assert {"stream", "songbirds", "leaves"} <= names(things)
    assert "waterfall" not in names(understand(WOOD, light=20))
    assert "waterfall" in names(understand(WOOD, light=235))


def test_room_hears_no_birds() -> None:
    assert names(understand(ROOM, indoor=0.97)) == {"room_tone", "ventilation"}


def test_ridge_hears_wind_and_no_water() -> None:
    found = names(understand(RIDGE))
    assert "mountain_wind" in found
    assert not found & {"stream", "waterfall", "lake_lapping", "surf"}


def test_no_song_among_bare_cliffs() -> None:
    found = names(understand([("sky", 26), ("rock", 30), ("vegetation", 4), ("grass", 20)]))
    assert "songbirds" not in found
    assert "mountain_wind" in found


def test_birds_and_streams_stay_out_of_the_sky_and_below_the_eye() -> None:
    sky_to_the_ground: list[tuple[RegionClass, int]] = [("sky", 50), ("grass", 30)]
    birds = understand(sky_to_the_ground, "birds")[0].weight
    assert birds is not None
    assert birds[:50].max() == 0.0
    steep_water: list[tuple[RegionClass, int]] = [("vegetation", 20), ("running_water", 60)]
    stream = understand(steep_water, "stream")[0].weight
    assert stream is not None
    assert stream[:40].max() < 0.05
    assert stream[50:, 60].min() > 0.5
    falls = understand(steep_water, "waterfall", light=230)[0].weight
    assert falls is not None
    assert falls[39].max() > 0.5


def test_open_sea_hears_surf_and_gulls() -> None:
    assert {"surf", "gulls"} <= names(understand(SEA))


def test_birds_are_silent_at_night() -> None:
    assert "songbirds" not in names(understand(MEADOW, light=15))


@pytest.mark.parametrize("rows", [MEADOW, WOOD, ROOM, RIDGE, SEA])
def test_one_ambience_few_kinds_surest_first(rows: list[tuple[RegionClass, int]]) -> None:
    things = understand(rows)
    assert sum(thing.kind == "ambient" for thing in things) == 1
    assert len(things) <= 6
    assert len(names(things)) == len(things)
    assert [thing.confidence for thing in things] == sorted((thing.confidence for thing in things), reverse=True)


def test_whatever_the_user_names_is_there_in_order() -> None:
    wanted = ("Waterfall", "birds", "sparrows", "my old kettle", "zorblax", "wind")
    things = understand(MEADOW, *wanted)
    assert tuple(thing.label for thing in things[: len(wanted)]) == wanted
    assert all(thing.from_user and thing.confidence == 1.0 for thing in things[: len(wanted)])
    assert len(things) == len(wanted)


def test_named_things_keep_the_surroundings_only_unless_asked() -> None:
    alone = understand(MEADOW, "waterfall")
    assert [thing.kind for thing in alone] == ["area", "ambient"]
    assert {"waterfall", "songbirds", "crickets"} <= names(understand(MEADOW, "waterfall", add_to_user=True))


def test_weights_lie_on_hosts_and_first_where_the_photo_shows_them() -> None:
    by_name = {thing.name: thing for thing in understand(MEADOW)}
    crickets = by_name["crickets"].weight
    assert crickets is not None
    assert crickets.dtype == np.float32
    assert crickets.shape == (80, 160)
    assert crickets.min() >= 0.0
    assert crickets.max() <= 1.0
    assert crickets[44:].mean() > 5 * crickets[:30].mean()
    assert crickets[50, 60] > 1.5 * crickets[50, 120]
    assert by_name["wind"].weight is None


@pytest.mark.parametrize("words", ["waterfall", "gulls", "a clock", "zorblax", "crowd", "dog"])
def test_a_named_thing_has_a_place_even_where_nothing_hosts_it(words: str) -> None:
    weight = understand([("snow", 80)], words)[0].weight
    assert weight is not None
    assert weight.max() > 0.1


def test_evidence_adds_up() -> None:
    evidence = gather_evidence(np.full((80, 50, 3), 99, np.uint8), regions_of(SEA, 50))
    assert sum(evidence.share.values()) == pytest.approx(1.0, abs=1e-5)
    assert evidence.water_below_sky == 1.0
    assert evidence.plants_at_water == 0.0


def test_stream_photo_hears_water_and_birds() -> None:
    from sonovista.generate.regions.appearance import AppearanceClassifier

    with Image.open(ROOT / "examples" / "stream.jpg") as image:
        image.thumbnail((400, 400))
        pixels = np.asarray(image.convert("RGB"))
    elevation = np.repeat(np.linspace(0.35, -0.35, pixels.shape[0], dtype=np.float32)[:, None], pixels.shape[1], axis=1)
    found = {name for name, _ in SceneRules().recognise(pixels, AppearanceClassifier()(pixels, elevation, False))}
    assert {"stream", "songbirds", "leaves"} <= found
    assert "crowd" not in found
