"""Instances by tiles that vote and regions that take what most of their pixels were voted to be."""

from typing import Annotated

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy import ndimage

from sonovista.generate.outpainting.protocol import Panorama
from sonovista.generate.regions.protocol import REGION_CLASSES, RegionMap
from sonovista.generate.segmentation.protocol import Instance
from sonovista.generate.segmentation.spots import best_place, disc, nearness, spread_spots
from sonovista.generate.segmentation.tiles import shrink, vote
from sonovista.generate.segmentation.wrapped_regions import class_agnostic_regions, connected_regions
from sonovista.generate.understanding.protocol import SoundingThing
from sonovista.geometry import direction_from_angles
from sonovista.geometry.equirectangular import pixel_solid_angles

MAXIMUM_INSTANCES = 50
MINIMUM_PIXELS = 16
REGION_SHARE = 0.5
REFINEMENT_IOU = 0.8
_WEAKEST_HOST = 0.25


class Options(BaseModel):
    """Options of `TiledVotingSegmenter`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    working_height: Annotated[int, Field(ge=64, le=1024)] = 512
    """Pixels of the panorama on which is worked; masks are scaled up from it."""
    tile_width: Annotated[int, Field(ge=60, le=1280)] = 240
    """Pixels for 60 degrees; a panorama 512 pixels high has 171 for them."""
    relative_threshold: Annotated[float, Field(gt=0, lt=1)] = 0.6
    """Of a thing's best fit, above which a tile votes for it."""
    minimum_share: Annotated[float, Field(ge=0, le=1)] = 0.2
    """Of the largest instance's fitting area, below which an area thing's further instances are dropped."""
    most_areas: Annotated[int, Field(ge=1, le=50)] = 2
    """Instances of an area thing at most."""
    completed: Annotated[float, Field(ge=0, le=1)] = 0.1
    """What was completed counts this much against what the photo shows, where a thing has several places to be."""
    gap_deg: Annotated[float, Field(ge=0, le=20)] = 5.0
    """Parts of an area thing no farther apart than this are one instance."""
    largest_point_deg: Annotated[float, Field(gt=0, le=90)] = 14.0
    """A point thing found on more than a disc of this diameter hides in it, where it is no object itself."""
    largest_object_deg: Annotated[float, Field(gt=0, le=180)] = 60.0
    """The same for a point thing that is an object."""
    spot_radius_deg: Annotated[float, Field(gt=0, le=20)] = 2.5


