"""Stages that are finished stay finished: a run that was killed goes on from the last of them."""

import hashlib
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from sonovista.generate.stage_files import read_stage_file, write_stage_file
from sonovista.scene.document import StageRecord
from sonovista.version import __version__
from sonovista.whole_files import whole_file

T = TypeVar("T")


class Checkpoints:
    """The folder of an unfinished run: each stage's output, and the record of how it was made.

    A stage's output is taken from there only if its input's hash is the same: that covers the stage's backend and
    options, this package's version, and the hashes of the outputs that it was computed from.
    """

    def __init__(self, folder: Path, on_stage: Callable[[str, bool], None] | None = None) -> None:
        """Use `folder`, made where it is missing.

        Args:
            folder: of the run.
            on_stage: told of every stage as it begins, and whether its output was found; one at a time.
        """
        self.folder = folder
        self.records: dict[str, StageRecord] = {}
        self._on_stage = on_stage or (lambda name, found: None)
        self._telling = Lock()
        folder.mkdir(exist_ok=True)

    def run(
        self,
        name: str,
        kind: type[T],
        compute: Callable[[], T],
        *,
        backend: str,
        options: dict[str, Any],
        inputs: list[str],
        notes: Callable[[T], list[str]] = lambda value: [],
    ) -> tuple[T, str]:
        """A stage's output and its SHA-256, computed or taken from a run before; stages may run side by side.

        Args:
            name: of the stage; also of its file.
            kind: type of the output.
            compute: makes the output.
            backend: name of the backend.
            options: all that the output depends on beside `inputs`; JSON.
            inputs: SHA-256 of everything that the stage reads.
            notes: what to say of an output in the scene's record.
        """
        input_sha256 = stage_input_sha256(name, backend, options, inputs)
        path = self.folder / f"{name}.npz"
        found = self._read(path, kind, input_sha256)
        with self._telling:
            self._on_stage(name, found is not None)
        if found is not None:
            value, record = found
        else:
            start = time.perf_counter()
            value = compute()
            seconds = round(time.perf_counter() - start, 3)
            write_stage_file(path, value)
            record = StageRecord(
                name=name,
                backend=backend,
                options=options,
                seconds=seconds,
                input_sha256=input_sha256,
                output_sha256=file_sha256(path),
                notes=notes(value),
            )
            # The record is what makes the output count, so it comes last and in one step.
            with whole_file(path.with_suffix(".json")) as temporary:
                temporary.write_text(record.model_dump_json())
        self.records[name] = record
        return value, record.output_sha256

    def _read(self, path: Path, kind: type[T], input_sha256: str) -> tuple[T, StageRecord] | None:
        try:
            record = StageRecord.model_validate_json(path.with_suffix(".json").read_bytes())
            if record.input_sha256 != input_sha256 or record.output_sha256 != file_sha256(path):
                return None
            return read_stage_file(path, kind), record
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def discard(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


def stage_input_sha256(name: str, backend: str, options: dict[str, Any], inputs: list[str]) -> str:
    """SHA-256 of all that a stage's output depends on, this package's version included."""
    content = json.dumps([name, backend, options, inputs, __version__], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
