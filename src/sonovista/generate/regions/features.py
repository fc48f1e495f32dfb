"""What a superpixel looks like, in numbers: colour, texture, position, its surroundings, the whole picture."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from sonovista.errors import InputError
from sonovista.generate.regions.superpixels import adjacency, lab_of, segment_means, superpixels, upsample_labels

PHOTO_SIDE = 512
"""Pixels of a photo's longer side at which it is analysed."""
PANORAMA_HEIGHT = 512
"""Pixels of a panorama's height at which it is analysed."""

_CONTEXT = (0, 1, 2, 3, 5, 6, 8, 13)
_MARGIN = 24


def check_picture(image: NDArray[np.uint8], elevation: NDArray[np.float32]) -> None:
    """See that a classifier can read a picture: RGB, `(H, W, 3)`, uint8, and elevations of its pixels, `(H, W)`.

    Raises:
        InputError: it cannot.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise InputError(f"image: expected uint8 RGB (H, W, 3), found {image.dtype} {image.shape}")
    if elevation.shape != image.shape[:2]:
        raise InputError(f"elevation: expected the image's {image.shape[:2]}, found {elevation.shape}")


@dataclass(frozen=True)
class SegmentFeatures:
    """A picture in superpixels and what each of them looks like.

    Attributes:
        labels: superpixel of every pixel at the working size, shape `(h, w)`.
        features: shape `(S, F)`.
        gist: of the whole picture, shape `(G,)`.
        lab: mean CIE Lab of every superpixel, shape `(S, 3)`.
        elevation: mean of every superpixel in radians, shape `(S,)`.
        solid_angle: relative weight of every superpixel, shape `(S,)`, sums to 1.
        borders: border lengths between superpixels, shape `(S, S)`.
    """

    labels: NDArray[np.int32]
    features: NDArray[np.float32]
    gist: NDArray[np.float32]
    lab: NDArray[np.float32]
    elevation: NDArray[np.float32]
    solid_angle: NDArray[np.float32]
    borders: sparse.csr_array

    def upsampled(self, image: NDArray[np.uint8], wraps: bool) -> NDArray[np.int32]:
        """Superpixel of every pixel of the picture that they were cut from, shape `(H, W)`."""
        return upsample_labels(self.labels, image, self.lab, wraps)


def segment_features(
    image: NDArray[np.uint8], elevation: NDArray[np.float32], wraps: bool, pieces: int
) -> SegmentFeatures:
    """Cut a picture into about `pieces` superpixels and describe each.

    Colour is CIE Lab and its spread; texture is gradients at three scales, the structure tensor at two, local
    contrast and bright or dark specks; position is elevation; surroundings are neighbours one and four steps away and
    what lies above and below, as in Hoiem, Efros and Hebert, "Recovering surface layout from an image" (IJCV 2007).

    Args:
        image: RGB, shape `(H, W, 3)`.
        elevation: of the ray through every pixel, radians, shape `(H, W)`.
        wraps: whether the left and right edges touch.
        pieces: superpixels to aim at.
    """
    small, small_elevation = working_size(image, elevation, wraps)
    lab = lab_of(small)
    maps = appearance_maps(small, wraps)
    count = max(1, min(pieces, small.shape[0] * small.shape[1] // 30))
    labels = superpixels(lab, count, wraps)
    total = int(labels.max()) + 1
    means = segment_means(labels, maps, total)
    spread_of = maps[..., (0, 1, 2, 5)]
    square = segment_means(labels, spread_of**2, total)
    spread = np.sqrt(np.maximum(square - segment_means(labels, spread_of, total) ** 2, 0.0))
    borders = adjacency(labels, total, wraps)
    position = segment_means(labels, np.stack([small_elevation, small_elevation**2], axis=-1), total)
    extent = np.sqrt(np.maximum(position[:, 1] - position[:, 0] ** 2, 0.0))
    near = _diffuse(means, borders, 1)
    far = _diffuse(means[:, _CONTEXT], borders, 4)
    column = segment_means(labels, _above_and_below(maps[..., _CONTEXT], wraps), total)
    weight = np.cos(small_elevation) if wraps else np.ones_like(small_elevation)
    gist = _gist(maps, weight, small_elevation)
    solid_angle = np.bincount(labels.ravel(), weight.ravel(), minlength=total)
    features = [
        means,
        spread,
        position[:, :1],
        np.abs(position[:, :1]),
        extent[:, None],
        near,
        near - means,
        far,
        column,
        np.broadcast_to(gist[: 2 * len(_CONTEXT)], (total, 2 * len(_CONTEXT))),
    ]
    return SegmentFeatures(
        labels,
        np.concatenate(features, axis=1).astype(np.float32),
        gist,
        50.0 * means[:, :3],
        position[:, 0].copy(),
        (solid_angle / solid_angle.sum()).astype(np.float32),
        borders,
    )


def working_size(
    image: NDArray[np.uint8], elevation: NDArray[np.float32], wraps: bool
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Picture and elevations scaled down to the size at which they are analysed; small ones stay as they are."""
    height, width = image.shape[:2]
    scale = PANORAMA_HEIGHT / height if wraps else PHOTO_SIDE / max(height, width)
    if scale >= 1.0:
        return image, elevation.astype(np.float32)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    angles = cv2.resize(elevation.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return small, np.asarray(angles, np.float32)


def appearance_maps(image: NDArray[np.uint8], wraps: bool) -> NDArray[np.float32]:
    """Colour and texture around every pixel, shape `(H, W, 19)`."""
    width = image.shape[1]
    margin = min(_MARGIN, width)
    if wraps:
        image = np.concatenate([image[:, -margin:], image, image[:, :margin]], axis=1)
    lab = lab_of(image)
    red, green, blue = (image[..., i].astype(np.float32) / 255.0 for i in range(3))
    light = red + green + blue + 0.05
    saturation = (np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)) / light
    lightness = np.ascontiguousarray(lab[..., 0])
    maps = [*(lab[..., i] / 50.0 for i in range(3)), saturation, (2.0 * green - red - blue) / light]
    maps.extend(_log(_gradient(lightness, sigma)[0] * sigma) for sigma in (0.8, 1.6, 3.2))
    maps.extend(_log(_local_deviation(lightness, size)) for size in (5, 15))
    maps.append(_log(_local_deviation(np.ascontiguousarray(lab[..., 1]), 9)))
    maps.append(_log(_local_deviation(np.ascontiguousarray(lab[..., 2]), 9)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
    maps.append(_log(cv2.morphologyEx(lightness, cv2.MORPH_TOPHAT, kernel)))
    maps.append(_log(cv2.morphologyEx(lightness, cv2.MORPH_BLACKHAT, kernel)))
    for sigma in (2.0, 6.0):
        maps.extend(_orientation(lightness, sigma))
    maps.append(cv2.GaussianBlur(lab[..., 2] / 50.0, (0, 0), 8.0))
    stacked = np.stack(maps, axis=-1).astype(np.float32)
    return stacked[:, margin : margin + width] if wraps else stacked


def _log(values: ArrayLike) -> NDArray[np.float32]:
    return np.log1p(np.maximum(np.asarray(values, np.float32), np.float32(0.0)))


def _gradient(lightness: NDArray[np.float32], sigma: float) -> tuple[NDArray[np.float32], ...]:
    smooth = cv2.GaussianBlur(lightness, (0, 0), sigma)
    dx = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=0.125), np.float32)
    dy = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=0.125), np.float32)
    return np.hypot(dx, dy), dx, dy


