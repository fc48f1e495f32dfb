"""A pinhole camera at a pose, OpenCV axes (x right, y down, z forward)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonovista.geometry.frames import R_BODY_CAMERA, rotation_from_yaw_pitch_roll


@dataclass(frozen=True)
class PerspectiveCamera:
    """A pinhole camera with square pixels and its principal point at the picture's centre.

    Attributes:
        width: pixels.
        height: pixels.
        horizontal_fov: radians, in (0, pi).
        yaw: radians, left positive.
        pitch: radians, looking up positive.
        roll: radians, left side rising positive.
        position: metres in the world, (x, y, z).
    """

    width: int
    height: int
    horizontal_fov: float
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    position: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f"camera size must be positive, found {self.width} x {self.height}")
        if not 0.0 < self.horizontal_fov < np.pi:
            raise ValueError(f"horizontal_fov must be in (0, pi), found {self.horizontal_fov}")

    @property
    def focal_length(self) -> float:
        """Focal length in pixels."""
        return 0.5 * self.width / float(np.tan(0.5 * self.horizontal_fov))

    @property
    def vertical_fov(self) -> float:
        """Vertical field of view in radians."""
        return 2.0 * float(np.arctan(0.5 * self.height / self.focal_length))

    @property
    def R_world_camera(self) -> NDArray[np.float64]:
        """Rotation `(3, 3)` that takes camera vectors to the world."""
        return rotation_from_yaw_pitch_roll(self.yaw, self.pitch, self.roll) @ R_BODY_CAMERA

    def ray_directions(self) -> NDArray[np.float64]:
        """Unit vectors in the world through every pixel's centre, shape `(height, width, 3)`."""
        x = (np.arange(self.width) + 0.5 - 0.5 * self.width) / self.focal_length
        y = (np.arange(self.height) + 0.5 - 0.5 * self.height) / self.focal_length
        length = np.sqrt((x**2)[None, :] + (y**2)[:, None] + 1.0)
        rays = np.empty((self.height, self.width, 3))
        np.divide(x, length, out=rays[..., 0])
        np.divide(y[:, None], length, out=rays[..., 1])
        np.divide(1.0, length, out=rays[..., 2])
        return rays @ self.R_world_camera.T

    def project(self, points: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Pixel coordinates and depth along z of points in the world.

        Args:
            points: metres, shape `(..., 3)`; for directions use a camera at the origin.

        Returns:
            `u` and `v` in pixels, where the centre of the first pixel is (0.5, 0.5), and `z` in metres. Where `z` is
            not positive the point is behind the camera, and `u` and `v` are NaN.
        """
        camera = (np.asarray(points, float) - np.asarray(self.position)) @ self.R_world_camera
        z = camera[..., 2]
        safe = np.where(z > 0.0, z, np.nan)
        u = self.focal_length * camera[..., 0] / safe + 0.5 * self.width
        v = self.focal_length * camera[..., 1] / safe + 0.5 * self.height
        return u, v, z

    def nearest_pixels(self, points: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[np.intp], NDArray[np.intp]]:
        """Which points the picture shows, and the row and column of the pixel that each falls on.

        Args:
            points: as for `project`, shape `(..., 3)`.

        Returns:
            Three arrays of shape `(...)`; rows and columns are 0 where a point is not shown.
        """
        u, v, _ = self.project(points)
        inside = (u >= 0.0) & (u < self.width) & (v >= 0.0) & (v < self.height)
        row, column = (np.where(inside, a, 0.0).astype(np.intp) for a in (v, u))
        return inside, row, column
