"""Outpainting from the photo's own exemplars: no weights, no network, the same picture for the same seed."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.outpainting.backdrop import alike, clear_slivers, meet_photo, open_sky, paint_backdrop
from sonovista.generate.outpainting.band import Band, complete_band
from sonovista.generate.outpainting.blending import Canvas, fill_smoothly, freedom_around
from sonovista.generate.outpainting.cap import chart_to, complete_cap
from sonovista.generate.outpainting.clearing import clear_sounding
from sonovista.generate.outpainting.continuing import continue_things
from sonovista.generate.outpainting.detail import restore_detail
from sonovista.generate.outpainting.hanging import without_hanging
from sonovista.generate.outpainting.layout import allowed_above, allowed_below, upright_above
from sonovista.generate.outpainting.membrane import meet_border
from sonovista.generate.outpainting.projection import photo_coordinates, project_photo, sample_photo
from sonovista.generate.outpainting.protocol import Panorama
from sonovista.generate.outpainting.ring import extend, mirror
from sonovista.generate.outpainting.room import complete_room, seen_at_edge
from sonovista.generate.outpainting.sky import has_sky, paint_sky
from sonovista.generate.outpainting.source import OVERSAMPLING, UNIQUE_CLASSES, Source, prepare_source
from sonovista.generate.regions.protocol import RegionMap
from sonovista.geometry.equirectangular import pixel_angles, pixel_directions

Float = NDArray[Any]

EXTENSION = 30
"""Pixels beyond the photo's frame, at panorama height 1024, where its rim runs on so that seams have room."""


