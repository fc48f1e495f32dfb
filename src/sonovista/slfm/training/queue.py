"""Many runs, one after the other: a list of YAML files with changes, resumed where it was stopped."""

from pathlib import Path
from typing import Any

import yaml

from sonovista.errors import InputError
from sonovista.slfm.config import TrainingRun, read_run


def read_queue(path: str | Path, changes: tuple[str, ...] = ()) -> list[TrainingRun]:
    """Read a list of runs.

    Args:
        path: YAML, `runs:` with entries `{config: FILE, name: NAME, set: {key: value}}`; files are relative to it.
        changes: `key=value`, made to every run, after its own.

    Raises:
        InputError: the list or a run of it is not what it should be, or two runs have one name.
    """
    path = Path(path)
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise InputError(f"{path}: expected YAML, found what cannot be read as it") from None
    entries = document.get("runs") if isinstance(document, dict) else None
    if not isinstance(entries, list) or not entries:
        raise InputError(f"{path}: runs: expected a list of runs, found {type(entries).__name__}")
    runs = [_entry(path, number, entry, changes) for number, entry in enumerate(entries)]
    names = [run.name for run in runs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{path}: runs: expected a name of its own for each, found {twice[0]!r} twice")
    return runs


def _entry(path: Path, number: int, entry: Any, changes: tuple[str, ...]) -> TrainingRun:
    if not isinstance(entry, dict) or not isinstance(entry.get("config"), str):
        raise InputError(f"{path}: runs.{number}: expected a table with `config`, found {entry!r:.60}")
    unknown = sorted(set(entry) - {"config", "name", "set"})
    if unknown:
        raise InputError(f"{path}: runs.{number}: expected config, name and set, found {unknown[0]!r}")
    own = [
        f"{key}={yaml.safe_dump(value, default_flow_style=True).strip().removesuffix('...').strip()}"
        for key, value in (entry.get("set") or {}).items()
    ]
    if "name" in entry:
        own.append(f"name={entry['name']}")
    return read_run(path.parent / entry["config"], (*own, *changes))
