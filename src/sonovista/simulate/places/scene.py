"""A Sonovista scene as a place: its Gaussians are seen, its room, or a shoebox drawn around it, is heard."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonovista.errors import InputError
from sonovista.geometry import PerspectiveCamera
from sonovista.render.room_head import RoomHead
from sonovista.render.splats import render_view_float
from sonovista.scene import Scene
from sonovista.simulate.example import Viewpoints
from sonovista.simulate.hearing import hear_box
from sonovista.simulate.places.box import DrawnBox
from sonovista.simulate.protocol import Heard, View
from sonovista.simulate.rooms.layout import RoomOptions

REACH = 0.25
"""Metres from the scene's origin within which the first camera stands: farther off, holes show."""
_FARTHEST = 60.0
_MARGIN = 0.3


class ScenePlace:
    """A scene's folder.

    Its own room reverberates where it has one; else a shoebox that is drawn around the origin. What stands between a
    source and a camera is told by the surfaces that its depth shows.

    Args:
        path: of the folder.
        seed: draws the shoebox.
        options: between what lengths its sides are.

    Raises:
        InputError: the scene cannot be read, or has no Gaussians.
        BackendUnavailable: Embree is not installed, and the scene has depth.
    """

    movable = True

    def __init__(self, path: Path, seed: int, options: RoomOptions) -> None:
        scene = Scene.load(path, parts=("gaussians", "depth"))
        if scene.gaussians is None:
            raise InputError(f"{path}: expected a scene with Gaussians, found none")
        self._gaussians = scene.gaussians
        self._caster = _caster(scene)
        room = scene.document.acoustics.room
        height = scene.document.camera_height
        if room is None:
            self._size = DrawnBox(np.random.default_rng(seed), options).size
            self._size[2] = max(self._size[2], height + 0.8)
            # The origin is where the listener is, in the middle half of the box.
            where = np.random.default_rng([seed, 1]).uniform(0.25, 0.75, 2) * self._size[:2]
            self._origin = np.array([*where, height])
            self._yaw = 0.0
        else:
            self._size = np.array(room.size)
            self._yaw = float(np.radians(room.yaw_deg))
            self._origin = 0.5 * self._size + _turned(-np.array(room.centre), -self._yaw)

    @property
    def size(self) -> NDArray[np.float64]:
        """Of the box that reverberates, metres."""
        return self._size

    def view(self, camera: PerspectiveCamera) -> View:
        """The Gaussians as a camera sees them, and their depth along its rays."""
        x, y, z = self._to_world(np.asarray(camera.position, float))
        there = replace(camera, yaw=camera.yaw + self._yaw, position=(float(x), float(y), float(z)))
        rgb, alpha, depth = render_view_float(self._gaussians, there)
        rays = there.ray_directions() @ there.R_world_camera[:, 2]
        along = np.where(alpha > 0.5, depth / rays, np.inf).astype(np.float32)
        return View((255.0 * np.clip(rgb, 0.0, 1.0) + 0.5).astype(np.uint8), along)

    def stand(self, height: float, margin: float, rng: np.random.Generator) -> NDArray[np.float64] | None:
        """Near the scene's origin, at its own height: a photo is not seen from any other."""
        for _ in range(100):
            distance, angle = REACH * np.sqrt(rng.random()), rng.uniform(0.0, 2.0 * np.pi)
            position = self._origin + distance * np.array([np.cos(angle), np.sin(angle), 0.0])
            if self.free(position, min(margin, _MARGIN)):
                return position
        return None

    def free(self, position: NDArray[np.float64], margin: float) -> bool:
        """Whether a position is inside the box, `margin` metres from its walls, and before what is seen there."""
        if not ((position > margin) & (position < self.size - margin)).all():
            return False
        return self.sees(self._origin, position)

    def sees(self, position: NDArray[np.float64], target: NDArray[np.float64]) -> bool:
        """Whether no surface that the depth shows stands between two positions."""
        if self._caster is None:
            return True
        start, end = self._to_world(np.asarray(position, float)), self._to_world(np.asarray(target, float))
        return bool(np.allclose(start, end)) or not self._caster.blocked(start[None], end[None])[0]

    def hear(self, viewpoints: Viewpoints, rt60: float, head: RoomHead, seed: int) -> Heard:
        """Responses of the box."""
        return hear_box(self.size, viewpoints, rt60, head, seed)

    def _to_world(self, position: NDArray[np.float64]) -> NDArray[np.float64]:
        return _turned(position - self._origin, self._yaw)


def _turned(vector: NDArray[np.float64], yaw: float) -> NDArray[np.float64]:
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([c * vector[0] - s * vector[1], s * vector[0] + c * vector[1], vector[2]])


def _caster(scene: Scene) -> Any:
    if scene.depth is None:
        return None
    from sonovista.acoustics.ray_casting import RayCaster
    from sonovista.scene.mesh import mesh_from_depth

    mesh = mesh_from_depth(scene.depth, farthest=_FARTHEST)
    return RayCaster(mesh.vertices, mesh.triangles)
