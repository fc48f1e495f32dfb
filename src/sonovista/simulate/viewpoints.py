"""Where an example's cameras and sources are, drawn at random in a place."""

import numpy as np
from numpy.typing import NDArray

from sonovista.simulate.example import ExampleOptions, Viewpoints
from sonovista.simulate.protocol import Place

ATTEMPTS = 400
CAMERA_MARGIN = 0.35
"""Metres between a camera and the nearest thing as tall as it."""
SOURCE_MARGIN = 0.12


class NoRoomLeft(RuntimeError):  # noqa: N818 - it says what is the case
    """A place offers nowhere for a camera or a source to be."""


def draw_viewpoints(place: Place, options: ExampleOptions, rng: np.random.Generator) -> Viewpoints:
    """Draw cameras at one spot (or near it, where views may move), and sources that all of them can hear directly.

    Azimuths are not restricted: sources lie in front, beside and behind as often as free space does.

    Raises:
        NoRoomLeft: nothing fits after many attempts.
    """
    for _ in range(ATTEMPTS):
        first = _camera(place, options, rng)
        cameras = _moved(place, first, options, rng)
        sources = [_source(place, cameras, options, rng) for _ in range(options.sources)]
        found = [source for source in sources if source is not None]
        if len(found) < options.sources:
            continue
        turn = np.radians(
            rng.uniform(options.smallest_rotation_deg, options.largest_rotation_deg, options.views - 1)
        ) * rng.choice([-1.0, 1.0], options.views - 1)
        yaws = rng.uniform(0.0, 2.0 * np.pi) + np.concatenate([[0.0], turn])
        return Viewpoints(cameras, yaws % (2.0 * np.pi), float(np.radians(options.pitch_deg)), np.array(found))
    raise NoRoomLeft(f"no place for {options.sources} sources within {options.farthest_source:g} m of a camera")


def _camera(place: Place, options: ExampleOptions, rng: np.random.Generator) -> NDArray[np.float64]:
    for _ in range(ATTEMPTS):
        position = np.array([*rng.uniform(0.0, place.size[:2]), options.camera_height])
        if place.free(position, CAMERA_MARGIN):
            return position
    raise NoRoomLeft("no free place for a camera")


def _moved(
    place: Place, first: NDArray[np.float64], options: ExampleOptions, rng: np.random.Generator
) -> NDArray[np.float64]:
    """The cameras' positions: the first, then others within the allowed distance that see it."""
    cameras = [first]
    while len(cameras) < options.views:
        position = first
        for _ in range(ATTEMPTS if options.translation > 0.0 else 0):
            distance, angle = rng.uniform(0.0, options.translation), rng.uniform(0.0, 2.0 * np.pi)
            moved = first + distance * np.array([np.cos(angle), np.sin(angle), 0.0])
            if place.free(moved, CAMERA_MARGIN) and place.sees(first, moved):
                position = moved
                break
        cameras.append(position)
    return np.array(cameras)


def _source(
    place: Place, cameras: NDArray[np.float64], options: ExampleOptions, rng: np.random.Generator
) -> NDArray[np.float64] | None:
    """A place in the shell around the first camera that all cameras see; even in volume, None where none was found."""
    low, high = options.nearest_source, options.farthest_source
    for _ in range(40):
        z = rng.uniform(options.lowest_source, options.highest_source)
        reach = np.sqrt(rng.uniform(low**2, high**2))
        angle = rng.uniform(0.0, 2.0 * np.pi)
        source = np.array([cameras[0, 0] + reach * np.cos(angle), cameras[0, 1] + reach * np.sin(angle), z])
        near_enough = np.linalg.norm(source - cameras, axis=1).max() <= high
        if near_enough and place.free(source, SOURCE_MARGIN) and all(place.sees(camera, source) for camera in cameras):
            return source
    return None
