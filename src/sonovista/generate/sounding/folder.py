"""A user's own sounds: a folder of audio files, matched to things by their names."""

import zlib
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from sonovista.errors import InputError
from sonovista.generate.sounding.loudness import normalise_loop, source_gain
from sonovista.generate.sounding.matching import match, stem_words
from sonovista.generate.sounding.procedural import Synthesizer, find_synthesis
from sonovista.generate.sounding.protocol import SAMPLE_RATE, Sound, SoundMaker
from sonovista.signal.audio_files import read_audio
from sonovista.signal.loops import make_loop

ENDINGS = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff")
MAX_FILES = 10_000
_MIN_SECONDS, _SILENCE = 0.01, 1e-5


class Options(BaseModel):
    """Options of `FolderSounds`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    directory: Path = Field(description="Folder of audio files; files in folders inside it count too.")
    max_seconds: float = Field(default=180.0, gt=0, le=3600, description="How much of a longer file is looked at.")


class FolderSounds:
    """Implements `SoundMaker`: the file whose name fits the thing, else what `otherwise` makes.

    Several files that fit equally well ("bird 1.wav", "bird 2.wav") take turns by seed.
    """

    def __init__(self, options: Options, otherwise: SoundMaker | None = None) -> None:
        """List the folder.

        Args:
            options: names the folder.
            otherwise: makes the sounds that the folder lacks; `Synthesizer()` where None.

        Raises:
            InputError: no such folder, or none of its files is audio by its ending.
        """
        self.options = options
        self.otherwise = otherwise if otherwise is not None else Synthesizer()
        self.files = _list_files(options.directory)

    def find(self, name: str) -> Path | None:
        """The file for a thing, or None; the first of several."""
        files = self._fitting(name)
        return files[0] if files else None

    def __call__(self, name: str, prompt: str, level_db: float, duration: float, seed: int) -> Sound:
        """Read and loop the file that fits `name`; InputError names a file that cannot be read."""
        files = self._fitting(name)
        if not files:
            return self.otherwise(name, prompt, level_db, duration, seed)
        path = files[seed % len(files)]
        signal = read_audio(path, SAMPLE_RATE, channels=1, max_seconds=self.options.max_seconds, truncate=True)[0]
        if len(signal) < _MIN_SECONDS * SAMPLE_RATE:
            raise InputError(f"{path}: expected at least {_MIN_SECONDS} s of audio, found {len(signal)} samples")
        if not np.abs(signal - signal.mean()).max() > _SILENCE:
            raise InputError(f"{path}: expected a sound, found silence")
        rng = np.random.default_rng([seed & 0xFFFFFFFF, zlib.crc32(path.name.encode())])
        loop, loudness = normalise_loop(make_loop(signal, round(duration * SAMPLE_RATE), SAMPLE_RATE, rng), SAMPLE_RATE)
        return Sound(loop, source_gain(level_db, loudness), f"file: {path.name}, seed {seed}")

    def _fitting(self, name: str) -> list[Path]:
        """Files whose names say the thing, else files whose names mean the same sound ("brook.wav" for a stream)."""
        name = name.replace("_", " ")
        phrases = {str(path): (path.stem.replace("_", " "),) for path in self.files}
        scores = {key: found[1] for key, said in phrases.items() if (found := _either_way(name, said[0])) is not None}
        if not scores:
            wanted = find_synthesis(name)
            if wanted is not None:
                for path in self.files:
                    if (found := find_synthesis(path.stem.replace("_", " "))) is not None and found[0] == wanted[0]:
                        scores[str(path)] = 0.1
        best = max(scores.values(), default=0.0)
        return [path for path in self.files if scores.get(str(path), -1.0) >= best - 1e-9]


def _either_way(name: str, stem: str) -> tuple[str, float] | None:
    """The file's words inside the thing's, or the other way ("small stream" and "stream near house")."""
    found = [match(name, {stem: (stem,)}), match(stem, {stem: (name,)})] if stem_words(stem) else []
    return max((f for f in found if f is not None), key=lambda f: f[1], default=None)


def _list_files(directory: Path) -> list[Path]:
    try:
        if not directory.is_dir():
            raise InputError(
                f"{directory}: expected a folder of sounds, found {'a file' if directory.exists() else 'nothing'}"
            )
        files: list[Path] = []
        for path in directory.rglob("*"):
            if path.suffix.lower() in ENDINGS and not path.name.startswith(".") and path.is_file():
                files.append(path)
                if len(files) > MAX_FILES:
                    raise InputError(f"{directory}: expected at most {MAX_FILES} audio files, found more")
    except OSError as error:
        raise InputError(f"{directory}: cannot be read: {error.strerror}") from None
    if not files:
        raise InputError(f"{directory}: expected audio files ({', '.join(ENDINGS)}), found none")
    return sorted(files)
