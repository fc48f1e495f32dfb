"""What straight lines meet in a triangle mesh, by Embree."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sonovista.errors import BackendUnavailable

MOST_TRIANGLES = 20_000_000


def check_mesh(vertices: ArrayLike, triangles: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """A mesh as arrays, float64 `(V, 3)` and int32 `(T, 3)`.

    Raises:
        ValueError: a shape is wrong, a vertex is not finite, or a triangle names a vertex that is not there.
    """
    points, faces = np.asarray(vertices, float), np.asarray(triangles)
    if points.ndim != 2 or points.shape[1] != 3 or not np.isfinite(points).all():
        raise ValueError(f"vertices must be finite and of shape (V, 3), found shape {points.shape}")
    if faces.ndim != 2 or faces.shape[1] != 3 or not 1 <= len(faces) <= MOST_TRIANGLES:
        raise ValueError(f"triangles must be of shape (T, 3), 1 to {MOST_TRIANGLES} of them, found {faces.shape}")
    if not np.issubdtype(faces.dtype, np.integer) or faces.min() < 0 or faces.max() >= len(points):
        raise ValueError("triangles must hold indices of vertices")
    return points, faces.astype(np.int32)


class RayCaster:
    """A triangle mesh that can be asked what a ray meets; both sides of a triangle count.

    Positions are in metres and are computed in float32 about the mesh's middle, so in a scene of 100 m a hit is exact
    to some 0.02 mm.

    Args:
        vertices: metres, shape `(V, 3)`.
        triangles: indices of vertices, shape `(T, 3)`.

    Raises:
        ValueError: see `check_mesh`.
        BackendUnavailable: Embree is not installed.
    """

    def __init__(self, vertices: ArrayLike, triangles: ArrayLike) -> None:
        try:
            from embreex.mesh_construction import TriangleMesh
            from embreex.rtcore_scene import EmbreeScene
        except ImportError as error:
            raise BackendUnavailable("ray casting needs embreex: pip install 'sonovista[rays]'") from error
        points, faces = check_mesh(vertices, triangles)
        self._middle = 0.5 * (points.min(axis=0) + points.max(axis=0))
        self._scene: Any = EmbreeScene()
        # The scene does not keep its meshes alive by itself.
        self._mesh: Any = TriangleMesh(self._scene, (points - self._middle).astype(np.float32), faces)

    def first_hit(self, origins: ArrayLike, directions: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """What rays meet first.

        Args:
            origins: metres, shape `(N, 3)`.
            directions: unit vectors, shape `(N, 3)`.

        Returns:
            Metres to the hit, inf where there is none, shape `(N,)`; and the triangle, -1 where there is none.
        """
        hit = self._scene.run(self._local(origins), np.ascontiguousarray(directions, np.float32), output=1)
        triangle = hit["primID"]
        return np.where(triangle >= 0, hit["tfar"].astype(float), np.inf), triangle

    def blocked(self, starts: ArrayLike, ends: ArrayLike) -> NDArray[np.bool_]:
        """Whether anything stands on the way from each start to its end, metres, `(N, 3)` each; shape `(N,)`."""
        starts, ends = np.asarray(starts, float), np.asarray(ends, float)
        # A direction as long as the way makes 1 the ray's end.
        way = np.ascontiguousarray(ends - starts, np.float32)
        return self._scene.run(self._local(starts), way, np.ones(len(way), np.float32), query="OCCLUDED") >= 0

    def _local(self, points: ArrayLike) -> NDArray[np.float32]:
        return np.ascontiguousarray(np.asarray(points, float) - self._middle, np.float32)
