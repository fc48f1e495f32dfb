"""Gaussians in the world -> ellipses on the screen (EWA splatting, Zwicker et al. 2001, equations 24 to 31)."""

from dataclasses import dataclass

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from sonovista.geometry import PerspectiveCamera
from sonovista.render.splats.kernels import ScreenKernel
from sonovista.scene.gaussians import Gaussians

NEAR = 0.1
"""Metres in front of the camera at which Gaussians are dropped, as in the viewer."""


@dataclass(frozen=True)
class Ellipses:
    """The K Gaussians that a camera may see, from the nearest to the farthest.

    Attributes:
        index: of each in the cloud, shape `(K,)`, int32.
        shape: per ellipse `(u, v, conic uu, conic uv, conic vv, opacity)`, pixels, shape `(K, 6)`, float32.
        extent: half width and half height of what it covers in pixels, shape `(K, 2)`, float32.
        limit: squared standard deviations at which it ends, shape `(K,)`, float32.
        depth: metres along the camera's axis, shape `(K,)`, float32.
    """

    index: NDArray[np.int32]
    shape: NDArray[np.float32]
    extent: NDArray[np.float32]
    limit: NDArray[np.float32]
    depth: NDArray[np.float32]


def project(gaussians: Gaussians, camera: PerspectiveCamera, kernel: ScreenKernel) -> Ellipses:
    """Project, drop what cannot be seen, and sort from near to far."""
    count = len(gaussians)
    shape = np.empty((count, 6), np.float32)
    extent = np.empty((count, 2), np.float32)
    limit = np.empty(count, np.float32)
    depth = np.empty(count, np.float32)
    order_key = np.empty(count, np.float32)
    _project(
        np.ascontiguousarray(gaussians.positions, np.float32),
        np.ascontiguousarray(gaussians.scales, np.float32),
        np.ascontiguousarray(gaussians.rotations, np.float32),
        np.ascontiguousarray(gaussians.opacities, np.float32),
        np.ascontiguousarray(camera.R_world_camera.T),
        np.asarray(camera.position, np.float64),
        camera.focal_length,
        camera.width,
        camera.height,
        kernel.blur,
        kernel.compensated,
        kernel.cutoff,
        kernel.minimum_alpha,
        kernel.radial_order,
        kernel.maximum_radius,
        kernel.centre_clip,
        kernel.slope_clamp,
        shape,
        extent,
        limit,
        depth,
        order_key,
    )
    visible = np.flatnonzero(order_key > 0.0)
    # A stable order keeps equal distances in the cloud's order, so that a picture never depends on the machine.
    index = visible[np.argsort(order_key[visible], kind="stable")].astype(np.int32)
    return Ellipses(index, shape[index], extent[index], limit[index], depth[index])


@njit(cache=True, error_model="numpy", inline="always")
def _covariance(rotation, scales, R, slope_x, slope_y, focal, z):  # pragma: no cover - compiled
    """A Gaussian's covariance on the screen, square pixels: uu, uv and vv; NaN for a rotation of no length."""
    qw, qx, qy, qz = np.float64(rotation[0]), np.float64(rotation[1]), np.float64(rotation[2]), np.float64(rotation[3])
    squared = qw * qw + qx * qx + qy * qy + qz * qz
    if not squared > 0.0:
        return np.nan, np.nan, np.nan
    k = 2.0 / squared
    a = 0.0
    b = 0.0
    d = 0.0
    for axis in range(3):
        if axis == 0:
            gx, gy, gz = 1.0 - k * (qy * qy + qz * qz), k * (qx * qy + qw * qz), k * (qx * qz - qw * qy)
        elif axis == 1:
            gx, gy, gz = k * (qx * qy - qw * qz), 1.0 - k * (qx * qx + qz * qz), k * (qy * qz + qw * qx)
        else:
            gx, gy, gz = k * (qx * qz + qw * qy), k * (qy * qz - qw * qx), 1.0 - k * (qx * qx + qy * qy)
        cx = R[0, 0] * gx + R[0, 1] * gy + R[0, 2] * gz
        cy = R[1, 0] * gx + R[1, 1] * gy + R[1, 2] * gz
        cz = R[2, 0] * gx + R[2, 1] * gy + R[2, 2] * gz
        factor = np.float64(scales[axis]) * focal / z
        tu = factor * (cx - slope_x * cz)
        tv = factor * (cy - slope_y * cz)
        a += tu * tu
        b += tu * tv
        d += tv * tv
    return a, b, d


