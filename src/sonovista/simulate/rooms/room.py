"""A procedural room to be photographed and listened to."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sonovista.acoustics.ray_casting import RayCaster
from sonovista.geometry import PerspectiveCamera
from sonovista.render.room_head import RoomHead
from sonovista.simulate.example import Viewpoints
from sonovista.simulate.hearing import hear_box
from sonovista.simulate.protocol import Heard, View
from sonovista.simulate.rooms.layout import RoomLayout, RoomOptions, draw_room
from sonovista.simulate.rooms.lighting import bake
from sonovista.simulate.rooms.shading import mip_levels, shade

SUPERSAMPLING = 2
"""Rays along each side of a pixel."""
_LINEAR = ((np.arange(256) / 255.0) ** 2.2).astype(np.float32)


class ProceduralRoom:
    """A furnished room by its seed: lit once, then ray cast from anywhere inside.

    Args:
        seed: decides everything.
        options: how rooms vary.
        photographs: sRGB in [0, 1], shape `(N, 512, 512, 3)`, that may hang on the walls.

    Raises:
        BackendUnavailable: Embree is not installed.
    """

    def __init__(
        self, seed: int, options: RoomOptions | None = None, photographs: NDArray[np.float32] | None = None
    ) -> None:
        self.layout: RoomLayout = draw_room(np.random.default_rng(seed), options, photographs)
        rectangles = self.layout.surfaces.rectangles
        self._caster = RayCaster(*self.layout.surfaces.mesh())
        self._light = bake(self.layout, self._caster)
        self._normals = np.array([r.normal for r in rectangles], np.float32)
        self._texels = mip_levels(self.layout.textures)
        self._texture = np.array([r.finish.texture for r in rectangles])
        self._repeat = np.array([r.finish.repeat for r in rectangles])
        self._corners = np.array([r.corner for r in rectangles])
        self._edges = np.array([(r.edge_u, r.edge_v) for r in rectangles])
        self._lengths = np.linalg.norm(self._edges, axis=2)
        self._tint = np.array([r.finish.tint for r in rectangles], np.float32)
        self._emission = np.array([r.finish.emission for r in rectangles], np.float32)
        # One exposure for the whole room, as the views of one place must agree.
        self._exposure = 0.42 / float(np.quantile(self._light.values.mean(axis=1), 0.6))

    @property
    def size(self) -> NDArray[np.float64]:
        """Metres along x, y, z; the floor is at z = 0, a corner at the origin."""
        return self.layout.size

    def view(self, camera: PerspectiveCamera) -> View:
        """A photograph and its depth; the camera's position is in metres from the room's low corner."""
        fine = replace(camera, width=camera.width * SUPERSAMPLING, height=camera.height * SUPERSAMPLING)
        directions = fine.ray_directions().reshape(-1, 3).astype(np.float32)
        origins = np.broadcast_to(np.asarray(camera.position, np.float32), directions.shape)
        distance, triangle = self._caster.first_hit(origins, directions)
        colour = np.empty((len(directions), 3), np.float32)
        shade(
            triangle,
            distance,
            np.asarray(camera.position, float),
            directions,
            self._corners,
            self._edges,
            self._normals,
            self._texture,
            self._repeat,
            self._lengths,
            self._tint,
            self._emission,
            self._texels,
            _LINEAR,
            self._light.values,
            self._light.offsets,
            self._light.shapes,
            1.0 / fine.focal_length,
            colour,
        )
        blocks = pixel_means(colour.reshape(fine.height, fine.width, 3), camera)
        depth = pixel_means(distance.astype(np.float32).reshape(fine.height, fine.width), camera)
        return View(_develop(blocks * np.float32(self._exposure)), depth)

    @property
    def movable(self) -> bool:
        """Cameras may stand anywhere in it."""
        return True

    def stand(self, height: float, margin: float, rng: np.random.Generator) -> NDArray[np.float64] | None:
        """A free position at a height over the floor; None if none is found in 400 attempts."""
        for x, y in rng.uniform(0.0, self.size[:2], (400, 2)):
            position = np.array([x, y, height])
            if self.free(position, margin):
                return position
        return None

    def hear(self, viewpoints: Viewpoints, rt60: float, head: RoomHead, seed: int) -> Heard:
        """Responses of an empty box of its size; furniture is not heard."""
        return hear_box(self.size, viewpoints, rt60, head, seed)

    def free(self, position: NDArray[np.float64], margin: float) -> bool:
        """Whether a place is inside the room, `margin` metres from walls and furniture that is as tall."""
        x, y, z = position
        if (position[:2] < margin).any() or (position[:2] > self.size[:2] - margin).any() or not 0 < z < self.size[2]:
            return False
        return not any(
            x0 - margin < x < x1 + margin and y0 - margin < y < y1 + margin and z < top + margin
            for x0, x1, y0, y1, top in self.layout.surfaces.footprints
        )

    def sees(self, position: NDArray[np.float64], target: NDArray[np.float64]) -> bool:
        """Whether the straight line between two places is free."""
        return not self._caster.blocked(np.asarray(position)[None], np.asarray(target)[None])[0]


def pixel_means(fine: NDArray[np.float32], camera: PerspectiveCamera) -> NDArray[np.float32]:
    """Means over the rays of each pixel, shape `(h, w)` or `(h, w, 3)`."""
    import cv2

    return np.asarray(cv2.resize(fine, (camera.width, camera.height), interpolation=cv2.INTER_AREA), np.float32)


def _develop(radiance: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Linear light to sRGB with a soft shoulder above 0.8."""
    shoulder = np.where(radiance > 0.8, 0.8 + 0.2 * np.tanh((radiance - 0.8) / 0.4), radiance)
    return (255.0 * np.clip(shoulder, 0.0, 1.0) ** (1 / 2.2) + 0.5).astype(np.uint8)
