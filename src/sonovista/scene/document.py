"""`scene.json`: what a scene's folder says of itself."""

import math
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sonovista.geometry.cameras import PerspectiveCamera

SCHEMA_VERSION = 1
SAMPLE_RATE = 48_000
"""Hz, of every sound in a scene."""
Finite = Annotated[float, Field(allow_inf_nan=False)]
Vector = tuple[Finite, Finite, Finite]
RelativePath = Annotated[str, Field(min_length=1, max_length=255)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Waypoint(_Model):
    """Where a source is at a time."""

    time_s: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
    position: Vector


class Source(_Model):
    """Something that sounds."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    label: Annotated[str, Field(min_length=1, max_length=200)]
    kind: Literal["point", "area", "ambient"]
    position: Vector | None = Field(default=None, description="Metres, world frame; the centroid. None for ambience.")
    points: list[Vector] | None = Field(
        default=None, max_length=1000, description="Metres, world frame; samples of an area source's surface."
    )
    path: Annotated[list[Waypoint], Field(min_length=2, max_length=10_000)] | None = Field(
        default=None,
        description="Where the centroid goes, in straight lines, from time 0 on and around again; times rise from 0.",
    )
    gain_db: Annotated[float, Field(ge=-120, le=60)] = Field(description="Added to the sound file; level at 1 m.")
    sound: RelativePath = Field(description="Mono sound file, looped, relative to the scene's folder.")
    mask: RelativePath | None = Field(default=None, description="Where it is in the panorama: 8-bit PNG, 255 inside.")
    confidence: Annotated[float, Field(ge=0, le=1)] = 1.0
    provenance: Annotated[str, Field(max_length=2000)] = ""

    @field_validator("path")
    @classmethod
    def _times_rise(cls, path: list[Waypoint] | None) -> list[Waypoint] | None:
        times = [waypoint.time_s for waypoint in path or []]
        if times and (times[0] != 0.0 or any(b <= a for a, b in pairwise(times))):
            raise ValueError("the times of a path must begin at 0 and rise")
        return path

    @model_validator(mode="after")
    def _only_places_move(self) -> "Source":
        if self.path is not None and (self.kind == "ambient" or self.position is None):
            raise ValueError("only a source with a position can have a path")
        return self


class Listener(_Model):
    """Where a visitor starts, and how loud the world is for them."""

    position: Vector = (0.0, 0.0, 0.0)
    yaw_deg: Finite = 0.0
    pitch_deg: Finite = 0.0
    horizontal_fov_deg: Annotated[float, Field(gt=0, lt=180)] = 75.0
    gain_db: Annotated[float, Field(ge=-120, le=60)] = Field(
        default=0.0, description="Added to everything that is heard."
    )


class Air(_Model):
    """What the air absorbs depends on (ISO 9613-1)."""

    temperature_c: Annotated[float, Field(ge=-20, le=50)] = 20.0
    relative_humidity_percent: Annotated[float, Field(ge=1, le=100)] = 50.0
    pressure_kpa: Annotated[float, Field(ge=50, le=110)] = 101.325


OCTAVE_BANDS_HZ = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16000.0)
Absorption = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]
WallAbsorption = tuple[Absorption, Absorption, Absorption, Absorption, Absorption, Absorption, Absorption, Absorption]


class Room(_Model):
    """A box that reverberates; its walls are back, front, right, left, floor, ceiling (-x, +x, -y, +y, -z, +z)."""

    centre: Vector = Field(description="Metres, world frame.")
    size: tuple[
        Annotated[float, Field(ge=1, le=200)],
        Annotated[float, Field(ge=1, le=200)],
        Annotated[float, Field(ge=1, le=200)],
    ] = Field(description="Metres along the box's own x, y, z.")
    yaw_deg: Finite = Field(default=0.0, description="Of the box's x axis from the world's, left positive.")
    absorption: Annotated[list[WallAbsorption], Field(min_length=6, max_length=6)] = Field(
        description="Energy absorbed by each wall in the octaves 125 Hz to 16 kHz."
    )
    provenance: Annotated[str, Field(max_length=2000)] = ""


class Acoustics(_Model):
    """How sound travels: `sigma(d) = exp(-alpha d) / max(d, d_min)`, and what air, walls and obstacles do."""

    absorption_per_metre: Annotated[float, Field(ge=0, le=10)] = Field(
        default=0.02, description="Broadband alpha; without effect where `air` is given, which absorbs by frequency."
    )
    minimum_distance: Annotated[float, Field(gt=0, le=100)] = 0.3
    speed_of_sound: Annotated[float, Field(ge=100, le=2000)] = Field(default=343.0, description="Metres per second.")
    propagation_delay: bool = Field(default=False, description="Sound takes its time to arrive; motion shifts pitch.")
    air: Air | None = Field(default=None, description="Absorption by frequency (ISO 9613-1); none where absent.")
    occlusion: bool = Field(default=False, description="What stands between source and listener dulls the sound.")
    room: Room | None = Field(default=None, description="That reverberates; none in the open.")


class PhotoCamera(_Model):
    """The photo's camera, at the world's origin, yaw zero."""

    width: Annotated[int, Field(ge=1)]
    height: Annotated[int, Field(ge=1)]
    pitch_deg: Finite
    roll_deg: Finite
    horizontal_fov_deg: Annotated[float, Field(gt=0, lt=180)]

    def camera(self, width: int | None = None) -> PerspectiveCamera:
        """The camera that this describes.

        Args:
            width: pixels across, the height in proportion; the photo's own where it is None.
        """
        across = width or self.width
        height = self.height if across == self.width else round(across * self.height / self.width)
        fov, pitch, roll = (math.radians(v) for v in (self.horizontal_fov_deg, self.pitch_deg, self.roll_deg))
        return PerspectiveCamera(across, height, fov, 0.0, pitch, roll)


class StageRecord(_Model):
    """How one stage of generation went."""

    name: str
    backend: str
    options: dict[str, Any] = Field(default_factory=dict)
    seconds: Annotated[float, Field(ge=0)]
    input_sha256: str
    output_sha256: str
    notes: list[str] = Field(default_factory=list)


class SceneDocument(_Model):
    """The whole of `scene.json`."""

    schema_version: Literal[1] = SCHEMA_VERSION
    frame: Literal["x-forward y-left z-up, metres"] = "x-forward y-left z-up, metres"
    title: Annotated[str, Field(max_length=200)] = ""
    sources: list[Source] = Field(max_length=1024)
    listener: Listener = Listener()
    acoustics: Acoustics = Acoustics()
    photo: PhotoCamera | None = None
    camera_height: Annotated[float, Field(gt=0, le=1000)] = Field(
        default=1.6, description="Metres from the ground to the listener's start; the ground is at z = -camera_height."
    )
    indoor: bool = False
    panorama: RelativePath | None = None
    depth: RelativePath | None = None
    gaussians: RelativePath | None = None
    seed: int = 0
    warnings: list[str] = Field(default_factory=list)
    stages: list[StageRecord] = Field(default_factory=list)