@njit(cache=True, error_model="numpy", inline="always")
def _shortened(a, b, d, determinant, largest, blur):  # pragma: no cover - compiled
    """A covariance with no variance above `largest` along any axis, about the same eigenvectors."""
    mean = 0.5 * (a + d)
    spread = np.sqrt(max(mean * mean - determinant, 0.0))
    if not mean + spread > largest:
        return a, b, d
    first, second = largest, min(max(mean - spread, blur), largest)
    cosine = (a - mean) / spread if spread > 0.0 else 0.0
    sine = b / spread if spread > 0.0 else 0.0
    mean, spread = 0.5 * (first + second), 0.5 * (first - second)
    return mean + spread * cosine, spread * sine, mean - spread * cosine


@njit(parallel=True, cache=True, error_model="numpy")
def _project(
    positions,
    scales,
    rotations,
    opacities,
    R_camera_world,
    camera_position,
    focal,
    width,
    height,
    blur,
    compensated,
    cutoff,
    minimum_alpha,
    radial_order,
    maximum_radius,
    centre_clip,
    slope_clamp,
    shape,
    extent,
    limit,
    depth,
    order_key,
):  # pragma: no cover - compiled
    half_width, half_height = 0.5 * width, 0.5 * height
    R = R_camera_world
    for i in prange(len(positions)):
        order_key[i] = -1.0
        px = positions[i, 0] - camera_position[0]
        py = positions[i, 1] - camera_position[1]
        pz = positions[i, 2] - camera_position[2]
        x = R[0, 0] * px + R[0, 1] * py + R[0, 2] * pz
        y = R[1, 0] * px + R[1, 1] * py + R[1, 2] * pz
        z = R[2, 0] * px + R[2, 1] * py + R[2, 2] * pz
        if not z > NEAR:
            continue
        u_offset, v_offset = focal * x / z, focal * y / z
        if not (abs(u_offset) <= centre_clip * half_width and abs(v_offset) <= centre_clip * half_height):
            continue
        slope_x, slope_y = x / z, y / z
        bound_x, bound_y = slope_clamp * half_width / focal, slope_clamp * half_height / focal
        slope_x = min(max(slope_x, -bound_x), bound_x)
        slope_y = min(max(slope_y, -bound_y), bound_y)

        a, b, d = _covariance(rotations[i], scales[i], R, slope_x, slope_y, focal, z)
        if not a >= 0.0:
            continue
        determinant_before = max(a * d - b * b, 0.0)
        a += blur
        d += blur
        determinant = a * d - b * b
        opacity = np.float64(opacities[i])
        if compensated:
            opacity *= np.sqrt(determinant_before / determinant)
        if not (opacity >= minimum_alpha and determinant > 0.0 and determinant < 1e300):
            continue
        a, b, d = _shortened(a, b, d, determinant, maximum_radius * maximum_radius / (cutoff * cutoff), blur)
        determinant = a * d - b * b
        if not determinant > 0.0:
            continue
        end = min(cutoff * cutoff, 2.0 * np.log(opacity / minimum_alpha))
        u, v = half_width + u_offset, half_height + v_offset
        extent_u, extent_v = np.sqrt(end * a), np.sqrt(end * d)
        if u + extent_u < 0.0 or u - extent_u > width or v + extent_v < 0.0 or v - extent_v > height:
            continue
        shape[i, 0] = u
        shape[i, 1] = v
        shape[i, 2] = d / determinant
        shape[i, 3] = -b / determinant
        shape[i, 4] = a / determinant
        shape[i, 5] = opacity
        extent[i, 0] = extent_u
        extent[i, 1] = extent_v
        limit[i] = end
        depth[i] = z
        order_key[i] = np.sqrt(x * x + y * y + z * z) if radial_order else z
