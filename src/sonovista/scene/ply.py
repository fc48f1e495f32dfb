"""Gaussians in PLY files with the fields of INRIA's 3D Gaussian splatting (Kerbl et al. 2023).

In the file the axes are OpenCV's (x right, y down, z forward), as viewers expect; in memory they are the world's
(x forward, y left, z up). Positions and rotations are converted here and nowhere else.
"""

import os
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from sonovista.errors import InputError
from sonovista.geometry import R_BODY_CAMERA
from sonovista.scene.gaussians import Gaussians, turned
from sonovista.whole_files import whole_file

DC_BASIS = 0.28209479177387814
"""The constant spherical harmonic, 1 / (2 sqrt(pi)): the file's colour coefficients are (rgb - 0.5) over this."""

MAXIMUM_COUNT = 8_000_000
"""Gaussians that are read at most unless told otherwise: about 1 GB while reading."""

_FIELDS = (
    *("x", "y", "z"),
    *("nx", "ny", "nz"),
    *("f_dc_0", "f_dc_1", "f_dc_2"),
    "opacity",
    *("scale_0", "scale_1", "scale_2"),
    *("rot_0", "rot_1", "rot_2", "rot_3"),
)
_REQUIRED = tuple(name for name in _FIELDS if name not in ("nx", "ny", "nz"))
_MAXIMUM_HEADER = 65536
_MAXIMUM_LOG_SCALE = 30.0
_LEAST_OPACITY = 1e-6
_TYPES = {
    name: code
    for names, code in [
        ("char int8", "i1"),
        ("uchar uint8", "u1"),
        ("short int16", "<i2"),
        ("ushort uint16", "<u2"),
        ("int int32", "<i4"),
        ("uint uint32", "<u4"),
        ("float float32", "<f4"),
        ("double float64", "<f8"),
    ]
    for name in names.split()
}


def write_ply(path: str | Path, gaussians: Gaussians) -> None:
    """Write Gaussians as binary little-endian PLY, under a temporary name that is renamed when whole.

    Args:
        path: of the file; its folder must exist.
        gaussians: in the world frame; opacities are kept 1e-6 away from 0 and 1, whose logits are infinite.

    Raises:
        OSError: the file cannot be written; nothing is left behind.
    """
    path = Path(path)
    opacities = np.clip(gaussians.opacities.astype(float), _LEAST_OPACITY, 1.0 - _LEAST_OPACITY)
    table = np.zeros((len(gaussians), len(_FIELDS)), "<f4")
    table[:, 0:3] = gaussians.positions @ R_BODY_CAMERA
    table[:, 6:9] = (gaussians.colours - 0.5) / DC_BASIS
    table[:, 9] = np.log(opacities / (1.0 - opacities))
    table[:, 10:13] = np.log(gaussians.scales)
    table[:, 13:17] = turned(gaussians.rotations, R_BODY_CAMERA.T)
    header = ["ply", "format binary_little_endian 1.0", f"element vertex {len(gaussians)}"]
    header += [f"property float {name}" for name in _FIELDS] + ["end_header", ""]

    with whole_file(path) as temporary, temporary.open("wb") as file:
        file.write("\n".join(header).encode())
        file.write(table.tobytes())


