"""The sky over the whole sphere: its gradient continued to the zenith, and its clouds."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.easing import smooth_step
from sonovista.generate.outpainting.blending import fill_smoothly
from sonovista.generate.outpainting.projection import photo_coordinates, sample_photo, sample_points
from sonovista.generate.outpainting.source import Source
from sonovista.geometry import elevation_of
from sonovista.geometry.equirectangular import pixel_angles, pixel_directions

Float = NDArray[Any]

MINIMUM_SKY = 0.02
"""Share of the photo that must be sky before the scene gets one."""

RELAXATION = np.radians(22.0)
"""How far above the photo the sky's gradient goes on before it levels out."""

CLEAR = 0.015
"""Standard deviation of brightness within a few degrees, in [0, 1], up to which a sky has no clouds."""

SMALLEST_CLOUD = np.radians(6.0)
"""Radius of the sky seen between other things below which pieces of it would be specks."""

MIRRORED = np.radians(1.5)
"""How far from the end of its sky a mirrored sky begins to fade."""

CLOUD_FADE = np.radians(14.0)
"""How far the photo's own clouds reach beyond its frame."""


@dataclass(frozen=True)
class SkyGradient:
    """Colour of the clear sky: a polynomial of elevation inside what was seen, levelling out above it, plus a side.

    Attributes:
        coefficients: of 1, e, e**2 for each channel, shape `(3, 3)`; e in radians above `low`.
        side: colour per `sin(azimuth) * cos(elevation)`, shape `(3,)`.
        low: lowest elevation seen, radians.
        high: highest elevation seen, radians.
        brightest: colour that the continuation never exceeds, shape `(3,)`.
    """

    coefficients: Float
    side: Float
    low: float
    high: float
    brightest: Float

    def __call__(self, azimuth: NDArray[np.floating], elevation: NDArray[np.floating]) -> Float:
        """RGB, shape `(..., 3)`, of directions given by broadcastable angles in radians."""
        azimuth, elevation = np.broadcast_arrays(azimuth, elevation)
        span = self.high - self.low
        e = np.clip(elevation - self.low, 0.0, span)
        above = RELAXATION * (1.0 - np.exp(-np.maximum(elevation - self.high, 0.0) / RELAXATION))
        c = self.coefficients
        slope = np.clip(c[1] + 2.0 * c[2] * span, -0.4, 0.08)
        colour = c[0] + c[1] * e[..., None] + c[2] * (e**2)[..., None] + slope * above[..., None]
        colour = self.brightest - 0.03 * np.logaddexp(0.0, (self.brightest - colour) / 0.03)
        colour = colour + self.side * (np.sin(azimuth) * np.cos(elevation))[..., None]
        return np.clip(colour, 0.02, 1.0).astype(np.float32)


def has_sky(source: Source) -> bool:
    """Whether the photo shows enough sky for a scene under an open sky."""
    return float((source.sky > 0.5).mean()) > MINIMUM_SKY and source.indoor < 0.5


