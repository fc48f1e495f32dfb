"""What a whole simulation is made of: where its scenes come from, its sets of examples, its split."""

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sonovista.errors import InputError
from sonovista.simulate.example import ExampleOptions
from sonovista.simulate.rooms.layout import RoomOptions

SPLITS = ("train", "val", "test")
Kind = Literal["rooms", "panoramas", "meshes", "scenes"]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]


class ExampleSet(BaseModel):
    """Examples of one sort, made in every scene of some splits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name | Literal[""] = Field(default="", description="Its folder; none where there is one set only.")
    examples: int = Field(default=10, ge=1, le=100_000, description="In each scene.")
    splits: tuple[Literal["train", "val", "test"], ...] = ("train", "val", "test")
    draws: str = Field(
        default="", description="Sets with the same word have the same viewpoints: they differ by options alone."
    )
    head: str = Field(default="kemar", description="kemar, sphere, or the path of a SOFA file.")
    example: ExampleOptions = ExampleOptions()


class SimulationOptions(BaseModel):
    """All that decides the bytes of a simulation, but for the files that it reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind = "rooms"
    folder: Path | None = Field(default=None, description="Of panoramas, meshes or scenes.")
    place_table: Path | None = Field(default=None, description="CSV file of file and place: see `same_places`.")
    mesh_up: Literal["y", "z"] = Field(default="y", description="Axis of meshes that points up: y in glTF.")
    scenes: int = Field(default=10, ge=1, le=1_000_000)
    seed: int = Field(default=0, ge=0, lt=2**63)
    room: RoomOptions = RoomOptions()
    photographs: Path | None = Field(default=None, description="Folder of pictures that may hang in rooms.")
    train: float = Field(default=0.81, ge=0.0, le=1.0, description="Share of the scenes.")
    val: float = Field(default=0.09, ge=0.0, le=1.0, description="Share of the scenes; what is left is for tests.")
    sets: tuple[ExampleSet, ...] = Field(default=(ExampleSet(),), min_length=1, max_length=64)
    places: tuple[int, ...] | None = Field(
        default=None, description="Of every scene the first at the same real place; found out from its files."
    )

    @model_validator(mode="after")
    def _consistent(self) -> "SimulationOptions":
        names = [item.name for item in self.sets]
        if len(set(names)) < len(names) or ("" in names and len(names) > 1):
            raise ValueError(f"sets must have names of their own, found {names}")
        if self.kind != "rooms" and self.folder is None:
            raise ValueError(f"kind {self.kind} needs a folder")
        if self.train + self.val > 1.0 + 1e-9:
            raise ValueError(f"train and val must be at most 1 together, found {self.train + self.val:g}")
        if self.places is not None and not _are_places(self.places, self.scenes):
            raise ValueError(f"places must name an earlier scene, or itself, for each of {self.scenes} scenes")
        if self.place_table is not None and self.kind == "rooms":
            raise ValueError("place_table is of files: procedural rooms have none")
        moves = [item.name for item in self.sets if item.example.translation > 0.0]
        if self.kind == "panoramas" and moves:
            raise ValueError("translation must be 0: a panorama is seen from one point")
        return self

    def split_of(self, scene: int) -> str:
        """The split of a scene: train, val or test; in order, since scenes are drawn independently of each other.

        Scenes at one place go where the first of them goes.
        """
        if self.places is not None:
            scene = _in_order_of_places(self.places)[scene]
        train, val = round(self.train * self.scenes), round(self.val * self.scenes)
        return SPLITS[0] if scene < train else SPLITS[1] if scene < train + val else SPLITS[2]

    def scene_seed(self, scene: int) -> int:
        """Seed of what a scene looks like."""
        return int(np.random.SeedSequence([self.seed, 1, scene]).generate_state(1, np.uint64)[0] >> np.uint64(1))


def _are_places(places: tuple[int, ...], scenes: int) -> bool:
    return len(places) == scenes and all(0 <= p <= i and places[p] == p for i, p in enumerate(places))


@lru_cache(maxsize=8)
def _in_order_of_places(places: tuple[int, ...]) -> tuple[int, ...]:
    """Of every scene how many come before its place, if places come one after the other, each with all its scenes."""
    sizes = np.bincount(places, minlength=len(places))
    before = np.cumsum(sizes) - sizes
    return tuple(int(before[place]) for place in places)


def read_options(path: str | Path) -> SimulationOptions:
    """Read options from YAML; paths in it are relative to the file.

    Raises:
        InputError: no such file, not YAML, or a field that is wrong; the message names it.
    """
    path = Path(path)
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path}: expected a YAML file, found: {' '.join(str(error).split())}") from None
    if not isinstance(data, dict):
        raise InputError(f"{path}: expected fields of a simulation, found {type(data).__name__}")
    for name in ("folder", "photographs", "place_table"):
        if isinstance(data.get(name), str):
            data[name] = str(path.parent / data[name])
    return checked_options(data, str(path))


def checked_options(data: dict[str, Any], where: str) -> SimulationOptions:
    """Options of plain data.

    Raises:
        InputError: names `where` and the first field that is wrong.
    """
    try:
        return SimulationOptions.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise InputError(f"{where}: {field + ': ' if field else ''}{message}") from None
