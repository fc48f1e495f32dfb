"""What the photo's edges cut through goes on a little beyond them, and ends as a thing does."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.outpainting.projection import photo_coordinates, sample_photo
from sonovista.generate.outpainting.source import OVERSAMPLING, Source
from sonovista.geometry.equirectangular import pixel_directions

Float = NDArray[Any]

EDGE_ROWS = 0.03
"""Of the photo's rows or columns, at an edge, that tell what is cut."""

NARROWEST = 24.0
"""Pixels at panorama height 1024: what is cut more narrowly (a leg of a chair) ends at the edge."""

ROUNDNESS = 30.0
"""Pixels of the radius at the ends of what goes on, likewise."""

LONGEST = 90.0
"""Pixels that it goes on at most, likewise."""

SHADE = 0.4
"""Of its light that is lost towards its lower end, and of the floor's at its foot."""


@dataclass(frozen=True)
class _Edge:
    """One edge of the photo, and every pixel of the panorama as seen from it, in the photo's pixels.

    Attributes:
        along: coordinate along the edge, shape `(H, 2H)`.
        beyond: distance beyond the edge, likewise; negative inside.
        near: where these mean something, likewise.
        size: length of the edge.
    """

    along: Float
    beyond: Float
    near: NDArray[np.bool_]
    size: int


def continue_things(room: Float, source: Source, edges: tuple[str, ...] = ("lower", "left", "right")) -> Float:
    """The completed panorama with ends for what the photo's edges cut; what sounds is not drawn out downwards.

    They have the colours of the photo's outermost rows or columns, mirrored, drawn out and less and less sharp: enough
    to end a bed, a chair or an animal, without showing anything twice.

    Args:
        room: RGB in [0, 1], shape `(H, 2H, 3)`.
        source: the photo.
        edges: of the photo, which are looked at: `lower`, `left`, `right`.

    Returns:
        Shape `(H, 2H, 3)`.
    """
    pixel = OVERSAMPLING * source.scale
    cut = {edge: length for edge in edges if (length := _lengths(source, pixel, edge)).any()}
    if not cut:
        return room
    height, width = source.camera.height, source.camera.width
    u, v, outside = photo_coordinates(pixel_directions(room.shape[0]), source.camera)
    blurred = [cv2.GaussianBlur(source.pixels, (0, 0), sigma * pixel) for sigma in (0.7, 7.0)]
    out = room
    for edge, length in cut.items():
        along, beyond, size = {
            "lower": (u, v - height, width),
            "left": (v, -u, height),
            "right": (v, u - width, height),
        }[edge]
        near = (beyond > 0.0) & (along >= 0.0) & (along < size) & np.isfinite(outside)
        near &= beyond < (LONGEST + 60.0) * pixel
        out = _continued(out, _Edge(along, np.where(near, beyond, 0.0), near, size), length, edge, blurred, pixel)
    return out.astype(np.float32)


def _continued(out: Float, edge: _Edge, length: Float, name: str, blurred: list[Any], pixel: float) -> Float:
    """With ends for what one edge cuts; `blurred` is the photo, sharp and broadly blurred."""
    near, beyond = edge.near, edge.beyond.astype(np.float32)
    along = np.where(near, edge.along, 0.0).astype(np.float32)
    reach = np.where(near, np.interp(along, np.arange(edge.size) + 0.5, length), 0.0)
    share = np.clip(beyond / np.maximum(reach, 1.0), 0.0, 1.0).astype(np.float32)
    opacity = np.clip((reach - beyond) / pixel + 0.5, 0.0, 1.0) * (reach > 0.0) * near
    # Drawn out: what stands a little inside the edge comes to lie far beyond it.
    inside = (0.5 + 0.4 * beyond).astype(np.float32)
    height, width = blurred[0].shape[:2]
    column, row = {"lower": (along, height - inside), "left": (inside, along), "right": (width - inside, along)}[name]
    sharp, broad = (sample_photo(picture, column, row, cv2.INTER_LINEAR) for picture in blurred)
    shade = SHADE if name == "lower" else 0.5 * SHADE
    body = (sharp + (broad - sharp) * share[..., None]) * (1.0 - shade * share**2)[..., None]
    if name == "lower":
        foot = np.clip(beyond - reach, 0.0, None) / (14.0 * pixel)
        shadow = SHADE * np.exp(-foot) * np.clip(reach / (20.0 * pixel), 0.0, 1.0) * near
        out = out * (1.0 - shadow)[..., None]
    return out + (body - out) * opacity[..., None]


def _lengths(source: Source, pixel: float, edge: str) -> Float:
    """How far what is cut goes on beyond every pixel of an edge of the photo, in its pixels, shape of the edge."""
    things, sounding = source.share("object"), source.sounding
    if edge != "lower":
        things, sounding = things.T, sounding.T
    if edge == "left":
        things, sounding = things[::-1], sounding[::-1]
    rows = max(round(EDGE_ROWS * len(things)), 2)
    thing = things[-rows:].mean(axis=0) > 0.5
    if edge == "lower":
        thing &= sounding[-rows:].mean(axis=0) < 0.5
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
