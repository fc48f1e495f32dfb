import json
import shutil

import pytest
from hearing_aids import EMPTY, small_simulation

from sonovista.errors import InputError
from sonovista.simulate import work
from sonovista.simulate.making import make_example
from sonovista.simulate.options import ExampleSet, SimulationOptions, read_options
from sonovista.simulate.plan import BLOCK, blocks
from sonovista.simulate.reading import find_examples
from sonovista.simulate.simulation import folder_digest, read_description, simulate
from sonovista.simulate.storage.hm3d_ss import read_example
from sonovista.simulate.storage.places import filesystem
from sonovista.simulate.viewpoints import NoRoomLeft


def digest(root) -> str:
    return folder_digest(root, iter(find_examples(root)[1]))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp("made") / "data"
    summary = simulate(root, small_simulation())
    assert (summary.wanted, summary.made, summary.found, summary.failures) == (4, 4, 0, [])
    return root


def test_every_example_is_there_and_split_by_scene(made):
    assert find_examples(made, "train")[1] == ["room-0000/pair-0000", "room-0000/pair-0001"]
    assert find_examples(made, "test")[1] == ["room-0001/pair-0000", "room-0001/pair-0001"]
    example = read_example(made / "room-0000" / "pair-0001")
    assert example.images.shape == (3, 24, 32, 3)
    assert example.depth is not None
    assert example.record["split"] == "train"
    assert example.record["example_number"] == 1


def test_a_second_run_makes_nothing_and_changes_nothing(made):
    before = digest(made)
    summary = simulate(made, small_simulation())
    assert (summary.made, summary.found) == (0, 4)
    assert digest(made) == before


def test_what_was_lost_is_made_again_the_same(made, tmp_path):
    copy = tmp_path / "data"
    shutil.copytree(made, copy)
    shutil.rmtree(copy / "room-0001" / "pair-0000")
    (copy / "room-0001" / ".pair-0000.1234.part").mkdir()
    summary = simulate(copy, small_simulation())
    assert (summary.made, summary.found) == (1, 3)
    assert digest(copy) == digest(made)
    assert not list(copy.rglob("*.part"))


def test_processes_make_the_same_bytes(made, tmp_path):
    simulate(tmp_path / "data", small_simulation(), workers=2)
    assert digest(tmp_path / "data") == digest(made)


def test_another_seed_makes_others(made, tmp_path):
    other = small_simulation().model_copy(update={"seed": 1})
    simulate(tmp_path / "data", other)
    assert digest(tmp_path / "data") != digest(made)


def test_a_folder_of_other_options_or_other_things_is_refused(made, tmp_path):
    with pytest.raises(InputError, match="holds a simulation with seed 0, found 3"):
        simulate(made, small_simulation().model_copy(update={"seed": 3}))
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="found something else in it"):
        simulate(tmp_path, small_simulation())
    assert read_description(made) == small_simulation()


def test_failed_examples_are_tried_again_then_reported(tmp_path, monkeypatch):
    tried = []
    make = make_example

    def sometimes(place, scene, options, of, seeds, attempt):
        tried.append((seeds, attempt))
        if seeds == (0, 1):
            raise FloatingPointError("something odd")
        if seeds == (0, 0) or (seeds == (1, 1) and attempt < 2):
            raise NoRoomLeft("no free place")
        return make(place, scene, options, of, seeds, attempt)

    monkeypatch.setattr(work, "make_example", sometimes)
    summary = simulate(tmp_path / "data", small_simulation())
    assert summary.made == 2
    assert summary.failures == [
        ("room-0000/pair-0000", f"no free place, {work.ATTEMPTS} attempts"),
        ("room-0000/pair-0001", f"FloatingPointError: something odd, {work.ATTEMPTS} attempts"),
    ]
    assert tried.count(((0, 0), 3)) == 1
    assert read_example(tmp_path / "data" / "room-0001" / "pair-0001").record["attempt"] == 2
    assert json.loads((tmp_path / "data" / "failures.json").read_text())[0]["path"] == "room-0000/pair-0000"
    assert not (tmp_path / "data" / "train.csv").exists()


