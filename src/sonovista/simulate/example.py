"""One example: a few views of one place, the sources around it, and what ears at each view receive from each source."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from sonovista.geometry import wrapped

SAMPLE_RATE = 16_000
"""Hz, of what is learned from."""


class ExampleOptions(BaseModel):
    """What an example holds, and how its viewpoints and sources are drawn. Angles in degrees, lengths in metres."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    views: int = Field(default=4, ge=2, le=64)
    width: int = Field(default=320, ge=16, le=4096, description="Pixels.")
    height: int = Field(default=240, ge=16, le=4096, description="Pixels.")
    horizontal_fov_deg: float = Field(default=60.0, gt=1.0, lt=170.0)
    pitch_deg: float = Field(default=-22.5, ge=-60.0, le=60.0, description="Of all cameras; negative looks down.")
    smallest_rotation_deg: float = Field(default=10.0, ge=0.0, le=180.0, description="Of a view from the first.")
    largest_rotation_deg: float = Field(
        default=50.0, ge=0.0, le=180.0, description="Of a view from the first; 50 leaves a sixth of a 60 degree view."
    )
    camera_height: float = Field(default=1.5, ge=0.1, le=5.0)
    translation: float = Field(default=0.0, ge=0.0, le=2.0, description="Most that a view moves from the first.")
    sources: int = Field(default=1, ge=1, le=8)
    lowest_source: float = Field(default=0.7, ge=0.0, le=5.0)
    highest_source: float = Field(default=1.7, ge=0.0, le=5.0)
    nearest_source: float = Field(default=0.8, ge=0.2, le=10.0)
    farthest_source: float = Field(default=4.0, ge=0.3, le=50.0)
    shortest_rt60: float = Field(default=0.1, ge=0.05, le=5.0, description="Seconds.")
    longest_rt60: float = Field(default=0.5, ge=0.05, le=5.0, description="Seconds.")

    @model_validator(mode="after")
    def _ordered(self) -> "ExampleOptions":
        for low, high in (
            ("smallest_rotation_deg", "largest_rotation_deg"),
            ("lowest_source", "highest_source"),
            ("nearest_source", "farthest_source"),
            ("shortest_rt60", "longest_rt60"),
        ):
            if getattr(self, low) > getattr(self, high):
                raise ValueError(f"{low} must be at most {high}, found {getattr(self, low)} and {getattr(self, high)}")
        return self


@dataclass(frozen=True)
class Viewpoints:
    """Where the cameras and sources of an example are; metres and radians, z up, the floor at z = 0.

    Attributes:
        cameras: shape `(V, 3)`.
        yaws: of the cameras from +x, left positive, shape `(V,)`.
        pitch: of all cameras, looking up positive.
        sources: shape `(S, 3)`.
    """

    cameras: NDArray[np.float64]
    yaws: NDArray[np.float64]
    pitch: float
    sources: NDArray[np.float64]

    @property
    def azimuths(self) -> NDArray[np.float64]:
        """Of every source for every camera, left positive, in (-pi, pi], shape `(S, V)`."""
        towards = self.sources[:, None] - self.cameras[None]
        return wrapped(np.arctan2(towards[..., 1], towards[..., 0]) - self.yaws)

    @property
    def rotations(self) -> NDArray[np.float64]:
        """Of every camera from the first, left positive, in (-pi, pi], shape `(V,)`."""
        return wrapped(self.yaws - self.yaws[0])


@dataclass(frozen=True)
class Example:
    """A whole example.

    Attributes:
        scene: name of the place.
        viewpoints: cameras and sources.
        images: shape `(V, h, w, 3)`, uint8.
        depth: metres along the rays, shape `(V, h, w)`, float32, or None where it is unknown.
        direct: impulse responses of the direct sound, left ear first, 16 kHz, shape `(S, V, 2, n)`, float32.
        indirect: of all other sound; at least as long, shape `(S, V, 2, m)`, float32.
        rt60: seconds, of direct and indirect sound together, by regression of the decay, shape `(S, V, 2)`.
        record: the seed, options and whatever else says how it was made; ready for JSON.
    """

    scene: str
    viewpoints: Viewpoints
    images: NDArray[np.uint8]
    depth: NDArray[np.float32] | None
    direct: NDArray[np.float32]
    indirect: NDArray[np.float32]
    rt60: NDArray[np.float64]
    record: dict[str, object] = field(default_factory=dict)
