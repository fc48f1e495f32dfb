"""Two Ambisonic recordings side by side: where their energy is, over directions and over time."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sonovista.ambisonics.ambix_files import read_ambix
from sonovista.ambisonics.analysis import intensity_direction
from sonovista.ambisonics.spherical_harmonics import order_of_channels, spherical_harmonics_of_directions
from sonovista.errors import InputError
from sonovista.geometry.equirectangular import pixel_directions
from sonovista.metrics.field import (
    angular_error,
    auc_judd,
    correlation,
    covariance,
    energy_map,
    equal_area_samples,
    loud_points,
)

SAMPLE_RATE = 48_000
MAP_HEIGHT = 90
"""Rows of energy maps: 2 degrees each."""
PUBLISHED_ESTIMATE_SECONDS, PUBLISHED_REFERENCE_SECONDS = 5.0, 8.0

Beams = Literal["plain", "published"]


@dataclass(frozen=True)
class FieldMeasures:
    """How far an estimate is from a reference; a measure is NaN where it has no meaning, as in silence.

    Attributes:
        angular_error: between the dominant directions, radians, 0 to pi (`dAngular`).
        correlation: of the energy maps, -1 to 1 (CC).
        auc: of the estimate's map for where the reference is loud, 0 to 1 (AUC-Judd).
    """

    angular_error: float
    correlation: float
    auc: float


@dataclass(frozen=True)
class FieldView:
    """Where a sound field's energy is.

    Attributes:
        direction: dominant one, unit vector, or zeros where there is none, shape `(3,)`.
        map: RMS by direction, equirectangular, shape `(90, 180)`.
    """

    direction: NDArray[np.float64]
    map: NDArray[np.float64]


@dataclass(frozen=True)
class FieldWindow:
    """A stretch of time: seconds, and both fields in it with their measures."""

    start: float
    end: float
    estimate: FieldView
    reference: FieldView
    measures: FieldMeasures


@dataclass(frozen=True)
class FieldComparison:
    """Two sound fields as a whole, and window by window.

    Attributes:
        order: Ambisonic order that was compared.
        beams: of the energy maps.
        estimate: over all of its time.
        reference: likewise.
        measures: of the whole.
        windows: rising in time; none under the published protocol, whose fields are not aligned in time.
    """

    order: int
    beams: Beams
    estimate: FieldView
    reference: FieldView
    measures: FieldMeasures
    windows: tuple[FieldWindow, ...]


def beams_of_map(order: int, beams: Beams = "plain", height: int = MAP_HEIGHT) -> NDArray[np.float64]:
    """What an energy map listens with in the direction of each of its pixels, shape `(height, 2 height, channels)`.

    "plain" is the harmonics of the direction in SN3D: at first order the cardioid `[1, y, z, x]`. "published" is what
    SonoWorld's evaluation uses, first order only: `[1, sqrt2 y, z, sqrt2 x]`, with no factor on z.
    """
    values = spherical_harmonics_of_directions(order, pixel_directions(height))
    if beams == "published":
        if order != 1:
            raise ValueError(f"the published beams are of order 1, found {order}")
        values = values * np.array([1.0, np.sqrt(2.0), 1.0, np.sqrt(2.0)])
    return values


def view_of_field(field: NDArray[np.floating], beams: NDArray[np.float64]) -> FieldView:
    """Dominant direction and energy map of Ambisonic signals (ACN, SN3D), shape `(channels, samples)`."""
    return FieldView(intensity_direction(field), energy_map(covariance(field), beams))


def measure(estimate: FieldView, reference: FieldView) -> FieldMeasures:
    """dAngular, CC and AUC of two views."""
    heard, wanted = equal_area_samples(estimate.map), equal_area_samples(reference.map)
    silent = not (heard.any() and wanted.any())
    return FieldMeasures(
        angular_error(estimate.direction, reference.direction),
        correlation(heard, wanted),
        float("nan") if silent else auc_judd(heard, loud_points(wanted)),
    )


def compare_fields(
    estimate: NDArray[np.floating],
    reference: NDArray[np.floating],
    sample_rate: int = SAMPLE_RATE,
    window: float = 1.0,
) -> FieldComparison:
    """Compare two Ambisonic signals as a whole, and over the time that both last.

    Args:
        estimate: ACN, SN3D, order 1 to 7, shape `(channels, samples)`.
        reference: of the same order; its length may differ.
        sample_rate: Hz, of both.
        window: seconds, of a step in time; a rest of less than half of it is left out.

    Raises:
        ValueError: the channels differ or belong to no order from 1 up, or a signal is empty.
    """
    order = _common_order(estimate, reference)
    return _compare(estimate, reference, order, "plain", _windows(estimate, reference, sample_rate, window))


def compare_fields_as_published(
    estimate: NDArray[np.floating], reference: NDArray[np.floating], sample_rate: int = SAMPLE_RATE
) -> FieldComparison:
    """Compare as SonoWorld's evaluation on SonoScene360 does, for numbers that can stand beside its table.

    First order, the central 5 s of the estimate and the central 8 s of the recording, and its own beams
    (`beams_of_map`). Arguments are those of `compare_fields`, the orders may differ.
    """
    for field in (estimate, reference):
        _order(field)
    estimate = _centre(estimate[:4], round(PUBLISHED_ESTIMATE_SECONDS * sample_rate))
    reference = _centre(reference[:4], round(PUBLISHED_REFERENCE_SECONDS * sample_rate))
    return _compare(estimate, reference, 1, "published", [])


def compare_files(
    estimate: str | Path, reference: str | Path, published: bool = False, order: int | None = None, window: float = 1.0
) -> FieldComparison:
    """`compare_fields`, or `compare_fields_as_published`, of two AmbiX files.

    Args:
        estimate: path.
        reference: path.
        published: whether SonoWorld's protocol is followed.
        order: compare only up to this order; needed where the files' orders differ.
        window: seconds.

    Raises:
        InputError: a file cannot be read or is of another order.
    """
    limit = 1 if published else order
    heard, wanted = (read_ambix(path, SAMPLE_RATE, limit) for path in (estimate, reference))
    if published:
        return compare_fields_as_published(heard, wanted)
    if heard.shape[0] != wanted.shape[0]:
        raise InputError(
            f"{estimate}: expected order {_order(wanted)} as in {reference}, found order {_order(heard)}; "
            f"compare up to a common one with --order {min(_order(heard), _order(wanted))}"
        )
    return compare_fields(heard, wanted, SAMPLE_RATE, window)


def _compare(
    estimate: NDArray[np.floating],
    reference: NDArray[np.floating],
    order: int,
    beams: Beams,
    windows: list[tuple[float, float, NDArray[np.floating], NDArray[np.floating]]],
) -> FieldComparison:
    weights = beams_of_map(order, beams)
    whole = view_of_field(estimate, weights), view_of_field(reference, weights)
    steps = []
    for start, end, heard, wanted in windows:
        views = view_of_field(heard, weights), view_of_field(wanted, weights)
        steps.append(FieldWindow(start, end, *views, measure(*views)))
    return FieldComparison(order, beams, *whole, measure(*whole), tuple(steps))


def _windows(
    estimate: NDArray[np.floating], reference: NDArray[np.floating], sample_rate: int, window: float
) -> list[tuple[float, float, NDArray[np.floating], NDArray[np.floating]]]:
    samples = min(estimate.shape[1], reference.shape[1])
    step = max(1, round(window * sample_rate))
    found = []
    for start in range(0, samples, step):
        end = min(start + step, samples)
        if end - start >= step / 2 or start == 0:
            found.append((start / sample_rate, end / sample_rate, estimate[:, start:end], reference[:, start:end]))
    return found


def _order(field: NDArray[np.floating]) -> int:
    order = order_of_channels(field.shape[0])
    if order < 1:
        raise ValueError("sound fields are compared from order 1 up, found order 0")
    return order


def _common_order(estimate: NDArray[np.floating], reference: NDArray[np.floating]) -> int:
    if _order(estimate) != _order(reference):
        raise ValueError(f"expected the same order, found {_order(estimate)} and {_order(reference)}")
    return _order(estimate)


def _centre(field: NDArray[np.floating], samples: int) -> NDArray[np.floating]:
    """The middle of a signal, all of it where it is shorter."""
    start = max(0, (field.shape[1] - samples) // 2)
    return field[:, start : start + samples]
