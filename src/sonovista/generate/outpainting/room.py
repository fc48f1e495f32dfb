"""Indoors: a room in the shape of a box around the viewer, in the photo's own colours and textures."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.outpainting.blending import Canvas, fill_smoothly, paste
from sonovista.generate.outpainting.box import CEILING, FLOOR, Box
from sonovista.generate.outpainting.continuing import continue_things
from sonovista.generate.outpainting.projection import photo_coordinates, sample_photo
from sonovista.generate.outpainting.source import Source
from sonovista.generate.outpainting.surfaces import paint_surfaces
from sonovista.geometry.equirectangular import pixel_directions

Float = NDArray[Any]

LIGHT_REACH = np.radians(40.0)
"""How far, roughly, around the photo its surfaces keep the light that the photo's edge shows."""

DOUBTFUL = 0.06
"""By how much at most the light may change where only things stand at the photo's edge."""


def fit_box(source: Source) -> Box:
    """The room's proportions from where the photo's floor ends and its ceiling begins, else usual ones."""
    camera = source.camera
    half = 0.5 * camera.horizontal_fov
    floor = (source.share("floor") > 0.5) & (source.elevation < -0.03)
    ceiling = (source.share("ceiling") > 0.5) & (source.elevation > 0.05)
    front = 2.6
    if floor.mean() > 0.01:
        front = float(np.clip(1.0 / np.tan(-np.percentile(source.elevation[floor], 97)), 1.2, 6.0))
    top = 0.75
    if ceiling.mean() > 0.01:
        top = float(np.clip(front * np.tan(np.percentile(source.elevation[ceiling], 3)), 0.5, 3.0))
    else:
        # The photo shows wall up to its upper edge: the ceiling is higher.
        top = float(np.clip(front * np.tan(float(source.elevation[0].max()) + 0.12), top, 2.0))
    side = float(np.clip(front * np.tan(half) + 0.25, 1.3, 5.0))
    return Box(front, max(0.75 * front, 1.4), side, side, top)


def complete_room(source: Source, canvas: Canvas, observed: NDArray[np.bool_], rng: np.random.Generator) -> Float:
    """Walls, ceiling and floor around the photo; returns RGB in [0, 1], shape `(H, 2H, 3)`."""
    height = observed.shape[0]
    box = fit_box(source)
    surface, points = box.meet(pixel_directions(height))
    room = paint_surfaces(source, box, surface, points, rng)
    seen_ceiling = float((source.share("ceiling") > 0.5).mean()) > 0.01
    _lay_around(source, canvas, room, observed, surface, seen_ceiling)
    return canvas.pixels


def _towards(difference: Float, known: NDArray[np.bool_]) -> Float:
    """A difference that is known in places, broadly continued around them and dying away, same shape."""
    height, width = known.shape
    size = (max(width // 4, 2), max(height // 4, 2))
    weight = cv2.resize(known.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    small = cv2.resize(difference * known[..., None], size, interpolation=cv2.INTER_AREA)
    sigma = max(np.radians(2.0) / np.pi * size[1], 0.5)
    total = cv2.GaussianBlur(weight, (0, 0), sigma)
    near = total > 0.02
    small = cv2.GaussianBlur(small, (0, 0), sigma) / np.maximum(total, 1e-4)[..., None]
    small = np.clip(small, -0.5, 0.5).astype(np.float32)
    distance = cv2.distanceTransform((~near).astype(np.uint8), cv2.DIST_L2, 5) * np.float32(np.pi / size[1])
    fill_smoothly(small, near)
    small = cv2.GaussianBlur(small, (0, 0), sigma) * np.exp(-((distance / LIGHT_REACH) ** 1.5))[..., None]
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def seen_at_edge(source: Source, height: int, layer: Float) -> Float:
    """A layer of the photo at its pixel nearest to every pixel of the panorama, shape `(height, 2 * height)`."""
    u, v, _ = photo_coordinates(pixel_directions(height), source.camera)
    u = np.clip(u, 0.5, source.camera.width - 0.5)
    v = np.clip(v, 0.5, source.camera.height - 0.5)
    return sample_photo(layer, u, v, cv2.INTER_LINEAR)


def _lay_around(
    source: Source, canvas: Canvas, room: Float, observed: NDArray[np.bool_], surface: NDArray[np.int64], lit: bool
) -> None:
    """Lay the painted room around the photo; near it each surface takes on the light of the photo's edge."""
    height = observed.shape[0]
    strip = canvas.filled & ~observed
    for own, names in (
        (surface == FLOOR, ("floor",)),
        (surface > CEILING, ("wall", "building")),
        *([(surface == CEILING, ("ceiling",))] if lit else []),
    ):
        # What stands at the photo's edge tells of the light, but its colour is not that of the surface behind it.
        known = strip & own & (seen_at_edge(source, height, source.share(*names)) > 0.5)
        sure = known.sum() >= 50
        known = known if sure else strip & own
        if known.sum() >= 50:
            change = _towards(canvas.pixels - room, known)
            if not sure:
                change = np.clip(0.5 * change.mean(axis=2, keepdims=True), -DOUBTFUL, DOUBTFUL)
            elif names[0] != "floor":
                change = 0.25 * change + 0.75 * change.mean(axis=2, keepdims=True)
            room = room + change * own[..., None]
    room = continue_things(np.clip(room, 0.0, 1.0), source)
    rows, columns = np.flatnonzero(canvas.filled.any(axis=1)), np.flatnonzero(canvas.filled.any(axis=0))
    margin = round(40 * source.scale)
    top, bottom = max(rows[0] - margin, 0), min(rows[-1] + margin, height)
    left, right = max(columns[0] - margin, 0), min(columns[-1] + margin, 2 * height)
    outside = np.ones(observed.shape, bool)
    outside[top:bottom, left:right] = False
    canvas.pixels[outside] = room[outside]
    window = (slice(top, bottom), slice(left, right))
    paste(canvas, top, left, room[window], ~observed[window], source.scale, nodes=6000)
    canvas.filled[outside] = True
