"""Textured meshes from files: glTF (GLB), OBJ, PLY, by trimesh."""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sonovista.errors import BackendUnavailable, InputError

MOST_BYTES = 4 << 30
MOST_TRIANGLES = 20_000_000
MOST_CHECKED_BYTES = 64 << 20
"""Files of at most so many bytes are read before a simulation begins."""
LARGEST = 500.0
"""Metres: what is larger is no place to stand in, or not in metres."""
SMALLEST = 1.0
GREY = 0.7


@dataclass(frozen=True)
class TexturedMesh:
    """Triangles, and how each is coloured.

    Attributes:
        vertices: metres, z up, low corner at the origin, shape `(V, 3)`.
        triangles: shape `(T, 3)`, int32.
        uv: texture coordinates of every triangle's corners, v upward, shape `(T, 3, 2)`, float32.
        colours: linear factors at every triangle's corners, shape `(T, 3, 3)`, float32.
        texture: index into `textures` of every triangle, -1 for none, shape `(T,)`, int32.
        textures: sRGB, each of shape `(h, w, 3)`, uint8.
    """

    vertices: NDArray[np.float64]
    triangles: NDArray[np.int32]
    uv: NDArray[np.float32]
    colours: NDArray[np.float32]
    texture: NDArray[np.int32]
    textures: list[NDArray[np.uint8]]


def read_mesh(path: Path, up: Literal["y", "z"] = "y") -> TexturedMesh:
    """Read a mesh.

    Args:
        path: .glb, .gltf, .obj or .ply.
        up: axis of the file that points up; with y, -z points forward as in glTF, with z, x does.

    Raises:
        InputError: no such file, damaged, without triangles, or of a size that no place in metres has.
        BackendUnavailable: trimesh is not installed.
    """
    try:
        import trimesh
    except ImportError as error:
        raise BackendUnavailable("meshes need trimesh and embreex: pip install 'sonovista[rays]'") from error
    if not path.is_file():
        raise InputError(f"{path}: expected a mesh, found {'a folder' if path.exists() else 'nothing'}")
    if not 0 < path.stat().st_size <= MOST_BYTES:
        raise InputError(f"{path}: expected a mesh of 1 byte to 4 GiB, found {path.stat().st_size} bytes")
    try:
        loaded = trimesh.load_scene(str(path), process=False)
        parts = [part for part in loaded.dump() if isinstance(part, trimesh.Trimesh) and len(part.faces)]
    except Exception as error:  # it raises plain errors of many kinds at damaged files
        found = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(f"{path}: expected a mesh, found a file that is damaged or no mesh: {found}") from None
    if not parts:
        raise InputError(f"{path}: expected triangles, found none")
    try:
        return _joined(path, parts, up)
    except (ValueError, IndexError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: expected a whole mesh, found: {' '.join(str(error).split())[:200]}") from None


def check_mesh(path: Path, up: Literal["y", "z"] = "y") -> None:
    """Refuse a damaged mesh before anything is made of it: small files are read, of large ones the head.

    Raises:
        InputError: what `read_mesh` would say, or a GLB that is shorter or longer than its head says.
        BackendUnavailable: trimesh is not installed.
    """
    size = path.stat().st_size if path.is_file() else 0
    if size <= MOST_CHECKED_BYTES:
        read_mesh(path, up)
    elif path.suffix.lower() == ".glb":
        with path.open("rb") as file:
            magic, _, length = struct.unpack("<4sII", file.read(12))
        if magic != b"glTF" or length != size:
            raise InputError(f"{path}: expected a GLB of {size} bytes, found a head that says otherwise")


def _joined(path: Path, parts: list[Any], up: Literal["y", "z"]) -> TexturedMesh:
    vertices, triangles, uvs, colours, texture, pictures = [], [], [], [], [], []
    known: dict[int, int] = {}
    offset = 0
    for part in parts:
        faces = np.asarray(part.faces, np.int64)
        uv, colour, picture = _look(part)
        vertices.append(np.asarray(part.vertices, float))
        triangles.append(faces + offset)
        offset += len(part.vertices)
        uvs.append(np.zeros((len(faces), 3, 2), np.float32) if uv is None else uv[faces].astype(np.float32))
        colours.append(colour[faces].astype(np.float32))
        index = -1
        if picture is not None and uv is not None:
            if id(picture) not in known:
                known[id(picture)] = len(pictures)
                pictures.append(picture)
            index = known[id(picture)]
        texture.append(np.full(len(faces), index, np.int32))
    points = np.concatenate(vertices)
    faces = np.concatenate(triangles)
    if not np.isfinite(points).all() or faces.min() < 0 or faces.max() >= len(points):
        raise InputError(f"{path}: expected finite vertices and triangles of them, found others")
    if len(faces) > MOST_TRIANGLES:
        raise InputError(f"{path}: expected at most {MOST_TRIANGLES} triangles, found {len(faces)}")
    if up == "y":
        points = np.stack([-points[:, 2], -points[:, 0], points[:, 1]], axis=1)
    used = points[np.unique(faces)]
    points = points - used.min(axis=0)
    extent = np.ptp(used, axis=0)
    if not (extent[:2] >= SMALLEST).all() or extent.max() > LARGEST:
        raise InputError(
            f"{path}: expected a place of {SMALLEST:g} to {LARGEST:g} m, "
            f"found {' x '.join(f'{e:.3g}' for e in extent)}: is it in metres, "
            "and does its y axis point up (else --mesh-up z)?"
        )
    images = [np.asarray(picture.convert("RGB")) for picture in pictures]
    return TexturedMesh(
        points,
        faces.astype(np.int32),
        np.concatenate(uvs),
        np.concatenate(colours),
        np.concatenate(texture),
        images,
    )


def _look(part: Any) -> tuple[NDArray[np.floating] | None, NDArray[np.floating], Any]:
    """Texture coordinates of the vertices or None, linear colours of the vertices, and the texture or None."""
    visual, count = part.visual, len(part.vertices)
    uv = getattr(visual, "uv", None)
    material = getattr(visual, "material", None)
    if material is not None:
        picture = getattr(material, "baseColorTexture", None)
        picture = picture if picture is not None else getattr(material, "image", None)
        factor = getattr(material, "baseColorFactor", None)
        if factor is None and picture is None:
            factor = getattr(material, "diffuse", None)
        colour = np.ones(3) if factor is None else _linear(factor)
        if factor is None and picture is None:
            colour = np.full(3, GREY)
        fits = uv is not None and np.shape(uv) == (count, 2) and np.isfinite(uv).all()
        return (np.asarray(uv) if fits else None), np.broadcast_to(colour, (count, 3)), picture if fits else None
    colours = getattr(visual, "vertex_colors", None) if getattr(visual, "defined", False) else None
    if colours is not None and np.shape(colours)[0] == count:
        return None, (np.asarray(colours)[:, :3] / 255.0) ** 2.2, None
    return None, np.full((count, 3), GREY), None


def _linear(factor: Any) -> NDArray[np.float64]:
    """Linear RGB of a material's factor; trimesh keeps bytes or floats."""
    values = np.asarray(factor)
    scale = 255.0 if np.issubdtype(values.dtype, np.integer) else 1.0
    return np.clip(values.astype(float).ravel()[:3] / scale, 0.0, 1.0)
