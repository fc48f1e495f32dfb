"""Which files show the same real place: by a table, or by their names and by what they look like.

What was learned from a place must not be tested there, so files of one place are in one split.
"""

import csv
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonovista.errors import BackendUnavailable, InputError
from sonovista.simulate.options import SimulationOptions

MOST_COMPARED = 2000
"""More panoramas than so many are told apart by their names alone: looking takes the square of their number."""
SAME_LOOK = 0.85
"""Correlation from which two panoramas, turned until they fit, show one place: see `docs/results/simulator.md`."""
_ROWS = 32
_COLUMNS = ("file", "place")
# What one place's files differ by: size, range, format, what kind of picture it is.
_SIZES = re.compile(r"\d{1,2}k|\d{3,5}x\d{3,5}|\d{3,5}px")
_KINDS = re.compile(
    "hdr|ldr|sdr|exr|jpe?g|png|webp|tiff?|hdri|tonemapped|copy|pano|panorama|equirect|equirectangular|"
    "small|medium|large|low|high|lowres|highres|preview|thumb|thumbnail"
)


def with_places(options: SimulationOptions, files: list[Path]) -> SimulationOptions:
    """Options that know which of their scenes are at one place; unchanged where they know it, or where none are.

    Args:
        options: of a simulation. With `place_table` that table alone decides, of any kind of files; without, panoramas
            are compared by name and look.
        files: of its scenes, in order.

    Raises:
        InputError: the table cannot be used; the message names it.
    """
    if options.places is not None or not files:
        return options
    if options.place_table is not None and options.folder is not None:
        groups = places_of_table(options.place_table, options.folder, files)
    elif options.kind == "panoramas":
        groups = _joined(places_by_name(files), places_by_look(files) if len(files) <= MOST_COMPARED else None)
    else:
        return options
    return options if groups == tuple(range(len(files))) else options.model_copy(update={"places": groups})


def places_of_table(table: Path, folder: Path, files: list[Path]) -> tuple[int, ...]:
    """Of every file the index of the first at its place, by a CSV file.

    Args:
        table: with the columns `file` (relative to the folder, with `/`) and `place` (any word). A file that it does
            not name is a place of its own.
        folder: of the files.
        files: in order.

    Raises:
        InputError: it cannot be read, lacks a column, names a file twice or one that the folder does not have.
    """
    place_of: dict[str, str] = {}
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if not set(_COLUMNS) <= set(reader.fieldnames or ()):
                raise InputError(f"{table}: expected the columns file, place, found {reader.fieldnames or 'none'}")
            for row in reader:
                name, place = ((row[column] or "").strip() for column in _COLUMNS)
                if not name or not place:
                    raise InputError(f"{table}: line {reader.line_num}: expected a file and a place, found {row}")
                if place_of.setdefault(name, place) != place:
                    raise InputError(f"{table}: line {reader.line_num}: {name} is at another place already")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{table}: expected a CSV file, found: {' '.join(str(error).split())}") from None
    names = [path.relative_to(folder).as_posix() for path in files]
    for name in place_of:
        if name not in names and not (folder / name).exists():
            raise InputError(f"{table}: {name}: expected a file of {folder}, found none")
    first: dict[str, int] = {}
    return tuple(
        first.setdefault(place_of[name], index) if name in place_of else index for index, name in enumerate(names)
    )


def places_by_name(files: list[Path]) -> tuple[int, ...]:
    """Of every file the index of the first whose name is the same but for size, range and format.

    `venice_sunset_1k.hdr` and `Venice-Sunset_4096x2048.jpg` are one place, `room-1.jpg` and `room-2.jpg` are two.
    """
    first: dict[str, int] = {}
    return tuple(first.setdefault(_place_name(path), index) for index, path in enumerate(files))


def places_by_look(files: list[Path]) -> tuple[int, ...]:
    """Of every panorama the index of the first that looks the same, whichever way it is turned.

    What cannot be read is a place of its own: its examples will tell of it.
    """
    looks = [_look(path) for path in files]
    known = [index for index, look in enumerate(looks) if look is not None]
    groups = list(range(len(files)))
    spectra = np.array([looks[index] for index in known])
    for at, index in enumerate(known):
        likeness = turned_correlation(spectra[at], spectra[:at])
        for other in np.flatnonzero(likeness > SAME_LOOK):
            _unite(groups, index, known[other])
    return tuple(_root(groups, index) for index in range(len(files)))


def look_of(picture: NDArray[np.uint8]) -> NDArray[np.complex128]:
    """What a panorama looks like, as spectra along its rows: `turned_correlation` compares them under all yaws.

    Ranks stand for brightness, so exposure and tone mapping do not count; of every row its mean is taken away, which is
    sky or ground anywhere; rows weigh by their solid angle.

    Args:
        picture: equirectangular, RGB, shape `(H, 2 H, 3)`.

    Returns:
        Shape `(32, 33)`, of unit energy.
    """
    import cv2

    grey = cv2.cvtColor(cv2.resize(picture, (2 * _ROWS, _ROWS), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    rank = np.empty(grey.size)
    rank[np.argsort(grey.ravel(), kind="stable")] = np.arange(grey.size)
    relief = rank.reshape(grey.shape)
    relief -= relief.mean(axis=1, keepdims=True)
    relief *= np.sqrt(np.sin(np.pi * (np.arange(_ROWS) + 0.5) / _ROWS))[:, None]
    return np.fft.rfft(relief / max(float(np.linalg.norm(relief)), 1e-12), axis=1)


def turned_correlation(look: NDArray[np.complex128], others: NDArray[np.complex128]) -> NDArray[np.float64]:
    """Largest correlation of one `look_of` with others, `(N, 32, 33)`, over all yaws: shape `(N,)`, at most 1."""
    if len(others) == 0:
        return np.zeros(0)
    return np.fft.irfft(np.einsum("rk,nrk->nk", look, np.conj(others)), 2 * _ROWS, axis=1).max(axis=1)


def _look(path: Path) -> NDArray[np.complex128] | None:
    from sonovista.simulate.places.panorama import read_panorama

    try:
        return look_of(read_panorama(path))
    except (InputError, BackendUnavailable):
        return None


def _place_name(path: Path) -> str:
    words = [word for word in re.split(r"[^0-9a-z]+", path.stem.lower()) if word]
    kept = [word for word in words if not _KINDS.fullmatch(word) and not _SIZES.fullmatch(word)]
    return " ".join(kept or words) or str(path)


def _joined(one: tuple[int, ...], other: tuple[int, ...] | None) -> tuple[int, ...]:
    """Groups in which files are together that either has together."""
    groups = list(one)
    for index, first in enumerate(other or ()):
        _unite(groups, index, first)
    return tuple(_root(groups, index) for index in range(len(groups)))


def _root(groups: list[int], index: int) -> int:
    while groups[index] != index:
        index = groups[index]
    return index


def _unite(groups: list[int], one: int, other: int) -> None:
    low, high = sorted((_root(groups, one), _root(groups, other)))
    groups[high] = low
