"""What one camera at the world's origin sees, as a picture with depth: the form in which everything is lifted."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.calibration.protocol import Calibration
from sonovista.geometry import PerspectiveCamera, equirectangular


@dataclass(frozen=True)
class Sheet:
    """A picture with depth, some pixels of which shall become Gaussians.

    Attributes:
        camera: at the world's origin, of the sheet's size.
        colours: sRGB in [0, 1], shape `(H, W, 3)`, float32.
        depth: metres along the camera's axis (z, not along rays), shape `(H, W)`, float32.
        used: pixels that this sheet is to show, shape `(H, W)`, bool.
    """

    camera: PerspectiveCamera
    colours: NDArray[np.float32]
    depth: NDArray[np.float32]
    used: NDArray[np.bool_]


def photo_sheet(
    image: NDArray[np.uint8], distance: NDArray[np.float32], calibration: Calibration, scale: float
) -> Sheet:
    """The photo, made smaller by area averaging or larger by cubic interpolation.

    Args:
        image: RGB, shape `(h, w, 3)`.
        distance: metres along the rays of the photo's pixels, shape `(h, w)`.
        calibration: of the photo.
        scale: of the sheet's size to the photo's.
    """
    width = max(1, int(image.shape[1] * scale))
    # Rounded as a viewer rounds: one row less would lie half a pixel beside every row that is watched.
    height = max(1, round(width * image.shape[0] / image.shape[1]))
    interpolation = cv2.INTER_AREA if scale <= 1.0 else cv2.INTER_CUBIC
    scaled = cv2.resize(image.astype(np.float32) / 255.0, (width, height), interpolation=interpolation)
    colours = np.clip(np.asarray(scaled, np.float32), 0.0, 1.0)
    # Nearest, since a mean of near and far would hang in the air between them.
    distance = np.asarray(cv2.resize(distance, (width, height), interpolation=cv2.INTER_NEAREST_EXACT), np.float32)
    camera = calibration.camera(width, height)
    return Sheet(camera, colours, distance * cosines(camera), np.ones((height, width), bool))


def cube_sheets(
    colours: NDArray[np.float32],
    distance: NDArray[np.float32],
    used: NDArray[np.bool_],
    face_size: int,
    covering: Sheet | None = None,
) -> list[Sheet]:
    """The faces of the cube around the origin that have anything to show, each as a camera of 90 degrees sees it.

    Args:
        colours: panorama, shape `(H, 2H, 3)`.
        distance: panorama, metres along rays, shape `(H, 2H)`.
        used: panorama of pixels to be shown, shape `(H, 2H)`.
        face_size: pixels along a face's side.
        covering: what this sheet shows is left out; None leaves nothing out.
    """
    sheets = []
    height, width = used.shape
    right = 0.5 * np.pi
    for yaw, pitch in [(0.0, 0.0), (right, 0.0), (2.0 * right, 0.0), (-right, 0.0), (0.0, right), (0.0, -right)]:
        camera = PerspectiveCamera(face_size, face_size, right, yaw, pitch)
        rays = camera.ray_directions()
        column, row = equirectangular.direction_to_pixel(rays, height)
        nearest = np.minimum(row.astype(np.int32), height - 1), column.astype(np.int32) % width
        face_used = used[nearest]
        if covering is not None:
            inside, covered_row, covered_column = covering.camera.nearest_pixels(rays)
            face_used &= ~(inside & covering.used[covered_row, covered_column])
        if face_used.any():
            face_colours = np.asarray(equirectangular.sample(colours, rays, cv2.INTER_LINEAR), np.float32)
            sheets.append(Sheet(camera, face_colours, distance[nearest] * cosines(camera), face_used))
    return sheets


def resized(sheet: Sheet, width: int) -> Sheet:
    """The same view with another number of pixels: averaged over areas to shrink, cubic to grow."""
    camera = sheet.camera
    size = (width, max(1, round(width * camera.height / camera.width)))
    interpolation = cv2.INTER_AREA if width < camera.width else cv2.INTER_CUBIC
    colours = np.asarray(cv2.resize(sheet.colours, size, interpolation=interpolation), np.float32)
    nearest = cv2.INTER_NEAREST_EXACT
    return Sheet(
        replace(camera, width=size[0], height=size[1]),
        np.clip(colours, 0.0, 1.0),
        np.asarray(cv2.resize(sheet.depth, size, interpolation=nearest), np.float32),
        cv2.resize(sheet.used.astype(np.uint8), size, interpolation=nearest) > 0,
    )


def with_photo_depth(
    panorama: NDArray[np.float32], photo: NDArray[np.float32], camera: PerspectiveCamera
) -> NDArray[np.float32]:
    """A panorama of distances that takes the photo's own wherever the photo sees.

    What lies hidden is found in the panorama and must fit the photo's edges, also where the two were estimated apart.

    Args:
        panorama: metres along rays, shape `(H, 2H)`.
        photo: metres along rays, shape `(camera.height, camera.width)`.
        camera: the photo's.
    """
    inside, row, column = camera.nearest_pixels(equirectangular.pixel_directions(len(panorama)))
    return np.where(inside, photo[row, column], panorama)


def cosines(camera: PerspectiveCamera) -> NDArray[np.float32]:
    """Depth along the camera's axis over distance along the ray, for every pixel."""
    x = (np.arange(camera.width) + 0.5 - 0.5 * camera.width) / camera.focal_length
    y = (np.arange(camera.height) + 0.5 - 0.5 * camera.height) / camera.focal_length
    return (1.0 / np.sqrt(1.0 + x[None, :] ** 2 + y[:, None] ** 2)).astype(np.float32)
