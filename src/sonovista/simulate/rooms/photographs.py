"""Photographs that hang on the walls of procedural rooms."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonovista.errors import InputError
from sonovista.geometry.image_files import read_photo
from sonovista.simulate.rooms.textures import SIZE

MOST = 200


@lru_cache(maxsize=1)
def read_photographs(folder: Path) -> NDArray[np.float32]:
    """The first 200 pictures of a folder by name, each squeezed into a square.

    Returns:
        sRGB in [0, 1], shape `(N, 512, 512, 3)`, read-only.

    Raises:
        InputError: no such folder, no pictures in it, or one that cannot be read.
    """
    import cv2

    paths = sorted(p for p in folder.glob("*") if p.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp", ".tif"))
    if not paths:
        raise InputError(f"{folder}: expected a folder of pictures to hang on walls, found none")
    pictures = [
        cv2.resize(read_photo(p, 2 * SIZE).pixels, (SIZE, SIZE), interpolation=cv2.INTER_AREA) for p in paths[:MOST]
    ]
    out = np.stack(pictures).astype(np.float32) / 255.0
    out.setflags(write=False)
    return out
