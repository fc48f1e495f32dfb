"""Files that are written whole or not at all: under another name first, then renamed."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sonovista.errors import InputError


@contextmanager
def whole_file(path: str | Path, to_disk: bool = False) -> Iterator[Path]:
    """Give a name beside `path` to write to; what was written there becomes `path` when the block ends well.

    A block that fails, or a process that is killed, leaves `path` as it was.

    Args:
        path: of the file.
        to_disk: wait until the file has reached the disk.

    Raises:
        InputError: the file cannot be written.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        yield temporary
        if to_disk:
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from None
    finally:
        temporary.unlink(missing_ok=True)
