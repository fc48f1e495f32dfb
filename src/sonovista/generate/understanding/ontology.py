"""The sounding things that are known, and how the user's words find them."""

import difflib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sonovista.errors import InputError
from sonovista.generate.regions.protocol import REGION_CLASSES, RegionClass
from sonovista.generate.understanding.protocol import SourceKind

FUZZY = 0.84
"""Words that are at least this like a known word (difflib's ratio) are taken for it: slips of typing, not cousins."""
LONGEST_WORDS = 200
CUSTOM_LEVEL_DB = 60.0
LARGEST_FILE = 1_000_000

_Word = Annotated[str, Field(min_length=1, max_length=80)]


class Thing(BaseModel):
    """One sort of sounding thing; see the head of `ontology.yaml` for the fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]{0,63}$")]
    label: _Word
    kind: SourceKind
    family: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    level_db: Annotated[float, Field(ge=0, le=140)]
    max_instances: Annotated[int, Field(ge=1, le=50)]
    synthesis: str | None
    hosts: tuple[RegionClass, ...]
    synonyms: tuple[_Word, ...] = ()
    prompt: Annotated[str, Field(min_length=1, max_length=400)]

    @model_validator(mode="after")
    def _ambience_has_no_host(self) -> "Thing":
        if (self.kind == "ambient") != (not self.hosts):
            raise ValueError("hosts must be empty for ambient things and only for them")
        return self


class Ontology(BaseModel):
    """All sounding things; no two share a name or a word."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    things: tuple[Thing, ...]

    @model_validator(mode="after")
    def _words_mean_one_thing(self) -> "Ontology":
        seen: dict[str, str] = {}
        for thing in self.things:
            for word in {normalised(word) for word in (thing.name, thing.label, *thing.synonyms)}:
                if word in seen:
                    raise ValueError(f"{word!r} means both {seen[word]} and {thing.name}")
                seen[word] = thing.name
        return self

    def __getitem__(self, name: str) -> Thing:
        """The thing of that name; KeyError where there is none."""
        for thing in self.things:
            if thing.name == name:
                return thing
        raise KeyError(name)

    def find(self, words: str) -> Thing | None:
        """The thing that the words mean, or None.

        Tried in turn: name, label or synonym, singular or plural; the end of the phrase ("a small brook" is a brook);
        a known phrase inside it ("birds in the oak"); a slip of typing.
        """
        wanted = normalised(words)
        known = {normalised(word): t for t in self.things for word in (t.name, t.label, *t.synonyms)}
        if wanted in known:
            return known[wanted]
        parts = wanted.split()
        runs = [(end, start) for end in range(len(parts), 0, -1) for start in range(end)]
        for end, start in sorted(runs, key=lambda run: (-(run[0] - run[1]), -run[0])):
            if (phrase := " ".join(parts[start:end])) in known:
                return known[phrase]
        close = difflib.get_close_matches(wanted, known, n=1, cutoff=FUZZY)
        return known[close[0]] if close else None

    def match(self, words: str) -> Thing:
        """The thing that the user's words mean; where none is known, one made from the words themselves.

        Raises:
            InputError: the words are empty or longer than 200 characters.
        """
        text = " ".join(words.split())
        if not text or len(text) > LONGEST_WORDS:
            raise InputError(f"sources: expected 1 to {LONGEST_WORDS} characters for each, found {len(text)}")
        return self.find(text) or custom_thing(text)


def custom_thing(words: str) -> Thing:
    """A point source of conversational level from the user's own words, wherever something stands."""
    slug = "_".join("".join(c if c.isascii() and c.isalnum() else " " for c in words.lower()).split())[:64]
    return Thing(
        name=slug.strip("_") or "sound",
        label=words[:80],
        kind="point",
        family="custom",
        level_db=CUSTOM_LEVEL_DB,
        max_instances=1,
        synthesis=None,
        hosts=("object", "building", "vegetation", "ground", "grass", "floor", "wall"),
        prompt=words,
    )


def normalised(words: str) -> str:
    """Lower case, single spaces, no hyphens, every word in the singular: what two spellings must share."""
    text = words.lower().replace("_", " ").replace("-", " ").replace("'", "")
    return " ".join(_singular(word) for word in text.split() if word not in ("a", "an", "the", "some"))


_IRREGULAR = {
    "leaves": "leaf", "geese": "goose", "children": "child", "men": "man", "women": "woman", "mice": "mouse",
    "wolves": "wolf", "falls": "falls", "bees": "bee", "people": "people",
}  # fmt: skip


def _singular(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        return word[:-1]
    return word


def load_ontology(path: Path) -> Ontology:
    """Read an ontology file.

    Raises:
        InputError: it cannot be read, is larger than a megabyte, or a field is wrong; the message names the field.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise InputError(f"{path}: expected at most {LARGEST_FILE} bytes, found {path.stat().st_size}")
        return Ontology.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "things"
        raise InputError(f"{path}: {field}: {first['msg']}") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path}: expected a YAML file, found {' '.join(str(error).split())}") from error


@cache
def shipped_ontology() -> Ontology:
    """The ontology inside the package."""
    return load_ontology(Path(str(files("sonovista.generate.understanding") / "ontology.yaml")))


__all__ = ["REGION_CLASSES", "Ontology", "Thing", "custom_thing", "load_ontology", "normalised", "shipped_ontology"]
