"""Image sources of a box: where a source's reflections seem to come from, and how strong they are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonovista.acoustics.image_source_kernels import box_images, sum_pulses
from sonovista.acoustics.pulses import HALF_WIDTH, pulse_table
from sonovista.acoustics.shoebox import box_volume, checked_absorption

MOST_IMAGES = 20_000_000


@dataclass(frozen=True)
class ImageSources:
    """Copies of a source, the source itself first, the others in no order that counts.

    Attributes:
        distance: metres to the receiver, shape `(N,)`.
        direction: unit vectors from the receiver, in the box's axes, shape `(N, 3)`.
        gain: of pressure by reflection alone (not by distance), shape `(N, bands)`.
        reflections: how many walls each has met, shape `(N,)`.
    """

    distance: NDArray[np.float64]
    direction: NDArray[np.float64]
    gain: NDArray[np.float64]
    reflections: NDArray[np.int64]


def image_sources(
    size: ArrayLike,
    source: ArrayLike,
    receiver: ArrayLike,
    absorption: ArrayLike,
    max_order: int | None = None,
    max_distance: float | None = None,
) -> ImageSources:
    """All images of a source in a box up to a number of reflections, or a distance, or both.

    Args:
        size: metres along x, y, z; one corner is the origin.
        source: metres, inside.
        receiver: metres, inside, elsewhere than the source.
        absorption: of energy, by the walls -x, +x, -y, +y, -z, +z: shape `(6, bands)`, `(6,)`, or one number.
        max_order: most reflections.
        max_distance: metres.

    Raises:
        ValueError: a place is outside the box, neither limit is given, or there would be too many images.

    Source: Allen and Berkley, "Image method for efficiently simulating small-room acoustics" (JASA 1979).
    """
    box = _checked_box(size, source, receiver)
    reflection = np.sqrt(1.0 - checked_absorption(absorption))
    order, reach = _limits(box[0], max_order, max_distance)
    _check_count(box[0], order, reach)
    bands = reflection.shape[1]
    none = _unfilled(0, bands)
    count = box_images(*box, reflection, order, reach, none.distance, none.direction, none.gain, none.reflections)
    images = _unfilled(count, bands)
    box_images(*box, reflection, order, reach, images.distance, images.direction, images.gain, images.reflections)
    return images


def omnidirectional_response(
    size: ArrayLike,
    source: ArrayLike,
    receivers: ArrayLike,
    absorption: ArrayLike,
    sample_rate: int,
    max_order: int | None = None,
    duration: float | None = None,
    speed_of_sound: float = 343.0,
) -> NDArray[np.float64]:
    """Responses of a box at points, straight from the images: 1 at 1 m, windowed sinc pulses, walls alike in all bands.

    Args:
        size: metres along x, y, z; one corner is the origin.
        source: metres, inside.
        receivers: metres, inside, shape `(3,)` or `(R, 3)`.
        absorption: of energy, by the walls -x, +x, -y, +y, -z, +z: `(6,)` or one number.
        sample_rate: Hz.
        max_order: most reflections; None for all that arrive within `duration`.
        duration: seconds; None for as long as the images of `max_order` last.
        speed_of_sound: metres per second.

    Returns:
        Shape `(samples,)` or `(R, samples)`.

    Raises:
        ValueError: a place is outside the box, neither limit is given, or there would be too many images.
    """
    places = np.atleast_2d(np.asarray(receivers, float))
    reflection = np.sqrt(1.0 - checked_absorption(absorption))
    if reflection.shape[1] != 1:
        raise ValueError("absorption by bands is for `room_responses`, here it must be `(6,)` or one number")
    boxes = [_checked_box(size, source, place) for place in places]
    if duration is None:
        if max_order is None:
            raise ValueError("max_order or duration must be given")
        duration = (max_order + 1) * float(np.linalg.norm(boxes[0][0])) / speed_of_sound + 2 * HALF_WIDTH / sample_rate
    samples = max(1, round(duration * sample_rate))
    order, reach = _limits(boxes[0][0], max_order, duration * speed_of_sound)
    out = np.zeros((len(boxes), samples + 2 * HALF_WIDTH))
    _check_count(boxes[0][0], order, reach)
    for row, box in zip(out, boxes, strict=True):
        sum_pulses(*box, reflection[:, 0], order, reach, sample_rate / speed_of_sound, pulse_table(), row)
    out = out[:, HALF_WIDTH : HALF_WIDTH + samples]
    return out if np.ndim(receivers) == 2 else out[0]


def _unfilled(count: int, bands: int) -> ImageSources:
    return ImageSources(np.empty(count), np.empty((count, 3)), np.empty((count, bands)), np.empty(count, np.int64))


def _checked_box(
    size: ArrayLike, source: ArrayLike, receiver: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    box = np.asarray(size, float)
    if box.shape != (3,) or not (np.isfinite(box) & (box > 0.0)).all():
        raise ValueError(f"size must be three positive lengths in metres, found {size}")
    places = []
    for name, place in (("source", source), ("receiver", receiver)):
        point = np.asarray(place, float)
        if point.shape != (3,) or not ((point >= 0.0) & (point <= box)).all():
            raise ValueError(f"{name} must be inside the box {box.tolist()}, found {np.asarray(place).tolist()}")
        places.append(point)
    return box, places[0], places[1]


def _check_count(size: NDArray[np.float64], order: int, reach: float) -> None:
    """Images fill space evenly: in a ball there is one for each volume of the box, 4/3 n^3 up to order n."""
    count = min(4.0 / 3.0 * np.pi * reach**3 / box_volume(size), 4.0 / 3.0 * float(order) ** 3)
    if count > MOST_IMAGES:
        raise ValueError(
            f"at most {MOST_IMAGES} images are computed, found {count:.3g}: lower the order or the distance"
        )


def _limits(size: NDArray[np.float64], max_order: int | None, max_distance: float | None) -> tuple[int, float]:
    if max_order is None and max_distance is None:
        raise ValueError("max_order or max_distance must be given")
    if max_order is not None and max_order < 0:
        raise ValueError(f"max_order must not be negative, found {max_order}")
    reach = np.inf if max_distance is None else float(max_distance)
    if max_order is None:
        # A path of this length meets at most so many walls of each pair.
        max_order = int(np.ceil(reach / size).sum()) + 3
    return int(max_order), reach
