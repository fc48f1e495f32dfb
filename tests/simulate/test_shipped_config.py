"""The benchmark set that comes with the library."""

import re
from importlib.resources import files

import pytest

from sonovista.errors import InputError
from sonovista.simulate.configs import find_config
from sonovista.simulate.options import read_options
from sonovista.simulate.plan import blocks


def test_it_has_100_scenes_split_81_9_10():
    options = read_options(find_config("sonorooms-1"))
    splits = [options.split_of(scene) for scene in range(options.scenes)]
    assert [splits.count(name) for name in ("train", "val", "test")] == [81, 9, 10]


def test_variants_are_tested_and_the_other_head_is_never_learned_from():
    options = read_options(find_config("sonorooms-1"))
    sets = {of.name: of for of in options.sets}
    assert sets["other-head"].splits == ("test",)
    assert sets["other-head"].head != sets["rotation"].head
    assert sets["two-sources"].example.sources == 2
    assert sets["translation"].example.translation == 0.5
    sweep = [of.example.shortest_rt60 for name, of in sets.items() if name.startswith("reverberation")]
    assert sweep == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert all("test" in of.splits for of in options.sets)


def test_sets_that_are_compared_share_their_viewpoints():
    sets = {of.name: of for of in read_options(find_config("sonorooms-1")).sets}
    assert sets["other-head"].draws == sets["rotation"].draws
    assert len({of.draws for name, of in sets.items() if name.startswith("reverberation")}) == 1


def test_only_some_splits_may_be_made():
    options = read_options(find_config("sonorooms-1"))
    assert {options.split_of(block.scene) for block in blocks(options, ("test",))} == {"test"}
    test = sum(len(block.items) for block in blocks(options, ("test",)))
    assert test == 10 * (24 + 24 + 5 * 12 + 12 + 12)


def test_every_set_of_the_test_split_has_its_digest():
    options = read_options(find_config("sonorooms-1"))
    text = files("sonovista.simulate.configs").joinpath("sonorooms-1.sha256").read_text()
    lines = [line.split("  ") for line in text.splitlines() if line and not line.startswith("#")]
    digests = {name: digest for digest, name in lines}
    assert sorted(digests) == sorted(f"{of.name}-test" for of in options.sets)
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in digests.values())


def test_more_rooms_are_others_and_all_of_them_to_train_on():
    more, benchmark = (read_options(find_config(name)) for name in ("sonorooms-more", "sonorooms-1"))
    assert {more.split_of(scene) for scene in range(more.scenes)} == {"train"}
    assert {of.name for of in more.sets} == {"rotation"}
    assert more.seed != benchmark.seed


def test_a_name_that_is_none_is_refused():
    with pytest.raises(InputError, match="sonorooms-2: expected a YAML file or one of sonorooms-1"):
        find_config("sonorooms-2")
