"""Dry sounds: a folder of speech, music or effects, cut to what an example needs."""

from collections import OrderedDict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonovista.errors import InputError
from sonovista.signal.audio_files import read_audio
from sonovista.simulate.example import SAMPLE_RATE

ENDINGS = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff")
MOST_FILES = 200_000
LONGEST = 1800.0
"""Seconds that are read of a file at most."""
_SILENCE = 1e-4
_MEMORY = 256 << 20
_JOINT = int(0.05 * SAMPLE_RATE)


class DrySounds:
    """Sounds of a folder and the folders in it.

    Excerpts shorter than a file are cut from it; where files are shorter (prompts, single notes), some of the same
    folder are joined, so that one excerpt has one speaker where each has a folder of their own.

    Args:
        folder: of WAV, FLAC, Ogg, Opus, MP3 or AIFF files at any rate; channels are averaged.

    Raises:
        InputError: no such folder, or no sounds in it.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.files = _list_files(self.folder)
        self._groups: dict[Path, list[Path]] = {}
        for path in self.files:
            self._groups.setdefault(path.parent, []).append(path)
        self._read: OrderedDict[Path, NDArray[np.float32]] = OrderedDict()
        self._bytes = 0

    def excerpt(self, seconds: float, rng: np.random.Generator) -> NDArray[np.float32]:
        """A random excerpt, mono, 16 kHz, shape `(samples,)`.

        Raises:
            InputError: a file is silent or cannot be read, or a folder holds less sound than that in all.
        """
        wanted = round(seconds * SAMPLE_RATE)
        first = self.files[rng.integers(len(self.files))]
        sound = self._sound(first)
        if len(sound) >= wanted:
            start = rng.integers(len(sound) - wanted + 1)
            return sound[start : start + wanted]
        group = self._groups[first.parent]
        parts, length = [sound], len(sound)
        for index in rng.permutation(len(group)):
            if length >= wanted:
                break
            if group[index] != first:
                parts.append(self._sound(group[index]))
                length += len(parts[-1]) + _JOINT
        if length < wanted:
            raise InputError(
                f"{first.parent}: expected at least {seconds:.2f} s of sound, found {length / SAMPLE_RATE:.2f} s "
                f"in all ({first.name}: {len(sound) / SAMPLE_RATE:.2f} s)"
            )
        pause = np.zeros(_JOINT, np.float32)
        joined = np.concatenate([piece for part in parts for piece in (part, pause)])
        return joined[:wanted]

    def check(self, seconds: float) -> list[str]:
        """Read every file once; a line for each that is joined to others as it is shorter than `seconds`.

        Raises:
            InputError: the first file that is silent or cannot be read, or a folder with less sound than that.
        """
        notes = []
        for folder, group in self._groups.items():
            lengths = [len(self._sound(path)) / SAMPLE_RATE for path in group]
            if max(lengths) < seconds and sum(lengths) < seconds:
                raise InputError(
                    f"{folder}: expected at least {seconds:.2f} s of sound, found {sum(lengths):.2f} s in all "
                    f"({group[0].name}: {lengths[0]:.2f} s)"
                )
            notes += [
                f"{path}: {length:.2f} s is shorter than {seconds:.2f} s: joined with others of its folder"
                for path, length in zip(group, lengths, strict=True)
                if length < seconds
            ]
        return notes

    def _sound(self, path: Path) -> NDArray[np.float32]:
        if path in self._read:
            self._read.move_to_end(path)
            return self._read[path]
        sound = read_audio(path, SAMPLE_RATE, channels=1, max_seconds=LONGEST, truncate=True)[0]
        if not np.abs(sound - sound.mean()).max() > _SILENCE:
            raise InputError(f"{path}: expected a sound, found silence")
        sound.setflags(write=False)
        self._read[path] = sound
        self._bytes += sound.nbytes
        while self._bytes > _MEMORY and len(self._read) > 1:
            self._bytes -= self._read.popitem(last=False)[1].nbytes
        return sound


def _list_files(folder: Path) -> list[Path]:
    try:
        if not folder.is_dir():
            found = "a file" if folder.exists() else "nothing"
            raise InputError(f"{folder}: expected a folder of sounds, found {found}")
        files = sorted(
            path
            for path in folder.rglob("*")
            if path.suffix.lower() in ENDINGS and not path.name.startswith(".") and path.is_file()
        )
    except OSError as error:
        raise InputError(f"{folder}: cannot be read: {error.strerror}") from None
    if not 1 <= len(files) <= MOST_FILES:
        raise InputError(f"{folder}: expected 1 to {MOST_FILES} sounds ({', '.join(ENDINGS)}), found {len(files)}")
    return files
