"""A whole simulation: checked, made by an engine, gone on with after an interruption, summed up."""

import csv
import fcntl
import hashlib
import io
import json
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from sonovista.errors import InputError
from sonovista.simulate.heads import load_head
from sonovista.simulate.options import SPLITS, SimulationOptions, checked_options
from sonovista.simulate.plan import blocks, example_path
from sonovista.simulate.same_places import with_places
from sonovista.simulate.storage.places import is_url, open_store
from sonovista.simulate.work import BlockReport
from sonovista.simulate.worlds import check_files, scene_files, scene_names
from sonovista.whole_files import refusal

DESCRIPTION = "simulation.json"
FAILURES = "failures.json"
_FORMAT = 1


@dataclass
class Summary:
    """What became of a simulation.

    Attributes:
        wanted: examples in all.
        made: by this run.
        found: that earlier runs had made.
        failures: path and reason of each that could not be made.
    """

    wanted: int
    made: int = 0
    found: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)


def simulate(
    out: str | Path,
    options: SimulationOptions,
    *,
    engine: Literal["local", "ray"] = "local",
    workers: int = 1,
    address: str | None = None,
    splits: Collection[str] = SPLITS,
    progress: Callable[[Summary], None] | None = None,
) -> Summary:
    """Make every example that is not there yet; the bytes depend on the options alone.

    Args:
        out: folder, or URL that fsspec understands. One that holds a simulation with other options is refused.
        options: of the simulation.
        engine: local processes or a Ray cluster.
        workers: processes of the local engine.
        address: of the Ray cluster.
        splits: that are made; the others may follow later.
        progress: told how far it is after each block.

    Raises:
        InputError: something that was given cannot be used; the message names it.
        BackendUnavailable: a library is missing.
    """
    files = scene_files(options)
    check_files(options, files)
    options = with_places(options, files)
    for of in options.sets:
        load_head(of.head)
    place = str(out)
    with _locked(place):
        _describe(place, options)
        wanted = sum(len(block.items) for block in blocks(options, splits))
        summary = Summary(wanted)

        def report(done: BlockReport) -> None:
            summary.made += done.made
            summary.found += done.found
            summary.failures += done.failures
            if progress is not None:
                progress(summary)

        if engine == "ray":
            from sonovista.simulate.engines.ray import run_ray

            run_ray(options, place, blocks(options, splits), report, address)
        else:
            from sonovista.simulate.engines.local import run_local

            run_local(options, place, blocks(options, splits), report, workers)
        summary.failures.sort()
        _sum_up(place, options, files, summary, splits)
    return summary


def read_description(out: str | Path) -> SimulationOptions:
    """The options of a simulation that is there.

    Raises:
        InputError: there is none, or its description is not one.
    """
    text = open_store(str(out)).read_text(DESCRIPTION)
    where = f"{out}/{DESCRIPTION}"
    if text is None:
        raise InputError(f"{where}: expected a simulation's description, found nothing")
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: expected JSON, found: {error}") from None
    if not isinstance(data, dict) or not isinstance(data.get("options"), dict) or data.get("format") != _FORMAT:
        raise InputError(f"{where}: expected a description of format {_FORMAT}, found another one")
    return checked_options(data["options"], where)


def example_paths(options: SimulationOptions, files: list[Path], split: str, set_name: str) -> Iterator[str]:
    """Paths of the examples of a split and a set, relative to the simulation's folder, in order."""
    of = next(item for item in options.sets if item.name == set_name)
    if split not in of.splits:
        return
    for scene, name in enumerate(scene_names(options, files)):
        if options.split_of(scene) == split:
            for number in range(of.examples):
                yield example_path(of, name, number)


def folder_digest(root: Path, paths: Iterator[str]) -> str:
    """SHA-256 over examples: over the sorted lines `sha256 of file, path`, hexadecimal."""
    lines = [
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(root).as_posix()}\n"
        for path in paths
        for file in (root / path).rglob("*")
        if file.is_file()
    ]
    return hashlib.sha256("".join(sorted(lines, key=lambda line: line[66:])).encode()).hexdigest()


def _comparable(options: SimulationOptions) -> dict[str, Any]:
    # Folders may be elsewhere on another machine.
    return options.model_dump(mode="json", exclude={"folder", "photographs", "place_table"})


def _describe(out: str, options: SimulationOptions) -> None:
    """Write what is to be made, or hold it against what stands there."""
    store = open_store(out)
    if store.read_text(DESCRIPTION) is None:
        document = {"format": _FORMAT, "options": options.model_dump(mode="json")}
        store.write_text(DESCRIPTION, json.dumps(document, indent=1) + "\n")
        return
    there, wanted = _comparable(read_description(out)), _comparable(options)
    for name, value in wanted.items():
        if there[name] != value:
            raise InputError(
                f"{out}: holds a simulation with {name} {_short(there[name])}, found {_short(value)}: "
                "take another folder, or the same options to go on"
            )


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 80 else text[:77] + "..."


@contextmanager
def _locked(out: str) -> Iterator[None]:
    """One run at a time in a folder; what a killed one left half-written is cleared away."""
    if is_url(out):
        yield
        return
    root = Path(out)
    if root.exists() and not root.is_dir():
        raise InputError(f"{root}: expected a new folder or one of a simulation, found a file")
    try:
        root.mkdir(parents=True, exist_ok=True)
        if any(root.iterdir()) and not (root / DESCRIPTION).exists() and not (root / ".lock").exists():
            raise InputError(f"{root}: expected a new folder or one of a simulation, found something else in it")
        lock = (root / ".lock").open("w")
    except OSError as error:
        raise InputError(refusal(error, root)) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise InputError(f"{root}: another run is at work here") from None
        for depth in ("*/.*.part", "*/*/.*.part"):
            for leftover in root.glob(depth):
                shutil.rmtree(leftover, ignore_errors=True)
        yield


def _sum_up(out: str, options: SimulationOptions, files: list[Path], summary: Summary, splits: Collection[str]) -> None:
    """Write the CSV file of every set and split, and the failures."""
    store = open_store(out)
    failed = {path for path, _ in summary.failures}
    for of in options.sets:
        for split in splits:
            paths = [p for p in example_paths(options, files, split, of.name) if p not in failed]
            if not paths:
                continue
            text = io.StringIO()
            writer = csv.writer(text, lineterminator="\n")
            writer.writerow(["path"])
            writer.writerows([path] for path in paths)
            store.write_text("-".join(part for part in (of.name, split) if part) + ".csv", text.getvalue())
    if summary.failures:
        rows = [{"path": path, "reason": reason} for path, reason in summary.failures]
        store.write_text(FAILURES, json.dumps(rows, indent=1) + "\n")
    elif store.read_text(FAILURES) is not None:
        store.write_text(FAILURES, "[]\n")
