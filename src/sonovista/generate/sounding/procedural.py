"""Sounds by synthesis: offline, seeded, seamless by construction."""

import zlib
from functools import cache

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from sonovista.generate.sounding.loudness import normalise_loop, source_gain
from sonovista.generate.sounding.matching import match
from sonovista.generate.sounding.protocol import SAMPLE_RATE, Sound
from sonovista.generate.sounding.synthesis import SYNTHESES
from sonovista.signal.loops import rotated_to_steadiest
from sonovista.signal.noise import gain_curve, shaped_noise

NEUTRAL = "neutral_texture"
"""What is made where no synthesiser fits the words."""


class Options(BaseModel):
    """Options of `Synthesizer`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_seconds: float = Field(default=60.0, gt=0, le=600, description="Longest loop that is made.")


@cache
def _phrases() -> dict[str, tuple[str, ...]]:
    return {name: (name.replace("_", " "), *synthesis.words) for name, synthesis in SYNTHESES.items()}


def find_synthesis(name: str, prompt: str = "") -> tuple[str, str] | None:
    """The synthesiser for a thing.

    Args:
        name: a synthesiser's name, or any words ("a small brook").
        prompt: more words, asked where `name` says nothing.

    Returns:
        The synthesiser's name, and how it was found ("by name", "'brook' is like running_water", ...), or None.
    """
    if name in SYNTHESES:
        return name, "by name"
    for text, kind in ((name, "name"), (prompt, "prompt")):
        if (found := match(text.replace("_", " "), _phrases())) is not None:
            return found[0], f"{text!r} taken as {found[0]}" if kind == "name" else f"prompt taken as {found[0]}"
    return None


def synthesise(name: str, samples: int, seed: int, sample_rate: int = SAMPLE_RATE) -> NDArray[np.floating]:
    """A loop of the synthesiser `name` (a key of `SYNTHESES`, else KeyError), shape `(samples,)`, at its raw level.

    It begins where its level is steadiest, so that no tick or call falls on the join.
    """
    rng = np.random.default_rng([seed & 0xFFFFFFFF, zlib.crc32(name.encode())])
    return rotated_to_steadiest(SYNTHESES[name].make(rng, samples, sample_rate), sample_rate)


class Synthesizer:
    """Implements `SoundMaker` by the procedural models of `SYNTHESES`."""

    def __init__(self, options: Options = Options()) -> None:
        self.options = options

    def __call__(self, name: str, prompt: str, level_db: float, duration: float, seed: int) -> Sound:
        """Make the loop; words that fit no model give a quiet neutral texture, and the provenance says so."""
        if not 0.5 <= duration <= self.options.max_seconds:
            raise ValueError(f"duration: expected 0.5 to {self.options.max_seconds:g} s, found {duration:g}")
        samples = round(duration * SAMPLE_RATE)
        found = find_synthesis(name, prompt)
        if found is None:
            raw = _neutral_texture(samples, seed)
            provenance = f"synthesis: {NEUTRAL} (no model fits {name!r}; plain shaped noise), seed {seed}"
        else:
            raw = synthesise(found[0], samples, seed)
            how = "" if found[1] == "by name" else f"; {found[1]}"
            provenance = f"synthesis: {found[0]}, {SYNTHESES[found[0]].model}{how}, seed {seed}"
        signal, loudness = normalise_loop(raw, SAMPLE_RATE)
        return Sound(signal, source_gain(level_db, loudness), provenance)


def _neutral_texture(samples: int, seed: int) -> NDArray[np.float64]:
    rng = np.random.default_rng([seed & 0xFFFFFFFF, zlib.crc32(NEUTRAL.encode())])
    return shaped_noise(samples, SAMPLE_RATE, gain_curve([(60, -6), (200, 0), (1000, -8), (8000, -30)]), rng)
