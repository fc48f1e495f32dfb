"""What lies behind everything and is smooth: sky, haze and calm water, as functions of direction.

Pieces of the photo are cut out in front of it, so that where they meet nothing can show in the sky or on the water.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.easing import smooth_step
from sonovista.generate.outpainting.blending import spread_from_rim
from sonovista.generate.outpainting.noise import fractal_noise
from sonovista.generate.outpainting.projection import photo_coordinates, sample_photo
from sonovista.generate.outpainting.source import Source
from sonovista.geometry.equirectangular import pixel_angles, pixel_directions

Float = NDArray[Any]

HAZE = np.radians(2.0)
"""Over how much elevation the water's gradient passes into that of the sky."""

ALIKE = 0.06
"""Summed difference in RGB up to which the completed part shows its backdrop."""

SMALLEST_STRETCH = np.radians(6.0)
"""Width of a stretch of sky that is not joined to the zenith and still counts."""

REACH = np.radians(25.0)
"""How far, roughly, around the photo the backdrop keeps the difference between the photo's own and the fitted one."""


def paint_backdrop(source: Source, sky: Float, rng: np.random.Generator) -> Float:
    """Calm water below the sky all around, shape `(H, 2H, 3)`: the photo's colours by elevation, with faint streaks.

    Args:
        source: the photo.
        sky: the panorama's, shape `(H, 2H, 3)`.
        rng: every random choice.

    Returns:
        The backdrop; `sky` itself if the photo shows no calm water.
    """
    water = _calm_water(source)
    if water is None:
        return sky
    height = sky.shape[0]
    _, elevation = pixel_angles(height)
    profile = _profile(source, elevation)
    share = sky_share(source, height)[:, None, None]
    streaks = _streaks(sky.shape[:2], source, water, rng)
    return np.clip((profile[:, None, :] + streaks[..., None]) * (1.0 - share) + sky * share, 0.0, 1.0)


def _calm_water(source: Source) -> NDArray[np.bool_] | None:
    """Where the photo shows calm water as its backdrop; None if it shows too little of it."""
    water = (source.calm_water > 0.5) & (source.backdrop > 0.8)
    return None if water.mean() < 0.003 else water


def sky_share(source: Source, height: int) -> Float:
    """How much of the backdrop is sky and not water in every row of a panorama, in [0, 1], shape `(height,)`."""
    water = _calm_water(source)
    if water is None:
        return np.ones(height, np.float32)
    top = float(np.percentile(source.elevation[water], 97))
    return smooth_step((pixel_angles(height)[1] - top) / HAZE).astype(np.float32)