class TiledVotingSegmenter:
    """Finds instances in a panorama as SonoWorld does: tiles vote, class-agnostic regions of the whole decide.

    The tiles' open-vocabulary network is replaced by each thing's weight map, which every tile refines along its own
    edges. A region of the panorama takes a thing when at least half of it was voted to be that; what the votes drew is
    replaced by regions where the two agree to an IoU of 0.8. Masks under 16 pixels are dropped, and masks go on across
    the seam. A thing of which no mask is left stands where it fits best.
    """

    def __init__(self, options: Options = Options()) -> None:
        self.options = options

    def __call__(
        self, panorama: Panorama, panorama_regions: RegionMap, things: list[SoundingThing], seed: int
    ) -> list[Instance]:
        """Instances of the point and area things, in the order of `things`, best first; see `Segmenter`."""
        height = min(self.options.working_height, panorama.pixels.shape[0])
        heard = [index for index, thing in enumerate(things) if thing.kind != "ambient"]
        if not heard:
            return []
        pixels = shrink(panorama.pixels, height)
        observed = shrink(panorama.observed.astype(np.float32), height) > 0.5
        skies = _sky(panorama_regions, height)
        weights = np.stack([_weight(things[index], panorama_regions, skies) for index in heard])
        thresholds = [self.options.relative_threshold * _best_fit(weight) for weight in weights]
        votes = vote(pixels, weights, thresholds, self.options.tile_width)
        regions = class_agnostic_regions(pixels, scale=100.0, min_size=40)
        instances: list[Instance] = []
        without_fit = 0
        for index, weight, share in zip(heard, weights, votes, strict=True):
            thing = things[index]
            random = np.random.default_rng([seed, index])
            fits = bool(weight.max() > 0.0)
            masks = self._masks(thing, weight, share, regions, observed, random) if fits else []
            # What was seen, if only far away and small, and what the user names, is there.
            if not masks and (thing.from_user or fits):
                masks = [self._forced_mask(thing, weight, regions, without_fit)]
                without_fit += int(not fits)
            for mask in masks:
                if "sky" not in thing.hosts and np.any(mask & ~skies):
                    mask = mask & ~skies
                score = float(np.clip(np.mean((share * weight)[mask]) * thing.confidence, 0.0, 1.0))
                instances.append(Instance(index, _enlarge(mask, panorama.pixels.shape[0]), score))
        return instances

    def _masks(
        self,
        thing: SoundingThing,
        weight: NDArray[np.float32],
        share: NDArray[np.float32],
        regions: NDArray[np.int32],
        observed: NDArray[np.bool_],
        random: np.random.Generator,
    ) -> list[NDArray[np.bool_]]:
        """Masks of one thing at the working size, best first, no more than it may have."""
        most = self.options.most_areas if thing.kind == "area" else MAXIMUM_INSTANCES
        limit = min(thing.max_instances, most)
        gap = np.deg2rad(self.options.gap_deg) if thing.kind == "area" else 0.0
        masks = _separate(share >= 0.5, gap)
        if not masks:
            return []
        solid_angles = pixel_solid_angles(len(weight))[:, None]
        # What the photo shows counts for more than what was made up around it.
        fit = weight * np.where(observed, 1.0, self.options.completed).astype(np.float32)
        if thing.kind == "point":
            is_object = "object" in thing.hosts[:1]
            largest = np.deg2rad(self.options.largest_object_deg if is_object else self.options.largest_point_deg)
            if any((mask * solid_angles).sum() > np.pi * (0.5 * largest) ** 2 for mask in masks):
                host = np.logical_or.reduce(masks)
                return spread_spots(host, fit * nearness(host), limit, np.deg2rad(self.options.spot_radius_deg), random)
        fits = np.array([(mask * fit * solid_angles).sum() for mask in masks])
        order = np.argsort(-fits)
        least = self.options.minimum_share * fits.max() if thing.kind == "area" else 0.0
        return [refine(masks[place], regions) for place in order[:limit] if fits[place] >= least]

    def _forced_mask(
        self, thing: SoundingThing, weight: NDArray[np.float32], regions: NDArray[np.int32], already: int
    ) -> NDArray[np.bool_]:
        """A place for what has no mask of its own: where it fits best, or ahead where it fits nowhere."""
        height = len(weight)
        radius = np.deg2rad(2.0 * self.options.spot_radius_deg)
        if weight.max() <= 0.0:
            # Side by side, so that two of them do not stand in one place.
            azimuth = np.deg2rad(20.0) * ((already + 1) // 2) * (-1.0) ** already
            return disc(direction_from_angles(azimuth, 0.0), height, radius)
        spot = disc(best_place(weight, radius), height, radius)
        if thing.kind == "area":
            fits = spot & (weight >= 0.5 * weight[spot].max())
            return refine(fits, regions) if fits.sum() >= MINIMUM_PIXELS else spot
        return spot


def refine(mask: NDArray[np.bool_], regions: NDArray[np.int32]) -> NDArray[np.bool_]:
    """The regions at least half of whose pixels are in `mask`, where they agree with it; else the mask, smoothed.

    Args:
        mask: shape `(H, 2H)`.
        regions: index of each pixel's class-agnostic region, shape `(H, 2H)`.
    """
    inside = np.bincount(regions.ravel(), mask.ravel())
    taken = (inside >= REGION_SHARE * np.bincount(regions.ravel()))[regions]
    if np.sum(taken & mask) >= REFINEMENT_IOU * np.sum(taken | mask):
        return taken
    smoothed = np.asarray(ndimage.binary_opening(mask, np.ones((3, 3))), bool)
    return smoothed if smoothed.sum() >= MINIMUM_PIXELS else mask


def _weight(thing: SoundingThing, panorama_regions: RegionMap, skies: NDArray[np.bool_]) -> NDArray[np.float32]:
    """A thing's weight map at the working size; where it is empty, the places where such a thing may be.

    What does not fly has no weight in the sky, unless it has none elsewhere.
    """
    height = len(skies)
    if thing.weight is not None and thing.weight.max() > 0.0:
        weight = shrink(np.asarray(thing.weight, np.float32), height)
    else:
        columns = [REGION_CLASSES.index(host) for host in thing.hosts]
        fits = panorama_regions.probabilities[:, columns].sum(axis=1)
        # Below that everything is a host as much as anything else: no place is better than another.
        fits = np.where(fits >= _WEAKEST_HOST, fits, 0.0)
        weight = shrink(np.asarray(fits[panorama_regions.segments], np.float32), height)
    below = np.where(skies, np.float32(0.0), weight)
    return below if "sky" not in thing.hosts and below.max() > 0.0 else weight


def _sky(panorama_regions: RegionMap, height: int) -> NDArray[np.bool_]:
    sky = panorama_regions.labels() == REGION_CLASSES.index("sky")
    return shrink(sky.astype(np.float32), height) > 0.5


def _best_fit(weight: NDArray[np.float32]) -> float:
    """The weight that the best disc of a degree or so reaches: one stray pixel does not set it."""
    smooth = cv2.blur(weight, (5, 5))
    return max(float(smooth.max()), 1e-6)


def _separate(mask: NDArray[np.bool_], gap: float) -> list[NDArray[np.bool_]]:
    """Connected parts of a mask; parts closer than `gap` radians are one."""
    height = mask.shape[0]
    reach = round(0.5 * gap * height / np.pi)
    bridged = mask
    if reach > 0:
        padded = np.pad(mask, ((0, 0), (reach, reach)), mode="wrap").astype(np.uint8)
        disc_kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
        bridged = cv2.dilate(padded, disc_kernel)[:, reach:-reach].astype(bool)
    labels, count = connected_regions(bridged)
    sizes = np.bincount(labels.ravel(), mask.ravel(), minlength=count + 1)
    # Enough of the largest for every use; dust of textured pictures makes thousands.
    largest = 1 + np.argsort(-sizes[1:], kind="stable")[: 2 * MAXIMUM_INSTANCES]
    return [mask & (labels == label) for label in largest if sizes[label] >= MINIMUM_PIXELS]


def _enlarge(mask: NDArray[np.bool_], height: int) -> NDArray[np.bool_]:
    """A mask at the panorama's full size, its edge interpolated, across the seam too."""
    small = mask.shape[0]
    if small == height:
        return mask
    factor = height / small
    margin = 4
    padded = np.pad(mask, ((0, 0), (margin, margin)), mode="wrap").astype(np.float32)
    columns = (np.arange(2 * height, dtype=np.float32) + 0.5) / np.float32(factor) - 0.5 + margin
    rows = (np.arange(height, dtype=np.float32) + 0.5) / np.float32(factor) - 0.5
    map_x, map_y = np.meshgrid(columns, np.clip(rows, 0, small - 1))
    return cv2.remap(padded, map_x, map_y, cv2.INTER_LINEAR) >= 0.5
