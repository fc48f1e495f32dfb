"""What the photo's lower edge cuts through in a room goes on a little below it, and ends as a thing does."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.outpainting.projection import photo_coordinates, sample_photo
from sonovista.generate.outpainting.source import OVERSAMPLING, Source
from sonovista.geometry.equirectangular import pixel_directions

Float = NDArray[Any]

EDGE_ROWS = 0.03
"""Of the photo's rows, at its lower edge, that tell what is cut."""

NARROWEST = 24.0
"""Pixels at panorama height 1024: what is cut more narrowly (a leg of a chair) ends at the edge."""

ROUNDNESS = 30.0
"""Pixels of the radius at the ends of what goes on, likewise."""

LONGEST = 90.0
"""Pixels that it goes on at most, likewise."""

SHADE = 0.4
"""Of its light that is lost towards its lower end, and of the floor's at its foot."""


def continue_things(room: Float, source: Source) -> Float:
    """The painted room with lower ends for what the photo's lower edge cuts; what sounds is left as it is.

    They have the colours of the photo's lowest rows, mirrored, drawn out and less and less sharp: enough to end a bed
    or a chair, without showing anything twice.

    Args:
        room: RGB in [0, 1], shape `(H, 2H, 3)`.
        source: the photo.

    Returns:
        Shape `(H, 2H, 3)`.
    """
    pixel = OVERSAMPLING * source.scale
    length = _lengths(source, pixel)
    if not length.any():
        return room
    height, width = source.camera.height, source.camera.width
    u, v, outside = photo_coordinates(pixel_directions(room.shape[0]), source.camera)
    below = v - height
    near = (below > 0.0) & (u >= 0.0) & (u < width) & np.isfinite(outside) & (below < (LONGEST + 60.0) * pixel)
    reach = np.where(near, np.interp(np.where(near, u, 0.0), np.arange(width) + 0.5, length), 0.0)
    below = np.where(near, below, 0.0).astype(np.float32)
    share = np.clip(below / np.maximum(reach, 1.0), 0.0, 1.0).astype(np.float32)
    opacity = np.clip((reach - below) / pixel + 0.5, 0.0, 1.0) * (reach > 0.0) * near
    # Drawn out: what stands a little above the edge comes to lie far below it.
    row = np.where(near, height - 0.5 - 0.4 * below, 0.0).astype(np.float32)
    column = np.where(near, u, 0.0).astype(np.float32)
    sharp, broad = (
        sample_photo(cv2.GaussianBlur(source.pixels, (0, 0), sigma * pixel), column, row, cv2.INTER_LINEAR)
        for sigma in (0.7, 7.0)
    )
    body = (sharp + (broad - sharp) * share[..., None]) * (1.0 - SHADE * share**2)[..., None]
    foot = np.clip(below - reach, 0.0, None) / (14.0 * pixel)
    shadow = SHADE * np.exp(-foot) * np.clip(reach / (20.0 * pixel), 0.0, 1.0) * near
    out = room * (1.0 - shadow)[..., None]
    return (out + (body - out) * opacity[..., None]).astype(np.float32)


def _lengths(source: Source, pixel: float) -> Float:
    """How far what is cut goes on below every column of the photo, in its pixels, shape `(w,)`."""
    rows = max(round(EDGE_ROWS * source.camera.height), 2)
    thing = source.share("object")[-rows:].mean(axis=0) > 0.5
    thing &= source.sounding[-rows:].mean(axis=0) < 0.5
    kernel = np.ones((1, max(round(NARROWEST * pixel), 3)), np.uint8)
    flags = thing.astype(np.uint8)[None]
    flags = cv2.morphologyEx(flags, cv2.MORPH_OPEN, kernel, borderType=cv2.BORDER_REPLICATE)
    if not flags.any():
        return np.zeros(thing.size, np.float32)
    # At the photo's corners a thing goes on sideways too, but there it is not known how far.
    framed = np.pad(np.repeat(flags, 3, axis=0), ((0, 0), (1, 1)))
    depth = np.asarray(cv2.distanceTransform(framed, cv2.DIST_L2, 3)[1, 1:-1], np.float32) / pixel
    inner = np.clip(1.0 - depth / ROUNDNESS, 0.0, 1.0)
    grown = np.sqrt(1.0 - inner**2) * np.minimum(0.35 * depth + 0.5 * ROUNDNESS, LONGEST)
    return cv2.GaussianBlur((grown * (depth > 0.0) * pixel)[None], (0, 0), 3.0 * pixel)[0]
