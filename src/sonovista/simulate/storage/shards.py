"""WebDataset shards: tar files of examples, written and read as streams, from a folder or over the network.

Members of an example share a key, as WebDataset wants: `KEY.json`, `KEY.camera_0.png`, `KEY.rirs.npz`, and
`KEY.depth.npz` where depth is wanted. Impulse responses are those of the folder, 16-bit with a scale.
"""

import io
import json
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from sonovista.errors import InputError
from sonovista.simulate.example import Example
from sonovista.simulate.storage import hm3d_ss
from sonovista.simulate.storage.places import is_url
from sonovista.whole_files import whole_file

EXAMPLES = 256
"""In a shard."""
MOST_MEMBER_BYTES = 256 << 20
_JSON, _RESPONSES, _DEPTH = "json", "rirs.npz", "depth.npz"


def write_shards(
    target: str, root: Path, paths: Iterable[str], depth: bool = False, examples: int = EXAMPLES
) -> list[str]:
    """Put examples of a folder into shards; the same examples give the same bytes.

    Args:
        target: path or URL without an ending; `-000000.tar` and so on are added.
        root: of the examples.
        paths: of the examples, relative to it; they become the keys.
        depth: put true depth in, too, where there is any.
        examples: in a shard.

    Returns:
        Paths or URLs of the shards.

    Raises:
        InputError: an example is not what it should be, or a shard cannot be written.
    """
    shards: list[str] = []
    waiting = iter(paths)
    following = next(waiting, None)
    while following is not None:
        name = f"{target}-{len(shards):06d}.tar"
        with _writing(name) as file, tarfile.open(fileobj=file, mode="w|") as tar:
            for _ in range(examples):
                for member, data in _members(root / following, depth):
                    info = tarfile.TarInfo(f"{following.replace('.', '_')}.{member}")
                    info.size = len(data)
                    tar.addfile(info, io.BytesIO(data))
                following = next(waiting, None)
                if following is None:
                    break
        shards.append(name)
    return shards


def read_shards(shards: Iterable[str]) -> Iterator[tuple[str, Example]]:
    """Keys and examples of shards, one after the other, as they stream in.

    Raises:
        InputError: a shard cannot be read or holds something else; the message names it.
    """
    for name in shards:
        try:
            with _reading(name) as file, tarfile.open(fileobj=file, mode="r|") as tar:
                yield from _examples(name, tar)
        except (tarfile.TarError, OSError, EOFError) as error:
            raise InputError(f"{name}: expected a shard (tar), found: {' '.join(str(error).split())}") from None


def list_shards(place: str) -> list[str]:
    """The shards of a folder, of a URL, or of one file, sorted.

    Raises:
        InputError: there are none.
    """
    if is_url(place):
        files, root = _url(place)
        protocol = place.split("://", 1)[0]
        found = [place] if place.endswith(".tar") else [f"{protocol}://{p}" for p in files.glob(f"{root}/*.tar")]
    else:
        path = Path(place)
        found = [str(path)] if path.is_file() else [str(p) for p in path.glob("*.tar")]
    if not found:
        raise InputError(f"{place}: expected shards (.tar), found none")
    return sorted(found)


def _members(folder: Path, depth: bool) -> Iterator[tuple[str, bytes]]:
    """What a shard holds of an example's folder."""
    example = hm3d_ss.read_example(folder)
    ours = hm3d_ss.read_record(folder)
    scale = float(ours.get("rir_scale", 1.0))
    data = {"metadata": json.loads((folder / "metadata.json").read_text(encoding="utf-8")), "sonovista": ours}
    yield _JSON, json.dumps(data, separators=(",", ":"), allow_nan=False).encode()
    for camera in range(len(example.images)):
        yield f"camera_{camera}.png", (folder / f"camera_{camera}_rgb.png").read_bytes()
    packed = io.BytesIO()
    integers = {
        name: np.clip(np.rint(getattr(example, name) * (scale * 32768.0)), -32768, 32767).astype(np.int16)
        for name in ("direct", "indirect")
    }
    np.savez_compressed(packed, allow_pickle=False, scale=np.float64(scale), **integers)
    yield _RESPONSES, packed.getvalue()
    if depth and (folder / hm3d_ss.DEPTH).exists():
        yield _DEPTH, (folder / hm3d_ss.DEPTH).read_bytes()


def _examples(name: str, tar: tarfile.TarFile) -> Iterator[tuple[str, Example]]:
    key, parts = "", {}
    for info in tar:
        if not info.isfile():
            continue
        folder, _, base = info.name.rpartition("/")
        stem, _, member = base.partition(".")
        found = f"{folder}/{stem}" if folder else stem
        if info.size > MOST_MEMBER_BYTES:
            raise InputError(f"{name}: {info.name}: expected at most {MOST_MEMBER_BYTES >> 20} MiB")
        if found != key and parts:
            yield key, _unpacked(f"{name}: {key}", parts)
            parts = {}
        key = found
        content = tar.extractfile(info)
        parts[member] = content.read() if content is not None else b""
    if parts:
        yield key, _unpacked(f"{name}: {key}", parts)


def _unpacked(where: str, parts: dict[str, bytes]) -> Example:
    try:
        data = json.loads(parts[_JSON])
        pictures = [hm3d_ss.decode_picture(where, parts[f"camera_{c}.png"]) for c in range(_cameras(parts))]
        with np.load(io.BytesIO(parts[_RESPONSES]), allow_pickle=False) as archive:
            factor = 1.0 / (32768.0 * float(archive["scale"]))
            direct, indirect = (
                archive[kind].astype(np.float32) * np.float32(factor) for kind in ("direct", "indirect")
            )
        depth = None
        if _DEPTH in parts:
            with np.load(io.BytesIO(parts[_DEPTH]), allow_pickle=False) as archive:
                depth = archive["metres"].astype(np.float32)
        return hm3d_ss.example_of(where, data["metadata"], data["sonovista"], pictures, direct, indirect, depth)
    except (KeyError, ValueError, TypeError, OSError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{where}: expected an example, found: {error!r}") from None


def _cameras(parts: dict[str, bytes]) -> int:
    return sum(name.startswith("camera_") for name in parts)


@contextmanager
def _writing(name: str) -> Iterator[IO[bytes]]:
    """A file that takes its name once it is whole."""
    if is_url(name):
        files, path = _url(name)
        files.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
        with files.open(path, "wb") as file:
            yield file
        return
    with whole_file(name) as temporary:
        temporary.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            yield file


@contextmanager
def _reading(name: str) -> Iterator[IO[bytes]]:
    if is_url(name):
        files, path = _url(name)
        with files.open(path, "rb") as file:
            yield file
        return
    with Path(name).open("rb") as file:
        yield file


def _url(url: str) -> tuple[Any, str]:
    from sonovista.simulate.storage.places import filesystem

    return filesystem(url)
