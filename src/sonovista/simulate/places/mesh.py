"""A textured mesh as a place: seen and heard by the same triangles."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sonovista.acoustics.ray_casting import RayCaster
from sonovista.geometry import PerspectiveCamera
from sonovista.render.room_head import RoomHead
from sonovista.simulate.example import Viewpoints
from sonovista.simulate.places.mesh_files import read_mesh
from sonovista.simulate.places.mesh_hearing import hear_mesh
from sonovista.simulate.places.mesh_shading import pack_textures, shade_mesh
from sonovista.simulate.protocol import Heard, View

SUPERSAMPLING = 2
_LINEAR = ((np.arange(256) / 255.0) ** 2.2).astype(np.float32)
_AROUND = np.concatenate([np.eye(3), -np.eye(3)])
_HEADROOM = 0.3
"""Metres that must be free above a camera."""


class MeshPlace:
    """A textured mesh: glTF (GLB), OBJ or PLY, in metres.

    Args:
        path: of the file.
        up: axis of the file that points up.

    Raises:
        InputError: the file cannot be used.
        BackendUnavailable: trimesh or Embree is not installed.
    """

    movable = True

    def __init__(self, path: Path, up: Literal["y", "z"] = "y") -> None:
        mesh = read_mesh(path, up)
        self._caster = RayCaster(mesh.vertices, mesh.triangles)
        self.vertices, self.triangles = mesh.vertices, mesh.triangles
        self._size = np.ptp(mesh.vertices[np.unique(mesh.triangles)], axis=0)
        self._corners = mesh.vertices[mesh.triangles]
        normals = np.cross(self._corners[:, 1] - self._corners[:, 0], self._corners[:, 2] - self._corners[:, 0])
        self._normals = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
        self._uv, self._colours, self._texture = mesh.uv, mesh.colours, mesh.texture
        self._texels, self._table = pack_textures(mesh.textures)

    @property
    def size(self) -> NDArray[np.float64]:
        """Of the box around the mesh, metres."""
        return self._size

    def view(self, camera: PerspectiveCamera) -> View:
        """A photograph and its depth."""
        fine = replace(camera, width=camera.width * SUPERSAMPLING, height=camera.height * SUPERSAMPLING)
        directions = fine.ray_directions().reshape(-1, 3)
        origin = np.asarray(camera.position, float)
        distance, triangle = self._caster.first_hit(np.broadcast_to(origin, directions.shape), directions)
        colour = np.empty((len(directions), 3), np.float32)
        shade_mesh(
            triangle,
            distance,
            origin,
            directions,
            self._corners,
            self._normals,
            self._uv,
            self._colours,
            self._texture,
            self._texels,
            self._table,
            _LINEAR,
            1.0 / fine.focal_length,
            colour,
        )
        shape = (camera.height, SUPERSAMPLING, camera.width, SUPERSAMPLING)
        linear = colour.reshape(*shape, 3).mean(axis=(1, 3))
        depth = distance.reshape(shape).mean(axis=(1, 3))
        return View((255.0 * np.clip(linear, 0.0, 1.0) ** (1 / 2.2) + 0.5).astype(np.uint8), depth.astype(np.float32))

    def stand(self, height: float, margin: float, rng: np.random.Generator) -> NDArray[np.float64] | None:
        """A position over a floor that one can stand on, under a roof or the sky; None if none is found."""
        columns = rng.uniform(0.0, self.size[:2], (400, 2))
        for x, y in columns:
            for floor in self._floors(x, y, rng):
                position = np.array([x, y, floor + height])
                if self.free(position, margin):
                    return position
        return None

    def _floors(self, x: float, y: float, rng: np.random.Generator) -> list[float]:
        """Heights of level surfaces that face up below a point of the plan, in random order."""
        found, z = [], float(self.size[2]) + 0.1
        for _ in range(32):
            distance, triangle = self._caster.first_hit([[x, y, z]], [[0.0, 0.0, -1.0]])
            if triangle[0] < 0:
                break
            z -= float(distance[0])
            # Whichever way a triangle is wound, one stands on what is level; above a ceiling there is no way in.
            if abs(self._normals[triangle[0], 2]) > 0.95 and self._inside(np.array([x, y, z + 0.2])):
                found.append(z)
            z -= 0.01
        return [found[i] for i in rng.permutation(len(found))]

    def _inside(self, position: NDArray[np.float64]) -> bool:
        """Whether walls stand around on at least three of four sides, so that one is not on the roof."""
        distance, _ = self._caster.first_hit(np.broadcast_to(position, (4, 3)), _AROUND[[0, 1, 3, 4]])
        return bool(np.isfinite(distance).sum() >= 3)

    def free(self, position: NDArray[np.float64], margin: float) -> bool:
        """Whether nothing is within `margin` metres, as far as rays in 26 directions tell, and one is indoors."""
        low, high = np.zeros(3), self.size
        if not ((position > low) & (position < high)).all() or not self._inside(position):
            return False
        distance, _ = self._caster.first_hit(np.broadcast_to(position, _DIRECTIONS.shape), _DIRECTIONS)
        return bool(distance.min() > min(margin, _HEADROOM) and distance[_LEVEL].min() > margin)

    def sees(self, position: NDArray[np.float64], target: NDArray[np.float64]) -> bool:
        """Whether the straight line between two positions is free."""
        return not self._caster.blocked(np.asarray(position)[None], np.asarray(target)[None])[0]

    def hear(self, viewpoints: Viewpoints, rt60: float, head: RoomHead, seed: int) -> Heard:
        """Direct sound through the head; what the triangles reflect, traced, as a tail of its energy."""
        return hear_mesh(self, viewpoints, rt60, head, seed)


def _all_around() -> NDArray[np.float64]:
    steps = np.stack(np.meshgrid(*3 * [[-1.0, 0.0, 1.0]], indexing="ij"), axis=-1).reshape(-1, 3)
    steps = steps[np.abs(steps).sum(axis=1) > 0]
    return steps / np.linalg.norm(steps, axis=1, keepdims=True)


_DIRECTIONS = _all_around()
_LEVEL = np.abs(_DIRECTIONS[:, 2]) < 1e-9
