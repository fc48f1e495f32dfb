"""A panorama as a place: seen from its one point, heard in a shoebox that is drawn around the listener."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonovista.errors import BackendUnavailable, InputError
from sonovista.geometry import PerspectiveCamera
from sonovista.geometry.equirectangular import perspective_view
from sonovista.geometry.image_files import read_rgb
from sonovista.render.room_head import RoomHead
from sonovista.simulate.example import Viewpoints
from sonovista.simulate.hearing import hear_box
from sonovista.simulate.places.box import DrawnBox
from sonovista.simulate.places.tone_mapping import tone_mapped
from sonovista.simulate.protocol import Heard, View
from sonovista.simulate.rooms.layout import RoomOptions

LOWEST = 128
"""Pixels: a lower panorama shows nothing."""
HIGHEST = 2048
"""Pixels: a higher panorama is scaled down, as no view shows its detail."""
MOST_PIXELS = 300_000_000
SUPERSAMPLING = 2
_HDR = (".hdr", ".exr")


class PanoramaPlace:
    """An equirectangular panorama, LDR or HDR.

    Args:
        path: JPEG, PNG, WebP, TIFF, Radiance HDR or OpenEXR.
        seed: draws the shoebox.
        options: between what lengths its sides are.

    Raises:
        InputError: no such file, damaged, or not twice as wide as high.
        BackendUnavailable: an OpenEXR file without the library that reads it.
    """

    movable = False

    def __init__(self, path: Path, seed: int, options: RoomOptions) -> None:
        import cv2

        check_panorama(path)
        picture = read_panorama(path)
        if picture.shape[0] > HIGHEST:
            picture = cv2.resize(picture, (2 * HIGHEST, HIGHEST), interpolation=cv2.INTER_AREA)
        self._picture = np.ascontiguousarray(picture, np.uint8)
        self._box = DrawnBox(np.random.default_rng(seed), options)
        self.stand, self.free = self._box.stand, self._box.free

    @property
    def size(self) -> NDArray[np.float64]:
        """Of the shoebox, metres."""
        return self._box.size

    def view(self, camera: PerspectiveCamera) -> View:
        """What a camera sees, wherever it stands; the depth is not known."""
        from dataclasses import replace

        import cv2

        # A panorama finer than the view would alias; one that is coarser needs no more samples.
        per_pixel = self._picture.shape[0] / np.pi / camera.focal_length
        step = SUPERSAMPLING if per_pixel > 1.0 else 1
        fine = replace(camera, width=step * camera.width, height=step * camera.height)
        rgb = perspective_view(self._picture, fine)
        if step > 1:
            rgb = cv2.resize(rgb, (camera.width, camera.height), interpolation=cv2.INTER_AREA)
        return View(np.asarray(rgb, np.uint8), None)

    def sees(self, position: NDArray[np.float64], target: NDArray[np.float64]) -> bool:
        """Nothing is known to stand in the way."""
        return True

    def hear(self, viewpoints: Viewpoints, rt60: float, head: RoomHead, seed: int) -> Heard:
        """Responses of the shoebox."""
        return hear_box(self.size, viewpoints, rt60, head, seed)


def check_panorama(path: Path) -> None:
    """Refuse what its head shows to be no panorama.

    Raises:
        InputError: no such file, empty, or not twice as wide as high.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        if path.stat().st_size == 0:
            raise InputError(f"{path}: expected a panorama, found an empty file")
        if path.suffix.lower() in _HDR:
            return
        with Image.open(path) as image:
            _check_shape(path, image.width, image.height)
    except (UnidentifiedImageError, Image.DecompressionBombError):
        raise InputError(f"{path}: expected a picture, found bytes that are none, or too many pixels") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {' '.join(str(error).split())}") from None


def _check_shape(path: Path, width: int, height: int) -> None:
    # Some programs write one row or column more or less.
    if abs(width - 2 * height) > 2:
        raise InputError(f"{path}: expected an equirectangular panorama, twice as wide as high, found {width}x{height}")
    if height < LOWEST:
        raise InputError(f"{path}: expected a panorama of at least {LOWEST} rows, found {height}")


def read_panorama(path: Path) -> NDArray[np.uint8]:
    """Read a panorama as sRGB, exactly twice as wide as high, shape `(H, 2 H, 3)`.

    Raises:
        InputError: damaged, or not twice as wide as high.
        BackendUnavailable: an OpenEXR file without the library that reads it.
    """
    import cv2

    if path.suffix.lower() == ".exr":
        picture = tone_mapped(_read_exr(path))
    elif path.suffix.lower() == ".hdr":
        radiance = cv2.imread(str(path), cv2.IMREAD_ANYDEPTH | cv2.IMREAD_COLOR)
        if radiance is None or radiance.size > 3 * MOST_PIXELS:
            raise InputError(f"{path}: expected a Radiance HDR picture, found one that cannot be read")
        picture = tone_mapped(np.ascontiguousarray(radiance[..., ::-1], np.float32))
    else:
        picture = read_rgb(path, MOST_PIXELS)
    height, width = picture.shape[:2]
    _check_shape(path, width, height)
    if width != 2 * height:
        picture = cv2.resize(picture, (2 * height, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(picture, np.uint8)


def _read_exr(path: Path) -> NDArray[np.float32]:
    """Linear RGB of an OpenEXR file."""
    try:
        import OpenEXR  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise BackendUnavailable(f"{path}: OpenEXR files need openexr: pip install 'sonovista[exr]'") from error
    try:
        with OpenEXR.File(str(path)) as file:
            channels = file.channels()
            name = next((n for n in ("RGB", "RGBA") if n in channels), None)
            if name is not None:
                pixels = channels[name].pixels[..., :3]
            elif {"R", "G", "B"} <= channels.keys():
                pixels = np.stack([channels[c].pixels for c in "RGB"], axis=-1)
            else:
                raise InputError(f"{path}: expected channels R, G, B, found {', '.join(sorted(channels))}")
            return np.ascontiguousarray(pixels, np.float32)
    except InputError:
        raise
    except Exception as error:  # the library raises plain errors of many kinds at damaged files
        raise InputError(f"{path}: expected an OpenEXR picture, found: {' '.join(str(error).split())[:200]}") from None
