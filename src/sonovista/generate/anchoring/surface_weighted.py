"""Anchors by surface area: every pixel of a mask counts as much as the surface that it shows."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from sonovista.generate.anchoring.protocol import Anchor
from sonovista.generate.depth.protocol import SKY_DISTANCE
from sonovista.generate.segmentation.protocol import Instance
from sonovista.generate.understanding.protocol import SoundingThing
from sonovista.geometry.equirectangular import direction_to_pixel, pixel_directions, pixel_solid_angles

_FAR_SHARE = 0.9  # of the sky's distance, from which depth says no more than that something is far
_SEEN_ITSELF = frozenset({"object", "building"})


class Options(BaseModel):
    """Options of `SurfaceWeightedAnchorer`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_points: Annotated[int, Field(ge=1, le=1000)] = 1000
    minimum_cosine: Annotated[float, Field(gt=0, le=1)] = 0.05
    """Between a ray and the surface's normal: bounds the weight of surfaces that are seen edge-on."""
    depth_ratio: Annotated[float, Field(gt=1)] = 1.5
    """A point source's pixels farther from their median depth than this factor are taken as another surface's."""
    area_depth_ratio: Annotated[float, Field(gt=1)] = 3.0
    """An area source ends at this many times its nearest tenth's distance: what lies beyond is 10 dB weaker and hardly
    heard beside it, but would outweigh it by its surface."""
    farthest_hidden: Annotated[float, Field(gt=0)] = 40.0
    """Metres: a point source that hides in what is farther (a bird in a far wood) is brought in along its direction to
    this distance, as it would not be heard from there; one that is itself seen (an object, a tower) stays."""


class SurfaceWeightedAnchorer:
    """Back-projects masks with surface weights (SonoWorld, section on anchors).

    A pixel's weight is `depth^2 sin(polar) / |normal . ray|`, the area of the surface inside it up to a constant.
    A point source stands at the weighted centroid of the surface that most of its mask shows, on a ray of the mask, but
    never in the sky unless it may be there, nor beyond earshot where it only hides; an area source is sampled in
    proportion to the weights, as far as it is heard.
    """

    def __init__(self, options: Options = Options()) -> None:
        self.options = options

    def __call__(
        self, depth: NDArray[np.float32], instances: list[Instance], things: list[SoundingThing], seed: int
    ) -> list[Anchor]:
        """One anchor for each instance, in their order; see `Anchorer`.

        Raises:
            ValueError: `depth` is no panorama of positive finite numbers, or a mask is empty or of another size.
        """
        height, width = depth.shape
        if width != 2 * height or not np.all(np.isfinite(depth)) or depth.min() <= 0:
            raise ValueError("depth must be (H, 2H), finite and positive")
        rays = pixel_directions(height)
        anchors: list[Anchor] = []
        for index, instance in enumerate(instances):
            if instance.mask.shape != depth.shape or not instance.mask.any():
                raise ValueError(f"instance {index}: the mask must be non-empty and of shape {depth.shape}")
            thing = things[instance.thing]
            mask = _without_sky(instance.mask, depth, "sky" in thing.hosts)
            rows = np.flatnonzero(mask.any(axis=1))
            near = slice(max(rows[0] - 1, 0), rows[-1] + 2)
            weights = np.zeros(depth.shape)
            weights[near] = surface_weights(depth[near], rays[near], self.options.minimum_cosine)
            if thing.kind == "area":
                random = np.random.default_rng([seed, index])
                anchors.append(self._area(mask, depth, rays, weights, random))
            else:
                hides = not set(thing.hosts[:1]) <= _SEEN_ITSELF
                anchors.append(self._point(mask, depth, rays, weights, self.options.farthest_hidden if hides else None))
        return anchors

    def _point(self, mask: NDArray, depth: NDArray, rays: NDArray, weights: NDArray, farthest: float | None) -> Anchor:
        rows, columns = np.nonzero(mask)
        depths = depth[rows, columns].astype(np.float64)
        median = _weighted_median(depths, pixel_solid_angles(len(depth))[rows])
        kept = np.abs(np.log(depths / median)) <= np.log(self.options.depth_ratio)
        rows, columns, depths = rows[kept], columns[kept], depths[kept]
        points = depths[:, None] * rays[rows, columns]
        centroid = np.average(points, axis=0, weights=weights[rows, columns])
        u, v = direction_to_pixel(centroid, len(depth))
        row, column = min(int(v), len(depth) - 1), int(u) % depth.shape[1]
        if not mask[row, column]:
            # A ring or a crescent has its centroid beside itself: sound must come from where the thing is seen.
            centroid = points[np.linalg.norm(points - centroid, axis=1).argmin()]
        if farthest is not None:
            centroid = centroid * min(1.0, farthest / float(np.linalg.norm(centroid)))
        return Anchor(centroid, centroid[None])

    def _area(
        self, mask: NDArray, depth: NDArray, rays: NDArray, weights: NDArray, random: np.random.Generator
    ) -> Anchor:
        rows, columns = np.nonzero(mask)
        depths = depth[rows, columns].astype(np.float64)
        nearest = _weighted_quantile(depths, pixel_solid_angles(len(depth))[rows], 0.1)
        heard = depths <= self.options.area_depth_ratio * nearest
        rows, columns, depths = rows[heard], columns[heard], depths[heard]
        points = depths[:, None] * rays[rows, columns]
        weight = weights[rows, columns]
        chosen = _systematic_sample(weight, min(self.options.max_points, len(rows)), random)
        return Anchor(np.average(points, axis=0, weights=weight), points[chosen])


