"""Photos by name, and the two files that say what was marked on them; both are checked whenever they are read."""

import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

from PIL import Image, ImageOps
from pydantic import BaseModel, ConfigDict, Field, RootModel

from sonovista.errors import InputError
from sonovista.evaluate.scene_annotations import (
    AnnotatedPhoto,
    AnnotatedThing,
    SceneAnnotations,
    Tenths,
    read_model,
    read_scene_annotations,
)
from sonovista.generate.regions.protocol import DetailClass
from sonovista.whole_files import whole_file

LONGEST_SIDE = 1024
ENDINGS = {".jpg", ".jpeg", ".png", ".webp"}
Stroke = tuple[DetailClass, Tenths, Tenths, Tenths, Tenths]
"""What is inside a box, and its left, top, right and bottom in tenths of the photo."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StrokedPhoto(_Model):
    """What parts of one photo are made of."""

    indoor: bool = False
    strokes: tuple[Stroke, ...] = ()


class Annotation(_Model):
    """All that is marked on one photo, as the page sends and receives it."""

    indoor: bool = False
    strokes: Annotated[tuple[Stroke, ...], Field(max_length=500)] = ()
    things: Annotated[tuple[AnnotatedThing, ...], Field(max_length=200)] = ()


class _Strokes(RootModel[dict[str, StrokedPhoto]]):
    """The file of strokes."""


class Photos:
    """Photos by `collection/name`, where collection is the name of their folder."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._paths = {
            f"{path.parent.name}/{path.stem}": path
            for folder in folders
            for path in sorted(folder.rglob("*"))
            if path.suffix.lower() in ENDINGS and path.is_file()
        }
        if not self._paths:
            raise InputError(
                f"{', '.join(map(str, folders))}: expected photos ({', '.join(sorted(ENDINGS))}), found none"
            )

    @property
    def names(self) -> list[str]:
        """Of all photos, sorted."""
        return sorted(self._paths)

    def __contains__(self, name: str) -> bool:
        return name in self._paths

    def jpeg(self, name: str) -> bytes:
        """A photo as it is shown: upright, at most 1024 pixels on its longer side.

        Raises:
            InputError: the file cannot be read.
        """
        path = self._paths[name]
        try:
            with Image.open(path) as image:
                upright = ImageOps.exif_transpose(image).convert("RGB")
        except (OSError, ValueError, Image.DecompressionBombError) as error:
            raise InputError(f"{path}: expected a photo, found: {' '.join(str(error).split())}") from error
        upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        upright.save(out, "JPEG", quality=92)
        return out.getvalue()


class Store:
    """The files of strokes and of sounding things; a photo that nothing is marked on is in neither.

    Args:
        strokes: JSON, photo -> `indoor` and `strokes`; made where it is missing.
        things: JSON, see `docs/annotations.md`; likewise.

    Raises:
        InputError: a file is there and is not what it should be.
    """

    def __init__(self, strokes: Path, things: Path) -> None:
        self.strokes_path, self.things_path = strokes, things
        self._strokes()
        self._things()

    def marked(self) -> dict[str, tuple[int, int]]:
        """How many strokes and things each photo has."""
        strokes, things = self._strokes(), self._things().photos
        return {
            name: (
                len(strokes[name].strokes) if name in strokes else 0,
                len(things[name].things) if name in things else 0,
            )
            for name in {*strokes, *things}
        }

    def get(self, name: str) -> Annotation:
        """What is marked on a photo."""
        stroked, things = self._strokes().get(name, StrokedPhoto()), self._things().photos.get(name)
        return Annotation(
            indoor=stroked.indoor, strokes=stroked.strokes, things=() if things is None else things.things
        )

    def put(self, name: str, annotation: Annotation) -> None:
        """Replace what is marked on a photo; other photos are left as they are."""
        before = self.get(name)
        if (annotation.indoor, annotation.strokes) != (before.indoor, before.strokes):
            photos = self._strokes() | {name: StrokedPhoto(indoor=annotation.indoor, strokes=annotation.strokes)}
            _write(self.strokes_path, _strokes_text({key: photo for key, photo in photos.items() if photo.strokes}))
        if annotation.things != before.things:
            whole = self._things()
            photos = whole.photos | {name: AnnotatedPhoto(things=annotation.things)}
            kept = {key: photo for key, photo in photos.items() if photo.things}
            _write(self.things_path, _things_text(SceneAnnotations(about=whole.about, photos=kept)))

    def _strokes(self) -> dict[str, StrokedPhoto]:
        return read_model(self.strokes_path, _Strokes).root if self.strokes_path.exists() else {}

    def _things(self) -> SceneAnnotations:
        return read_scene_annotations(self.things_path) if self.things_path.exists() else SceneAnnotations(photos={})


def _strokes_text(photos: dict[str, StrokedPhoto]) -> str:
    """One line for each stroke, photos where they were: a change of one photo is a small change of the file."""
    entries = []
    for name, photo in photos.items():
        lines = ",\n".join(f"   {json.dumps(list(stroke))}" for stroke in photo.strokes)
        entries.append(f' {json.dumps(name)}: {{"indoor": {json.dumps(photo.indoor)}, "strokes": [\n{lines}\n ]}}')
    return "{\n" + ",\n".join(entries) + "\n}\n"


def _things_text(annotations: SceneAnnotations) -> str:
    """One line for each thing, likewise."""
    entries = []
    for name, photo in annotations.photos.items():
        lines = ",\n".join(f"   {json.dumps(_plain(thing))}" for thing in photo.things)
        entries.append(f'  {json.dumps(name)}: {{"things": [\n{lines}\n  ]}}')
    body = ",\n".join(entries)
    return f'{{\n "about": {json.dumps(annotations.about)},\n "photos": {{\n{body}\n }}\n}}\n'


def _plain(thing: AnnotatedThing) -> dict[str, Any]:
    out: dict[str, Any] = {"name": thing.name, "kind": thing.kind, "certain": thing.certain}
    return out | ({"where": [list(box) for box in thing.where]} if thing.where else {})


def _write(path: Path, text: str) -> None:
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