def _profile(source: Source, elevation: NDArray[np.float64]) -> Float:
    """Median colour of the photo's backdrop at each of the given elevations (falling), shape `(H, 3)`."""
    step = abs(float(elevation[1] - elevation[0]))
    clear = cv2.erode((source.backdrop > 0.8).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    clear = clear if clear.any() else source.backdrop > 0.5
    rows = np.clip(((elevation[0] - source.elevation[clear]) / step + 0.5).astype(int), 0, elevation.size - 1)
    order = np.argsort(rows, kind="stable")
    colours = source.pixels[clear][order]
    starts = np.searchsorted(rows[order], np.arange(elevation.size + 1))
    counts = np.diff(starts)
    known = np.flatnonzero(counts >= max(8, 0.02 * counts.max()))
    medians = np.array([np.median(colours[starts[k] : starts[k + 1]], axis=0) for k in known])
    index = np.arange(elevation.size)
    profile = np.stack([np.interp(index, known, medians[:, channel]) for channel in range(3)], axis=1)
    return cv2.GaussianBlur(profile.astype(np.float32), (1, 0), 0.1, sigmaY=4.0 * source.scale)


def _streaks(shape: tuple[int, int], source: Source, water: NDArray[np.bool_], rng: np.random.Generator) -> Float:
    """Faint streaks along the horizon, as strong as the water's own texture, that close around the circle."""
    height, width = shape
    grey = source.pixels.mean(axis=2)
    rough = grey - cv2.GaussianBlur(grey, (0, 0), 4.0 * source.scale)
    strength = float(np.clip(1.5 * np.median(np.abs(rough[water])), 0.001, 0.012))
    margin = width // 16
    narrow = fractal_noise(rng, (height, (width + margin) // 5 + 1), 6.0 * source.scale, 3)
    noise = cv2.resize(narrow, (width + margin, height), interpolation=cv2.INTER_CUBIC)
    ramp = np.linspace(0.0, 1.0, margin, dtype=np.float32)
    noise[:, :margin] = noise[:, :margin] * ramp + noise[:, width:] * (1.0 - ramp)
    noise = noise[:, :width]
    return noise * (strength / max(float(noise.std()), 1e-6))


def meet_photo(backdrop: Float, photo: Float, observed: NDArray[np.bool_], source: Source) -> Float:
    """Move the backdrop's colours to those of the photo's own backdrop at its frame, fading out around it.

    Args:
        backdrop: shape `(H, 2H, 3)`.
        photo: projected to the panorama, same shape.
        observed: where it is seen, shape `(H, 2H)`.
        source: the photo.

    Returns:
        RGB in [0, 1], shape `(H, 2H, 3)`.
    """
    height = backdrop.shape[0]
    quarter = max(height // 4, 16)
    size = (2 * quarter, quarter)
    u, v, _ = photo_coordinates(pixel_directions(quarter), source.camera)
    matte = cv2.erode(source.backdrop, np.ones((3, 3), np.uint8))
    seen = cv2.resize(observed.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.99
    seen &= sample_photo(matte, u, v, cv2.INTER_LINEAR) > 0.9
    if seen.sum() < 8:
        return backdrop
    difference = cv2.resize(photo - backdrop, size, interpolation=cv2.INTER_AREA)
    # Single details of the photo must not be drawn out beyond its frame.
    weight = cv2.GaussianBlur(seen.astype(np.float32), (0, 0), 1.5)
    difference = cv2.GaussianBlur(difference * seen[..., None], (0, 0), 1.5) / np.maximum(weight, 1e-3)[..., None]
    difference = np.clip(difference, -0.25, 0.25).astype(np.float32)
    distance = cv2.distanceTransform((~seen).astype(np.uint8), cv2.DIST_L2, 5) * np.float32(np.pi / quarter)
    difference[~seen] = 0.0
    spread_from_rim(difference, seen, distance < 2.0 * REACH, closed=True)
    difference *= np.exp(-((distance / REACH) ** 1.5))[..., None]
    return np.clip(backdrop + cv2.resize(difference, (2 * height, height), interpolation=cv2.INTER_LINEAR), 0.0, 1.0)


def alike(pixels: Float, backdrop: Float) -> NDArray[np.bool_]:
    """Where RGB, shape `(H, W, 3)`, is that of the backdrop, as far as the eye tells; shape `(H, W)`."""
    return np.abs(pixels - backdrop).sum(axis=2) < ALIKE


def open_sky(shown: NDArray[np.bool_], source: Source) -> NDArray[np.bool_]:
    """Where a completed panorama shows its sky: wide stretches of it and what is joined to the zenith.

    Args:
        shown: where it shows what was painted behind it, see `alike`, shape `(H, 2H)`.
        source: the photo.

    Returns:
        Shape `(H, 2H)`; specks before the sky are taken for sky, gaps in trees are not.
    """
    height = shown.shape[0]
    sky = shown & (sky_share(source, height) > 0.5)[:, None]
    size = 2 * max(round(2.0 * source.scale), 1) + 1
    kernel = np.ones((size, size), np.uint8)
    # The left and right edges touch.
    wide = np.concatenate([sky[:, -size:], sky, sky[:, :size]], axis=1).astype(np.uint8)
    closed = cv2.morphologyEx(wide, cv2.MORPH_CLOSE, kernel)[:, size:-size]
    _, labels, about, _ = cv2.connectedComponentsWithStats(closed, connectivity=4)
    kept = about[:, cv2.CC_STAT_AREA] > (SMALLEST_STRETCH / np.pi * height) ** 2
    kept[np.unique(labels[0])] = True
    kept[0] = False
    return kept[labels]


def clear_slivers(pixels: Float, backdrop: Float, completed: NDArray[np.bool_], scale: float) -> None:
    """Give back to the backdrop what stands before it more narrowly than a tree: remains of what a seam cut, in place.

    Args:
        pixels: RGB, shape `(H, W, 3)`.
        backdrop: same shape.
        completed: where `pixels` may be changed.
        scale: `H` in units of 1024 pixels.
    """
    broad, gap = max(round(24 * scale), 3), max(round(13 * scale), 3)
    clear = alike(pixels, backdrop).astype(np.uint8)
    clear = cv2.morphologyEx(clear, cv2.MORPH_OPEN, np.ones((3, broad), np.uint8))
    closed = cv2.morphologyEx(clear, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
    narrow = ((closed > clear) & completed).astype(np.float32)
    share = cv2.GaussianBlur(cv2.dilate(narrow, np.ones((3, 5), np.uint8)), (0, 0), max(scale, 0.4))
    share = np.clip(1.6 * share, 0.0, 1.0) * completed
    pixels += (backdrop - pixels) * share[..., None]
