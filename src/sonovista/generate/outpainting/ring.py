"""What lies just beyond the photo's frame: its texture and its edges run on, by example.

Patches around the frame are quilted (Efros and Freeman 2001): each is the photo's own patch that agrees best with what
is known there, the photo's rim and the patches before it, at nearly the same height in the photo. Strong edges at the
frame go first, as in Criminisi, Perez and Toyama (2004). A mirror image, the simplest continuation, is seen at once.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.generate.outpainting.blending import Canvas, paste
from sonovista.generate.outpainting.rarity import rarity
from sonovista.generate.outpainting.source import OVERSAMPLING, UNIQUE_CLASSES, Source

Float = NDArray[Any]

RIM = 0.5
"""Of the ring's width: how much of the photo's rim a patch is compared with."""

HEIGHTS = 0.3
"""Of a patch's size: how far above or below its place a patch beside the photo is looked for."""

DEPTHS = 1.5
"""Likewise, how far inside the photo one above or below it."""

NEAR = 0.02
"""Mean squared difference in RGB that a patch from right beside its place costs: it would stammer."""

UNWANTED = 1.0
RARE = 0.1
"""Likewise, one that shows nothing but what must not stand there twice, and the share of it for what is rare."""


@dataclass(frozen=True)
class Extended:
    """The photo with a ring around it.

    Attributes:
        pixels: RGB, shape `(h + 2 * width, w + 2 * width, 3)`.
        backdrop: opacity of what lies behind everything, shape `(h + 2 * width, w + 2 * width)`.
        width: of the ring in the photo's pixels.
    """

    pixels: Float
    backdrop: Float
    width: int


def extend(source: Source, width: int) -> Extended:
    """Quilt a ring of `width` pixels around a photo; where the photo is too small for it, mirror it.

    Args:
        source: the photo.
        width: of the ring in the photo's pixels.
    """
    height, breadth = source.camera.height, source.camera.width
    mirrored = mirror(source, width)
    size = width + max(round(RIM * width), 2)
    if min(height, breadth) < 2 * size + 2:
        return mirrored
    layers = np.concatenate([mirrored.pixels, mirrored.backdrop[..., None]], axis=2)
    inside = np.zeros(layers.shape[:2], bool)
    inside[width:-width, width:-width] = True
    freedom = np.where(inside, 0.0, 1.0).astype(np.float32)
    canvas = Canvas(layers, inside.copy(), freedom, np.zeros(inside.shape, np.float32))
    search = _Search(source, width, size)
    for top, left in _order(source, width, size):
        window = (slice(top, top + size), slice(left, left + size))
        if canvas.filled[window].all():
            continue
        patch = search.best(canvas, top, left)
        paste(canvas, top, left, patch, np.ones((size, size), bool), OVERSAMPLING * source.scale, nodes=900)
    return Extended(np.clip(layers[..., :3], 0.0, 1.0), np.clip(layers[..., 3], 0.0, 1.0), width)


def mirror(source: Source, width: int) -> Extended:
    """The photo with a ring in which it is mirrored."""
    around = (width, width, width, width)
    width_limit = min(source.camera.height, source.camera.width) - 1
    border = cv2.BORDER_REFLECT_101 if width <= width_limit else cv2.BORDER_REPLICATE
    pixels = cv2.copyMakeBorder(source.solid, *around, border)
    backdrop = cv2.copyMakeBorder(np.asarray(source.backdrop, np.float32), *around, border)
    return Extended(np.asarray(pixels, np.float32), np.asarray(backdrop, np.float32), width)


