"""A scene in memory, and its folder on disk."""

import shutil
import tempfile
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sonovista.errors import InputError
from sonovista.scene.document import SceneDocument
from sonovista.scene.gaussians import Gaussians

if TYPE_CHECKING:  # Its module brings a compiler along, which reading a scene does not need.
    from sonovista.acoustics.occlusion import OcclusionMap


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
        occlusion: how much of every source is seen from where, or None where nothing hides anything; never on disk.
    """

    document: SceneDocument
    sounds: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    panorama: NDArray[np.uint8] | None = None
    depth: NDArray[np.float32] | None = None
    gaussians: Gaussians | None = None
    masks: dict[str, NDArray[np.bool_]] = field(default_factory=dict)
    occlusion: "OcclusionMap | None" = None

    @classmethod
    def load(cls, path: str | Path, parts: Collection[str] | None = None) -> "Scene":
        """Read and check a scene's folder.

        Args:
            path: the folder.
            parts: which of "sounds", "panorama", "depth", "gaussians", "masks" to read; all where it is None.

        Raises:
            InputError: something in it is missing or wrong; the message names the file and the field.
        """
        # Reading pulls in the readers of every format; a scene that is only built in memory needs none of them.
        from sonovista.scene import reading
        from sonovista.scene.ply import read_ply

        folder = Path(path)
        wanted = reading.ALL_PARTS if parts is None else parts
        reading.check_parts(wanted)
        document = reading.read_document(folder)
        scene = cls(document)
        for index, source in enumerate(document.sources):
            if "sounds" in wanted:
                scene.sounds[source.id] = reading.read_sound(folder, index, source)
            if "masks" in wanted and source.mask is not None:
                scene.masks[source.id] = reading.read_mask_file(folder, source.mask, f"sources.{index}.mask")
        if "panorama" in wanted and document.panorama is not None:
            scene.panorama = reading.read_panorama(folder, document.panorama)
        if "depth" in wanted and document.depth is not None:
            scene.depth = reading.read_depth(folder, document.depth)
        if "gaussians" in wanted and document.gaussians is not None:
            scene.gaussians = read_ply(reading.existing_file(folder, document.gaussians, "gaussians"))
        return scene

    def save(self, path: str | Path, overwrite: bool = False) -> None:
        """Write the scene's folder: whole or not at all.

        Args:
            path: the folder; its parent must exist.
            overwrite: replace a scene that is there; anything else that is there is never replaced.

        Raises:
            InputError: the place is taken or cannot be written to.
        """
        from sonovista.scene.writing import write_parts

        folder = Path(path)
        check_replaceable(folder, overwrite)
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".partial", dir=folder.parent))
        try:
            temporary.chmod(0o755)
            write_parts(self, temporary)
            move_into_place(temporary, folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def check_replaceable(folder: Path, overwrite: bool) -> None:
    """InputError unless a scene can be written to `folder`: nothing is there, or a scene that may be replaced."""
    if not folder.parent.is_dir():
        raise InputError(f"{folder}: expected its parent folder to exist, found none")
    if not folder.exists():
        return
    if not folder.is_dir() or (any(folder.iterdir()) and not (folder / "scene.json").is_file()):
        raise InputError(f"{folder}: expected a free place for the scene, found something else there")
    if (folder / "scene.json").is_file() and not overwrite:
        raise InputError(f"{folder}: expected a free place for the scene, found a scene (replace it with --force)")


def move_into_place(temporary: Path, folder: Path) -> None:
    """Rename a finished scene to its place; one that was there is gone only once the new one stands."""
    if not folder.exists():
        temporary.rename(folder)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".old", dir=folder.parent)) / folder.name
    folder.rename(old)
    temporary.rename(folder)
    shutil.rmtree(old.parent, ignore_errors=True)