def fit_gradient(source: Source) -> SkyGradient:
    """Fit the clear sky to the photo's sky, robustly, so that clouds and branches do not count."""
    mask = cv2.erode((source.sky > 0.9).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if mask.sum() < 50:
        mask = source.sky > 0.5
    v, u = np.nonzero(mask)
    pick = np.linspace(0, u.size - 1, min(u.size, 6000)).astype(int)
    rays = source.camera.ray_directions()[v[pick], u[pick]]
    azimuth, elevation = np.arctan2(rays[:, 1], rays[:, 0]), elevation_of(rays)
    colour = source.pixels[v[pick], u[pick]]
    low, high = float(np.percentile(elevation, 1)), float(np.percentile(elevation, 99))
    e = elevation - low
    design = np.stack([np.ones_like(e), e, e**2, np.sin(azimuth) * np.cos(elevation)], axis=1)
    penalty = np.diag([1e-6, 1e-3, 3e-2, 3e-2]) * len(e) * 0.05
    weight = np.ones(len(e))
    solution = np.zeros((4, 3))
    for _ in range(8):
        weighted = design * weight[:, None]
        solution = np.linalg.solve(weighted.T @ design + penalty, weighted.T @ colour)
        residual = np.abs(colour - design @ solution).sum(axis=1)
        weight = 1.0 / (1.0 + (residual / 0.06) ** 2)
    side = np.full(3, np.clip(solution[3].mean() * 0.8, -0.05, 0.05))
    brightest = np.percentile(design @ solution, 97, axis=0)
    return SkyGradient(
        solution[:3].astype(np.float32),
        side.astype(np.float32),
        low,
        max(high, low + 0.02),
        brightest.astype(np.float32),
    )


def paint_sky(source: Source, height: int, rng: np.random.Generator) -> Float:
    """A whole sphere of sky, shape `(height, 2 * height, 3)`; the photo's clouds continue and others like them drift.

    Clouds are what the photo's sky has beyond its gradient. Near the photo they go on mirrored and fade; elsewhere
    pieces of them are laid out over the sky with soft edges, turned, scaled, bent and relit.

    Args:
        source: the photo.
        height: of the panorama in pixels.
        rng: every random choice.
    """
    gradient = fit_gradient(source)
    azimuth, elevation = pixel_angles(height)
    # Clouds have little detail of one pixel: half the resolution serves.
    half = max(height // 2, 32)
    rays = source.camera.ray_directions()
    model = gradient(np.arctan2(rays[..., 1], rays[..., 0]), source.elevation)
    white = np.clip(np.percentile(source.pixels[source.sky > 0.5], 99, axis=0), 0.0, 1.0).astype(np.float32)
    layer = _cloud_layer(source, model, white)
    contrast, radius = _cloudiness(source, model)
    clouds = np.zeros((half, 2 * half, 4), np.float32)
    if contrast > CLEAR:
        clouds += _continued(source, layer, half)
    if contrast > CLEAR and radius > SMALLEST_CLOUD:
        clouds += _drifting(source, layer, half, rng)
    else:
        clouds[..., :3] += _haze(half, contrast, rng)[..., None]
    clouds = np.clip(clouds, -1.0, 1.0)
    clouds = cv2.resize(
        np.concatenate([clouds[:, -4:], clouds, clouds[:, :4]], axis=1), None, fx=height / half, fy=height / half
    )
    margin = (clouds.shape[1] - 2 * height) // 2
    clouds = clouds[:height, margin : margin + 2 * height]
    cover = np.clip(clouds[..., 3:], 0.0, 1.0)
    sky = gradient(azimuth[None, :], elevation[:, None])
    return np.clip(sky + cover * (white - sky) + clouds[..., :3], 0.0, 1.0)


def _cloudiness(source: Source, model: Float) -> tuple[float, float]:
    """Standard deviation of the sky's brightness within 4 degrees; radius in radians of the widest stretch of sky."""
    mask = cv2.erode((source.sky > 0.9).astype(np.uint8), np.ones((7, 7), np.uint8))
    framed = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    radius = float(cv2.distanceTransform(framed, cv2.DIST_L2, 5).max()) / source.camera.focal_length
    if not mask.any():
        return 0.0, radius
    weight = mask.astype(np.float32)
    above = (source.pixels - model).mean(axis=2) * weight
    sigma = np.radians(4.0) * source.camera.focal_length
    broad = cv2.GaussianBlur(above, (0, 0), sigma) / np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma), 1e-3)
    return float((above - broad)[mask > 0].std()), radius


