"""The room from depth: a box fitted to the surfaces around, its absorption from what they are.

Limits: a room is a box; what lies behind an open door is an opening that swallows sound; materials are the usual ones
of their class of region, since a picture of a wall does not tell plaster from concrete.
"""

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from sonovista.acoustics.materials import MATERIALS
from sonovista.generate.regions.protocol import REGION_CLASSES, RegionMap
from sonovista.generate.room.box import FittedBox, fit_box
from sonovista.generate.room.protocol import RoomEstimate
from sonovista.geometry.equirectangular import pixel_directions, pixel_solid_angles
from sonovista.scene.mesh import mesh_from_depth

_ROWS = 128
_OPENING = np.full(8, 0.95)  # what goes out hardly ever comes back
_EXPOSED = 4.0 * 5.0 / 6.0
"""Surface of a convex thing over its mean silhouette (Cauchy 1841), without the side that it stands on (a cube's)."""

_CLASS_MATERIALS: dict[str, tuple[str, ...]] = {
    "wall": ("hard_surface", "plasterboard"),
    "building": ("rendered_brickwork",),
    "rock": ("rough_concrete",),
    "floor": ("wood_on_planks",),
    "ground": ("rough_concrete",),
    "ceiling": ("plasterboard_ceiling",),
    "object": ("upholstered_chairs", "wooden_chairs"),
    "vegetation": ("upholstered_chairs", "wooden_chairs"),
    "grass": ("tufted_carpet",),
}
_WALL_CLASSES = ("wall", "wall", "wall", "wall", "floor", "ceiling")
_POSSIBLE = {
    "wall": ("wall", "building", "rock"),
    "floor": ("floor", "ground", "grass"),
    "ceiling": ("ceiling", "wall", "building"),
}
"""What may lie in the plane of a wall, floor or ceiling; the photo may also show things there."""


