"""A textured room as a GLB file, made from a procedural room's rectangles."""

from pathlib import Path

import numpy as np

from sonovista.simulate.rooms.layout import RoomOptions, draw_room


def write_room_glb(path: Path, seed: int = 0, up: str = "y", options: RoomOptions | None = None) -> np.ndarray:
    """Write it with its textures; its size in metres, x forward, y left, z up."""
    import trimesh
    from PIL import Image
    from trimesh.visual import TextureVisuals
    from trimesh.visual.material import PBRMaterial

    layout = draw_room(np.random.default_rng(seed), options)
    scene = trimesh.Scene()
    for rectangle in layout.surfaces.rectangles:
        u, v, corner = rectangle.edge_u, rectangle.edge_v, rectangle.corner
        vertices = np.array([corner, corner + u, corner + u + v, corner + v])
        if up == "y":
            vertices = np.stack([-vertices[:, 1], vertices[:, 2], -vertices[:, 0]], axis=1)
        repeat = rectangle.finish.repeat
        s, t = (np.linalg.norm(u) / repeat, np.linalg.norm(v) / repeat) if repeat > 0.0 else (1.0, 1.0)
        uv = np.array([[0.0, 1.0], [s, 1.0], [s, 1.0 - t], [0.0, 1.0 - t]])
        texture = (255.0 * layout.textures[rectangle.finish.texture][::4, ::4]).astype(np.uint8)
        material = PBRMaterial(
            baseColorTexture=Image.fromarray(texture), baseColorFactor=[1.0, 1.0, 1.0, 1.0], doubleSided=True
        )
        visual = TextureVisuals(uv=uv, material=material)
        scene.add_geometry(trimesh.Trimesh(vertices, [[0, 1, 2], [0, 2, 3]], visual=visual, process=False))
    scene.export(str(path))
    return layout.size
