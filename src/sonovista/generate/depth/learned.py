"""Depth by the trained head, made metric by geometry.

The head tells relative depth of the photo, and of perspective tiles of the completed panorama. The classical estimate
(`ground_plane`) tells what is metric: the ground under the camera, and the walls of rooms. One rising map, fitted where
the ground is seen, brings the head's depth to it and keeps its order; the near ground is laid on the plane, edges are
sharpened and drawn along those of the photo, and the tiles are merged in the gradient domain around the photo's own
depth.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy import ndimage

from sonovista.errors import InputError
from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.depth.aligning import FADED, PLANE, align, falling, fit_scale_and_shift, within_reach
from sonovista.generate.depth.around import away_from, closed, continued, enlarged, mean_steps, outside_alone, planar
from sonovista.generate.depth.ground_plane import FARTHEST, NEAREST, GroundPlaneDepth, GroundPlaneOptions
from sonovista.generate.depth.materials import Material, segment_materials
from sonovista.generate.depth.merging import merge_gradients
from sonovista.generate.depth.protocol import SKY_DISTANCE, DepthEstimate
from sonovista.generate.depth.relative import OUT, RelativeDepth, relative_depth
from sonovista.generate.depth.sharpening import follow_picture, sharpen_edges
from sonovista.generate.depth.smoothing import joint_upsample
from sonovista.generate.outpainting.protocol import Panorama
from sonovista.generate.regions.protocol import REGION_CLASSES, RegionMap
from sonovista.geometry import PerspectiveCamera, elevation_of
from sonovista.geometry.equirectangular import pixel_angles, pixel_directions, sample

COARSE = 256
"""Rows of the panorama on which tiles are merged."""
TILE_FOV = np.radians(95.0)
BORDER = np.radians(25.0)
"""From the photo's border to where the completion lies as geometry has it."""
LOOSE = 2e-3
"""Trust in geometry at the photo's border, against 1 for a step between two cells: what ends there is carried on for
some 15 degrees."""
UNDERFOOT, LEVEL = float(np.log(3.0)), float(np.log(9.0))
"""Log metres: up to the first completed ground is level, from the second on it is tilted as geometry has it."""
WORKING_WIDTH = 512
"""Columns of the photo on which classical depth is looked up."""


class LearnedDepthOptions(BaseModel):
    """Fineness, and the classical estimate's options."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    photo_patches: int = Field(default=38, ge=12, le=80, description="Of 14 pixels, along the photo's longer side.")
    flip: bool = Field(default=True, description="Mean with the answer to the mirrored photo.")
    tiles: int = Field(default=8, ge=5, le=16, description="Perspective tiles around the panorama.")
    tile_patches: int = Field(default=24, ge=12, le=60, description="Along a tile's longer side.")
    edge: float = Field(default=0.12, gt=0.0, le=2.0, description="Step of log distance that is an edge.")
    colour_sigma: float = Field(default=12.0, gt=0.0, le=255.0, description="Levels of 255 that count as an edge.")
    classical: GroundPlaneOptions = Field(default_factory=GroundPlaneOptions)


@dataclass(frozen=True)
class _Look:
    """A picture's cells with what is known of them, all of shape `(h, w)`: log metres, sky, ground."""

    known: NDArray[np.float64]
    sky: NDArray[np.bool_]
    ground: NDArray[np.bool_]