def read_ply(path: str | Path, max_count: int = MAXIMUM_COUNT) -> Gaussians:
    """Read Gaussians from a PLY file of any property order; view-dependent colour (`f_rest_*`) is left out.

    Args:
        path: of a binary little-endian PLY whose vertices have x, y, z, f_dc_0..2, opacity, scale_0..2, rot_0..3.
        max_count: Gaussians that are accepted at most, to bound memory.

    Raises:
        InputError: not such a file, shorter or longer than it says, too many Gaussians, or numbers that make no sense.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            count, layout, alone = _read_header(file, path)
            if count > max_count:
                raise InputError(f"{path}: expected at most {max_count} Gaussians, found {count}")
            there = os.fstat(file.fileno()).st_size - file.tell()
            needed = count * layout.itemsize
            if there < needed or (alone and there > needed):
                raise InputError(
                    f"{path}: expected {needed} bytes for the {count} Gaussians of its header, found {there}"
                )
            vertices = np.frombuffer(file.read(needed), layout, count)
    except OSError as error:
        raise InputError(f"{path}: expected a readable PLY file, found {error.strerror or error}") from error
    return _gaussians_from_vertices(vertices, path)


def _read_header(file: BinaryIO, path: Path) -> tuple[int, np.dtype, bool]:
    """Count and layout of the vertices, and whether nothing else follows them."""
    head = file.read(_MAXIMUM_HEADER)
    if not head.startswith((b"ply\n", b"ply\r\n")):
        raise InputError(f"{path}: expected a PLY file, found another kind of file")
    end = head.find(b"end_header")
    newline = head.find(b"\n", end)
    if end < 0 or newline < 0:
        raise InputError(f"{path}: expected the PLY header to end within {_MAXIMUM_HEADER} bytes, found no end")
    file.seek(newline + 1)
    count: int | None = None
    elements = 0
    properties: list[tuple[str, str]] = []
    form = ""
    for line in head[:end].decode("ascii", "replace").splitlines()[1:]:
        words = line.split()
        match words:
            case [] | ["comment" | "obj_info", *_]:
                pass
            case ["format", form, "1.0"]:
                pass
            case ["element", name, number] if number.isdecimal() and len(number) <= 12:
                elements += 1
                if elements == 1:
                    if name != "vertex":
                        raise InputError(f"{path}: expected the PLY's first element to be vertex, found {name[:40]!r}")
                    count = int(number)
            case ["property", kind, name] if kind in _TYPES and elements == 1:
                properties.append((name, _TYPES[kind]))
            case ["property", *_] if elements > 1:
                pass
            case _:
                raise InputError(f"{path}: expected a PLY header of scalar properties, found the line {line[:80]!r}")
    if form != "binary_little_endian":
        raise InputError(f"{path}: expected PLY format binary_little_endian, found {form[:40] or 'none'!r}")
    names = [name for name, _ in properties]
    if count is None or len(set(names)) != len(names):
        raise InputError(f"{path}: expected one vertex element with properties named once each")
    missing = [name for name in _REQUIRED if name not in names]
    if missing:
        raise InputError(f"{path}: expected the PLY properties of 3D Gaussians, found none named {', '.join(missing)}")
    return count, np.dtype(properties), elements == 1


def _gaussians_from_vertices(vertices: NDArray[np.void], path: Path) -> Gaussians:
    def columns(*names: str) -> NDArray[np.float32]:
        with np.errstate(over="ignore", invalid="ignore"):
            return np.stack([vertices[name].astype(np.float32) for name in names], axis=1)

    positions = columns("x", "y", "z")
    coefficients = columns("f_dc_0", "f_dc_1", "f_dc_2")
    logits = columns("opacity")[:, 0].astype(float)
    log_scales = columns("scale_0", "scale_1", "scale_2")
    quaternions = columns("rot_0", "rot_1", "rot_2", "rot_3")
    _require(np.isfinite(positions), path, "finite positions (x, y, z)")
    _require(np.isfinite(coefficients), path, "finite colours (f_dc_0..2)")
    _require(~np.isnan(logits), path, "opacities that are numbers")
    _require(np.abs(log_scales) <= _MAXIMUM_LOG_SCALE, path, f"log scales within +-{_MAXIMUM_LOG_SCALE:g} (scale_0..2)")
    length = np.linalg.norm(quaternions.astype(float), axis=1)
    _require(np.isfinite(length) & (length > 1e-12), path, "finite rotations that are not zero (rot_0..3)")
    opacities = 1.0 / (1.0 + np.exp(-np.clip(logits, -50.0, 50.0)))
    return Gaussians(
        (positions @ R_BODY_CAMERA.T).astype(np.float32),
        np.exp(log_scales),
        turned(quaternions, R_BODY_CAMERA),
        np.clip(opacities, _LEAST_OPACITY, 1.0 - _LEAST_OPACITY).astype(np.float32),
        np.clip(coefficients * DC_BASIS + 0.5, 0.0, 1.0).astype(np.float32),
    )


def _require(good: NDArray[np.bool_], path: Path, expected: str) -> None:
    if not good.all():
        row = int(np.argwhere(~good)[0][0])
        raise InputError(f"{path}: expected {expected}, found others first at Gaussian {row}")
