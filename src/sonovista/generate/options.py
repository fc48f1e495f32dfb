"""What a scene depends on beside the photo."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sonovista.errors import InputError


@dataclass(frozen=True)
class CreateOptions:
    """All that a scene depends on beside the photo.

    Attributes:
        profile: which backends, see `sonovista.generate.backends.PROFILES`.
        backends: stage -> backend, over the profile's.
        backend_options: stage -> options of its backend.
        sources: what the user knows to sound in the picture; each of them is in the scene.
        sounds: a folder of the user's own sounds, matched by name.
        panorama: the picture is an equirectangular panorama already.
        panorama_height: pixels; the panorama is twice as wide.
        gaussians: at most so many.
        seed: of every random choice.
    """

    profile: str = "offline"
    backends: dict[str, str] = field(default_factory=dict)
    backend_options: dict[str, dict[str, Any]] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    sounds: Path | None = None
    panorama: bool = False
    panorama_height: int = 1024
    gaussians: int = 1_300_000
    seed: int = 0

    def __post_init__(self) -> None:
        if not 128 <= self.panorama_height <= 4096 or self.panorama_height % 2:
            raise InputError(f"panorama height: expected an even number from 128 to 4096, found {self.panorama_height}")
        if not 1_000 <= self.gaussians <= 4_000_000:
            raise InputError(f"gaussians: expected 1000 to 4000000, found {self.gaussians}")
        if not 0 <= self.seed < 2**31:
            raise InputError(f"seed: expected 0 to {2**31 - 1}, found {self.seed}")
        for name in self.sources:
            if not name.strip() or len(name) > 100:
                raise InputError(f"sources: expected names of 1 to 100 characters, found {name!r}")
        if self.sounds is not None and not self.sounds.is_dir():
            raise InputError(f"{self.sounds}: expected a folder of sounds, found none")
