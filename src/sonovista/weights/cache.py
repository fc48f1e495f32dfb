"""The folder in which weights are kept, and getting them there, checked."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from platformdirs import user_cache_path

from sonovista.errors import BackendUnavailable
from sonovista.weights.origins import fetch
from sonovista.weights.registry import Weights

OFFLINE = "SONOVISTA_OFFLINE"
"""With this environment variable at 1, nothing is ever fetched."""
FOLDER = "SONOVISTA_WEIGHTS"
"""With this environment variable, weights are kept in another folder than the platform's."""

Report = Callable[[str], None]
"""Takes a line that says what is being done."""


def cache_folder() -> Path:
    """Where weights are kept."""
    named = os.environ.get(FOLDER)
    return Path(named) if named else user_cache_path("sonovista") / "weights"


def cached(weights: Weights) -> Path:
    """Where the file of these weights is, or would be."""
    return cache_folder() / weights.file_name


def is_whole(weights: Weights, path: Path) -> bool:
    """Whether a file has the size and the checksum of these weights."""
    if not path.is_file() or (facts := path.stat()).st_size != weights.size:
        return False
    return _sha256_once(path, facts.st_ino, facts.st_mtime_ns, facts.st_ctime_ns) == weights.sha256


@lru_cache(maxsize=32)
def _sha256_once(path: Path, *_version: int) -> str:
    """A file that has not changed since is not read again by the same process."""
    return sha256_of(path)


def sha256_of(path: Path) -> str:
    """Checksum of a file, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def pull(weights: Weights, report: Report = lambda line: None) -> Path:
    """The file of these weights, fetched where it is missing or broken.

    The file appears in the cache only when it is whole and its checksum is right; one that is broken is replaced.

    Args:
        weights: from the registry.
        report: told what is done.

    Returns:
        Path of the file in the cache.

    Raises:
        BackendUnavailable: it is not there, and no origin could give it or nothing may be fetched.
    """
    path = cached(weights)
    if is_whole(weights, path):
        return path
    forbidden = os.environ.get(OFFLINE, "") not in ("", "0")
    broken = path.exists()
    if broken and not forbidden:
        report(f"{path}: expected the SHA-256 {weights.sha256[:12]}..., found another; fetched anew")
    if forbidden:
        where = f"{path} is broken" if broken else f"the weights {weights.name} are not on this machine"
        raise BackendUnavailable(
            f"{where} and {OFFLINE} forbids fetching: run `sonovista models pull {weights.name}` with a network"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    failures = []
    with tempfile.TemporaryDirectory(prefix=".fetching-", dir=path.parent) as folder:
        for origin in weights.origins:
            report(f"{weights.name}: {weights.size / 1e6:.0f} MB from {origin}")
            arrived = Path(folder) / weights.file_name
            try:
                fetch(origin, arrived, weights.size)
            except OSError as error:
                failures.append(f"{origin}: {error}")
                continue
            if is_whole(weights, arrived):
                arrived.replace(path)
                return path
            failures.append(f"{origin}: the file that came is not the one that is known")
    raise BackendUnavailable(f"the weights {weights.name} could not be fetched: {'; '.join(failures)}")


def remove_leftovers() -> None:
    """Delete what killed runs have left of fetching."""
    for folder in cache_folder().glob(".fetching-*"):
        shutil.rmtree(folder, ignore_errors=True)
