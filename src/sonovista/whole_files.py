"""Files that are written whole or not at all: under another name first, then renamed."""

import errno
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sonovista.errors import InputError

FULL = (errno.ENOSPC, errno.EDQUOT)
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
TOO_LARGE = (errno.EFBIG,)
"""What a machine may refuse, by error number: no fault of the program."""


def refusal(error: OSError, place: str | Path) -> str:
    """One line that says why nothing could be written to a place."""
    if error.errno in FULL:
        return f"{place}: expected room on the disk, found it full"
    if error.errno in FORBIDDEN:
        return f"{place}: expected permission to write, found none"
    if error.errno in TOO_LARGE:
        return f"{place}: expected room for the file, found it too large for this disk or for the limit on file sizes"
    return f"{place}: cannot be written: {error.strerror or error}"


@contextmanager
def whole_file(path: str | Path, to_disk: bool = False) -> Iterator[Path]:
    """Give a name beside `path` to write to; what was written there becomes `path` when the block ends well.

    A block that fails, or a process that is killed, leaves `path` as it was.

    Args:
        path: of the file.
        to_disk: wait until the file has reached the disk.

    Raises:
        InputError: the file cannot be written; its cause is the `OSError`.
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
        raise InputError(refusal(error, path)) from error
    finally:
        with suppress(OSError):  # what went wrong before is what counts
            temporary.unlink()
