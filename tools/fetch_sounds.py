"""Fetch the dry speech and music that the simulator's benchmark is listened to with.

They are taken from Debian packages by name, checked against SHA-256, decoded to FLAC at 16 kHz, mono, in the user's
cache. None of them is redistributed with this project.

Test speech is of another speaker than training's, and no band is in two of the splits. (The English
and the Spanish prompts are spoken by one woman: validation tells of another language, not of another voice.)

| folder | what | package, licence |
| --- | --- | --- |
| `speech/train` | English prompts | asterisk-core-sounds-en-g722, CC-BY-SA-3.0 |
| `speech/val` | Spanish prompts | asterisk-core-sounds-es-g722, CC-BY-SA-3.0 |
| `speech/test` | Russian prompts | asterisk-core-sounds-ru-g722, CC-BY-SA-3.0 |
| `music/train` | music on hold | asterisk-moh-opsound-g722, CC-BY-SA-3.0 |
| `music/games` | music of seven games, the middle minute of each piece | `_GAMES`; free licences of each package |
| `music/val`, `music/test` | one song and three others | fretsonfire-songs-sectoid, MIT-style |

Run `python tools/fetch_sounds.py`; it prints the folder.
"""

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_dir

from sonovista.signal.audio_files import write_audio

SAMPLE_RATE = 16_000
SHORTEST = 0.5
"""Seconds; shorter prompts are beeps and single letters."""


@dataclass(frozen=True)
class Package:
    """A Debian package and what its file must be."""

    name: str
    filename: str
    sha256: str


EN = Package(
    "asterisk-core-sounds-en-g722=1.6.1-1",
    "asterisk-core-sounds-en-g722_1.6.1-1_all.deb",
    "38c5261820b406dcb0ecb37675720da2b0864850690690352ca52707eb623806",
)
ES = Package(
    "asterisk-core-sounds-es-g722=1.6.1-1",
    "asterisk-core-sounds-es-g722_1.6.1-1_all.deb",
    "e4e3b4281057d3b81b779298fd6be705f57411513955c518eed1bcaabbd615b8",
)
RU = Package(
    "asterisk-core-sounds-ru-g722=1.6.1-1",
    "asterisk-core-sounds-ru-g722_1.6.1-1_all.deb",
    "673b4238a6b8269960f055d868c6a11083f7a0d00979167cb01554046b48ed9b",
)
MOH = Package(
    "asterisk-moh-opsound-g722=2.03-1.1",
    "asterisk-moh-opsound-g722_2.03-1.1_all.deb",
    "8d6b39d6f2e8feff54a042c4a25e1b72f3e2478d05ee372c92f77446fa0b1671",
)
SECTOID = Package(
    "fretsonfire-songs-sectoid=1.dfsg-3.1",
    "fretsonfire-songs-sectoid_1.dfsg-3.1_all.deb",
    "14c1ed3e43c1a6a80eae7698f0469a0825cd1184e441968d62df89ca418aa0b4",
)
MULDJORD = Package(
    "fretsonfire-songs-muldjord=2.dfsg-2.1",
    "fretsonfire-songs-muldjord_2.dfsg-2.1_all.deb",
    "b37adf8b08b46d4182c283e760e4f40622d83674e05803960ea1e11a92600c7b",
)
TUX_RACER = Package(
    "extremetuxracer-data=0.8.2-1",
    "extremetuxracer-data_0.8.2-1_all.deb",
    "8ce6c82e6fb89549d284f43f6c4b0a9d82e6c0e5da753bee0ef419276a21470c",
)
FROZEN_BUBBLE = Package(
    "frozen-bubble-data=2.212-11",
    "frozen-bubble-data_2.212-11_all.deb",
    "39cdfd07d9532d1558762cf265a844d09015c4540568573c50f444cc084166e0",
)
LINCITY = Package(
    "lincity-ng-data=2.9~git20150314-5",
    "lincity-ng-data_2.9~git20150314-5_all.deb",
    "8f5e85bd42879abdc7099b035d7a3d7468eceb6b93b52a12270c28f3f3c792f9",
)
SINGULARITY = Package(
    "singularity-music=007-2",
    "singularity-music_007-2_all.deb",
    "139ba1e408eeb0a72f1fff3760ca46558b9f81bed97dc8c0efa108c4007f4845",
)
WARZONE = Package(
    "warzone2100-music=4.3.3-3",
    "warzone2100-music_4.3.3-3_all.deb",
    "d3b2c9f90ea5438d45d4aff18339a03ec808e1affa9dac91f7dad61cb15ee64e",
)
ARDENTRYST = Package(
    "ardentryst=1.71-9",
    "ardentryst_1.71-9_all.deb",
    "7a01180285a4acaa980b18118127c60ac0377f4e2bcd69244b1feb7de5fc566f",
)

