"""Which sources a scene's own geometry hides, and from where."""

import numpy as np
from numpy.typing import NDArray

from sonovista.acoustics.occlusion import OcclusionMap
from sonovista.acoustics.ray_casting import RayCaster
from sonovista.acoustics.source_visibility import ListenerGrid, map_visibility
from sonovista.errors import BackendUnavailable
from sonovista.render.source_table import source_points
from sonovista.scene.document import Source
from sonovista.scene.mesh import mesh_from_depth
from sonovista.scene.scene import Scene

REACH = 3.0
"""Metres to each side of the start that the map covers: a photo holds up to about 2 m from where it was taken."""

AREA_POINTS = 32
"""Points of an area source that are looked at, evenly through its own, which are even over its surface."""

_ABOVE_GROUND = 0.2  # metres
_ABOVE_START = 1.0  # metres
_CLEARANCE = 0.08  # metres that a source stands off the surface that shows it, towards the origin
_CLEARANCE_SHARE = 0.03  # of its distance likewise: the mesh is coarser than the depth
_ROUGHNESS = 0.1  # metres that any source may lie behind the mesh by the rounding of both


def build_occlusion_map(scene: Scene, spacing: float = 0.25, mesh_rows: int = 256) -> OcclusionMap | None:
    """How much of every source is seen from around the scene's start; for `Scene.occlusion`.

    Args:
        scene: its depth, sources and listener count.
        spacing: metres between listener positions.
        mesh_rows: of the mesh that is made of the depth, see `mesh_from_depth`.

    Returns:
        The map, with the sources in the document's order; None where the scene has no depth.

    Raises:
        BackendUnavailable: Embree is not installed (the `rays` extra).
    """
    if scene.depth is None:
        return None
    document = scene.document
    mesh = mesh_from_depth(scene.depth, mesh_rows)
    caster = RayCaster(mesh.vertices, mesh.triangles)
    start = np.array(document.listener.position)
    floor = -document.camera_height + _ABOVE_GROUND
    low = np.array([start[0] - REACH, start[1] - REACH, min(floor, start[2])])
    high = np.array([start[0] + REACH, start[1] + REACH, max(floor, start[2] + _ABOVE_START)])
    targets = [_targets(caster, source) for source in document.sources]
    return map_visibility(caster, targets, ListenerGrid.around(low, high, spacing), start)


def scene_occlusion(scene: Scene) -> OcclusionMap | None:
    """The occlusion map that a scene's acoustics ask for, made the first time and kept in `Scene.occlusion`.

    Args:
        scene: of its parts, the depth decides what hides what.

    Returns:
        None where the acoustics have no occlusion, the scene holds no depth, or Embree has no build for this machine:
        nothing is hidden then.
    """
    if not scene.document.acoustics.occlusion:
        return None
    if scene.occlusion is None:
        try:
            scene.occlusion = build_occlusion_map(scene)
        except BackendUnavailable:
            return None
    return scene.occlusion


def _targets(caster: RayCaster, source: Source) -> NDArray[np.float64] | None:
    """Where rays to a source end: off the surface that shows it, on the side from which the picture was taken.

    What has a mask was seen from the origin, so nothing stands before it there; another source is moved only if the
    mesh's roughness alone can have covered it.
    """
    points = source_points(source)
    if len(points) == 0:
        return None
    points = points[np.linspace(0, len(points) - 1, min(len(points), AREA_POINTS)).round().astype(int)]
    distance = np.linalg.norm(points, axis=1)
    directions = points / np.maximum(distance, 1e-9)[:, None]
    surface, _ = caster.first_hit(np.zeros_like(points), directions)
    surface = np.where(np.isfinite(surface), surface, 2.0 * distance + 1.0)
    front = np.maximum(surface - _CLEARANCE - _CLEARANCE_SHARE * surface, 0.5 * surface)
    covered = distance > front
    if source.mask is None:
        covered &= distance < surface + _ROUGHNESS + _CLEARANCE_SHARE * surface
    return np.where(covered[:, None], front[:, None] * directions, points)
