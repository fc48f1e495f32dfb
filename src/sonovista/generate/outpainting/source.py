"""The photo as a store of exemplars: at the panorama's sharpness, with what may be taken from where."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.outpainting.matting import RIM, settle_rims
from sonovista.generate.outpainting.projection import local_scale, low_pass
from sonovista.generate.regions.protocol import DETAIL_CLASSES, REGION_CLASSES, RegionMap
from sonovista.geometry import PerspectiveCamera, elevation_of

Float = NDArray[Any]

OVERSAMPLING = 1.5
"""Source pixels per panorama pixel at the photo's centre: room for enlarging exemplars without blur."""

FLAT_CLASSES = ("grass", "ground", "water", "running_water", "snow", "floor")
"""What lies on the ground."""

CALM = 0.02
"""Median departure from the local mean, of brightness in [0, 1], up to which water is smooth."""

UNIQUE_CLASSES = ("object", "building")
"""What a viewer would notice if it stood there twice."""

HALO = 14.0
"""Standard deviation, in pixels of the photo as a store of exemplars at panorama height 1024, of the surroundings by
which what looks like the sky or the water beside it is told."""

NO_SKY, SURE_SKY = 0.3, 0.6
"""Probability up to which there is no sky, and from which on there is nothing else: clouds are often half believed."""

ALIKE = 0.045
"""Difference from them in any colour channel, in [0, 1], at which the half of it counts as such."""

SOUNDING_CLASSES = ("running_water", "object")
"""What may sound, as far as the thirteen classes tell: it must not be heard of twice."""

SOUNDING_DETAILS = ("running_water", "person", "animal", "bird", "vehicle", "boat", "fire")
"""What sounds, where a classifier tells finer classes apart."""


@dataclass(frozen=True)
class Source:
    """A photo prepared for synthesis.

    Attributes:
        pixels: RGB in [0, 1], shape `(h, w, 3)`, low-passed to the panorama's sharpness.
        solid: the same without the backdrop where it shines through at rims, to be laid before another one.
        camera: of this size.
        sky: opacity of the sky, in [0, 1], shape `(h, w)`, its edge refined to the picture's edges.
        backdrop: opacity of all that lies behind everything and is smooth: sky, and calm water; likewise.
        calm_water: the water's part of it.
        probabilities: of every class, shape `(h, w, len(REGION_CLASSES))`.
        elevation: of the ray through every pixel, radians, shape `(h, w)`.
        uniqueness: in [0, 1], shape `(h, w)`: how noticeable it would be if this stood there twice.
        sounding: probability in [0, 1] that this sounds, shape `(h, w)`.
        indoor: probability in [0, 1].
        scale: panorama height in units of 1024 pixels.
        photo: as it was given, RGB, uint8, for what is seen from nearer than the photo shows it.
        photo_camera: its camera.
    """

    pixels: Float
    solid: Float
    camera: PerspectiveCamera
    sky: Float
    backdrop: Float
    calm_water: Float
    probabilities: Float
    elevation: Float
    uniqueness: Float
    sounding: Float
    indoor: float
    scale: float
    photo: NDArray[np.uint8]
    photo_camera: PerspectiveCamera

    def share(self, *classes: str) -> Float:
        """Sum of the probabilities of `classes`, shape `(h, w)`."""
        return self.probabilities[..., [REGION_CLASSES.index(name) for name in classes]].sum(axis=2)


