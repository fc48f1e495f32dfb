"""Metric depth from the ground up: a classical, geometric estimate without learned weights.

The camera's height is a prior (nobody can see it in one photo), and with the calibration it makes the ground metric;
what stands takes the distance of its foot, what is seen over something else lies beyond it, rooms are boxes, the sky is
far. Limits: scale is as good as the prior; curved and overhanging things are billboards; regions of the same
material that touch share a surface; where the regions are wrong the depth is too.
"""

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from sonovista.errors import InputError
from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.depth.completed import follow_seen, sky_as_seen
from sonovista.generate.depth.grid import AngularGrid, look_up, photo_grid
from sonovista.generate.depth.materials import Material, segment_materials
from sonovista.generate.depth.parts import stand_apart
from sonovista.generate.depth.protocol import SKY_DISTANCE, DepthEstimate
from sonovista.generate.depth.room import fit_room
from sonovista.generate.depth.smoothing import join_border, joint_upsample, smooth_surfaces
from sonovista.generate.depth.standing import before_what_it_carries, lay_out, stand
from sonovista.generate.depth.terrain import connected_ground, ground_closeness, rising_tangent
from sonovista.generate.outpainting.protocol import Panorama
from sonovista.generate.regions.protocol import RegionMap
from sonovista.geometry import PerspectiveCamera, elevation_of
from sonovista.geometry.equirectangular import direction_to_pixel, pixel_angles, pixel_directions, sample

NEAREST = 0.5
"""Metres: nothing is nearer."""
FARTHEST = 100.0
"""Metres: nothing but the sky is farther."""


