"""Where examples are kept: a folder, or anything that fsspec reaches (S3, GCS)."""

import shutil
import tempfile
from pathlib import Path
from typing import Any, Protocol

from sonovista.errors import BackendUnavailable, InputError
from sonovista.simulate.example import Example
from sonovista.simulate.storage.hm3d_ss import write_example
from sonovista.whole_files import refusal, whole_file


class Store(Protocol):
    """Keeps examples by their paths."""

    def exists(self, path: str) -> bool:
        """Whether a whole example is there."""
        ...

    def write(self, path: str, example: Example) -> None:
        """Put an example there: whole or not at all."""
        ...

    def write_text(self, path: str, text: str) -> None:
        """Put a file there, in place of one that is there."""
        ...

    def read_text(self, path: str) -> str | None:
        """A file's text, None where there is none."""
        ...


def open_store(out: str) -> Store:
    """The store of a folder or a URL.

    Raises:
        BackendUnavailable: fsspec, or its part for this kind of URL, is not installed.
    """
    return RemoteStore(out) if is_url(out) else LocalStore(Path(out))


def is_url(out: str) -> bool:
    """Whether it names a place by a protocol, as in `s3://bucket/folder`."""
    return "://" in out


class LocalStore:
    """A folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def exists(self, path: str) -> bool:
        """Whether its folder is there: it is renamed to its name once it is whole."""
        return (self.root / path).is_dir()

    def write(self, path: str, example: Example) -> None:
        """Write the folder."""
        write_example(self.root / path, example)

    def write_text(self, path: str, text: str) -> None:
        """Write a file under another name, then rename it."""
        target = self.root / path
        with whole_file(target) as temporary:
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(text, encoding="utf-8")

    def read_text(self, path: str) -> str | None:
        """Read a file."""
        try:
            return (self.root / path).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{self.root / path}: cannot be read: {error}") from None


class RemoteStore:
    """A URL: examples are written here, then copied there, what says that they are whole last."""

    _LAST = "metadata.json"

    def __init__(self, url: str) -> None:
        self._files, self.root = filesystem(url)

    def exists(self, path: str) -> bool:
        """Whether the file that is copied last is there."""
        return bool(self._files.exists(f"{self.root}/{path}/{self._LAST}"))

    def write(self, path: str, example: Example) -> None:
        """Copy the folder's files."""
        temporary = Path(tempfile.mkdtemp(prefix="sonovista-"))
        try:
            write_example(temporary / "pair", example)
            files = sorted(p for p in (temporary / "pair").rglob("*") if p.is_file())
            for file in sorted(files, key=lambda p: p.name == self._LAST):
                target = f"{self.root}/{path}/{file.relative_to(temporary / 'pair').as_posix()}"
                self._files.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
                self._files.put_file(str(file), target)
        except OSError as error:
            raise InputError(refusal(error, f"{self.root}/{path}")) from error
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def write_text(self, path: str, text: str) -> None:
        """Write a file."""
        self._files.makedirs(self.root, exist_ok=True)
        self._files.pipe_file(f"{self.root}/{path}", text.encode())

    def read_text(self, path: str) -> str | None:
        """Read a file."""
        try:
            return self._files.cat_file(f"{self.root}/{path}").decode()
        except FileNotFoundError:
            return None


def filesystem(url: str) -> tuple[Any, str]:
    """The fsspec file system of a URL, and the path in it.

    Raises:
        BackendUnavailable: fsspec, or its part for this kind of URL, is not installed.
        InputError: not such a URL.
    """
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise BackendUnavailable(f"{url}: needs fsspec: pip install 'sonovista[cloud]'") from error
    try:
        return url_to_fs(url)
    except ImportError as error:
        raise BackendUnavailable(f"{url}: {error}; pip install 'sonovista[cloud]'") from error
    except ValueError as error:
        raise InputError(f"{url}: expected a URL that fsspec knows, found: {error}") from None
