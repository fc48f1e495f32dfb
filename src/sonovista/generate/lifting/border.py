"""The strip around the photo that a step to the side brings into view, as fine as the photo."""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sonovista.generate.lifting.depth_edges import opens
from sonovista.generate.lifting.detail import Inner, with_detail
from sonovista.generate.lifting.sheets import Sheet, cosines
from sonovista.geometry import PerspectiveCamera, equirectangular

WIDEST = np.deg2rad(12.0)
"""Radians that the strip is wide at most: a step of 0.5 m shows no more beside what is farther than 2.4 m."""

NARROWEST = np.deg2rad(1.0)
"""Radians that it is wide at least."""

LARGEST_SHARE = 1.0 / 3.0
"""Of the photo's shorter side, likewise: through a long lens a step shows more than can be drawn as finely."""

LARGEST_ANGLE = np.deg2rad(65.0)
"""From the axis, beyond which a plane picture stretches too much."""


def with_strip(
    photo: Sheet, colours: NDArray[np.float32], inverse: NDArray[np.float32], step: float
) -> tuple[Sheet, Inner]:
    """The photo with what surrounds it, both as fine as the photo.

    Args:
        photo: at the resolution that is wanted.
        colours: of the completed panorama, shape `(H, 2H, 3)`, float32 in [0, 1].
        inverse: 1 / metres along rays, panorama, shape `(H, 2H)`, sharp at jumps.
        step: metres to the side.

    Returns:
        A sheet of a wider camera, whose used pixels are the photo's and the strip's, and where in it the photo lies.
        The strip is as wide as the step moves what is at the photo's border.
    """
    camera, inner = _wider(photo.camera)
    rays = camera.ray_directions()
    height = len(inverse)
    coarse = np.clip(np.asarray(equirectangular.sample(colours, rays, cv2.INTER_CUBIC), np.float32), 0.0, 1.0)
    along_ray = _inverse_at(inverse, rays, step * height / np.pi)
    depth = cosines(camera) / along_ray
    depth[inner.pixels] = photo.depth
    used = _strip(inner, 1.0 / depth, step, camera.focal_length)
    cell = max(1, round(camera.focal_length * np.pi / height))
    fine = with_detail(coarse, used, photo.colours, inner, cell) if cell > 1 else coarse
    fine[inner.pixels], used[inner.pixels] = photo.colours, True
    return Sheet(camera, fine, depth.astype(np.float32), used), inner


def _wider(camera: PerspectiveCamera) -> tuple[PerspectiveCamera, Inner]:
    """A camera that sees beyond every border of another, pixel on pixel, and where that one lies in it."""
    focal = camera.focal_length

    def margin(size: int) -> int:
        edge = np.arctan(0.5 * size / focal)
        wider = focal * np.tan(min(edge + WIDEST, max(edge, LARGEST_ANGLE))) - 0.5 * size
        return round(min(wider, LARGEST_SHARE * min(camera.width, camera.height)))

    across, down = margin(camera.width), margin(camera.height)
    width, height = camera.width + 2 * across, camera.height + 2 * down
    wider = replace(camera, width=width, height=height, horizontal_fov=2.0 * float(np.arctan(0.5 * width / focal)))
    return wider, Inner(down, across, down + camera.height, across + camera.width)


def _inverse_at(inverse: NDArray[np.float32], rays: NDArray[np.float64], parallax: float) -> NDArray[np.float32]:
    """Inverse distance along rays: interpolated on surfaces, and of one side where it jumps."""
    wrapped = np.pad(inverse, ((0, 0), (2, 2)), mode="wrap")
    kernel = np.ones((3, 3), np.uint8)
    near, far = (np.asarray(extreme(wrapped, kernel), np.float32) for extreme in (cv2.dilate, cv2.erode))
    jumps = opens(near, far, parallax)[:, 2:-2].astype(np.float32)
    smooth = np.asarray(equirectangular.sample(inverse, rays, cv2.INTER_LINEAR), np.float32)
    nearest = np.asarray(equirectangular.sample(inverse, rays, cv2.INTER_NEAREST), np.float32)
    return np.where(equirectangular.sample(jumps, rays, cv2.INTER_NEAREST) > 0.0, nearest, smooth)


def _strip(inner: Inner, inverse: NDArray[np.float32], step: float, focal_length: float) -> NDArray[np.bool_]:
    """Pixels outside the photo that a step may bring into its view."""
    outside = np.ones(inverse.shape, bool)
    outside[inner.pixels] = False
    distance, (row, column) = ndimage.distance_transform_edt(outside, return_indices=True)  # type: ignore[misc]
    # The nearest thing along a stretch of the border moves the farthest.
    size = 2 * round(0.5 * float(WIDEST) * focal_length) + 1
    along = cv2.blur(cv2.dilate(inverse, np.ones((size, size), np.uint8)), (size, size))
    moved = np.clip(1.25 * step * along[row, column], NARROWEST, WIDEST) * focal_length
    return outside & (distance <= moved)
