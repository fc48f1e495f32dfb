"""Light on a room's surfaces, worked out once for all views: lamps with soft shadows, and ambient occlusion.

Light is diffuse and does not depend on where it is seen from, so that a point has one colour in all views.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonovista.acoustics.ray_casting import RayCaster
from sonovista.simulate.rooms.layout import Lamp, RoomLayout

TEXEL = 0.14
"""Metres between samples of light on a surface."""
MOST_TEXELS = 48
LAMP_SAMPLES = 3
"""Along each side of a lamp."""
SKY_RAYS = 48
REACH = 1.6
"""Metres within which surfaces take ambient light from each other."""


@dataclass(frozen=True)
class Lightmap:
    """Irradiance on every rectangle, sampled at the centres of a grid that covers it.

    Attributes:
        values: linear RGB of all samples, shape `(samples, 3)`, float32.
        offsets: of each rectangle's first sample, shape `(R,)`.
        shapes: samples along edge_v and edge_u, shape `(R, 2)`.
    """

    values: NDArray[np.float32]
    offsets: NDArray[np.int64]
    shapes: NDArray[np.int64]


def bake(layout: RoomLayout, caster: RayCaster) -> Lightmap:
    """Light a room.

    Args:
        layout: the room.
        caster: over the triangles of its surfaces.
    """
    points, normals, shapes = [], [], []
    for rectangle in layout.surfaces.rectangles:
        lengths = np.array([np.linalg.norm(rectangle.edge_v), np.linalg.norm(rectangle.edge_u)])
        rows, columns = np.clip(np.ceil(lengths / TEXEL), 2, MOST_TEXELS).astype(int)
        b, a = np.meshgrid((np.arange(rows) + 0.5) / rows, (np.arange(columns) + 0.5) / columns, indexing="ij")
        place = rectangle.corner + a[..., None] * rectangle.edge_u + b[..., None] * rectangle.edge_v
        points.append(place.reshape(-1, 3))
        normals.append(np.broadcast_to(rectangle.normal, (rows * columns, 3)))
        shapes.append((rows, columns))
    normal = np.concatenate(normals)
    point = np.concatenate(points) + 0.004 * normal
    direct = np.zeros_like(point)
    for lamp in layout.lamps:
        direct += _from_lamp(point, normal, lamp, caster)
    bounced = 0.45 * direct.mean(axis=0)
    light = direct + (layout.ambient + bounced) * _openness(point, normal, caster)[:, None]
    counts = np.array([rows * columns for rows, columns in shapes])
    return Lightmap(light.astype(np.float32), np.cumsum(counts) - counts, np.array(shapes, np.int64))


def _from_lamp(
    point: NDArray[np.float64], normal: NDArray[np.float64], lamp: Lamp, caster: RayCaster
) -> NDArray[np.float64]:
    """Irradiance by one lamp: the mean over a grid of points on it that are seen."""
    facing = np.cross(lamp.u, lamp.v)
    area = float(np.linalg.norm(facing))
    facing /= area
    steps = (np.arange(LAMP_SAMPLES) + 0.5) / LAMP_SAMPLES
    total = np.zeros(len(point))
    for a in steps:
        for b in steps:
            towards = lamp.corner + a * lamp.u + b * lamp.v - point
            distance = np.linalg.norm(towards, axis=1)
            direction = towards / np.maximum(distance, 1e-6)[:, None]
            # Shades and curtains scatter: half of the light leaves a lamp in all directions.
            leaves = 0.5 + 0.5 * np.abs(direction @ facing)
            arrives = np.maximum((direction * normal).sum(axis=1), 0.0)
            share = leaves * arrives / np.maximum(distance, 0.25) ** 2
            useful = share > 1e-4
            end = point[useful] + direction[useful] * (distance[useful, None] - 0.05)
            seen = ~caster.blocked(point[useful], end)
            total[useful] += share[useful] * seen
    return (area * total / LAMP_SAMPLES**2)[:, None] * lamp.colour


def _openness(point: NDArray[np.float64], normal: NDArray[np.float64], caster: RayCaster) -> NDArray[np.float64]:
    """Share of the hemisphere, weighed by the cosine, that is free within `REACH`; in [0, 1], shape `(N,)`."""
    index = np.arange(SKY_RAYS)
    # Malley's method on a golden-angle spiral: directions of the hemisphere with density of the cosine.
    radius = np.sqrt((index + 0.5) / SKY_RAYS)
    angle = index * np.pi * (3.0 - np.sqrt(5.0))
    local = np.stack([radius * np.cos(angle), radius * np.sin(angle), np.sqrt(1.0 - radius**2)], axis=1)
    helper = np.where(np.abs(normal[:, 2:3]) < 0.9, np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0]))
    tangent = np.cross(helper, normal)
    tangent /= np.linalg.norm(tangent, axis=1)[:, None]
    other = np.cross(normal, tangent)
    free = np.zeros(len(point))
    for x, y, z in local:
        direction = x * tangent + y * other + z * normal
        free += ~caster.blocked(point, point + REACH * direction)
    return free / SKY_RAYS