class LearnedDepth:
    """Estimates depth with the trained head, the regions and the calibration."""

    def __init__(self, options: LearnedDepthOptions | None = None) -> None:
        self.options = options or LearnedDepthOptions()
        self._classical = GroundPlaneDepth(self.options.classical)

    def __call__(
        self,
        panorama: Panorama,
        panorama_regions: RegionMap,
        image: NDArray[np.uint8],
        regions: RegionMap,
        calibration: Calibration,
    ) -> DepthEstimate:
        """Estimate depth.

        Args:
            panorama: completed, `(H, 2H)`.
            panorama_regions: of the panorama, `(H, 2H)`.
            image: the photo, RGB, shape `(h, w, 3)`, uint8.
            regions: of the photo, `(h, w)`.
            calibration: of the photo.

        Returns:
            Metres along rays, in [0.5, 100] but for the sky, which is at `SKY_DISTANCE`.

        Raises:
            InputError: where the shapes do not agree.
            BackendUnavailable: the backbone's weights are not there and cannot be fetched.
        """
        if regions.segments.shape != image.shape[:2]:
            raise InputError(f"regions: expected the photo's {image.shape[:2]}, found {regions.segments.shape}")
        small, small_regions = _reduced(image, regions)
        geometric = self._classical(panorama, panorama_regions, small, small_regions, calibration)
        found = relative_depth(image, self.options.photo_patches, self.options.flip)
        photo, photo_sky = self._photo(found, image, regions, geometric, calibration)
        around, around_sky = self._around(panorama, panorama_regions, photo, photo_sky, geometric, calibration)
        return DepthEstimate(around, around_sky, photo, photo_sky, geometric.camera_height, geometric.indoor)

    def _photo(
        self,
        found: RelativeDepth,
        image: NDArray[np.uint8],
        regions: RegionMap,
        geometric: DepthEstimate,
        calibration: Calibration,
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Metres and sky at the photo's full detail."""
        height, width = image.shape[:2]
        camera = calibration.camera(width, height)
        elevation = elevation_of(camera.ray_directions())
        sky = _sky(found.sky, image, regions, elevation, geometric.indoor)
        material = segment_materials(regions, elevation, geometric.indoor)[regions.segments]
        size = found.log_distance.shape[::-1]
        cells_sky = cv2.resize(sky.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5
        ground = cv2.resize((material == Material.FLAT).astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.6
        known = np.log(cv2.resize(geometric.photo, size, interpolation=cv2.INTER_NEAREST))
        look = _Look(np.asarray(known, float), cells_sky, ground & ~cells_sky)
        cells_elevation = elevation_of(calibration.camera(*size).ray_directions())
        metric = align(
            found.log_distance,
            look.known,
            ~look.sky,
            look.ground,
            cells_elevation,
            geometric.camera_height,
            geometric.indoor,
        )
        sharp = sharpen_edges(metric.astype(np.float32), ~look.ground & ~cells_sky, 5, self.options.edge)
        # Sky cells hold what is behind all: pixels of things at their rim must not mix with it.
        colours = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
        u, v = (
            ((np.arange(n) + 0.5) * (cells / n) - 0.5).astype(np.float32)
            for n, cells in ((width, size[0]), (height, size[1]))
        )
        uu, vv = np.meshgrid(u, v)
        log_metres = joint_upsample(
            sharp,
            cells_sky.astype(np.uint8),
            colours,
            uu,
            vv,
            sky.astype(np.uint8),
            image,
            self.options.colour_sigma,
        )
        log_metres = sharpen_edges(log_metres, (material != Material.FLAT) & ~sky, 5, self.options.edge, rounds=1)
        metres = np.exp(within_reach(log_metres, NEAREST, FARTHEST))
        return np.where(sky, np.float32(SKY_DISTANCE), metres).astype(np.float32), sky

    def _around(
        self,
        panorama: Panorama,
        regions: RegionMap,
        photo: NDArray[np.float32],
        photo_sky: NDArray[np.bool_],
        geometric: DepthEstimate,
        calibration: Calibration,
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Metres and sky of the panorama, the photo's own where it sees."""
        height = panorama.pixels.shape[0]
        camera = calibration.camera(photo.shape[1], photo.shape[0])
        inside, seen, seen_sky = _project(camera, height, np.log(photo), photo_sky)
        sky = np.where(inside, seen_sky, geometric.panorama_sky)
        log_geometric = np.log(geometric.panorama)
        if not geometric.indoor:
            log_geometric = self._level_underfoot(log_geometric, regions, geometric.camera_height)
        outside = self._completed(panorama, regions, inside, seen, sky, log_geometric, geometric.indoor)
        metres = np.exp(np.where(inside, seen, within_reach(outside, NEAREST, FARTHEST)))
        return np.where(sky, np.float32(SKY_DISTANCE), metres).astype(np.float32), sky

    @staticmethod
    def _level_underfoot(
        log_metres: NDArray[np.floating], regions: RegionMap, camera_height: float
    ) -> NDArray[np.float64]:
        """Ground that rises in the distance is level where one stands; `(H, 2H)`."""
        elevation = pixel_angles(regions.segments.shape[0])[1][:, None]
        material = segment_materials(regions, np.broadcast_to(elevation, regions.segments.shape), False)
        level = np.log(camera_height) - np.log(np.maximum(np.sin(-elevation), 1e-3))
        share = np.where(material[regions.segments] == Material.FLAT, falling(level, UNDERFOOT, LEVEL), 0.0)
        return log_metres + share * (level - log_metres)

    def _completed(
        self,
        panorama: Panorama,
        regions: RegionMap,
        inside: NDArray[np.bool_],
        seen: NDArray[np.floating],
        sky: NDArray[np.bool_],
        geometric: NDArray[np.floating],
        indoor: bool,
    ) -> NDArray[np.float32]:
        """Log metres all around, `(H, 2H)`: the tiles' steps between what geometry and the photo know."""
        height = min(COARSE, panorama.pixels.shape[0])
        size = (2 * height, height)

        def shrink(values: NDArray) -> NDArray[np.float64]:
            return np.asarray(cv2.resize(values.astype(np.float32), size, interpolation=cv2.INTER_AREA), float)

        def pick(values: NDArray) -> NDArray[np.float64]:
            return np.asarray(cv2.resize(values.astype(np.float32), size, interpolation=cv2.INTER_NEAREST), float)

        elevation = np.broadcast_to(pixel_angles(panorama.pixels.shape[0])[1][:, None], sky.shape)
        material = segment_materials(regions, elevation, indoor)[regions.segments]
        known, small_sky, small_inside = pick(geometric), shrink(sky) > 0.5, pick(inside) > 0.5
        ground = (shrink(material == Material.FLAT) > 0.6) & ~small_sky
        target = np.where(small_inside, pick(seen), known)
        # Tiles that see the photo are made metric as it was.
        tiles = self._tiles(panorama, _Look(target, small_sky, ground | small_inside), indoor)
        steps, weights = mean_steps(tiles, small_sky)
        near = ground & (known < PLANE)
        steps = planar(continued(steps, small_inside), known, near)
        # Completed ground is a plane and completed rooms are boxes, but at the photo's border all goes on as it ends
        # there; of the rest geometry knows little.
        settled = away_from(small_inside, BORDER) ** 2
        elsewhere = 0.99 if indoor else 0.01
        outside_trust = LOOSE + settled * np.where(ground, 0.3 * falling(known, PLANE, FADED), elsewhere)
        trust = np.where(small_inside, 10.0, np.where(small_sky, 1e-4, outside_trust))
        merged = merge_gradients(target, *steps, *weights, target, trust)
        touched = shrink(inside) > 0.0
        change = enlarged(outside_alone(merged - known, touched), sky.shape)
        labels = np.where(sky, Material.SKY, material).astype(np.uint8)
        fine = self._to_pixels(outside_alone(merged, touched), pick(labels), labels, panorama.pixels)
        # The near ground keeps the plane's own rows; all else is as fine as the picture's edges.
        plane = np.where(labels == Material.FLAT, falling(geometric, PLANE, FADED), 0.0)
        return (fine + plane * (geometric + change - fine)).astype(np.float32)

    def _to_pixels(
        self, merged: NDArray[np.float64], cells: NDArray, labels: NDArray[np.uint8], pixels: NDArray[np.uint8]
    ) -> NDArray[np.float32]:
        """Merged log metres `(R, 2R)` at all pixels `(H, 2H)`, drawn along materials and colours."""
        rows, height, margin = merged.shape[0], labels.shape[0], 4
        colours = cv2.resize(pixels, (2 * rows, rows), interpolation=cv2.INTER_AREA)
        u, v = (
            ((np.arange(count) + 0.5) * (rows / height) - 0.5 + offset).astype(np.float32)
            for count, offset in ((2 * height, margin), (height, 0))
        )
        uu, vv = np.meshgrid(u, v)
        values, kinds = merged.astype(np.float32), cells.astype(np.uint8)
        values, kinds, colours = closed(values, margin), closed(kinds, margin), closed(colours, margin)
        return joint_upsample(values, kinds, colours, uu, vv, labels, pixels, self.options.colour_sigma, taps=2)

    def _tiles(self, panorama: Panorama, look: _Look, indoor: bool) -> list[tuple[NDArray, NDArray]]:
        """Metric log distance of every tile on the coarse panorama, and its weight there, `(R, C)`."""
        height = look.known.shape[0]
        directions = pixel_directions(height)
        patches = self.options.tile_patches
        width, rows = 14 * patches, 14 * round(0.75 * patches)
        out = []
        for k in range(self.options.tiles):
            camera = PerspectiveCamera(width, rows, TILE_FOV, 2 * np.pi * k / self.options.tiles)
            rays = camera.ray_directions()
            found = relative_depth(sample(panorama.pixels, rays), patches)
            u, v, depth = camera.project(directions)
            inside = (depth > 0) & (u > 4) & (v > 4) & (u < width - 4) & (v < rows - 4)
            scale = found.log_distance.shape[1] / width
            at = [np.where(inside, a * scale - 0.5, 0.0).astype(np.float32) for a in (u, v)]
            drawn = cv2.remap(found.log_distance, at[0], at[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            relative = np.asarray(drawn, np.float32)
            solid = inside & ~look.sky
            weight = np.where(solid, np.where(look.ground, 1.0, 0.15 if not indoor else 0.6), 0.0)
            a, b = fit_scale_and_shift(relative, look.known, weight)
            edge = np.minimum(1 - np.abs(2 * u / width - 1), 1 - np.abs(2 * v / rows - 1))
            out.append((a * relative + b, np.where(solid, np.clip(edge, 0.02, 0.5), 0.0)))
        return out


def _sky(
    found: NDArray[np.float32],
    image: NDArray[np.uint8],
    regions: RegionMap,
    elevation: NDArray[np.floating],
    indoor: bool,
) -> NDArray[np.bool_]:
    """Where head and regions together see sky; each may veto the other."""
    if indoor:
        return np.zeros(image.shape[:2], bool)
    height, width = image.shape[:2]
    by_regions = regions.probabilities[:, REGION_CLASSES.index("sky")][regions.segments]
    by_head = cv2.resize(found, (width, height), interpolation=cv2.INTER_LINEAR)
    # Cells and regions are coarser than a spire or the rim of a roof: the picture's own edges decide there.
    radius = round(OUT * width / found.shape[1])
    both = follow_picture((0.5 * (by_regions + by_head)).astype(np.float32), image, radius)
    sky = (both > 0.5) & (by_regions > 0.08) & (elevation > np.radians(-12.0))
    return sky & ~_islands(sky, by_regions)


def _islands(sky: NDArray[np.bool_], by_regions: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Pieces of sky that do not reach the picture's top and that the regions doubt: pale rock, snow, water."""
    labels = np.empty(sky.shape, np.int32)
    count = int(np.asarray(ndimage.label(sky, output=labels)))
    pixels = np.bincount(labels.ravel(), minlength=count + 1)
    sure = np.bincount(labels.ravel(), weights=by_regions.ravel(), minlength=count + 1) / np.maximum(pixels, 1) > 0.6
    sure[np.unique(labels[0])] = True
    sure[0] = True
    return ~sure[labels]


def _reduced(image: NDArray[np.uint8], regions: RegionMap) -> tuple[NDArray[np.uint8], RegionMap]:
    """The photo and its regions, small enough for a reference."""
    height, width = image.shape[:2]
    if width <= WORKING_WIDTH:
        return image, regions
    size = (WORKING_WIDTH, max(1, round(height * WORKING_WIDTH / width)))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    segments = np.asarray(cv2.resize(regions.segments, size, interpolation=cv2.INTER_NEAREST), np.int32)
    return small, RegionMap(segments, regions.probabilities, regions.indoor)


def _project(
    camera: PerspectiveCamera, height: int, log_metres: NDArray[np.floating], sky: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.float32], NDArray[np.bool_]]:
    """The photo's log metres and sky on a panorama, and where it sees."""
    inside, row, column = camera.nearest_pixels(pixel_directions(height))
    return inside, log_metres[row, column].astype(np.float32), sky[row, column] & inside
