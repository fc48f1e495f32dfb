import tarfile

import numpy as np
import pytest
from hearing_aids import example_with_clicks, write_sounds

from sonovista.errors import InputError
from sonovista.simulate.listening import ListeningOptions
from sonovista.simulate.reading import ExampleReader, find_examples
from sonovista.simulate.sounds import DrySounds
from sonovista.simulate.storage.hm3d_ss import write_example
from sonovista.simulate.storage.shards import list_shards, read_shards, write_shards

SHORT = ListeningOptions(seconds=0.5)


@pytest.fixture(scope="module")
def sounds(tmp_path_factory) -> DrySounds:
    return DrySounds(write_sounds(tmp_path_factory.mktemp("sounds"), seconds=2.0))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Seven examples in two scenes, one of them for tests; and their shards, three examples each."""
    root = tmp_path_factory.mktemp("data")
    paths = [f"room-000{scene}/pair-000{pair}" for scene, pair in [(0, i) for i in range(5)] + [(1, 0), (1, 1)]]
    for i, path in enumerate(paths):
        write_example(root / path, example_with_clicks(seed=i))
    (root / "train.csv").write_text("path\n" + "".join(f"{p}\n" for p in paths[:5]))
    (root / "test.csv").write_text("path\n" + "".join(f"{p}\n" for p in paths[5:]))
    write_shards(str(root / "shards" / "train"), root, paths[:5], examples=3)
    write_shards(str(root / "shards" / "test"), root, paths[5:], examples=3)
    return root


def keys(reader: ExampleReader) -> list[str]:
    return [item.key for item in reader]


def test_a_split_is_read_in_order(data, sounds):
    reader = ExampleReader(data, sounds, SHORT, split="train")
    assert keys(reader) == [f"room-0000/pair-000{i}" for i in range(5)]
    assert len(reader) == 5
    assert keys(ExampleReader(data / "test.csv", sounds, SHORT)) == ["room-0001/pair-0000", "room-0001/pair-0001"]
    assert len(keys(ExampleReader(data, sounds, SHORT))) == 7


def test_shards_give_what_folders_give(data, sounds):
    from_folders = list(ExampleReader(data, sounds, SHORT, split="train"))
    from_shards = list(ExampleReader(data / "shards", sounds, SHORT, split="train"))
    assert [item.key for item in from_shards] == [item.key for item in from_folders]
    for one, other in zip(from_folders, from_shards, strict=True):
        np.testing.assert_array_equal(one.views, other.views)
        np.testing.assert_allclose(one.binaural, other.binaural, atol=1e-5)
        np.testing.assert_allclose(one.azimuths, other.azimuths)
        np.testing.assert_allclose(one.rotations, other.rotations)


def test_epochs_differ_when_shuffled_and_only_then(data, sounds):
    reader = ExampleReader(data, sounds, SHORT, split="train", shuffle=True, seed=1)
    first, second = list(reader), list(reader)
    assert sorted(i.key for i in first) == sorted(i.key for i in second)
    assert [i.key for i in first] != [i.key for i in second]
    again = list(ExampleReader(data, sounds, SHORT, split="train", shuffle=True, seed=1))
    np.testing.assert_array_equal(again[0].binaural, first[0].binaural)
    still = ExampleReader(data, sounds, SHORT, split="train")
    np.testing.assert_array_equal(next(iter(still)).binaural, next(iter(still)).binaural)


@pytest.mark.parametrize("where", [".", "shards"])
@pytest.mark.parametrize("count", [2, 3])
def test_readers_share_the_work(data, sounds, where, count):
    parts = [keys(ExampleReader(data / where, sounds, SHORT, split="train", part=(i, count))) for i in range(count)]
    assert sorted(key for part in parts for key in part) == [f"room-0000/pair-000{i}" for i in range(5)]


def test_the_same_examples_make_the_same_shards(data, tmp_path):
    paths = find_examples(data, "train")[1]
    one = write_shards(str(tmp_path / "a"), data, paths)
    other = write_shards(str(tmp_path / "b"), data, paths)
    assert open(one[0], "rb").read() == open(other[0], "rb").read()  # noqa: PTH123, SIM115
    with tarfile.open(one[0]) as tar:
        assert tar.getnames()[:5] == [
            f"room-0000/pair-0000.{name}"
            for name in ("json", "camera_0.png", "camera_1.png", "camera_2.png", "rirs.npz")
        ]


def test_webdataset_reads_our_shards(data):
    webdataset = pytest.importorskip("webdataset")
    shards = list_shards(str(data / "shards"))
    samples = list(webdataset.WebDataset(shards, shardshuffle=False))
    assert len(samples) == 7
    assert {"json", "camera_0.png", "rirs.npz"} <= set(samples[0])


def test_shards_are_read_over_fsspec(data):
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/shards/train-000000.tar", (data / "shards" / "train-000000.tar").read_bytes())
    shards = list_shards("memory://shards")
    assert len(list(read_shards(shards))) == 3


@pytest.mark.parametrize(
    ("source", "split", "named"),
    [
        ("nowhere", None, "nowhere: expected a folder of examples"),
        (".", "val", r"val\.csv"),
        ("shards", "val", "expected shards named val"),
    ],
)
def test_what_is_missing_is_named(data, sounds, source, split, named):
    with pytest.raises(InputError, match=named):
        ExampleReader(data / source, sounds, SHORT, split=split)


def test_tables_do_not_lead_outside(tmp_path, sounds):
    (tmp_path / "train.csv").write_text("path\n../../etc\n")
    with pytest.raises(InputError, match="within its folder"):
        ExampleReader(tmp_path, sounds, SHORT, split="train")


def test_a_damaged_shard_is_named(tmp_path, data):
    broken = tmp_path / "train-000000.tar"
    broken.write_bytes((data / "shards" / "train-000000.tar").read_bytes()[:3000])
    with pytest.raises(InputError, match=r"train-000000\.tar"):
        list(read_shards([str(broken)]))
    broken.write_bytes(b"no tar at all" * 100)
    with pytest.raises(InputError, match="expected a shard"):
        list(read_shards([str(broken)]))
