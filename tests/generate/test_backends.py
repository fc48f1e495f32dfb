from collections.abc import Callable
from pathlib import Path

import pytest

from sonovista.errors import BackendUnavailable
from sonovista.generate import backends
from sonovista.generate.backends import (
    BACKEND_WEIGHTS,
    BACKENDS,
    HELPFUL_WEIGHTS,
    PROFILES,
    choose_backends,
    weights_of,
    with_weights,
)
from sonovista.weights.cache import cached
from sonovista.weights.registry import REGISTRY, Weights


@pytest.fixture
def no_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty cache and no network."""
    monkeypatch.setenv("SONOVISTA_OFFLINE", "1")
    monkeypatch.setenv("SONOVISTA_WEIGHTS", str(tmp_path))


def test_the_classical_profile_needs_no_weights() -> None:
    assert not [item for item in PROFILES["classical"].items() if item in BACKEND_WEIGHTS]


def test_the_offline_profile_prefers_what_is_learned() -> None:
    for stage, names in BACKENDS.items():
        assert PROFILES["offline"][stage] == ("learned" if "learned" in names else next(iter(names)))


def test_what_needs_weights_is_in_the_tables() -> None:
    known = {weights.name for weights in REGISTRY}
    for (stage, name), weights in BACKEND_WEIGHTS.items():
        assert name in BACKENDS[stage]
        assert set(weights) <= known
        helpful = HELPFUL_WEIGHTS.get((stage, name), ())
        assert set(helpful) <= known
        assert set(weights) <= {entry.name for entry in weights_of(stage, name)} <= {*weights, *helpful}


def test_weights_that_only_help_are_done_without_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SONOVISTA_WEIGHTS", str(tmp_path))

    def pull(weights: Weights, report: Callable[[str], None]) -> Path:
        if weights.name == "efficientnet-lite0":
            raise BackendUnavailable("no network")
        return tmp_path

    monkeypatch.setattr(backends, "pull", pull)
    chosen = choose_backends("offline", {})
    told: list[str] = []
    notes = ["less is known in regions (learned), understanding (learned): no network"]
    assert with_weights(chosen, {"understanding"}, told.append) == (chosen, notes)
    assert told == notes
    assert "efficientnet-lite0" not in {weights.name for weights in weights_of("understanding", "learned")}


@pytest.mark.usefixtures("no_weights")
def test_without_weights_the_classical_methods_run_and_say_so_once() -> None:
    told: list[str] = []
    settled, notes = with_weights(choose_backends("offline", {}), (), told.append)
    assert settled == {
        stage: PROFILES["classical"][stage] if (stage, name) in BACKEND_WEIGHTS else name
        for stage, name in PROFILES["offline"].items()
    }
    assert told == notes
    assert len(notes) == len(set(notes)) > 0
    assert any("regions" in line and "SONOVISTA_OFFLINE" in line for line in notes)


@pytest.mark.usefixtures("no_weights")
def test_a_backend_that_the_user_named_is_never_replaced() -> None:
    overrides = {"regions": "learned"}
    with pytest.raises(BackendUnavailable, match=r"regions \(learned\)"):
        with_weights(choose_backends("classical", overrides), overrides)


def test_where_weights_are_at_hand_nothing_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "pull", lambda weights, report: Path())
    chosen = choose_backends("offline", {})
    assert with_weights(chosen, ()) == (chosen, [])


def test_broken_weights_without_a_network_are_refused_and_the_classical_methods_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SONOVISTA_OFFLINE", "1")
    monkeypatch.setenv("SONOVISTA_WEIGHTS", str(tmp_path))
    for weights in weights_of("regions", "learned"):
        cached(weights).write_bytes(b"not what was fetched")
    told: list[str] = []
    settled, notes = with_weights(choose_backends("offline", {}), (), told.append)
    assert settled["regions"] == PROFILES["classical"]["regions"]
    assert [line for line in notes if "regions" in line and "\n" not in line]
    with pytest.raises(BackendUnavailable, match="SONOVISTA_OFFLINE"):
        with_weights(choose_backends("classical", {"regions": "learned"}), {"regions": "learned"})