def _order(source: Source, width: int, size: int) -> list[tuple[int, int]]:
    """Top left corners of all patches on the extended photo: those on strong edges first, the four corners last."""
    height, breadth = source.camera.height + 2 * width, source.camera.width + 2 * width
    grey = cv2.copyMakeBorder(source.pixels.mean(axis=2), width, width, width, width, cv2.BORDER_REPLICATE)
    places: list[tuple[int, int]] = []
    for extent, other, turned in ((height, breadth, False), (breadth, height, True)):
        count = int(np.ceil((extent - 2 * width) / (0.7 * size)))
        along = np.linspace(width - size // 6, extent - width - size + size // 6, count).round().astype(int)
        beside = [(start, edge) for start in along.tolist() for edge in (0, other - size)]
        places += [(edge, start) for start, edge in beside] if turned else beside
    strength = [
        float(grey[max(top, width) : min(top + size, height - width), max(left, width) : left + size].std())
        for top, left in places
    ]
    order = [places[index] for index in np.argsort(-np.array(strength), kind="stable")]
    return order + [(top, left) for top in (0, height - size) for left in (0, breadth - size)]


class _Search:
    """Looks patches of the photo up that agree with a place on the ring."""

    def __init__(self, source: Source, width: int, size: int) -> None:
        self.width, self.size = width, size
        self.layers = np.concatenate([source.solid, source.backdrop[..., None]], axis=2).astype(np.float32)
        shown = self.layers[..., :3] * (1.0 - self.layers[..., 3:])
        # Behind the matte all skies are alike; edges of the matte must agree too.
        self.small = self._halved(np.concatenate([shown, self.layers[..., 3:]], axis=2))
        unwanted = np.maximum(source.share(*UNIQUE_CLASSES) > 0.5, source.sounding > 0.5)
        unwanted = np.maximum(unwanted, RARE * rarity(source.pixels, source.backdrop, source.scale)).astype(np.float32)
        patch = max(size // 2, 1)
        self.unwanted = cv2.boxFilter(
            self._halved(unwanted), -1, (patch, patch), anchor=(0, 0), borderType=cv2.BORDER_REPLICATE
        )

    @staticmethod
    def _halved(picture: Float) -> Float:
        return np.asarray(cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32)

    def best(self, canvas: Canvas, top: int, left: int) -> Float:
        """The patch for a place on the ring, shape `(size, size, 4)`: colours and matte."""
        size, half = self.size, max(self.size // 2, 1)
        window = (slice(top, top + size), slice(left, left + size))
        place = canvas.pixels[window]
        shown = np.concatenate([place[..., :3] * (1.0 - place[..., 3:]), place[..., 3:]], axis=2).astype(np.float32)
        target = np.asarray(cv2.resize(shown, (half, half), interpolation=cv2.INTER_AREA), np.float32)
        known = cv2.resize(canvas.filled[window].astype(np.float32), (half, half), interpolation=cv2.INTER_AREA)
        known = np.asarray(known > 0.99, np.float32)
        first, last = self._rows(top, canvas.pixels.shape[0])
        strip = self.small[first : last + half]
        best, found = np.inf, (0, 0, False)
        for flip in (False, True):
            template, mask = (target[:, ::-1], known[:, ::-1]) if flip else (target, known)
            cost = self._cost(strip, np.ascontiguousarray(template), np.ascontiguousarray(mask))
            rows, columns = cost.shape
            cost += UNWANTED * self.unwanted[first : first + rows, :columns]
            across = np.abs(2 * np.arange(columns)[None, :] + self.width - left) / size
            up = np.abs(2 * (first + np.arange(rows))[:, None] + self.width - top) / size
            cost += NEAR * np.clip(1.5 - np.maximum(across, up), 0.0, 1.0)
            index = int(cost.argmin())
            if cost.flat[index] < best:
                row, column = divmod(index, columns)
                best, found = float(cost.flat[index]), (row + first, column, flip)
        row, column, flip = found
        row, column = min(2 * row, len(self.layers) - size), min(2 * column, self.layers.shape[1] - size)
        patch = self.layers[row : row + size, column : column + size]
        return np.ascontiguousarray(patch[:, ::-1] if flip else patch)

    def _rows(self, top: int, height: int) -> tuple[int, int]:
        """First and last row of the halved photo where a patch for a place may begin."""
        inside, size = top - self.width, self.size
        lowest = height - 2 * self.width - size
        if top == 0:
            low, high = 0.0, DEPTHS * size
        elif top + size >= height:
            low, high = lowest - DEPTHS * size, lowest
        else:
            low, high = inside - HEIGHTS * size, inside + HEIGHTS * size
        limit = self.small.shape[0] - max(size // 2, 1)
        first = int(np.clip(low // 2, 0, limit))
        return first, int(np.clip(high // 2, first, limit))

    @staticmethod
    def _cost(strip: Float, template: Float, mask: Float) -> Float:
        """Mean squared difference where the template is known, at every place of the strip."""
        count = max(float(mask.sum()), 1.0)
        masked = template * mask[..., None]
        cost = np.full(
            (strip.shape[0] - template.shape[0] + 1, strip.shape[1] - template.shape[1] + 1), 0.0, np.float32
        )
        for channel in range(strip.shape[2]):
            layer = np.ascontiguousarray(strip[..., channel])
            square = cv2.matchTemplate(layer * layer, mask, cv2.TM_CCORR)
            cost += square - 2.0 * cv2.matchTemplate(layer, np.ascontiguousarray(masked[..., channel]), cv2.TM_CCORR)
            cost += float((masked[..., channel] * template[..., channel]).sum())
        return np.maximum(cost / count, 0.0)