class Options(BaseModel):
    """Options of `ExemplarOutpainter`.

    Attributes:
        sigma: low-pass filter of the projected photo, in panorama pixels as they are at the photo's centre.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sigma: float = Field(default=1.0, ge=0.3, le=2.0)


class ExemplarOutpainter:
    """Completes a panorama with pieces of the photo itself, by direction: sky, band at the horizon, ground."""

    def __init__(self, options: Options = Options()) -> None:
        self.options = options

    def __call__(
        self, image: NDArray[np.uint8], calibration: Calibration, regions: RegionMap, height: int, seed: int
    ) -> Panorama:
        """Project a photo and complete all directions that it does not show.

        Args:
            image: RGB, shape `(h, w, 3)`.
            calibration: the photo's camera.
            regions: of the photo, same size.
            height: of the panorama in pixels, even, at least 64.
            seed: of every random choice.

        Returns:
            The panorama; inside the photo's frame it shows the photo and nothing else.
        """
        rng = np.random.default_rng(seed)
        camera = calibration.camera(image.shape[1], image.shape[0])
        photo, observed = project_photo(image.astype(np.float32) / 255.0, camera, height, self.options.sigma)
        source = prepare_source(image, calibration, regions, height)
        sky = skies = painted = None
        if observed.sum() < 4:
            # Thinner than a panorama pixel: there is no exemplar, only a colour.
            pixels = np.broadcast_to(source.pixels.mean(axis=(0, 1)), photo.shape).copy()
        elif source.indoor > 0.5:
            pixels = complete_room(source, _start(source, photo, observed, None), observed, rng)
        else:
            if has_sky(source):
                sky = paint_backdrop(source, paint_sky(source, height, rng), rng)
                sky = meet_photo(sky, photo, observed, source)
            pixels = complete_outdoors(source, photo, observed, sky, rng)
        if source.indoor <= 0.5:
            pixels = continue_things(pixels, source, ("left", "right"))
            painted = np.zeros(observed.shape, bool)
        if sky is not None:
            shown = alike(pixels, sky)
            skies = shown, seen_at_edge(source, height, source.backdrop)
            painted = open_sky(shown, source) & ~observed
        meet_border(pixels, photo, observed, skies)
        pixels[observed] = photo[observed]
        return Panorama(np.round(np.clip(pixels, 0.0, 1.0) * 255.0).astype(np.uint8), observed, painted)


def complete_outdoors(
    source: Source, photo: Float, observed: NDArray[np.bool_], sky: Float | None, rng: np.random.Generator
) -> Float:
    """Band, ground and what rises above the photo; returns RGB in [0, 1], shape `(H, 2H, 3)`."""
    height = observed.shape[0]
    roll = -height  # the photo at both ends, the back in the middle: nothing is ever cut at the back
    canvas = _start(source, photo, observed, sky)
    source = clear_sounding(source if sky is None else without_hanging(source), rng)
    rolled = _turned(canvas, roll)
    azimuth, elevation = pixel_angles(height)
    seen = np.flatnonzero(observed.sum(axis=0) > 0.5 * observed.sum(axis=0).max())
    band = Band(
        source,
        None if sky is None else np.roll(sky, roll, axis=1),
        np.mod(np.roll(azimuth, roll), 2.0 * np.pi),
        elevation,
        float(azimuth[seen[0]]),
        float(azimuth[seen[-1]]),
    )
    extension = round(EXTENSION * source.scale)
    start, stop = (seen[-1] + 1 + extension) - height, (seen[0] - extension) + height
    complete_band(rolled, band, int(start), int(stop), rng)
    if band.sky is not None:
        completed = rolled.filled & (rolled.freedom >= 1.0)
        clear_slivers(rolled.pixels, band.sky, completed, source.scale)
    canvas = _turned(rolled, -roll)
    return complete_caps(canvas, source, sky, rng)


def _turned(canvas: Canvas, columns: int) -> Canvas:
    def roll(picture: NDArray[Any]) -> NDArray[Any]:
        return np.roll(picture, columns, axis=1)

    return Canvas(roll(canvas.pixels), roll(canvas.filled), roll(canvas.freedom), roll(canvas.changed))


def _start(source: Source, photo: Float, observed: NDArray[np.bool_], sky: Float | None) -> Canvas:
    """A canvas with the photo and a strip around it, where its rim runs on."""
    height = observed.shape[0]
    u, v, outside = photo_coordinates(pixel_directions(height), source.camera)
    reach = EXTENSION * source.scale * np.pi / height * source.camera.focal_length
    strip = (outside <= reach) & ~observed
    width = int(np.ceil(reach)) + 2
    if source.indoor > 0.5:
        # Walls and floors are plain enough to be mirrored; what the frame cuts through is not.
        around = 2 * max(round(10 * source.scale * OVERSAMPLING), 1) + 1
        unique = (source.share(*UNIQUE_CLASSES) > 0.5).astype(np.float32)
        unique = cv2.dilate(unique, np.ones((around, around), np.uint8))
        # Beside and above the photo a few pixels of it stay, in which it can fade; below it they would be its shadow.
        fading = (outside <= 0.2 * reach) & (v < source.camera.height)
        strip &= (sample_photo(unique, u, v, cv2.INTER_LINEAR) < 0.5) | fading
        extended = mirror(source, width)
    else:
        extended = extend(source, width)
    beyond_u, beyond_v = np.where(strip, u + extended.width, 0.5), np.where(strip, v + extended.width, 0.5)
    pixels = photo.copy()
    near = sample_photo(extended.pixels, beyond_u, beyond_v)
    if sky is not None:
        alpha = sample_photo(extended.backdrop, beyond_u, beyond_v, cv2.INTER_LINEAR)
        # Above sky there is sky: a spire below the frame's upper edge is not to stand above it too.
        edge = seen_at_edge(source, height, source.backdrop)
        alpha = np.where((v < 0.0) & (edge > 0.8), 1.0, alpha)[..., None]
        near = near * (1.0 - alpha) + sky * alpha
    pixels[strip] = np.clip(near[strip], 0.0, 1.0)
    freedom = freedom_around(observed, 7.0 * source.scale)
    return Canvas(pixels, observed | strip, freedom, np.zeros(observed.shape, np.float32))


def complete_caps(canvas: Canvas, source: Source, sky: Float | None, rng: np.random.Generator) -> Float:
    """What lies below and above the pieces of the band."""
    height = canvas.filled.shape[0]
    _, elevation = pixel_angles(height)
    middle = np.flatnonzero(canvas.filled.mean(axis=1) > 0.5)
    centre = int(middle.mean()) if middle.size else height // 2
    below = ~canvas.filled & (np.arange(height) > centre)[:, None]
    above = ~canvas.filled & ~below
    if sky is not None:
        upright = upright_above(canvas, sky, above, source, rng)
        open_sky = above & (upright < 0.01)
        canvas.pixels[open_sky] = sky[open_sky]
        above &= ~open_sky
        canvas.filled[open_sky] = True
    else:
        upright = np.ones(above.shape, np.float32)
    margin = 0.6 * 112 * source.scale * np.pi / height
    if above.any():
        lowest = float(elevation[np.flatnonzero(above.any(axis=1))[-1]]) - margin
        allowed = allowed_above(source)
        complete_cap(canvas, chart_to(lowest, 1, height), above, source, allowed, rng)
        restore_detail(canvas.pixels, above, source, allowed)
        if sky is not None:
            mix = upright[..., None]
            canvas.pixels[above] = (canvas.pixels * mix + sky * (1.0 - mix))[above]
    if below.any():
        highest = float(elevation[np.flatnonzero(below.any(axis=1))[0]]) + margin
        allowed = allowed_below(source)
        complete_cap(canvas, chart_to(highest, -1, height), below, source, allowed, rng)
        restore_detail(canvas.pixels, below, source, allowed)
    # A photo that looks steeply up or down leaves more open than the maps around the poles reach.
    fill_smoothly(canvas.pixels, canvas.filled)
    return canvas.pixels
