"""A scene in memory, and its folder on disk."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonovista.scene.document import SceneDocument
from sonovista.scene.gaussians import Gaussians


@dataclass
class Scene:
    """A world that can be seen and heard.

    Attributes:
        document: what `scene.json` says.
        sounds: mono float32 loops at 48 kHz, one for each source's id, shape `(samples,)`.
        panorama: RGB, shape `(H, 2H, 3)`, uint8, or None.
        depth: metres along rays, shape `(H, 2H)`, float32, or None.
        gaussians: or None.
        masks: bool, shape `(H, 2H)`, for each source's id that has one.
    """

    document: SceneDocument
    sounds: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    panorama: NDArray[np.uint8] | None = None
    depth: NDArray[np.float32] | None = None
    gaussians: Gaussians | None = None
    masks: dict[str, NDArray[np.bool_]] = field(default_factory=dict)

    @classmethod
    def load(cls, path: str | Path) -> "Scene":
        """Read and check a scene's folder."""
        raise NotImplementedError

    def save(self, path: str | Path) -> None:
        """Write the scene's folder."""
        raise NotImplementedError