def _local_deviation(values: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    mean = cv2.blur(values, (size, size))
    return np.sqrt(np.maximum(cv2.blur(values * values, (size, size)) - mean * mean, 0.0))


def _orientation(lightness: NDArray[np.float32], sigma: float) -> list[NDArray[np.float32]]:
    """How much edges run one way, and how much that way is horizontal (+1) or vertical (-1)."""
    _, dx, dy = _gradient(lightness, 1.0)
    products = (dx * dx, dy * dy, dx * dy)
    xx, yy, xy = (np.asarray(cv2.GaussianBlur(p, (0, 0), sigma), np.float32) for p in products)
    energy = xx + yy + np.float32(0.05)
    coherence = (np.hypot(xx - yy, np.float32(2.0) * xy) / energy).astype(np.float32)
    return [coherence, ((yy - xx) / energy).astype(np.float32)]


def _diffuse(values: NDArray[np.float32], borders: sparse.csr_array, steps: int) -> NDArray[np.float32]:
    strength = np.asarray(borders.sum(axis=1)).ravel()
    for _ in range(steps):
        mean = (borders @ values) / np.maximum(strength, 1.0)[:, None]
        values = np.where(strength[:, None] > 0, mean, values).astype(np.float32)
    return values


def _above_and_below(maps: NDArray[np.float32], wraps: bool) -> NDArray[np.float32]:
    """Mean of all that lies above and of all that lies below every pixel in its column, `(H, W, 2 C)`."""
    height, width = maps.shape[:2]
    sums = np.cumsum(maps, axis=0, dtype=np.float64)
    rows = np.arange(1, height + 1)[:, None, None]
    above = (sums / rows).astype(np.float32)
    below = ((sums[-1:] - sums + maps) / (height - rows + 1)).astype(np.float32)
    both = np.concatenate([above, below], axis=-1)
    reach = max(1, width // 40) | 1
    if wraps:
        both = np.concatenate([both[:, -reach:], both, both[:, :reach]], axis=1)
    blurred = np.stack([cv2.blur(both[..., i], (reach, 1)) for i in range(both.shape[-1])], axis=-1, dtype=np.float32)
    return blurred[:, reach : reach + width] if wraps else blurred


def _gist(
    maps: NDArray[np.float32], weight: NDArray[np.float32], elevation: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Mean and spread of the maps over the whole picture, and their means below, at and above the horizon."""
    subset = maps[..., _CONTEXT]
    flat, weights = subset.reshape(-1, len(_CONTEXT)), weight.ravel() / weight.sum()
    mean = weights @ flat
    spread = np.sqrt(np.maximum(weights @ (flat * flat) - mean * mean, 0.0))
    bands = []
    for low, high in ((-2.0, -0.17), (-0.17, 0.17), (0.17, 2.0)):
        inside = (elevation.ravel() >= low) & (elevation.ravel() < high)
        band = weights * inside
        bands.append(band @ flat / band.sum() if inside.any() else mean)
    all_mean = (weights @ maps.reshape(-1, maps.shape[-1])).astype(np.float32)
    return np.concatenate([mean, spread, *bands, all_mean]).astype(np.float32)
