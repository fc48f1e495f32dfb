"""Where an example's cameras and sources are, drawn at random in a place."""

import numpy as np
from numpy.typing import NDArray

from sonovista.simulate.example import ExampleOptions, Viewpoints
from sonovista.simulate.protocol import Place

ATTEMPTS = 400
CAMERA_MARGINS = (0.8, 0.35)
"""Metres between a camera and the nearest thing as tall as it: as wished, and where a place is too full for that.

At 0.8 m depth averages over about 1 m in all directions, which the original data asked of every view. Which way a
camera looks is never chosen by what it sees: sources would then lie in front too often.
"""
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
        first = _first(place, options.camera_height, rng)
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


def _first(place: Place, height: float, rng: np.random.Generator) -> NDArray[np.float64]:
    for margin in CAMERA_MARGINS:
        position = place.stand(height, margin, rng)
        if position is not None:
            return position
    raise NoRoomLeft(f"no free place for a camera {height:g} m above the floor")


def _moved(
    place: Place, first: NDArray[np.float64], options: ExampleOptions, rng: np.random.Generator
) -> NDArray[np.float64]:
    """The cameras' positions: the first, then others within the allowed distance that see it."""
    cameras = [first]
    wanted = options.translation if place.movable else 0.0
    while len(cameras) < options.views:
        position = first
        for _ in range(ATTEMPTS if wanted > 0.0 else 0):
            distance, angle = rng.uniform(0.0, wanted), rng.uniform(0.0, 2.0 * np.pi)
            moved = first + distance * np.array([np.cos(angle), np.sin(angle), 0.0])
            if place.free(moved, CAMERA_MARGINS[1]) and place.sees(first, moved):
                position = moved
                break
        cameras.append(position)
    return np.array(cameras)


def _source(
    place: Place, cameras: NDArray[np.float64], options: ExampleOptions, rng: np.random.Generator
) -> NDArray[np.float64] | None:
    """A place in the shell around the first camera that all cameras see; even in volume, None where none was found."""
    low, high = options.nearest_source, options.farthest_source
    floor = cameras[0, 2] - options.camera_height
    for _ in range(40):
        z = floor + rng.uniform(options.lowest_source, options.highest_source)
        reach = np.sqrt(rng.uniform(low**2, high**2))
        angle = rng.uniform(0.0, 2.0 * np.pi)
        source = np.array([cameras[0, 0] + reach * np.cos(angle), cameras[0, 1] + reach * np.sin(angle), z])
        near_enough = np.linalg.norm(source - cameras, axis=1).max() <= high
        if near_enough and place.free(source, SOURCE_MARGIN) and all(place.sees(camera, source) for camera in cameras):
            return source
    return None
