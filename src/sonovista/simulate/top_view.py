"""An example from above: where its place, cameras and sources lie on a sheet, x upward and y to the left."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonovista.simulate.example import Example

AROUND = 1.0
"""Metres shown around cameras and sources where the place's size is not known."""


@dataclass(frozen=True)
class TopView:
    """A sheet in pixels, and what it takes to find a place in metres on it.

    Attributes:
        low: least x and y that it shows, metres, shape `(2,)`.
        high: greatest x and y, likewise.
        scale: pixels for a metre.
        margin: pixels around what it shows.
        half_fov: half the cameras' horizontal field of view, radians.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    scale: float
    margin: float
    half_fov: float

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in pixels, margins included."""
        height, width = 2.0 * self.margin + self.scale * (self.high - self.low)
        return float(width), float(height)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Pixels to the right and down of a place in metres."""
        across, down = self.scale * (self.high[1] - y), self.scale * (self.high[0] - x)
        return float(self.margin + across), float(self.margin + down)

    def beyond(self, camera: NDArray[np.float64], azimuth: float, pixels: float) -> tuple[float, float]:
        """The place on the sheet that lies so many pixels from a camera, `(x, y, ...)` in metres, in a direction."""
        way = pixels / self.scale
        return self.at(camera[0] + way * np.cos(azimuth), camera[1] + way * np.sin(azimuth))

    def ends_of_view(
        self, camera: NDArray[np.float64], yaw: float, pixels: float
    ) -> tuple[tuple[float, float], tuple[float, float]]:
        """Where the right and the left edge of a camera's field of view end, drawn so many pixels long."""
        right, left = (self.beyond(camera, yaw + side * self.half_fov, pixels) for side in (-1.0, 1.0))
        return right, left


def top_view_of(example: Example, longest: float, margin: float) -> TopView:
    """The top view of an example's place, or of what is around its cameras and sources where no size is recorded.

    Args:
        example: whose `record` may have `place_size`, metres along x, y and z.
        longest: pixels of the longer side, without margins.
        margin: pixels around it.
    """
    size = example.record.get("place_size")
    if isinstance(size, list) and len(size) == 3:
        low, high = np.zeros(2), np.array(size[:2], float)
    else:
        places = np.concatenate([example.viewpoints.cameras, example.viewpoints.sources])[:, :2]
        low, high = places.min(axis=0) - AROUND, places.max(axis=0) + AROUND
    half_fov = 0.5 * float(np.radians(_horizontal_fov_deg(example)))
    return TopView(low, high, longest / float((high - low).max()), margin, half_fov)


def _horizontal_fov_deg(example: Example) -> float:
    """Of an example's pictures; 60 degrees where its record does not say."""
    options = example.record.get("options")
    return float(options.get("horizontal_fov_deg", 60.0)) if isinstance(options, dict) else 60.0
