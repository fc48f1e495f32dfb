"""A scene's things and surroundings -> one bed of sound that comes from everywhere."""

from typing import Protocol

from sonovista.generate.regions.protocol import RegionMap
from sonovista.generate.sounding.protocol import Sound
from sonovista.generate.understanding.protocol import SoundingThing


class AmbienceMaker(Protocol):
    """Makes the bed of the whole scene: what is ambient among `things`, else what such a place sounds like."""

    def __call__(
        self,
        things: list[SoundingThing],
        panorama_regions: RegionMap,
        indoor: bool,
        duration: float,  # seconds
        seed: int,
    ) -> Sound: ...