_GAMES = {
    MULDJORD: "usr/share/games/fretsonfire/data/songs/*/*/song.ogg",
    TUX_RACER: "usr/share/games/etr/music/*.ogg",
    FROZEN_BUBBLE: "usr/share/games/frozen-bubble/snd/*zik*.ogg",
    LINCITY: "usr/share/games/lincity-ng/music/default/*.ogg",
    SINGULARITY: "usr/share/games/singularity/music/*.ogg",
    WARZONE: "usr/share/games/warzone2100/music/albums/*/*.opus",
    ARDENTRYST: "usr/share/games/ardentryst/Music/*.ogg",
}
"""Music that is free to pass on (CC-BY, CC-BY-SA, GPL, MIT-style), and where it lies in its package."""


def cache_folder() -> Path:
    """Where the sounds are kept."""
    return Path(user_cache_dir("sonovista")) / "sounds"


def fetch_all() -> dict[str, Path]:
    """Fetch what is not there yet; the folders by name, as in `speech/train`."""
    folders = {}
    for name, (package, read) in _COLLECTIONS.items():
        folder = cache_folder() / name
        folders[name] = folder
        if (folder / "complete").exists():
            continue
        folder.mkdir(parents=True, exist_ok=True)
        for stem, sound in read(package):
            write_audio(folder / f"{stem}.flac", sound, SAMPLE_RATE, subtype="PCM_16")
        (folder / "complete").touch()
    return folders


def _download(package: Package) -> Path:
    folder = Path(user_cache_dir("sonovista")) / "packages"
    path = folder / package.filename
    folder.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        subprocess.run(["apt-get", "download", "-q", package.name], cwd=folder, check=True)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != package.sha256:
        raise SystemExit(f"{path}: expected SHA-256 {package.sha256}, found {found}")
    return path


def _files(package: Package, pattern: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["dpkg-deb", "-x", str(_download(package)), folder], check=True)
        yield from sorted(Path(folder).glob(pattern))


def _decoded(path: Path) -> NDArray[np.float32]:
    """Any file that PyAV reads, raw G.722 too, as mono at 16 kHz."""
    import av

    parts = []
    with av.open(str(path), format="g722" if path.suffix == ".g722" else None) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
        for frame in container.decode(audio=0):
            parts += [piece.to_ndarray()[0] for piece in resampler.resample(frame)]
        parts += [piece.to_ndarray()[0] for piece in resampler.resample(None)]
    return np.clip(np.concatenate([np.zeros(0, np.float32), *parts]), -1.0, 1.0).astype(np.float32)


def _prompts(package: Package) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Spoken prompts; silence, beeps and what is shorter than half a second are left out."""
    for path in _files(package, "usr/share/asterisk/sounds/*/**/*.g722"):
        if "silence" in path.parts or path.stem.startswith(("beep", "ascending", "descending", "confbridge-join")):
            continue
        sound = _decoded(path)
        if len(sound) >= SHORTEST * SAMPLE_RATE and np.abs(sound).max() > 0.02:
            yield "-".join(path.relative_to(path.parents[1]).with_suffix("").parts), sound


def _hold_music(package: Package) -> Iterator[tuple[str, NDArray[np.float32]]]:
    for path in _files(package, "usr/share/asterisk/moh/*.g722"):
        yield path.stem, _decoded(path)


def _songs(first: int, last: int) -> "Reader":
    """Songs by their number, each the sum of its stems."""

    def read(package: Package) -> Iterator[tuple[str, NDArray[np.float32]]]:
        stems: dict[str, list[NDArray[np.float32]]] = {}
        for path in _files(package, "usr/share/games/fretsonfire/data/songs/*/*/*.ogg"):
            stems.setdefault(path.parent.name, []).append(_decoded(path))
        for name in sorted(stems)[first:last]:
            length = min(len(stem) for stem in stems[name])
            total = np.sum([stem[:length] for stem in stems[name]], axis=0)
            yield name.replace(" ", "_"), (0.9 * total / np.abs(total).max()).astype(np.float32)

    return read


def _middle_minutes(_: Package) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """The middle minute of every piece of all games that lasts ten seconds at least."""
    for package, pattern in _GAMES.items():
        for path in _files(package, pattern):
            sound = _decoded(path)
            start = max(0, len(sound) // 2 - 30 * SAMPLE_RATE)
            if len(sound) >= 10 * SAMPLE_RATE:
                title = path.parent.name if path.stem == "song" else path.stem
                yield f"{package.name.partition('=')[0]}-{title}".replace(" ", "_"), sound[start:][: 60 * SAMPLE_RATE]


Reader = Callable[[Package], Iterator[tuple[str, NDArray[np.float32]]]]
_COLLECTIONS: dict[str, tuple[Package, Reader]] = {
    "speech/train": (EN, _prompts),
    "speech/val": (ES, _prompts),
    "speech/test": (RU, _prompts),
    "music/train": (MOH, _hold_music),
    "music/games": (MULDJORD, _middle_minutes),
    "music/val": (SECTOID, _songs(0, 1)),
    "music/test": (SECTOID, _songs(1, 4)),
}


if __name__ == "__main__":
    for name, folder in fetch_all().items():
        print(f"{name}: {len(list(folder.glob('*.flac')))} files", file=sys.stderr)
    print(cache_folder())
