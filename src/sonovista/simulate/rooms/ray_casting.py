"""First hits and shadows by Embree."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sonovista.errors import BackendUnavailable


@dataclass(frozen=True)
class Hits:
    """Where rays first meet a triangle.

    Attributes:
        triangle: index, -1 for none, shape `(N,)`, int32.
        u: barycentric coordinate of the triangle's second corner, shape `(N,)`, float32.
        v: likewise, of its third.
        distance: metres, shape `(N,)`, float32; infinite for none.
    """

    triangle: NDArray[np.int32]
    u: NDArray[np.float32]
    v: NDArray[np.float32]
    distance: NDArray[np.float32]


class RayCaster:
    """Casts rays at triangles.

    Args:
        triangles: corners, metres, shape `(T, 3, 3)`, float32.

    Raises:
        BackendUnavailable: Embree is not installed.
    """

    def __init__(self, triangles: NDArray[np.float32]) -> None:
        try:
            from embreex.mesh_construction import TriangleMesh
            from embreex.rtcore_scene import EmbreeScene
        except ImportError as error:
            raise BackendUnavailable("ray casting", "simulate") from error
        self._scene = EmbreeScene()
        self._mesh = TriangleMesh(self._scene, np.ascontiguousarray(triangles, np.float32))

    def first_hits(self, origins: NDArray[np.floating], directions: NDArray[np.floating]) -> Hits:
        """The first triangle on every ray; directions are unit vectors, both shapes `(N, 3)`."""
        found = self._scene.run(_rows(origins), _rows(directions), output=1)
        missed = found["primID"] < 0
        return Hits(found["primID"], found["u"], found["v"], np.where(missed, np.float32(np.inf), found["tfar"]))

    def blocked(
        self, origins: NDArray[np.floating], directions: NDArray[np.floating], distances: NDArray[np.floating]
    ) -> NDArray[np.bool_]:
        """Whether something stands on each ray nearer than its distance in metres, shape `(N,)`."""
        if len(origins) == 0:
            return np.zeros(0, bool)
        reach = np.ascontiguousarray(distances, np.float32)
        return self._scene.run(_rows(origins), _rows(directions), dists=reach, query="OCCLUDED") == 0


def _rows(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    return np.ascontiguousarray(vectors, np.float32)
