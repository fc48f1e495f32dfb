"""Reading a scene's folder: everything in it is checked, and what is wrong is named."""

import json
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from sonovista.errors import InputError
from sonovista.geometry.image_files import read_mask, read_rgb
from sonovista.scene.document import SAMPLE_RATE, SceneDocument, Source
from sonovista.scene.paths import resolve_inside
from sonovista.signal.audio_files import read_audio

Part = Literal["sounds", "panorama", "depth", "gaussians", "masks"]
ALL_PARTS: tuple[Part, ...] = get_args(Part)

MAX_DOCUMENT_BYTES = 64 * 2**20
MAX_PANORAMA_PIXELS = 16384 * 8192
MAX_SOUND_SECONDS = 600.0


def read_document(folder: Path) -> SceneDocument:
    """Read and check `scene.json` of a scene's folder.

    Raises:
        InputError: it is missing, too large, no JSON, or a field is wrong or names a file outside of the folder.
    """
    path = folder / "scene.json"
    if not path.is_file():
        raise InputError(f"{folder}: expected a scene's folder with a scene.json in it, found none")
    if (size := path.stat().st_size) > MAX_DOCUMENT_BYTES:
        raise InputError(f"{path}: expected at most {MAX_DOCUMENT_BYTES} bytes, found {size}")
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: expected JSON, found {str(error).splitlines()[0]}") from error
    try:
        document = SceneDocument.model_validate(content)
    except ValidationError as error:
        raise InputError(f"{path}: {describe_validation_error(error)}") from error
    _check_references(folder, document)
    return document


def describe_validation_error(error: ValidationError) -> str:
    """One line for the first thing that is wrong: its field, what was expected and what was found."""
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "document"
    found = repr(first["input"])
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{field}: {first['msg'].lower()}, found {found[:80]}{more}"


def _check_references(folder: Path, document: SceneDocument) -> None:
    path = folder / "scene.json"
    seen: set[str] = set()
    for index, source in enumerate(document.sources):
        if source.id in seen:
            raise InputError(f"{path}: sources.{index}.id: expected a name of its own, found {source.id!r} twice")
        seen.add(source.id)
        _check_place(path, index, source)
        resolve_inside(folder, source.sound, f"sources.{index}.sound")
        if source.mask is not None:
            resolve_inside(folder, source.mask, f"sources.{index}.mask")
    for field in ("panorama", "depth", "gaussians"):
        if (relative := getattr(document, field)) is not None:
            resolve_inside(folder, relative, field)


def _check_place(path: Path, index: int, source: Source) -> None:
    if source.kind == "ambient":
        return
    if source.position is None:
        raise InputError(
            f"{path}: sources.{index}.position: expected three metres for a {source.kind} source, found none"
        )
    if source.kind == "area" and not source.points:
        raise InputError(f"{path}: sources.{index}.points: expected at least one point for an area source, found none")


def existing_file(folder: Path, relative: str, field: str) -> Path:
    """A file that `scene.json` names; InputError where it is not there."""
    path = resolve_inside(folder, relative, field)
    if not path.is_file():
        raise InputError(f"{path}: {field}: expected a file, found none")
    return path


def read_sound(folder: Path, index: int, source: Source) -> NDArray[np.float32]:
    """The mono loop of a source, float32, shape `(samples,)`."""
    path = existing_file(folder, source.sound, f"sources.{index}.sound")
    return read_audio(path, SAMPLE_RATE, channels=1, max_seconds=MAX_SOUND_SECONDS)[0]


def read_panorama(folder: Path, relative: str) -> NDArray[np.uint8]:
    """The panorama, shape `(H, 2H, 3)`, uint8."""
    path = existing_file(folder, relative, "panorama")
    pixels = read_rgb(path, max_pixels=MAX_PANORAMA_PIXELS)
    _check_equirectangular(path, pixels.shape)
    return pixels


def read_mask_file(folder: Path, relative: str, field: str) -> NDArray[np.bool_]:
    """A mask, shape `(H, 2H)`, bool."""
    path = existing_file(folder, relative, field)
    mask = read_mask(path, max_pixels=MAX_PANORAMA_PIXELS)
    _check_equirectangular(path, mask.shape)
    return mask


def _check_equirectangular(path: Path, shape: tuple[int, ...]) -> None:
    if shape[1] != 2 * shape[0]:
        raise InputError(f"{path}: expected a panorama twice as wide as high, found {shape[1]} x {shape[0]}")


def read_depth(folder: Path, relative: str) -> NDArray[np.float32]:
    """Depth of the panorama in metres along rays, shape `(H, 2H)`, float32, finite and positive."""
    path = existing_file(folder, relative, "depth")
    try:
        with zipfile.ZipFile(path) as archive:
            # The archive says how large its members unpack to; a lie ends in an error of zipfile, not in memory.
            if sum(item.file_size for item in archive.infolist()) > 4 * MAX_PANORAMA_PIXELS + 4096:
                raise InputError(f"{path}: expected at most {MAX_PANORAMA_PIXELS} pixels of depth, found more")
        with np.load(path, allow_pickle=False) as arrays:
            depth = arrays["depth"]
    except InputError:
        raise
    except (OSError, ValueError, KeyError, EOFError, MemoryError, zipfile.BadZipFile, NotImplementedError) as error:
        raise InputError(f"{path}: expected an .npz file with an array 'depth', found {_first_line(error)}") from error
    if depth.ndim != 2 or not np.issubdtype(depth.dtype, np.floating):
        raise InputError(f"{path}: expected floating-point depth of shape (H, 2H), found {depth.dtype} {depth.shape}")
    _check_equirectangular(path, depth.shape)
    if not (np.isfinite(depth).all() and (depth > 0).all()):
        raise InputError(f"{path}: expected finite positive metres everywhere, found others")
    return depth.astype(np.float32)


def _first_line(error: BaseException) -> str:
    lines = str(error).splitlines()
    return lines[0][:120] if lines else type(error).__name__


def check_parts(parts: Collection[str]) -> None:
    """ValueError for a part that no scene has."""
    if unknown := set(parts) - set(ALL_PARTS):
        raise ValueError(f"parts: expected some of {ALL_PARTS}, found {sorted(unknown)}")
