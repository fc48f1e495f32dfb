"""One bed for the whole scene: its ambient things, or what such a place sounds like."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from sonovista.generate.regions.protocol import REGION_CLASSES, RegionMap
from sonovista.generate.sounding.loudness import loudness_at_one_metre, normalise_loop
from sonovista.generate.sounding.procedural import Synthesizer
from sonovista.generate.sounding.protocol import SAMPLE_RATE, Sound, SoundMaker
from sonovista.generate.understanding.protocol import SoundingThing
from sonovista.signal.loudness import loop_loudness
from sonovista.signal.noise import circular_filter, diffuse_tail, gain_curve


class Options(BaseModel):
    """Options of `SceneBed`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    offset_db: float = Field(
        default=-6.0, ge=-60, le=20, description="Added to the bed: it comes from everywhere at once."
    )
    floor_db: float = Field(
        default=-14.0, ge=-60, le=0, description="Level of the place's own air under named ambient things."
    )


@dataclass(frozen=True)
class Layer:
    """One sound in the bed: what, how loud (dB SPL where the listener is), and whether it comes from far away."""

    name: str
    prompt: str
    level_db: float
    distant: bool = False


class SceneBed:
    """Implements `AmbienceMaker`.

    Ambient things are mixed by their levels over the faint air of the place. Without any, the place decides: indoors
    the tone of a room; outdoors a light wind, with far birds and insects where plants grow and far traffic where it is
    built up.
    """

    def __init__(self, options: Options = Options(), sounds: SoundMaker | None = None) -> None:
        self.options = options
        self.sounds = sounds if sounds is not None else Synthesizer()

    def __call__(
        self, things: list[SoundingThing], panorama_regions: RegionMap, indoor: bool, duration: float, seed: int
    ) -> Sound:
        """The bed for the omnidirectional channel; `gain_db` gives its loudness at the listener."""
        ambient = [thing for thing in things if thing.kind == "ambient"]
        air = Layer("room_tone", "", 32.0) if indoor else Layer("wind", "light breeze", 38.0)
        if ambient:
            layers = [Layer(thing.name, thing.prompt, thing.level_db) for thing in ambient]
            loudest = max(layer.level_db for layer in layers)
            if air.name not in {layer.name for layer in layers}:
                layers.append(Layer(air.name, air.prompt, min(air.level_db, loudest + self.options.floor_db)))
        else:
            layers = [air, *place_layers(panorama_regions, indoor)]
        made = [self._make(layer, duration, seed + 7919 * index) for index, layer in enumerate(layers)]
        mixed = np.sum([signal for signal, _ in made], axis=0)
        wanted = loop_loudness(mixed, SAMPLE_RATE)
        signal, loudness = normalise_loop(mixed, SAMPLE_RATE)
        gain_db = float(np.clip(wanted - loudness + self.options.offset_db, -80.0, 24.0))
        return Sound(signal, gain_db, "bed of " + "; ".join(provenance for _, provenance in made))

    def _make(self, layer: Layer, duration: float, seed: int) -> tuple[NDArray[np.float64], str]:
        """One layer at its loudness; distant ones lose their treble and their edges on the way."""
        sound = self.sounds(layer.name, layer.prompt, layer.level_db, duration, seed)
        rng = np.random.default_rng([seed & 0xFFFFFFFF, 1])
        signal = sound.signal.astype(float)
        if layer.distant:
            signal = circular_filter(signal, SAMPLE_RATE, gain_curve([(300, 0), (2000, -2), (5000, -8), (12000, -30)]))
            signal = 0.35 * signal + 0.8 * diffuse_tail(signal, SAMPLE_RATE, 1.2, rng)
        loudness = loop_loudness(signal, SAMPLE_RATE)
        if not np.isfinite(loudness):
            return np.zeros_like(signal), sound.provenance
        gain = 10 ** ((loudness_at_one_metre(layer.level_db) - loudness) / 20)
        return gain * signal, ("distant " if layer.distant else "") + sound.provenance


def place_layers(regions: RegionMap, indoor: bool) -> list[Layer]:
    """What is heard far off in a place, from the shares of its surroundings."""
    if indoor:
        return []
    area = np.bincount(regions.segments.ravel(), minlength=len(regions.probabilities)).astype(float)
    share = dict(zip(REGION_CLASSES, area @ regions.probabilities / area.sum(), strict=True))
    layers: list[Layer] = []
    if share["vegetation"] + share["grass"] > 0.08:
        layers.append(Layer("birds", "", 36.0, distant=True))
    if share["vegetation"] > 0.15:
        layers.append(Layer("leaves", "", 34.0, distant=True))
    if share["grass"] > 0.15:
        layers.append(Layer("crickets", "", 30.0, distant=True))
    if share["building"] > 0.2:
        layers.append(Layer("traffic", "", 38.0, distant=True))
    return layers
