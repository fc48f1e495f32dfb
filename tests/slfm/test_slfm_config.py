from importlib.resources import files

import pytest
import yaml

from sonovista.errors import InputError
from sonovista.slfm.config import read_run, run_from
from sonovista.slfm.options import PAPER, SIZES
from sonovista.slfm.training.queue import read_queue

CONFIGS = files("sonovista.slfm") / "configs"
PLACES = ("SONOROOMS", "SONOROOMS_MORE", "SPEECH", "MUSIC", "RUNS", "PANORAMAS", "KEMAR")


@pytest.fixture
def places(monkeypatch, tmp_path):
    for name in PLACES:
        monkeypatch.setenv(name, str(tmp_path / name.lower()))


def test_every_config_that_is_shipped_is_a_run_or_a_queue(places):
    names = sorted(path.name for path in CONFIGS.iterdir() if path.name.endswith(".yaml"))
    assert len(names) >= 8
    for name in names:
        path = str(CONFIGS / name)
        if name.startswith("queue"):
            assert read_queue(path)
        else:
            assert read_run(path).name == name.removesuffix(".yaml")


def test_the_tables_are_all_there(places):
    names = [run.name for run in read_queue(str(CONFIGS / "queue-tables.yaml"))]
    for table in ("t1", "t2", "t6", "t7", "t8", "t9", "probe-audio", "probe-vision"):
        assert any(name.startswith(table) for name in names), table


def test_rows_of_a_table_train_for_equal_minutes(places):
    runs = read_queue(str(CONFIGS / "queue-tables.yaml"))
    for kind in ("t2", "t6", "t7", "t8", "probe"):
        assert len({run.training.minutes for run in runs if run.name.startswith(kind)}) == 1


def test_data_is_found_by_environment_variables(monkeypatch):
    monkeypatch.delenv("SONOROOMS", raising=False)
    with pytest.raises(InputError, match="environment variable SONOROOMS"):
        read_run(str(CONFIGS / "headline.yaml"))


def test_a_size_gives_the_networks_and_the_file_changes_them(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("name: a\nsize: paper\nnetworks: {audio: {seconds: 0.51}}\n")
    run = read_run(path, ("training.batch=7", "networks.vision.stride=8"))
    assert run.networks.audio.seconds == 0.51
    assert run.networks.audio.width == PAPER.audio.width
    assert run.networks.vision.stride == 8
    assert run.training.batch == 7
    assert run_from({"name": "b"}, "b").networks == SIZES["small"]


@pytest.mark.parametrize(
    ("text", "changes", "words"),
    [
        ("name: a\nsise: small\n", (), "sise"),
        ("name: a\ntraining: {batch: 0}\n", (), "training.batch"),
        ("name: a/b\n", (), "name"),
        ("- 1\n", (), "expected a table"),
        ("{", (), "expected YAML"),
        ("name: a\n", ("training.batch",), "key=value"),
        ("name: a\n", ("name.x=1",), "name is no table"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, changes, words):
    path = tmp_path / "a.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=words):
        read_run(path, changes)


def test_a_queue_changes_its_runs_and_names_them(tmp_path):
    (tmp_path / "a.yaml").write_text("name: a\n")
    entries = [
        {"config": "a.yaml"},
        {"config": "a.yaml", "name": "b", "set": {"training.steps": 3, "start_from": None}},
    ]
    (tmp_path / "q.yaml").write_text(yaml.safe_dump({"runs": entries}))
    one, other = read_queue(tmp_path / "q.yaml", ("training.batch=2",))
    assert (one.name, other.name, other.training.steps) == ("a", "b", 3)
    assert one.training.batch == other.training.batch == 2


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"runs": []}, "expected a list of runs"),
        ({"runs": [{"name": "a"}]}, "expected a table with `config`"),
        ({"runs": [{"config": "a.yaml", "sets": {}}]}, "found 'sets'"),
        ({"runs": [{"config": "a.yaml"}, {"config": "a.yaml"}]}, "'a' twice"),
    ],
)
def test_a_wrong_queue_is_refused(tmp_path, document, words):
    (tmp_path / "a.yaml").write_text("name: a\n")
    (tmp_path / "q.yaml").write_text(yaml.safe_dump(document))
    with pytest.raises(InputError, match=words):
        read_queue(tmp_path / "q.yaml")