def test_output_may_be_a_url(made, tmp_path):
    pytest.importorskip("fsspec")
    summary = simulate((tmp_path / "remote").as_uri(), small_simulation())
    assert summary.made == 4
    assert digest(tmp_path / "remote") == digest(made)
    assert simulate((tmp_path / "remote").as_uri(), small_simulation()).found == 4


def test_output_may_be_in_memory(made):
    fsspec = pytest.importorskip("fsspec")
    where = f"memory://simulation-{made.parent.name}"
    assert simulate(where, small_simulation()).made == 4
    files, root = fsspec.core.url_to_fs(where)
    for path in find_examples(made)[1]:
        for file in (made / path).rglob("*"):
            if file.is_file():
                assert files.cat_file(f"{root}/{file.relative_to(made).as_posix()}") == file.read_bytes()
    # An example whose last file is missing was cut off, and is made again.
    files.rm_file(f"{root}/room-0001/pair-0000/metadata.json")
    summary = simulate(where, small_simulation())
    assert (summary.made, summary.found) == (1, 3)
    assert read_description(where) == small_simulation()
    with pytest.raises(InputError, match="holds a simulation with seed 0"):
        simulate(where, small_simulation().model_copy(update={"seed": 3}))


@pytest.mark.slow
def test_output_may_be_in_a_bucket(made, monkeypatch):
    """S3's own protocol, spoken to a server of PyPI moto on this machine."""
    pytest.importorskip("s3fs")
    moto = pytest.importorskip("moto.server")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    try:
        host, port = server.get_host_and_port()
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            monkeypatch.setenv(name, value)
        files, _ = filesystem("s3://bucket")
        files.mkdir("bucket")
        assert simulate("s3://bucket/data", small_simulation(), workers=2).made == 4
        assert simulate("s3://bucket/data", small_simulation()).found == 4
        for path in find_examples(made)[1]:
            for file in (made / path).rglob("*"):
                if file.is_file():
                    assert files.cat_file(f"bucket/data/{file.relative_to(made).as_posix()}") == file.read_bytes()
    finally:
        server.stop()


def test_sets_that_share_their_draws_see_the_same(tmp_path):
    example = small_simulation().sets[0].example
    sets = tuple(
        ExampleSet(name=name, examples=1, draws="same", head=head, example=example)
        for name, head in (("one", "kemar"), ("other", "sphere"))
    )
    options = SimulationOptions(scenes=1, room=EMPTY, sets=sets)
    simulate(tmp_path / "data", options)
    one, other = (read_example(tmp_path / "data" / name / "room-0000" / "pair-0000") for name in ("one", "other"))
    assert (one.images == other.images).all()
    assert (one.viewpoints.sources == other.viewpoints.sources).all()
    assert one.direct.shape != other.direct.shape or not (one.direct == other.direct).all()
    assert (tmp_path / "data" / "other-train.csv").exists()


def test_blocks_hold_every_example_once():
    options = SimulationOptions(scenes=3, sets=(ExampleSet(name="a", examples=50), ExampleSet(name="b", examples=7)))
    items = [(b.scene, i.set_index, i.number) for b in blocks(options) for i in b.items]
    assert len(items) == len(set(items)) == 3 * 57
    assert max(len(b.items) for b in blocks(options)) <= BLOCK


def test_the_split_is_81_9_10_of_100_scenes():
    options = SimulationOptions(scenes=100)
    splits = [options.split_of(scene) for scene in range(100)]
    assert [splits.count(name) for name in ("train", "val", "test")] == [81, 9, 10]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("scenes: 0", "scenes"),
        ("kind: castles", "kind"),
        ("kind: panoramas", "needs a folder"),
        ("sets: [{name: a}, {name: a}]", "names of their own"),
        ("sets: [{name: a, example: {views: 1}}]", "views"),
        ("[1, 2]", "expected fields"),
        ("a: [", "expected a YAML file"),
        ("kind: panoramas\nfolder: x\nsets: [{example: {translation: 0.5}}]", "one point"),
    ],
)
def test_wrong_options_are_named(tmp_path, text, named):
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(InputError, match=rf"config\.yaml.*{named}"):
        read_options(tmp_path / "config.yaml")
