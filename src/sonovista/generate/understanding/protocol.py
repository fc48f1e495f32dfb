"""Picture -> which things in it can sound."""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.outpainting.protocol import Panorama
from sonovista.generate.regions.protocol import RegionClass, RegionMap

SourceKind = Literal["point", "area", "ambient"]


@dataclass(frozen=True)
class SoundingThing:
    """One sort of thing that sounds in the picture.

    Attributes:
        name: its entry in the ontology (`waterfall`), or the user's own words where the ontology has none.
        label: as people read it ("waterfall").
        kind: point, area or ambient.
        hosts: classes of regions in which it stands or hides, most fitting first; empty for ambient things.
        level_db: typical sound pressure level in dB at 1 m.
        prompt: what it sounds like, in words, for a text-to-audio model.
        confidence: in [0, 1]; 1 for what the user named.
        from_user: whether the user named it.
        max_instances: how many of it a scene should hold at most.
        weight: shape `(H, 2H)` float32 in [0, 1]: how well each pixel of the panorama fits it, or None for ambient.
        why: what in the picture speaks for it, in a few words; empty where nothing is said.
    """

    name: str
    label: str
    kind: SourceKind
    hosts: tuple[RegionClass, ...]
    level_db: float
    prompt: str
    confidence: float
    from_user: bool
    max_instances: int
    weight: NDArray[np.float32] | None
    why: str = ""


class Understanding(Protocol):
    """Tells what in a picture can sound; every one of `wanted` is in the answer."""

    def __call__(
        self,
        image: NDArray[np.uint8],  # [h, w, 3], the photo
        regions: RegionMap,  # of the photo
        panorama: Panorama,
        panorama_regions: RegionMap,
        wanted: tuple[str, ...],  # what the user named
        seed: int,
        calibration: Calibration | None = None,  # of the photo
    ) -> list[SoundingThing]: ...
