"""Regions by a small head on the features of a frozen vision transformer.

The backbone (`sonovista.vision.backbone`) describes every patch of 14 x 14 pixels, in the picture and in a smaller one,
where close-ups are no larger than they would be in a view; the ImageNet network (`sonovista.vision.imagenet`), where
its weights are there, says of the cells around what it takes them for, in pictures of two sizes too. The head, fitted
on strokes on some 200 photos, tells from these what the patch is; superpixels bring the edges, neighbours of like
colour agree, and pieces of one class that look alike to the backbone become one region. A panorama is read as it lies,
with its left and right edges continued beyond each other. Limits: what few photos show (fire, sand, snow) is hardly
known, and what is smaller than a patch is not seen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy import sparse

from sonovista.generate.regions.appearance import position_prior, smooth
from sonovista.generate.regions.features import check_picture, working_size
from sonovista.generate.regions.merging import merge_regions
from sonovista.generate.regions.protocol import CLASS_OF_DETAIL, DETAIL_CLASSES, REGION_CLASSES, RegionMap
from sonovista.generate.regions.superpixels import adjacency, lab_of, segment_means, superpixels, upsample_labels
from sonovista.vision.backbone import Backbone
from sonovista.vision.imagenet import CELL, available, load_network
from sonovista.vision.imagenet_weights import CLASSES
from sonovista.weights.graphs import open_graph

LAYERS = (4, 6, 8)
"""Blocks of the backbone that the head reads."""
SECOND = 4.0 / 7.0
"""Patches of the second, coarser look, as a share of the first's."""
CELLS = (0.5, 2.0 / 7.0)
"""Cells of the ImageNet network along a side in its two looks, as a share of the first look's patches."""
WRAP_SHARE = 0.125
"""Of a panorama's width, continued beyond either edge for the network to see past the seam."""
_SHOWN = 32
"""Components of the features by which pieces are joined."""

MEMBERSHIP = np.array([[CLASS_OF_DETAIL[detail] == name for name in REGION_CLASSES] for detail in DETAIL_CLASSES])
"""Which class each detail belongs to, shape `(25, 13)`."""
_INDOOR_ONLY = np.array([detail in ("wall", "floor", "ceiling", "window", "furniture") for detail in DETAIL_CLASSES])
_OUTDOOR_ONLY = np.array(
    [
        detail not in ("wall", "floor", "ceiling", "window", "furniture", "person", "animal", "fire", "flowers")
        for detail in DETAIL_CLASSES
    ]
)