def _haze(height: int, contrast: float, rng: np.random.Generator) -> Float:
    """Broad faint unevenness of a sky without clouds of its own, shape `(height, 2 * height)`: waves in space, which
    know no pole.
    """
    directions = pixel_directions(height)
    out = np.zeros((height, 2 * height), np.float32)
    for _ in range(24):
        wave = rng.normal(size=3) * np.array([1.0, 1.0, 2.0])
        wave *= np.exp(rng.uniform(np.log(3.0), np.log(25.0))) / np.linalg.norm(wave)
        out += (np.sin(directions @ wave + rng.uniform(0.0, 2.0 * np.pi)) / np.linalg.norm(wave) ** 0.7).astype(
            np.float32
        )
    return out / float(out.std()) * min(0.6 * contrast, 0.01)


def _cloud_layer(source: Source, model: Float, white: Float) -> Float:
    """What the photo's sky has beyond its gradient: a colour that adds (RGB) and a cover of white (fourth channel)."""
    room = np.maximum(white - model, 0.0)
    above = source.pixels - model
    cover = (above * room).sum(axis=2) / np.maximum((room * room).sum(axis=2), 0.02)
    cover = np.clip(cover, 0.0, 1.0)
    rest = np.clip(above - cover[..., None] * (white - model), -0.07, 0.07)
    return (np.concatenate([rest, cover[..., None]], axis=2) * source.sky[..., None]).astype(np.float32)


def _continued(source: Source, layer: Float, height: int) -> Float:
    """The photo's own clouds in the panorama, beyond the frame mirrored where that shows sky, and faded out."""
    u, v, outside = photo_coordinates(pixel_directions(height), source.camera)
    reach = CLOUD_FADE * source.camera.focal_length
    fade = np.where(np.isfinite(outside), np.clip(1.0 - outside / reach, 0.0, 1.0), 0.0).astype(np.float32)
    fade = smooth_step(fade)
    sigma = max(0.4 * source.camera.focal_length * np.pi / height, 0.5)
    weight = cv2.GaussianBlur(source.sky, (0, 0), sigma)
    smooth = cv2.GaussianBlur(layer, (0, 0), sigma) / np.maximum(weight, 0.05)[..., None]
    # A mirrored skyline would be seen where its sky ends: towards it what is cloud fades, and what is even goes on.
    broad = MIRRORED * source.camera.focal_length
    around = 2 * round(broad) + 1
    inner = cv2.blur(cv2.erode((source.sky > 0.9).astype(np.float32), np.ones((around, around))), (around, around))
    mirrored = np.asarray(sample_photo(np.dstack([smooth, inner]), u, v, cv2.INTER_LINEAR), np.float32)
    share = np.where(outside == 0.0, sample_photo(np.clip(weight * 2.0, 0.0, 1.0), u, v, cv2.INTER_LINEAR), 0.0)
    share = np.maximum(share, np.clip(mirrored[..., 4], 0.0, 1.0))[..., None]
    known = sample_photo(source.sky, u, v, cv2.INTER_LINEAR) * (outside == 0.0) > 0.9
    even = np.where(known[..., None], mirrored[..., :4], 0.0).astype(np.float32)
    fill_smoothly(even, known)
    return (even + (mirrored[..., :4] - even) * share) * fade[..., None]