def surface_weights(depth: NDArray[np.floating], rays: NDArray[np.float64], minimum_cosine: float) -> NDArray:
    """Surface area that each pixel of a panorama shows, up to a constant: `depth^2 sin(polar) / |normal . ray|`.

    Args:
        depth: metres along rays, shape `(h, 2H)`: rows of a panorama that are neighbours, at least two.
        rays: unit vectors through the pixels, shape `(h, 2H, 3)`.
        minimum_cosine: least value taken for `|normal . ray|`.

    Returns:
        Positive weights, shape `(h, 2H)`.
    """
    points = depth[..., None] * rays
    along_rows = _difference_on_surface(depth, points, axis=1)
    along_columns = _difference_on_surface(depth, points, axis=0)
    normals = np.cross(along_rows, along_columns)
    norm = np.linalg.norm(normals, axis=-1)
    cosine = np.abs(np.einsum("hwc,hwc->hw", normals, rays)) / np.maximum(norm, 1e-30)
    cosine = np.where(norm > 1e-30, np.clip(cosine, minimum_cosine, 1.0), 1.0)
    sin_polar = np.hypot(rays[..., 0], rays[..., 1])
    return depth.astype(np.float64) ** 2 * sin_polar / cosine


def _difference_on_surface(depth: NDArray, points: NDArray, axis: int) -> NDArray[np.float64]:
    """Difference of neighbouring points, taken to the side where depth changes less: not across a surface's edge.

    Where both sides change alike, their mean, the central difference, is more exact.
    """
    forward, backward = np.roll(points, -1, axis) - points, points - np.roll(points, 1, axis)
    step_forward = np.abs(np.roll(depth, -1, axis) - depth)
    step_backward = np.abs(depth - np.roll(depth, 1, axis))
    if axis == 0:  # columns end at the poles, rows wrap at the seam
        step_forward[-1] = np.inf
        step_backward[0] = np.inf
    jump = 0.02 * depth
    smooth = np.maximum(step_forward, step_backward) - np.minimum(step_forward, step_backward) <= jump
    one_sided = np.where((step_forward <= step_backward)[..., None], forward, backward)
    return np.where(smooth[..., None], 0.5 * (forward + backward), one_sided)


def _without_sky(mask: NDArray[np.bool_], depth: NDArray, may_fly: bool) -> NDArray[np.bool_]:
    """Without the sky and what is as far: through leaves it shows, and its few pixels would outweigh all others.

    A mask that is mostly sky stays where the thing may be up there, and wherever nothing else is left of it.
    """
    solid = mask & (depth < _FAR_SHARE * SKY_DISTANCE)
    keeps = 2 * solid.sum() < mask.sum() if may_fly else not solid.any()
    return mask if keeps else solid


def _weighted_median(values: NDArray, weights: NDArray) -> float:
    return _weighted_quantile(values, weights, 0.5)


def _weighted_quantile(values: NDArray, weights: NDArray, share: float) -> float:
    order = np.argsort(values)
    cumulative = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(cumulative, share * cumulative[-1])])


def _systematic_sample(weights: NDArray, count: int, random: np.random.Generator) -> NDArray[np.intp]:
    """Indices drawn in proportion to `weights` by systematic sampling: each appears its expected times, within one."""
    cumulative = np.cumsum(weights)
    places = (np.arange(count) + random.random()) * (cumulative[-1] / count)
    return np.minimum(np.searchsorted(cumulative, places, side="right"), len(weights) - 1)
