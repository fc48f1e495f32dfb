"""The stages of `create` as far as a benchmark needs them: what it measures is what a scene is made by."""

import hashlib
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonovista.generate.backends import choose_backends
from sonovista.generate.checkpoints import Checkpoints
from sonovista.generate.options import CreateOptions
from sonovista.generate.stages import StageRun, run_stages
from sonovista.geometry.image_files import Photo, read_photo


def run_until(
    stage: str, picture: Path | NDArray[np.uint8], options: CreateOptions, folder: Path | None = None
) -> StageRun:
    """Run the stages on a picture up to one of them.

    Args:
        stage: name of the last one.
        picture: a file, whose EXIF is read as `create` reads it; or pixels, RGB, `(H, W, 3)`, uint8.
        options: of the scene, its profile and backends among them; weights are taken for granted.
        folder: keeps what is finished, and stages whose inputs are the same are read back from it; None keeps nothing.

    Returns:
        The outputs, by stage.
    """
    photo = read_photo(picture) if isinstance(picture, Path) else _photo_of(picture)
    chosen = choose_backends(options.profile, options.backends)
    if folder is not None:
        return run_stages(photo, options, chosen, Checkpoints(folder), stage)
    with tempfile.TemporaryDirectory() as fresh:
        return run_stages(photo, options, chosen, Checkpoints(Path(fresh)), stage)


def _photo_of(pixels: NDArray[np.uint8]) -> Photo:
    sha256 = hashlib.sha256(pixels.tobytes()).hexdigest()
    return Photo(pixels, None, (pixels.shape[1], pixels.shape[0]), sha256, ())