def _drifting(source: Source, layer: Float, height: int, rng: np.random.Generator) -> Float:
    """Pieces of the photo's clouds spread over the sky away from the photo."""
    out = np.zeros((height, 2 * height, 4), np.float32)
    mask = cv2.copyMakeBorder(
        (cv2.erode(source.sky, np.ones((7, 7), np.uint8)) > 0.9).astype(np.uint8),
        1,
        1,
        1,
        1,
        cv2.BORDER_CONSTANT,
        value=0,
    )
    depth = cv2.distanceTransform(mask, cv2.DIST_L2, 5)[1:-1, 1:-1]
    radius = float(depth.max())
    if radius < 4 or float(np.abs(layer[depth > 0]).mean()) < 0.004:
        return out
    sprite = layer * smooth_step(depth / (0.45 * radius))[..., None]
    amount = cv2.GaussianBlur(np.abs(sprite).sum(axis=2), (0, 0), 0.3 * radius) * (depth > 0.3 * radius)
    cumulative = np.cumsum(amount.ravel(), dtype=np.float64)
    if cumulative[-1] <= 0:
        return out
    directions = pixel_directions(height)
    frame = photo_coordinates(directions, source.camera)[2] / source.camera.focal_length
    away = np.clip((np.minimum(frame, 9.0) - 0.3 * CLOUD_FADE) / CLOUD_FADE, 0.0, 1.0).astype(np.float32)
    size = radius / source.camera.focal_length  # radians on the sky
    count = int(np.clip(round(1.3 / max(size, 0.12) ** 2), 6, 50))
    golden = np.pi * (3.0 - np.sqrt(5.0))
    for index in range(count):
        # A spiral of equal areas over the upper sky, jittered.
        z = np.clip(0.04 + 0.96 * (index + rng.uniform(-0.3, 1.3)) / count, 0.0, 1.0)
        a = index * golden + rng.uniform(-0.8, 0.8)
        centre = np.array([np.sqrt(1 - z * z) * np.cos(a), np.sqrt(1 - z * z) * np.sin(a), z])
        cv, cu = np.divmod(int(np.searchsorted(cumulative, rng.uniform() * cumulative[-1])), layer.shape[1])
        reach = radius * rng.uniform(0.9, 2.0)
        _stamp(out, directions, centre, sprite, (float(cu), float(cv)), source.camera.focal_length, reach, rng)
    return out * away[..., None]


def _stamp(
    out: Float,
    directions: NDArray[np.float64],
    centre: NDArray[np.float64],
    sprite: Float,
    at: tuple[float, float],
    focal_length: float,
    radius: float,
    rng: np.random.Generator,
) -> None:
    """Add one bent, turned, soft-edged piece of cloud around `centre`."""
    up = np.array([0.0, 0.0, 1.0]) if centre[2] < 0.99 else np.array([1.0, 0.0, 0.0])
    east = np.cross(up, centre)
    east /= np.linalg.norm(east)
    north = np.cross(centre, east)
    zoom = rng.uniform(0.7, 1.5)
    reach = radius / focal_length * zoom
    rows = np.flatnonzero(np.abs(elevation_of(directions[:, 0]) - elevation_of(centre)) < reach + 0.02)
    if rows.size == 0:
        return
    part = directions[rows[0] : rows[-1] + 1]
    near = part @ centre
    mask = near > np.cos(min(reach, 1.2))
    if not mask.any():
        return
    rays = part[mask]
    depth = rays @ centre
    x = -(rays @ east) / depth * focal_length / zoom
    y = -(rays @ north) / depth * focal_length / zoom
    turn = rng.uniform(-0.35, 0.35)
    flip = rng.choice([-1.0, 1.0])
    rho = np.hypot(x, y) / radius
    bend = 0.07 * radius
    phase = rng.uniform(0, 2 * np.pi, 4)
    dx = bend * (np.sin(2.3 * y / radius + phase[0]) + 0.5 * np.sin(5.1 * x / radius + phase[1]))
    dy = bend * (np.sin(2.1 * x / radius + phase[2]) + 0.5 * np.sin(4.7 * y / radius + phase[3]))
    u = at[0] + flip * (np.cos(turn) * x - np.sin(turn) * y) + dx
    v = at[1] + np.sin(turn) * x + np.cos(turn) * y + dy
    window = np.clip(1.0 - rho**2, 0.0, 1.0) ** 1.5
    height, width = sprite.shape[:2]
    inside = (u >= 0) & (u < width - 1) & (v >= 0) & (v < height - 1)
    values = sample_points(sprite, u, v)
    view = out[rows[0] : rows[-1] + 1]
    view[mask] += values * (window * inside * rng.uniform(0.6, 1.0))[:, None].astype(np.float32)
