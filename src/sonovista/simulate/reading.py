"""Examples to learn from, read from a simulation's folder, the original data, or shards, and listened to on the way."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sonovista.errors import InputError
from sonovista.simulate.example import Example
from sonovista.simulate.listening import HeardExample, ListeningOptions, listen
from sonovista.simulate.sounds import DrySounds
from sonovista.simulate.storage.hm3d_ss import read_example
from sonovista.simulate.storage.places import is_url
from sonovista.simulate.storage.shards import list_shards, read_shards

SHUFFLE_BUFFER = 256
"""Examples among which those of shards are shuffled."""


class ExampleReader:
    """Goes through the examples of a simulation, epoch after epoch, each time with other sounds.

    Iterating gives `HeardExample`s. One pass is one epoch; `epoch` is counted on by each. An epoch depends on the seed,
    its number and the examples alone, not on how many readers share the work.

    Args:
        source: folder of a simulation or of the original data (with folders `pair-NNNN`), a CSV file with a `path`
            column, a shard, or a folder or URL of shards.
        sounds: a folder of dry sounds.
        options: how examples are listened to.
        split: reads `[set-]SPLIT.csv` or shards `[set-]SPLIT-NNNNNN.tar`; None reads all there is.
        set_name: of a simulation with several sets.
        seed: of excerpts, moments, levels, noise and order.
        shuffle: another order each epoch; where False, epochs are in order and all alike.
        part: index and number of readers that share the work, each with examples of its own.

    Raises:
        InputError: no examples are found, or no sounds.
    """

    def __init__(
        self,
        source: str | Path,
        sounds: DrySounds | str | Path,
        options: ListeningOptions | None = None,
        *,
        split: str | None = None,
        set_name: str = "",
        seed: int = 0,
        shuffle: bool = False,
        part: tuple[int, int] = (0, 1),
    ) -> None:
        self.sounds = sounds if isinstance(sounds, DrySounds) else DrySounds(sounds)
        self.options = options or ListeningOptions()
        self.seed, self.shuffle, self.part = seed, shuffle, part
        self.epoch = 0
        prefix = "-".join(piece for piece in (set_name, split) if piece)
        self.root: Path = Path()
        self.paths: list[str] = []
        self.shards = _find_shards(str(source), prefix)
        if not self.shards:
            self.root, self.paths = find_examples(source, prefix)

    def __len__(self) -> int:
        """How many examples an epoch has, all readers together; shards must be gone through to know.

        Raises:
            TypeError: of shards.
        """
        if self.shards:
            raise TypeError("the number of examples in shards is known only after they were read")
        return len(self.paths)

    def __iter__(self) -> Iterator[HeardExample]:
        number = self.epoch if self.shuffle else 0
        self.epoch += 1
        for key, example in self._examples(number):
            # Seeded by what it is, so that neither order nor the number of readers counts.
            rng = np.random.default_rng([self.seed, number, *key.encode()])
            yield listen(example, self.sounds, self.options, rng, key)

    def _examples(self, epoch: int) -> Iterator[tuple[str, Example]]:
        rng = np.random.default_rng([self.seed, epoch])
        index, count = self.part
        if not self.shards:
            order = rng.permutation(len(self.paths)) if self.shuffle else range(len(self.paths))
            for i in list(order)[index::count]:
                yield self.paths[i], read_example(self.root / self.paths[i])
            return
        shards = [self.shards[i] for i in rng.permutation(len(self.shards))] if self.shuffle else self.shards
        if len(shards) >= count:
            stream = read_shards(shards[index::count])
        else:
            stream = (item for i, item in enumerate(read_shards(shards)) if i % count == index)
        yield from _shuffled(stream, rng) if self.shuffle else stream


def find_examples(source: str | Path, prefix: str = "") -> tuple[Path, list[str]]:
    """Folder of a simulation or of the original data, and the paths of examples in it, sorted.

    Args:
        source: that folder, or a CSV file in it with a `path` column.
        prefix: name of a CSV file in it without its ending; empty for all examples.

    Raises:
        InputError: there are none.
    """
    source = Path(source)
    table = source if source.suffix == ".csv" else source / f"{prefix}.csv" if prefix else None
    if table is not None:
        paths = _read_table(table)
        return table.parent, paths
    if not source.is_dir():
        raise InputError(f"{source}: expected a folder of examples, found {'a file' if source.exists() else 'nothing'}")
    paths = sorted(p.parent.relative_to(source).as_posix() for p in source.rglob("metadata.json"))
    paths = [path for path in paths if not any(piece.startswith(".") and piece != "." for piece in path.split("/"))]
    if not paths:
        raise InputError(f"{source}: expected examples (folders with metadata.json), found none")
    return source, paths


def _read_table(table: Path) -> list[str]:
    import csv

    try:
        with table.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{table}: expected a CSV file of examples, found: {error}") from None
    if not rows or "path" not in rows[0]:
        raise InputError(f"{table}: expected a column 'path', found {', '.join(rows[0]) if rows else 'no rows'}")
    paths = [row["path"] or "" for row in rows]
    for path in paths:
        if not path or Path(path).is_absolute() or ".." in Path(path).parts:
            raise InputError(f"{table}: expected paths within its folder, found {path!r}")
    return paths


def _find_shards(source: str, prefix: str) -> list[str]:
    if not (is_url(source) or source.endswith(".tar") or any(Path(source).glob("*.tar"))):
        return []
    shards = list_shards(source)
    if source.endswith(".tar") or not prefix:
        return shards
    wanted = [name for name in shards if name.rsplit("/", 1)[-1].rpartition("-")[0] == prefix]
    if not wanted:
        raise InputError(f"{source}: expected shards named {prefix}-000000.tar and so on, found none")
    return wanted


def _shuffled(stream: Iterator[tuple[str, Example]], rng: np.random.Generator) -> Iterator[tuple[str, Example]]:
    """Of a buffer of the last examples, any next."""
    buffer: list[tuple[str, Example]] = []
    for item in stream:
        buffer.append(item)
        if len(buffer) >= SHUFFLE_BUFFER:
            place = rng.integers(len(buffer))
            buffer[place], buffer[-1] = buffer[-1], buffer[place]
            yield buffer.pop()
    while buffer:
        place = rng.integers(len(buffer))
        buffer[place], buffer[-1] = buffer[-1], buffer[place]
        yield buffer.pop()
