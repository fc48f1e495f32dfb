"""Places to look around in: panoramas of procedural rooms, and crops of them at any yaw."""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.errors import InputError
from sonovista.geometry import PerspectiveCamera
from sonovista.geometry.equirectangular import direction_to_pixel, pixel_directions
from sonovista.geometry.image_files import read_rgb
from sonovista.simulate.protocol import Place

_FACES = ((0.0, 0.0), (90.0, 0.0), (180.0, 0.0), (270.0, 0.0), (0.0, 89.9), (0.0, -89.9))
_FACE_FOV = np.radians(93.0)


def panorama_of(place: Place, position: NDArray[np.float64], height: int = 512) -> NDArray[np.uint8]:
    """Look around at one position of a place: equirectangular, shape `(height, 2 height, 3)`.

    Args:
        place: to look at.
        position: metres from the place's low corner.
        height: pixels.
    """
    directions = pixel_directions(height)
    out = np.zeros((height, 2 * height, 3), np.uint8)
    best = np.full((height, 2 * height), -1.0)
    for yaw, pitch in np.radians(_FACES):
        size = round(0.75 * height)
        x, y, z = (float(value) for value in position)
        camera = PerspectiveCamera(size, size, _FACE_FOV, yaw, pitch, position=(x, y, z))
        face = place.view(camera).rgb
        forward = directions @ camera.R_world_camera[:, 2]
        closer = forward > best
        u, v, _ = PerspectiveCamera(size, size, _FACE_FOV, yaw, pitch).project(directions)
        maps = [np.nan_to_num(value - 0.5, nan=-1.0).astype(np.float32) for value in (u, v)]
        looked_up = cv2.remap(face, maps[0], maps[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        out[closer] = looked_up[closer]
        best = np.maximum(best, forward)
    return out


@lru_cache(maxsize=64)
def _crop_map(
    width: int, height: int, horizontal_fov: float, pitch: float, panorama_height: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    rays = PerspectiveCamera(width, height, horizontal_fov, pitch=pitch).ray_directions()
    u, v = direction_to_pixel(rays, panorama_height)
    return (u - 0.5).astype(np.float32), np.clip(v - 0.5, 0.0, panorama_height - 1.0).astype(np.float32)


def crop(
    panorama: NDArray[np.uint8], yaw: float, pitch: float, width: int, height: int, horizontal_fov: float
) -> NDArray[np.uint8]:
    """What a camera sees that is turned by `yaw` (left positive), radians; shape `(height, width, 3)`.

    The map of a camera is kept, since a yaw only shifts it.
    """
    rows = panorama.shape[0]
    across, down = _crop_map(width, height, float(horizontal_fov), round(float(pitch), 4), rows)
    shifted = np.mod(across - np.float32(yaw * rows / np.pi), np.float32(2 * rows))
    patch = cv2.remap(panorama, shifted, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return np.asarray(patch, np.uint8)


class PanoramaFolder:
    """Panoramas in a folder, read when first wanted and kept.

    Args:
        folder: with files `*.jpg` or `*.png`, each twice as wide as high.

    Raises:
        InputError: there are none.
    """

    def __init__(self, folder: str | Path) -> None:
        self.paths = sorted(path for path in Path(folder).glob("*") if path.suffix in (".jpg", ".png"))
        if not self.paths:
            raise InputError(f"{folder}: expected panoramas (*.jpg, *.png), found none")
        self._kept: dict[int, NDArray[np.uint8]] = {}

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        if index not in self._kept:
            picture = read_rgb(self.paths[index])
            if picture.shape[1] != 2 * picture.shape[0]:
                height, width = picture.shape[:2]
                raise InputError(
                    f"{self.paths[index]}: expected a panorama twice as wide as high, found {width}x{height}"
                )
            self._kept[index] = picture
        return self._kept[index]
