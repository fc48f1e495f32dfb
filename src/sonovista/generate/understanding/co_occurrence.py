"""What can be heard where: probabilities of things given attributes of the scene."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field

Probability = Annotated[float, Field(ge=0, le=1)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Reasons(_Model):
    """What in a scene speaks for a thing, and against it; see the head of `co_occurrence.yaml`."""

    because: dict[str, Probability]
    unless: dict[str, Probability] = {}

    def confidence(self, attributes: Mapping[str, float]) -> float:
        """Probability of the thing, from attributes in [0, 1]; those that are absent do not hold."""
        silent = 1.0
        for name, probability in self.because.items():
            silent *= 1.0 - probability * attributes.get(name, 0.0)
        kept = 1.0
        for name, taken in self.unless.items():
            kept *= 1.0 - taken * attributes.get(name, 0.0)
        return (1.0 - silent) * kept

    def words(self, attributes: Mapping[str, float]) -> str:
        """The strongest reason for and, where it takes more than a third away, the strongest against."""
        name, value = max(
            ((name, probability * attributes.get(name, 0.0)) for name, probability in self.because.items()),
            key=lambda pair: pair[1],
        )
        text = f"{name.replace('_', ' ')} {attributes.get(name, 0.0):.2f}"
        against = [(taken * attributes.get(other, 0.0), other) for other, taken in self.unless.items()]
        worst = max(against, default=(0.0, ""))
        return f"{text}, but {worst[1].replace('_', ' ')}" if worst[0] > 1 / 3 and value > 0.0 else text


class SeenObject(_Model):
    """What an object that a detector knows sounds as."""

    thing: str
    weight: Probability


class CoOccurrence(_Model):
    """The whole file."""

    things: dict[str, Reasons]
    objects: dict[str, SeenObject]


@cache
def shipped_co_occurrence() -> CoOccurrence:
    """The table inside the package."""
    text = (files("sonovista.generate.understanding") / "co_occurrence.yaml").read_text(encoding="utf-8")
    return CoOccurrence.model_validate(yaml.safe_load(text))
