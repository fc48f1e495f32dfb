"""A stage's output survives its file, is taken again only for the same input, and is never taken half-written."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sonovista.generate.checkpoints import Checkpoints
from sonovista.generate.stage_files import read_stage_file, write_stage_file


@dataclass(frozen=True)
class Thing:
    name: str
    weight: NDArray[np.float32] | None
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class Output:
    value: float
    flag: bool
    array: NDArray[np.int32]
    things: list[Thing]
    maybe: float | None


@pytest.fixture
def output() -> Output:
    things = [Thing("bird", np.ones((2, 3), np.float32), ("sky", "rock")), Thing("wind", None, ())]
    return Output(np.float64(1.5), True, np.arange(4, dtype=np.int32), things, None)  # pyright: ignore[reportArgumentType]


def test_a_stage_file_gives_back_what_was_written(tmp_path: Path, output: Output) -> None:
    write_stage_file(tmp_path / "stage.npz", output)
    read = read_stage_file(tmp_path / "stage.npz", Output)
    assert (read.value, read.flag, read.maybe) == (1.5, True, None)
    np.testing.assert_array_equal(read.array, output.array)
    assert read.array.dtype == np.int32
    assert read.things[0].hosts == ("sky", "rock")
    assert read.things[1].weight is None
    np.testing.assert_array_equal(read.things[0].weight, output.things[0].weight)


def test_what_cannot_be_stored_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="object"):
        write_stage_file(tmp_path / "stage.npz", object())


class Counter:
    def __init__(self, output: Output) -> None:
        self.calls = 0
        self.output = output

    def __call__(self) -> Output:
        self.calls += 1
        return self.output


def run(folder: Path, compute: Counter, *, backend: str = "one", seed: int = 0, given: str = "abc") -> str:
    _, sha256 = Checkpoints(folder).run(
        "stage", Output, compute, backend=backend, options={"seed": seed}, inputs=[given]
    )
    return sha256


def test_a_finished_stage_is_not_computed_again(tmp_path: Path, output: Output) -> None:
    compute = Counter(output)
    first = run(tmp_path, compute)
    assert run(tmp_path, compute) == first
    assert compute.calls == 1


@pytest.mark.parametrize("change", [{"backend": "two"}, {"seed": 1}, {"given": "abd"}])
def test_another_input_is_computed_again(tmp_path: Path, output: Output, change: dict[str, str | int]) -> None:
    compute = Counter(output)
    run(tmp_path, compute)
    run(tmp_path, compute, **change)  # pyright: ignore[reportArgumentType]
    assert compute.calls == 2


@pytest.mark.parametrize("name", ["stage.npz", "stage.json"])
@pytest.mark.parametrize("damage", ["half", "gone", "flipped"])
def test_a_damaged_stage_is_computed_again(tmp_path: Path, output: Output, name: str, damage: str) -> None:
    compute = Counter(output)
    run(tmp_path, compute)
    path = tmp_path / name
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    elif damage == "half":
        path.write_bytes(content[: len(content) // 2])
    else:
        path.write_bytes(bytes([content[0] ^ 0xFF]) + content[1:])
    run(tmp_path, compute)
    assert compute.calls == 2


def test_a_stage_that_fails_leaves_nothing_that_counts(tmp_path: Path, output: Output) -> None:
    def fail() -> Output:
        raise OSError("no space left")

    with pytest.raises(OSError, match="space"):
        Checkpoints(tmp_path).run("stage", Output, fail, backend="one", options={"seed": 0}, inputs=["abc"])
    compute = Counter(output)
    run(tmp_path, compute)
    assert compute.calls == 1