def prepare_source(image: NDArray[np.uint8], calibration: Calibration, regions: RegionMap, height: int) -> Source:
    """Scale a photo and its regions to the panorama's resolution.

    Args:
        image: RGB, shape `(h, w, 3)`.
        calibration: the photo's camera.
        regions: of the photo.
        height: of the panorama in pixels.

    Returns:
        The photo as a store of exemplars.
    """
    full = calibration.camera(image.shape[1], image.shape[0])
    panorama_pixel = full.focal_length * np.pi / height
    factor = min(1.0, OVERSAMPLING / panorama_pixel)
    size = (max(round(full.width * factor), 8), max(round(full.height * factor), 8))
    smooth = low_pass(image.astype(np.float32) / 255.0, panorama_pixel)
    pixels = cv2.resize(smooth, size, interpolation=cv2.INTER_AREA if factor < 1.0 else cv2.INTER_LINEAR)
    camera = calibration.camera(*size)
    segments = np.asarray(cv2.resize(regions.segments, size, interpolation=cv2.INTER_NEAREST), np.int32)
    probabilities = regions.probabilities[segments]
    elevation = elevation_of(camera.ray_directions()).astype(np.float32)
    scale = height / 1024.0
    sky = refine_matte(pixels, probabilities[..., REGION_CLASSES.index("sky")], max(round(6 * scale), 2))
    sky = regained(pixels, np.clip((sky - NO_SKY) / (SURE_SKY - NO_SKY), 0.0, 1.0), scale) * np.clip(
        (elevation + 0.045) / 0.03, 0.0, 1.0
    )
    calm_water = _calm_water(pixels, probabilities, elevation, scale)
    both = calm_water + probabilities[..., REGION_CLASSES.index("sky")]
    both = np.clip((refine_matte(pixels, both, max(round(6 * scale), 2)) - 0.3) / 0.5, 0.0, 1.0)
    both = regained(pixels, both, scale)
    near_water = cv2.dilate((calm_water > 0.2).astype(np.float32), np.ones((5, 5), np.uint8))
    calm_water = calm_water * both
    backdrop = np.maximum(sky, both * np.maximum(near_water, sky))
    backdrop, solid = settle_rims(pixels, backdrop, OVERSAMPLING * RIM * scale)
    unique = probabilities[..., [REGION_CLASSES.index(name) for name in UNIQUE_CLASSES]].sum(axis=2)
    water = probabilities[..., REGION_CLASSES.index("running_water")]
    uniqueness = np.clip(unique + 0.25 * water, 0.0, 1.0)
    sounding = _sounding(regions)[segments]
    indoor = float(regions.indoor)
    return Source(
        pixels,
        solid,
        camera,
        sky,
        backdrop,
        calm_water,
        probabilities,
        elevation,
        uniqueness,
        sounding,
        indoor,
        scale,
        image,
        full,
    )


def _sounding(regions: RegionMap) -> Float:
    """Probability of every region to be something that sounds, shape `(S,)`."""
    if regions.details is None:
        columns = [REGION_CLASSES.index(name) for name in SOUNDING_CLASSES]
        return regions.probabilities[:, columns].sum(axis=1)
    columns = [DETAIL_CLASSES.index(name) for name in SOUNDING_DETAILS]
    return regions.details[:, columns].sum(axis=1)


def _calm_water(pixels: Float, probabilities: Float, elevation: Float, scale: float) -> Float:
    """Share of still water that is smooth enough, and far enough, to be no more than a gradient of colour."""
    water = probabilities[..., REGION_CLASSES.index("water")] * np.clip((elevation + 0.3) / 0.1, 0.0, 1.0)
    if not (water > 0.5).any():
        return np.zeros_like(water)
    grey = pixels.mean(axis=2)
    rough = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 4.0 * scale))
    return water if float(np.median(rough[water > 0.5])) < CALM else np.zeros_like(water)


def refine_matte(image: Float, matte: Float, radius: int) -> Float:
    """Guided filter (He, Sun and Tang 2010) with the blue-weighted brightness as the guide: edges follow the picture.

    Args:
        image: RGB in [0, 1], shape `(h, w, 3)`.
        matte: in [0, 1], shape `(h, w)`.
        radius: of the window in pixels.

    Returns:
        The refined matte in [0, 1].
    """
    guide = image @ np.array([0.2, 0.3, 0.5], np.float32)
    size = (2 * radius + 1, 2 * radius + 1)
    mean_g, mean_m = cv2.blur(guide, size), cv2.blur(matte, size)
    covariance = cv2.blur(guide * matte, size) - mean_g * mean_m
    variance = cv2.blur(guide * guide, size) - mean_g**2
    a = covariance / (variance + 1e-3)
    b = mean_m - a * mean_g
    return np.clip(cv2.blur(a, size) * guide + cv2.blur(b, size), 0.0, 1.0)


def regained(image: Float, matte: Float, scale: float) -> Float:
    """A matte of what lies behind, with what was taken for a rim of the things before it though it looks no different.

    Regions are coarse: a strip of sky that goes with a tree would be laid with it before another sky, as a halo.

    Args:
        image: RGB in [0, 1], shape `(h, w, 3)`.
        matte: in [0, 1], shape `(h, w)`.
        scale: panorama height in units of 1024 pixels.

    Returns:
        In [0, 1], nowhere less than `matte`.
    """
    sure = (matte > 0.95).astype(np.float32)
    sigma = max(HALO * scale, 2.0)
    weight = cv2.GaussianBlur(sure, (0, 0), sigma)
    around = cv2.GaussianBlur(image * sure[..., None], (0, 0), sigma) / np.maximum(weight, 1e-4)[..., None]
    difference = np.abs(image - around).max(axis=2)
    alike = np.clip(1.5 - difference / ALIKE, 0.0, 1.0) * (weight > 0.02)
    return np.maximum(matte, alike).astype(np.float32)


def source_density(source: Source) -> Float:
    """Source pixels per radian at every source pixel, shape `(h, w)`."""
    v, u = np.mgrid[: source.camera.height, : source.camera.width].astype(np.float32) + 0.5
    return local_scale(u, v, source.camera)