class GroundPlaneOptions(BaseModel):
    """Priors and fineness."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    outdoor_camera_height: float = Field(default=1.6, gt=0.1, le=100.0, description="Metres above the ground.")
    indoor_camera_height: float = Field(default=1.4, gt=0.1, le=10.0, description="Metres above the floor.")
    room_wall: float = Field(default=3.0, ge=1.0, le=14.0, description="Metres to a wall of which nothing is seen.")
    room_ceiling: float = Field(default=1.2, ge=0.5, le=5.0, description="Metres above the camera, where unseen.")
    reach: float = Field(default=80.0, ge=10.0, le=FARTHEST, description="Metres to which open ground is drawn out.")
    photo_columns: int = Field(default=440, ge=32, le=2048, description="Columns of the grid across the photo.")
    step_deg: float = Field(default=0.5, ge=0.1, le=4.0, description="Spacing of the grid outside the photo.")
    smoothing: float = Field(default=400.0, ge=0.0, le=1e4, description="Of surfaces, in cells squared.")
    colour_sigma: float = Field(default=14.0, gt=0.0, le=255.0, description="Levels of 255 that count as an edge.")


@dataclass(frozen=True)
class _Picture:
    """A picture by its geometry: RGB, materials and rays of all pixels."""

    pixels: NDArray[np.uint8]
    material: NDArray[np.uint8]
    directions: NDArray[np.float64]


class GroundPlaneDepth:
    """Estimates depth from regions, calibration and contact with the ground."""

    def __init__(self, options: GroundPlaneOptions | None = None) -> None:
        self.options = options or GroundPlaneOptions()

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
        """
        _check(panorama, panorama_regions, image, regions)
        indoor = regions.indoor > 0.5
        height = self.options.indoor_camera_height if indoor else self.options.outdoor_camera_height
        camera = calibration.camera(image.shape[1], image.shape[0])
        photo = _photo(image, regions, camera, indoor)
        around = _around(panorama, panorama_regions, photo, camera, indoor)

        grid = photo_grid(camera, self.options.photo_columns, np.radians(self.options.step_deg))
        cells, seen = _on_grid(grid, around, photo, camera)
        u, v = direction_to_pixel(cells.directions, panorama.pixels.shape[0])
        observed = look_up(panorama.observed.astype(np.uint8), u - 0.5, v - 0.5, cv2.INTER_NEAREST) > 0
        trusted = seen | observed
        pieces = _from_photo(regions.segments, cells.directions, camera)[1]
        distance = self._solve(grid, cells, trusted, height, indoor, pieces, seen)
        return DepthEstimate(
            panorama=self._read(grid, cells, distance, around, taps=2),
            panorama_sky=around.material == Material.SKY,
            photo=self._read(grid, cells, distance, photo, taps=4),
            photo_sky=photo.material == Material.SKY,
            camera_height=height,
            indoor=indoor,
        )

    def _solve(
        self,
        grid: AngularGrid,
        cells: _Picture,
        trusted: NDArray[np.bool_],
        camera_height: float,
        indoor: bool,
        pieces: NDArray[np.int32],
        seen: NDArray[np.bool_],
    ) -> NDArray[np.float64]:
        """Metres along the rays of the grid, shape `(R, C)`; sky cells hold what lies behind nothing."""
        options, material = self.options, cells.material
        flat = material == Material.FLAT
        if indoor:
            trust = np.where(trusted, 4.0, 0.5)
            room = fit_room(grid, material, trust, camera_height, options.room_wall, options.room_ceiling)
            box = room.closeness(grid)
            # What was completed shows no thing that is really there: the bare room is the better guess.
            thing = (material == Material.OBJECT) & trusted
            things = np.where(thing, Material.OBJECT, Material.FLAT).astype(np.uint8)
            layout = lay_out(things, trusted)
            log_r = np.minimum(
                stand(grid, layout, box, flat | True, np.full(len(grid.azimuth), np.inf), options.reach), -np.log(box)
            )
            log_r = stand_apart(replace(layout, seen=seen), pieces, cells.pixels, -np.log(box), log_r)
            smooth_here = things == Material.OBJECT
        else:
            sheet = connected_ground(grid, flat, trusted)
            rise = rising_tangent(grid, sheet, trusted)
            ground = ground_closeness(grid, camera_height, rise, options.reach)
            layout = lay_out(material, trusted)
            log_r = stand(grid, layout, ground, sheet, rise, options.reach)
            log_r = stand_apart(replace(layout, seen=seen), pieces, cells.pixels, -np.log(ground), log_r)
            log_r = before_what_it_carries(layout, sheet, log_r)
            log_r = follow_seen(material, trusted, log_r, -np.log(ground))
            smooth_here = ~flat & (material != Material.SKY)
        log_r = join_border(grid, log_r, trusted, smooth_here)
        smooth = self._smooth(log_r, cells, layout.component, trusted)
        log_r = np.where(smooth_here, smooth, log_r)
        return np.exp(log_r) / np.cos(grid.elevation)[:, None]

    def _smooth(
        self, log_r: NDArray[np.float64], cells: _Picture, component: NDArray[np.int32], trusted: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Smooth log distance where neither the picture nor the surfaces have an edge."""
        colour = cv2.GaussianBlur(cells.pixels, (0, 0), 0.8).astype(np.float32)
        sky, flat = cells.material == Material.SKY, cells.material == Material.FLAT

        def ties(shift_axis: int) -> NDArray[np.float64]:
            def neighbour(a: NDArray) -> NDArray:
                return np.roll(a, -1, axis=shift_axis)

            step = np.abs(colour - neighbour(colour)).sum(axis=-1) / 3.0
            tie = np.exp(-step / self.options.colour_sigma)
            jump = np.abs(log_r - neighbour(log_r)) > 0.08
            other = (component != neighbour(component)) | (cells.material != neighbour(cells.material))
            # Where the photo ends the regions may change with no edge in the world behind it.
            border = trusted != neighbour(trusted)
            tie = np.where(other & jump & ~border, 0.0, tie)
            # Ground meets a foot at an angle: smoothed across, it would draw the foot nearer.
            tie = np.where(flat != neighbour(flat), 0.0, tie)
            return np.where(sky | neighbour(sky), 0.0, tie).astype(np.float64)

        confidence = np.where(sky, 1e-6, 1.0)
        return smooth_surfaces(log_r, confidence, ties(1), ties(0)[:-1], self.options.smoothing)

    def _read(
        self, grid: AngularGrid, cells: _Picture, distance: NDArray[np.float64], picture: _Picture, taps: int
    ) -> NDArray[np.float32]:
        """Metres along the rays of a picture's pixels, shape `(h, w)`."""
        u, v = grid.cells(picture.directions)
        log_distance = joint_upsample(
            np.log(distance).astype(np.float32),
            cells.material,
            cells.pixels,
            u,
            v,
            picture.material,
            picture.pixels,
            self.options.colour_sigma,
            taps,
        )
        metres = np.clip(np.exp(log_distance), NEAREST, FARTHEST)
        return np.where(picture.material == Material.SKY, np.float32(SKY_DISTANCE), metres).astype(np.float32)


def _check(panorama: Panorama, panorama_regions: RegionMap, image: NDArray[np.uint8], regions: RegionMap) -> None:
    if panorama_regions.segments.shape != panorama.pixels.shape[:2]:
        raise InputError(
            f"panorama_regions: expected the panorama's {panorama.pixels.shape[:2]}, "
            f"found {panorama_regions.segments.shape}"
        )
    if regions.segments.shape != image.shape[:2]:
        raise InputError(f"regions: expected the photo's {image.shape[:2]}, found {regions.segments.shape}")


def _photo(image: NDArray[np.uint8], regions: RegionMap, camera: PerspectiveCamera, indoor: bool) -> _Picture:
    directions = camera.ray_directions()
    elevation = elevation_of(directions)
    return _Picture(image, segment_materials(regions, elevation, indoor)[regions.segments], directions)


def _around(
    panorama: Panorama, regions: RegionMap, photo: _Picture, camera: PerspectiveCamera, indoor: bool
) -> _Picture:
    """The panorama, its materials taken from the photo's regions wherever the photo sees."""
    height = panorama.pixels.shape[0]
    directions = pixel_directions(height)
    elevation = np.broadcast_to(pixel_angles(height)[1][:, None], panorama.observed.shape)
    material = segment_materials(regions, elevation, indoor)[regions.segments]
    inside, in_photo = _from_photo(photo.material, directions, camera)
    if not indoor:
        material = sky_as_seen(material, panorama.observed | inside, np.where(inside, in_photo, material))
    return _Picture(panorama.pixels, np.where(inside, in_photo, material), directions)


def _from_photo(
    values: NDArray[Any], directions: NDArray[np.float64], camera: PerspectiveCamera
) -> tuple[NDArray[np.bool_], NDArray[Any]]:
    """Which directions the photo sees, and its nearest value in each."""
    inside, row, column = camera.nearest_pixels(directions)
    return inside, values[row, column]


def _on_grid(
    grid: AngularGrid, around: _Picture, photo: _Picture, camera: PerspectiveCamera
) -> tuple[_Picture, NDArray[np.bool_]]:
    """Colours and materials of the grid's cells, and which of them the photo sees."""
    directions = grid.directions()
    height = around.material.shape[0]
    u, v = direction_to_pixel(directions, height)
    material = look_up(around.material, u - 0.5, v - 0.5, cv2.INTER_NEAREST).astype(np.uint8)
    colour = sample(around.pixels, directions)
    inside, in_photo = _from_photo(photo.material, directions, camera)
    scale = min(1.0, grid.shape[1] / (2.0 * photo.pixels.shape[1]) + 0.2)
    small = cv2.resize(photo.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    pu, pv, _ = camera.project(directions)
    pu = np.nan_to_num(pu * small.shape[1] / camera.width - 0.5, nan=-1.0).clip(-1, small.shape[1])
    pv = np.nan_to_num(pv * small.shape[0] / camera.height - 0.5, nan=-1.0).clip(-1, small.shape[0])
    near = cv2.remap(
        small, pu.astype(np.float32), pv.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    pixels = np.where(inside[..., None], near, colour).astype(np.uint8)
    return _Picture(pixels, np.where(inside, in_photo, material), directions), inside