class EstimatedRoomOptions(BaseModel):
    """When there is a room."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    farthest: float = Field(default=40.0, gt=1.0, le=100.0, description="Metres: what is farther is open.")
    largest_opening: float = Field(
        default=0.15, gt=0.0, lt=1.0, description="Share of all directions that may be open."
    )
    least_walls: float = Field(default=0.4, gt=0.0, lt=1.0, description="Share of all directions in which a wall is.")
    least_indoor: float = Field(default=0.2, ge=0.0, le=1.0, description="Probability of being indoors, where known.")


class EstimatedRoom:
    """Fits a box to the depth around and gives its walls the absorption of what they are."""

    def __init__(self, options: EstimatedRoomOptions | None = None) -> None:
        self.options = options or EstimatedRoomOptions()

    def __call__(
        self,
        depth: NDArray[np.float32],
        regions: RegionMap | None = None,
        observed: NDArray[np.bool_] | None = None,
    ) -> RoomEstimate | None:
        """Estimate the room; see `RoomEstimator`.

        What was completed around a photo is a bare room: the rest is taken to be furnished as the photo's part is.

        Raises:
            ValueError: `depth` is no panorama, or the regions are of another size.
        """
        height, width = depth.shape
        if width != 2 * height:
            raise ValueError(f"depth must be of shape (H, 2H), found {depth.shape}")
        if regions is not None and regions.segments.shape != depth.shape:
            raise ValueError(f"regions must be of shape {depth.shape}, found {regions.segments.shape}")
        options = self.options
        solid_angle = np.broadcast_to(pixel_solid_angles(height)[:, None] / (4.0 * np.pi), depth.shape)
        is_open = ~(np.isfinite(depth) & (depth < options.farthest))
        if solid_angle[is_open].sum() > options.largest_opening:
            return None
        if regions is not None and regions.indoor < options.least_indoor:
            return None
        box = fit_box(mesh_from_depth(depth, _ROWS, options.farthest))
        if box is None:
            return None
        size = box.high - box.low
        if not np.all((size >= 1.0) & (size <= 2.0 * options.farthest)):
            return None
        stride = max(1, height // (2 * _ROWS))
        picked = (slice(stride // 2, None, stride),) * 2
        directions = pixel_directions(height)[picked]
        weight = solid_angle[picked] / solid_angle[picked].sum() * (4.0 * np.pi)
        labels = None if regions is None else regions.segments[picked]
        shown = np.ones(weight.shape, bool) if observed is None else observed[picked]
        seen = _Seen(box, depth[picked].astype(float), directions, weight, shown)
        if weight[seen.is_wall].sum() < options.least_walls * 4.0 * np.pi:
            return None
        absorption = _absorption(seen, size, labels, regions)
        method = "box fitted to depth, absorption of "
        method += "the usual walls and furniture" if regions is None else "the classes of its regions"
        return RoomEstimate(box.centre, size, box.yaw, absorption, method)


class _Seen:
    """What every direction shows of the box: a wall, an opening in it, or a thing before it."""

    def __init__(
        self,
        box: FittedBox,
        depth: NDArray[np.float64],
        directions: NDArray[np.float64],
        weight: NDArray[np.float64],
        observed: NDArray[np.bool_],
    ) -> None:
        reach, self.wall, cosine = box.hit(directions)
        ahead = (reach - depth) * cosine  # metres that a surface stands before the wall
        margin = 0.1 + 0.05 * reach * cosine
        self.is_thing = ahead > margin
        self.is_opening = ~(depth * cosine < reach * cosine + 5.0 * margin)
        self.is_wall = ~self.is_thing & ~self.is_opening
        self.wall_area = weight * reach**2 / np.maximum(cosine, 1e-3)
        self.silhouette = weight * np.where(self.is_thing, depth, 0.0) ** 2
        self.observed = observed


def _absorption(
    seen: _Seen, size: NDArray[np.float64], labels: NDArray[np.int32] | None, regions: RegionMap | None
) -> NDArray[np.float64]:
    """Absorption of the six walls, shape `(6, 8)`: of their own surface, their openings and what stands before them."""
    if regions is None or labels is None:
        walls = np.stack([_of_class(name) for name in _WALL_CLASSES])[seen.wall]
        things = np.broadcast_to(_of_class("object"), walls.shape)
    else:
        by_class = np.stack([_of_class(name) for name in REGION_CLASSES])
        probabilities = regions.probabilities.astype(float)[labels]
        things = probabilities @ by_class
        possible = np.array([[name in _POSSIBLE[wall] for name in REGION_CLASSES] for wall in _WALL_CLASSES])[seen.wall]
        possible[..., REGION_CLASSES.index("object")] = seen.observed
        # A trace of the usual keeps what can be none of these from being nothing.
        usual = np.array([[name == wall for name in REGION_CLASSES] for wall in _WALL_CLASSES])[seen.wall]
        weights = np.where(possible, probabilities, 0.0) + 0.01 * usual
        walls = weights @ by_class / weights.sum(axis=-1, keepdims=True)
    out = np.empty((6, 8))
    for wall, name in enumerate(_WALL_CLASSES):
        mine = (seen.wall == wall) & ~seen.is_thing
        area = np.where(mine, seen.wall_area, 0.0)
        if area.sum() < 1e-6:
            out[wall] = _of_class(name)
            continue
        value = np.where(seen.is_opening[..., None], _OPENING, walls)
        out[wall] = np.einsum("hw,hwb->b", area, value) / area.sum()
    # Things stand on the floor and along the walls: what they absorb is shared out among these.
    x, y, z = size
    areas = np.array([y * z, y * z, x * z, x * z, x * y])
    shown = np.where(seen.observed, seen.silhouette, 0.0)
    behind = float(seen.wall_area[seen.observed].sum())
    density = _EXPOSED * np.einsum("hw,hwb->b", shown, things) / behind if behind > 0.0 else np.zeros(8)
    extra = density * seen.wall_area.sum() / areas.sum()
    out[:5] = 1.0 - (1.0 - out[:5]) * np.exp(-extra)
    return np.clip(out, 0.005, 0.98)


def _of_class(name: str) -> NDArray[np.float64]:
    materials = _CLASS_MATERIALS.get(name, ("hard_surface",))
    return np.mean([MATERIALS[material].absorption for material in materials], axis=0)
