"""Examples from folders of HM3D-SS or of the simulator, with sounds put into their rooms as training wants them."""

from functools import lru_cache
from itertools import count, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonovista.errors import InputError
from sonovista.simulate.example import Example
from sonovista.simulate.storage.hm3d_ss import read_example
from sonovista.simulate.storage.shards import list_shards, read_shards
from sonovista.slfm.angles import wrapped
from sonovista.slfm.features.pictures import jittered, noise_like
from sonovista.slfm.streams.procedural import ViewOptions, heard
from sonovista.slfm.streams.protocol import Views
from sonovista.slfm.streams.sounds import SAMPLE_RATE, Sounds, moments


class StoredStream:
    """Views of stored places, with a sound of its own each time.

    Args:
        folder: looked through for folders with a `metadata.json`, or a CSV file with a `path` column whose paths are
            relative to it.
        sounds: clean ones.
        options: of the views; sizes and rotations are those of the files.
        seed: decides, with an example's number, which sound is heard when.
        kept: examples kept in memory.

    Raises:
        InputError: there are no examples.
    """

    def __init__(
        self, folder: str | Path, sounds: Sounds, options: ViewOptions | None = None, seed: int = 0, kept: int = 256
    ) -> None:
        self.folders = example_folders(folder)
        self.sounds, self.options, self.seed = sounds, options or ViewOptions(), seed
        self._read = lru_cache(maxsize=kept)(read_example)

    def __len__(self) -> int:
        return len(self.folders)

    def example(self, index: int) -> Views:
        """The example of a number: stored ones in an order that is drawn anew for each pass over all of them."""
        turn, place = divmod(index, len(self.folders))
        order = np.random.default_rng([self.seed, turn]).permutation(len(self.folders))
        folder = self.folders[int(order[place])]
        return views_of(
            self._read(folder), self.sounds, self.options, np.random.default_rng([self.seed, index]), str(folder)
        )


class ShardStream:
    """Views of places stored in shards, read one after the other, again and again.

    An example that was passed by, as when training resumes, is reached by reading all before it.

    Args:
        source: a shard, or a folder or URL of shards.
        sounds: clean ones.
        options: of the views; sizes and rotations are those of the files.
        seed: decides, with an example's number, which sound is heard when.
    """

    def __init__(self, source: str | Path, sounds: Sounds, options: ViewOptions | None = None, seed: int = 0) -> None:
        self.shards = list_shards(str(source))
        self.sounds, self.options, self.seed = sounds, options or ViewOptions(), seed
        self._restart()

    def _restart(self) -> None:
        self._next = 0
        self._stored = (item for _ in count() for item in read_shards(self.shards))

    def example(self, index: int) -> Views:
        """The example of a number; numbers that rise cost least."""
        if index < self._next:
            self._restart()
        key, stored = next(islice(self._stored, index - self._next, None))
        self._next = index + 1
        return views_of(stored, self.sounds, self.options, np.random.default_rng([self.seed, index]), key)


def holds_shards(source: str | Path) -> bool:
    """Whether a source is a shard, or a folder or URL of shards."""
    return "://" in str(source) or str(source).endswith(".tar") or any(Path(source).glob("*.tar"))


def views_of(stored: Example, sounds: Sounds, options: ViewOptions, rng: np.random.Generator, name: str) -> Views:
    """Views of a stored example, the first one and others drawn, with a sound in it.

    Raises:
        InputError: it has fewer views than wanted.
    """
    if len(stored.images) < options.views:
        raise InputError(f"{name}: expected at least {options.views} views, found {len(stored.images)}")
    views = [0, *(int(view) for view in 1 + rng.permutation(len(stored.images) - 1)[: options.views - 1])]
    images = stored.images[views]
    if options.jitter > 0.0:
        images = np.stack([jittered(image, rng, options.jitter) for image in images])
    yaws = stored.viewpoints.yaws[views]
    binaural = _heard_at(stored, views, sounds, options, rng)
    return Views(images, binaural, stored.viewpoints.azimuths[0, views], wrapped(yaws - yaws[0]))


def _heard_at(
    stored: Example, views: list[int], sounds: Sounds, options: ViewOptions, rng: np.random.Generator
) -> NDArray[np.float32]:
    samples = round(options.seconds * SAMPLE_RATE)
    out = np.zeros((len(views), 2, samples), np.float32)
    for source in range(len(stored.direct)):
        sound = sounds.piece(rng, 3 * samples + SAMPLE_RATE)
        starts = moments(rng, len(views), samples, len(sound) - SAMPLE_RATE // 2)
        gain = 1.0 if source == 0 else 10.0 ** (-rng.uniform(*options.snr_db) / 20.0)
        for number, (view, start) in enumerate(zip(views, starts, strict=True)):
            response = np.float32(options.reverberation) * stored.indirect[source, view]
            direct = stored.direct[source, view]
            response[:, : direct.shape[1]] += direct
            out[number] += np.float32(gain) * heard(sound, response, int(start), samples)
    rms = max(float(np.sqrt(np.mean(np.square(out), dtype=np.float64))), 1e-8)
    out *= np.float32(0.1 / rms)
    if options.noise_snr_db is not None:
        level = 0.1 * 10.0 ** (-rng.uniform(*options.noise_snr_db) / 20.0)
        out += np.float32(level) * noise_like(rng, out.size).reshape(out.shape)
    return out


def example_folders(folder: str | Path) -> list[Path]:
    """Folders of examples below a folder, or those that a CSV file names in its `path` column."""
    folder = Path(folder)
    if folder.suffix == ".csv":
        import csv

        try:
            with folder.open(newline="", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
        except OSError as error:
            raise InputError(f"{folder}: cannot be read: {error.strerror}") from None
        if not rows or "path" not in rows[0]:
            raise InputError(f"{folder}: expected a table with a column `path`, found none")
        return [folder.parent / row["path"] for row in rows]
    found = sorted(path.parent for path in folder.rglob("metadata.json"))
    if not found:
        raise InputError(f"{folder}: expected folders of examples (with metadata.json), found none")
    return found
