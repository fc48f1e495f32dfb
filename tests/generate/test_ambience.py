import numpy as np
import pytest

from sonovista.generate.ambience.bed import Options, SceneBed, place_layers
from sonovista.generate.regions.protocol import REGION_CLASSES, RegionMap
from sonovista.generate.sounding.loudness import loudness_at_one_metre
from sonovista.generate.sounding.protocol import SAMPLE_RATE
from sonovista.generate.understanding.protocol import SoundingThing, SourceKind
from sonovista.signal.loops import join_level_step
from sonovista.signal.loudness import loop_loudness


def regions(**shares: float) -> RegionMap:
    """Columns of a small panorama in proportion to `shares`."""
    probabilities = np.zeros((len(shares), len(REGION_CLASSES)), np.float32)
    for row, name in enumerate(shares):
        probabilities[row, REGION_CLASSES.index(name)] = 1
    edges = np.cumsum(list(shares.values())) * 64
    columns = np.searchsorted(edges, np.arange(64), side="right").clip(max=len(shares) - 1)
    return RegionMap(np.tile(columns, (32, 1)).astype(np.int32), probabilities, 0.0)


def thing(name: str, level_db: float, kind: SourceKind = "ambient") -> SoundingThing:
    return SoundingThing(name, name, kind, (), level_db, "", 1.0, True, 1, None)


MEADOW = regions(sky=0.4, grass=0.4, vegetation=0.2)
ROOM = regions(wall=0.6, floor=0.2, ceiling=0.2)


def heard(sound) -> float:
    return loop_loudness(sound.signal * 10 ** (sound.gain_db / 20), SAMPLE_RATE)


def test_the_place_decides_where_nothing_is_ambient():
    point = [thing("dog", 80.0, "point")]
    meadow = SceneBed()(point, MEADOW, False, 3.0, 0)
    room = SceneBed()([], ROOM, True, 3.0, 0)
    assert "wind" in meadow.provenance
    assert "distant synthesis: birds" in meadow.provenance
    assert "dog" not in meadow.provenance
    assert "room_tone" in room.provenance
    assert "birds" not in room.provenance
    assert heard(room) < heard(meadow)


def test_plants_bring_birds_and_houses_bring_cars():
    assert {layer.name for layer in place_layers(MEADOW, False)} == {"birds", "leaves", "crickets"}
    assert {layer.name for layer in place_layers(regions(building=0.5, sky=0.5), False)} == {"traffic"}
    assert place_layers(MEADOW, True) == []


def test_ambient_things_are_the_bed_and_the_loudest_sets_its_loudness():
    bed = SceneBed(Options(offset_db=0.0))([thing("rain", 60.0), thing("crickets", 45.0)], MEADOW, False, 3.0, 0)
    assert "rain" in bed.provenance
    assert "crickets" in bed.provenance
    assert "birds" not in bed.provenance
    assert heard(bed) == pytest.approx(loudness_at_one_metre(60.0), abs=1.0)


def test_a_bed_is_one_quiet_seamless_loop_that_its_seed_repeats():
    bed = SceneBed()([], MEADOW, False, 3.0, 5)
    again = SceneBed()([], MEADOW, False, 3.0, 5)
    np.testing.assert_array_equal(bed.signal, again.signal)
    assert bed.gain_db == again.gain_db
    assert bed.signal.shape == (3 * SAMPLE_RATE,)
    assert np.abs(bed.signal).max() <= 10 ** (-1 / 20) + 1e-6
    assert join_level_step(bed.signal, SAMPLE_RATE) < 1.0
    assert not np.array_equal(bed.signal, SceneBed()([], MEADOW, False, 3.0, 6).signal)