class LearnedOptions(BaseModel):
    """How finely to look and to cut."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    photo_patches: int = Field(default=28, ge=4, le=80, description="Patches along a photo's longer side.")
    panorama_patches: int = Field(default=22, ge=4, le=80, description="Patches along a panorama's height.")
    photo_pieces: int = Field(default=400, ge=1, le=5000, description="Superpixels of a photo.")
    panorama_pieces: int = Field(default=1200, ge=1, le=20000, description="Superpixels of a panorama.")
    regions: float = Field(default=0.5, gt=0.0, le=1.0, description="Regions for each superpixel.")
    smoothing: float = Field(
        default=1.2, ge=0.0, le=10.0, description="How strongly a neighbour of like colour is followed."
    )
    smoothing_steps: int = Field(default=4, ge=0, le=100, description="Mean-field steps.")
    threads: int = Field(default=0, ge=0, le=256, description="Of the networks; 0: as many as there are cores.")


@dataclass(frozen=True)
class Looks:
    """What the two networks see of a picture.

    Attributes:
        fine: of the backbone, shape `(rows, columns, 1152)`.
        coarse: of the backbone in the smaller picture, shape `(fewer rows, fewer columns, 1152)`.
        cells: logits of the ImageNet network in its two pictures, each `(rows, columns, 1000)`; None without it.
        wraps: whether the picture is a panorama.
    """

    fine: NDArray[np.float32]
    coarse: NDArray[np.float32]
    cells: tuple[NDArray[np.float32], NDArray[np.float32]] | None
    wraps: bool

    def of_patches(self) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """At the patches of `fine`: `(rows, columns, 2, 1152)`; `(rows, columns, 2, 1000)` or None."""
        rows, columns = self.fine.shape[:2]
        looks = np.stack([self.fine, resampled(self.coarse, rows, columns, self.wraps)], axis=2)
        if self.cells is None:
            return looks, None
        return looks, np.stack([resampled(cells, rows, columns, self.wraps) for cells in self.cells], axis=2)


class LearnedClassifier:
    """Cuts a picture into regions and tells what they are by learned features."""

    def __init__(self, options: LearnedOptions | None = None) -> None:
        """Load the backbone; a `BackendUnavailable` where its weights cannot be had."""
        self.options = options or LearnedOptions()
        self._backbone = Backbone.load(threads=self.options.threads)
        self._imagenet = load_network(self.options.threads) if available() else None

    def __call__(self, image: NDArray[np.uint8], elevation: NDArray[np.float32], wraps: bool) -> RegionMap:
        """Classify a picture.

        Args:
            image: RGB, shape `(H, W, 3)`, uint8, of any size.
            elevation: of the ray through every pixel in radians, up positive, shape `(H, W)`.
            wraps: True for a panorama, whose left and right edges touch.

        Returns:
            Regions at the picture's full size, with details.

        Raises:
            InputError: where the shapes do not agree.
        """
        check_picture(image, elevation)
        return self.from_looks(self.look(image, wraps), image, elevation)

    def from_looks(self, looks: Looks, image: NDArray[np.uint8], elevation: NDArray[np.float32]) -> RegionMap:
        """The same from what was seen already, by `look`."""
        options, wraps = self.options, looks.wraps
        details, indoor, shown = run_head(looks)
        small, small_elevation = working_size(image, elevation, wraps)
        lab = lab_of(small)
        pieces = options.panorama_pieces if wraps else options.photo_pieces
        labels = superpixels(lab, max(1, min(pieces, lab.shape[0] * lab.shape[1] // 30)), wraps)
        total = int(labels.max()) + 1
        means = segment_means(labels, lab, total)
        borders = adjacency(labels, total, wraps)
        seen = segment_means(labels, enlarged(np.concatenate([details, shown], axis=-1), labels.shape, wraps), total)
        height = segment_means(labels, small_elevation[..., None], total)[:, 0]
        indoor = _settle(indoor, seen[:, : len(DETAIL_CLASSES)], labels, small_elevation if wraps else None)
        belief = _weigh(seen[:, : len(DETAIL_CLASSES)], height, indoor)
        belief = smooth(belief, borders, means, options.smoothing, options.smoothing_steps)
        joined = _join(seen[:, len(DETAIL_CLASSES) :], belief, labels, borders, options.regions)
        belief = _mean_over(joined, belief, np.bincount(labels.ravel(), minlength=total))
        segments = joined[upsample_labels(labels, image, means, wraps)]
        used, segments = np.unique(segments, return_inverse=True)
        belief = belief[used]
        return RegionMap(
            segments.reshape(image.shape[:2]).astype(np.int32),
            (belief @ MEMBERSHIP).astype(np.float32),
            indoor,
            belief.astype(np.float32),
        )

    def look(self, image: NDArray[np.uint8], wraps: bool) -> Looks:
        """What the networks see; of a panorama without what was continued beyond its edges."""
        fine, coarse = (self._seen(image, wraps, share, self._patches) for share in (1.0, SECOND))
        if self._imagenet is None:
            return Looks(fine, coarse, None, wraps)
        first, second = (self._seen(image, wraps, share, self._cells) for share in CELLS)
        return Looks(fine, coarse, (first, second), wraps)

    def _patches(self, image: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.float32]:
        return self._backbone(image, rows, columns, LAYERS).transpose(1, 2, 0, 3).reshape(rows, columns, -1)

    def _cells(self, image: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.float32]:
        assert self._imagenet is not None
        size = (columns * CELL, rows * CELL)
        method = cv2.INTER_AREA if size[0] < image.shape[1] else cv2.INTER_CUBIC
        return self._imagenet(cv2.resize(image, size, interpolation=method)[None].astype(np.uint8))[0]

    def _seen(
        self,
        image: NDArray[np.uint8],
        wraps: bool,
        share: float,
        by: Callable[[NDArray[np.uint8], int, int], NDArray[np.float32]],
    ) -> NDArray[np.float32]:
        """By a network that takes a picture, rows and columns, in `share` of the patches that `options` asks for."""
        height, width = image.shape[:2]
        if not wraps:
            scale = max(1, round(share * self.options.photo_patches)) / max(height, width)
            return by(image, max(1, round(scale * height)), max(1, round(scale * width)))
        rows = max(1, round(share * self.options.panorama_patches))
        columns = 2 * rows
        beyond = max(1, round(WRAP_SHARE * columns))
        pixels = max(1, round(beyond * width / columns))
        wide = np.concatenate([image[:, -pixels:], image, image[:, :pixels]], axis=1)
        return by(wide, rows, columns + 2 * beyond)[:, beyond : beyond + columns]


def run_head(looks: Looks) -> tuple[NDArray[np.float32], float, NDArray[np.float32]]:
    """The shipped head on what was seen.

    Returns:
        Details `(rows, columns, 25)`; probability of indoors; the features' first components `(rows, columns, 32)`.
    """
    rows, columns = looks.fine.shape[:2]
    features, cells = looks.of_patches()
    known = np.array([cells is not None], np.float32)
    if cells is None:
        cells = np.zeros((rows, columns, len(CELLS), CLASSES), np.float32)
    given = {
        "looks": features.reshape(rows * columns, *features.shape[2:]),
        "cells": cells.reshape(rows * columns, *cells.shape[2:]),
        "known": known,
    }
    details, indoor, components = _session().run(None, given)
    shown = components[:, :_SHOWN].reshape(rows, columns, -1)
    return details.reshape(rows, columns, -1), float(indoor[0]), shown


def resampled(maps: NDArray[np.float32], rows: int, columns: int, wraps: bool) -> NDArray[np.float32]:
    """Maps `(r, c, ...)` on another grid over the same picture, linear between centres; `wraps`: across the seam."""
    for axis, count, around in ((0, rows, False), (1, columns, wraps)):
        length = maps.shape[axis]
        at = (np.arange(count, dtype=np.float32) + 0.5) * length / count - 0.5
        low = np.floor(at).astype(int)
        share = (at - low).reshape((-1,) + (1,) * (maps.ndim - axis - 1)).astype(np.float32)
        near, far = (i % length if around else i.clip(0, length - 1) for i in (low, low + 1))
        maps = (1.0 - share) * maps.take(near, axis) + share * maps.take(far, axis)
    return maps


def enlarged(maps: NDArray[np.float32], shape: tuple[int, ...], wraps: bool) -> NDArray[np.float32]:
    """Maps on the patches' grid at a picture's size, linear between patches' centres; across the seam, if any.

    `resampled` says the same of photos, to the last bits, and within half a pixel of panoramas, in a quarter of the
    time. Superpixels and the completion make other, equally good pictures of such differences: this one stays as long
    as scenes are to stay what they were.
    """
    height, width = shape[:2]
    if not wraps:
        return _resized(maps, height, width)
    beyond = max(1, round(width / maps.shape[1]))
    wide = np.concatenate([maps[:, -1:], maps, maps[:, :1]], axis=1)
    large = _resized(wide, height, round(width / maps.shape[1] * wide.shape[1]))
    return large[:, beyond : beyond + width]


def _resized(maps: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    layers = [cv2.resize(np.ascontiguousarray(maps[..., i]), (width, height)) for i in range(maps.shape[-1])]
    return np.stack(layers, axis=-1).astype(np.float32)


def _settle(
    indoor: float, details: NDArray[np.float32], labels: NDArray[np.int32], elevation: NDArray[np.float32] | None
) -> float:
    """Log-odds of the picture as a whole and of its parts, averaged."""
    weight = np.ones(labels.shape) if elevation is None else np.cos(elevation)
    area = np.bincount(labels.ravel(), weight.ravel(), minlength=len(details))
    inside, outside = (
        float(area @ details[:, names].sum(axis=1)) / area.sum() for names in (_INDOOR_ONLY, _OUTDOOR_ONLY)
    )
    logit = np.log((indoor + 0.02) / (1.02 - indoor)) + np.log((inside + 0.05) / (outside + 0.05))
    return float(1.0 / (1.0 + np.exp(-logit)))


def _weigh(details: NDArray[np.float32], elevation: NDArray[np.float32], indoor: float) -> NDArray[np.float64]:
    """Details by what is possible at an elevation, and by how probable indoors is."""
    settled = details * (position_prior(elevation) @ MEMBERSHIP.T)
    walls = np.array([detail in ("wall", "floor", "ceiling", "window") for detail in DETAIL_CLASSES])
    settled[:, walls] *= max(indoor, 0.05)
    settled[:, _OUTDOOR_ONLY] *= max(1.0 - indoor, 0.05)
    return settled / settled.sum(axis=1, keepdims=True)


def _join(
    shown: NDArray[np.float32],
    belief: NDArray[np.float64],
    labels: NDArray[np.int32],
    borders: sparse.csr_array,
    share: float,
) -> NDArray[np.int32]:
    """Pieces of one class that touch and look alike, as one region each."""
    edges = borders.tocoo()
    same = (belief @ MEMBERSHIP).argmax(axis=1)
    kept = same[edges.row] == same[edges.col]
    within = sparse.csr_array(
        sparse.coo_array((edges.data[kept], (edges.row[kept], edges.col[kept])), shape=edges.shape)
    )
    area = np.bincount(labels.ravel(), minlength=len(belief)).astype(float)
    return merge_regions(shown, area, within, max(1, round(share * len(belief))))


def _mean_over(regions: NDArray[np.int32], values: NDArray[np.float64], area: NDArray[np.int64]) -> NDArray[np.float64]:
    sums = np.stack([np.bincount(regions, values[:, i] * area) for i in range(values.shape[1])], axis=1)
    return sums / sums.sum(axis=1, keepdims=True)


@cache
def _session() -> Any:
    graph = (files("sonovista.generate.regions") / "region_head.onnx").read_bytes()
    return open_graph(graph, "the region head")
