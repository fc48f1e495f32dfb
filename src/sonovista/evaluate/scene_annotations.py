"""Annotations of what can sound in a photo, and of which of two points is nearer; format: `docs/annotations.md`."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sonovista.errors import InputError

LARGEST_FILE = 10_000_000
Tenths = Annotated[float, Field(ge=0, le=10)]
Fraction = Annotated[float, Field(ge=0, le=1)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AnnotatedThing(_Model):
    """A thing that can sound in a photo."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    kind: Literal["point", "area", "ambient"]
    certain: bool = True
    where: tuple[tuple[Tenths, Tenths, Tenths, Tenths], ...] = ()


class AnnotatedPhoto(_Model):
    """What can sound in one photo."""

    things: tuple[AnnotatedThing, ...]


class SceneAnnotations(_Model):
    """A file of annotated photos."""

    about: str = ""
    photos: dict[str, AnnotatedPhoto]

    def of(self, name: str) -> AnnotatedPhoto:
        """The photo of that name, whole or without its collection; the only one where there is but one.

        Raises:
            InputError: there is none, or more than one.
        """
        if name in self.photos:
            return self.photos[name]
        ends = [photo for key, photo in self.photos.items() if key.rpartition("/")[2] == name]
        if len(ends) == 1:
            return ends[0]
        if len(self.photos) == 1:
            return next(iter(self.photos.values()))
        raise InputError(f"{name}: expected one annotated photo of that name, found {len(ends)}")


class DepthPair(_Model):
    """Two points in the same row of a photo, one nearer than the other; fractions of height and width."""

    photo: str
    row: Fraction
    near: Fraction
    far: Fraction
    sky: bool = False


class DepthPairs(_Model):
    """A file of pairs."""

    about: str = ""
    pairs: tuple[DepthPair, ...]


FileModel = TypeVar("FileModel", bound=BaseModel)


def read_scene_annotations(path: Path) -> SceneAnnotations:
    """Read annotations of what can sound.

    Raises:
        InputError: the file cannot be read, or a field is wrong; the message names it.
    """
    return read_model(path, SceneAnnotations)


def read_depth_pairs(path: Path) -> DepthPairs:
    """Read pairs of points.

    Raises:
        InputError: the file cannot be read, or a field is wrong; the message names it.
    """
    return read_model(path, DepthPairs)


def read_model(path: Path, model: type[FileModel]) -> FileModel:
    """Read a JSON file of bounded size as a model.

    Raises:
        InputError: the file cannot be read, or a field is wrong; the message names it.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise InputError(f"{path}: expected at most {LARGEST_FILE} bytes, found {path.stat().st_size}")
        content: Any = json.loads(path.read_text(encoding="utf-8"))
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "file"
        raise InputError(f"{path}: {field}: {first['msg'].lower()}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: expected a JSON file, found {' '.join(str(error).split())}") from error
