"""3D Gaussians: the arrays in memory (files: `sonovista.scene.ply`)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Gaussians:
    """A cloud of N oriented, coloured, translucent ellipsoids in the world frame (x forward, y left, z up).

    Attributes:
        positions: metres, shape `(N, 3)`, float32.
        scales: standard deviations along the ellipsoid's own axes in metres, shape `(N, 3)`, float32, positive.
        rotations: unit quaternions (w, x, y, z) of `R_world_gaussian`, shape `(N, 4)`, float32.
        opacities: in (0, 1), shape `(N,)`, float32.
        colours: sRGB in [0, 1] as displayed, shape `(N, 3)`, float32.
    """

    positions: NDArray[np.float32]
    scales: NDArray[np.float32]
    rotations: NDArray[np.float32]
    opacities: NDArray[np.float32]
    colours: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.positions)


def concatenate(clouds: Sequence[Gaussians]) -> Gaussians:
    """One cloud of all the Gaussians of `clouds`, in their order; no clouds make an empty one."""
    if not clouds:
        return Gaussians(*(np.zeros(shape, np.float32) for shape in ((0, 3), (0, 3), (0, 4), (0,), (0, 3))))
    return Gaussians(
        np.concatenate([cloud.positions for cloud in clouds]),
        np.concatenate([cloud.scales for cloud in clouds]),
        np.concatenate([cloud.rotations for cloud in clouds]),
        np.concatenate([cloud.opacities for cloud in clouds]),
        np.concatenate([cloud.colours for cloud in clouds]),
    )


def rotation_matrices(quaternions: ArrayLike) -> NDArray[np.float64]:
    """Rotation matrices `(..., 3, 3)` of quaternions (w, x, y, z) of any length but zero, shape `(..., 4)`."""
    q = np.asarray(quaternions, float)
    w, x, y, z = np.moveaxis(q / np.linalg.norm(q, axis=-1, keepdims=True), -1, 0)
    rows = [
        [1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - w * z), 2.0 * (x * z + w * y)],
        [2.0 * (x * y + w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - w * x)],
        [2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def quaternions_from_matrices(R: ArrayLike) -> NDArray[np.float64]:
    """Unit quaternions (w, x, y, z) with w >= 0, shape `(..., 4)`, of rotation matrices `(..., 3, 3)`.

    Source: Bar-Itzhack 2000 in the closed form of Shepperd 1978: the largest of the four squared components is found
    first, so that nothing is divided by a small number.
    """
    R = np.asarray(R, float)
    xx, yy, zz = R[..., 0, 0], R[..., 1, 1], R[..., 2, 2]
    yz, zx, xy = R[..., 2, 1] - R[..., 1, 2], R[..., 0, 2] - R[..., 2, 0], R[..., 1, 0] - R[..., 0, 1]
    sum_xy, sum_xz, sum_yz = R[..., 0, 1] + R[..., 1, 0], R[..., 0, 2] + R[..., 2, 0], R[..., 1, 2] + R[..., 2, 1]
    candidates = np.stack(
        [
            np.stack([1.0 + xx + yy + zz, yz, zx, xy], axis=-1),
            np.stack([yz, 1.0 + xx - yy - zz, sum_xy, sum_xz], axis=-1),
            np.stack([zx, sum_xy, 1.0 - xx + yy - zz, sum_yz], axis=-1),
            np.stack([xy, sum_xz, sum_yz, 1.0 - xx - yy + zz], axis=-1),
        ],
        axis=-2,
    )
    largest = np.argmax(np.diagonal(candidates, axis1=-2, axis2=-1), axis=-1)
    chosen = np.take_along_axis(candidates, largest[..., None, None], axis=-2)[..., 0, :]
    chosen = chosen / np.linalg.norm(chosen, axis=-1, keepdims=True)
    return np.where(chosen[..., :1] < 0.0, -chosen, chosen)


def turned(quaternions: NDArray[np.float32], R: NDArray[np.float64]) -> NDArray[np.float32]:
    """Unit quaternions (w, x, y, z) of the rotation matrix `R` after each of `quaternions`, shape `(N, 4)`."""
    aw, ax, ay, az = quaternions_from_matrices(R)
    q = quaternions.astype(float)
    w, x, y, z = (q / np.linalg.norm(q, axis=1, keepdims=True)).T
    product = [
        aw * w - ax * x - ay * y - az * z,
        aw * x + ax * w + ay * z - az * y,
        aw * y - ax * z + ay * w + az * x,
        aw * z + ax * y - ay * x + az * w,
    ]
    return np.stack(product, axis=1).astype(np.float32)
