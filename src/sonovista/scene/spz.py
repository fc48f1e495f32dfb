"""Gaussians in SPZ files (Niantic, version 3): about a fifth of a PLY file, read by most viewers of splats.

In the file the axes are x right, y up, z backward, as in OpenGL and three.js. Each Gaussian takes 20 bytes before
compression: positions in fixed point, scales in steps of 6 %, colours in steps of 1.9 of 255, rotations to 0.3
degrees.
"""

import gzip
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonovista.scene.gaussians import Gaussians, turned
from sonovista.scene.ply import DC_BASIS
from sonovista.whole_files import whole_file

MAGIC = 0x5053474E
VERSION = 3
R_SPZ_WORLD = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, 1.0], [-1.0, 0.0, 0.0]])
"""Takes vectors of the world (x forward, y left, z up) to the file's axes."""

_POSITION_BITS = 24
_MOST_FRACTION_BITS = 13  # an eighth of a millimetre
_COLOUR_SCALE = 0.15
_SCALE_SHIFT, _SCALE_STEPS = 10.0, 16.0
_ROTATION_STEPS = 2**9 - 1
_LEVEL = 6  # of gzip: 9 takes three times as long for 1 %


def write_spz(path: str | Path, gaussians: Gaussians) -> None:
    """Write Gaussians as SPZ, under a temporary name that is renamed when whole.

    Args:
        path: of the file; its folder must exist.
        gaussians: in the world frame.

    Raises:
        InputError: the file cannot be written; nothing is left behind.
    """
    with whole_file(path) as temporary:
        temporary.write_bytes(spz_bytes(gaussians))


def spz_bytes(gaussians: Gaussians) -> bytes:
    """The content of an SPZ file; the same Gaussians give the same bytes.

    Colours are rounded up or down at random, with chances that keep their mean: steps of 1.9 of 255 would be seen as
    bands in a sky, and what lies on top of one another averages.
    """
    positions = gaussians.positions.astype(float) @ R_SPZ_WORLD.T
    reach = float(np.abs(positions).max(initial=0.0))
    steps = (2 ** (_POSITION_BITS - 1) - 1) / max(reach, 1e-3)
    fraction_bits = int(np.clip(np.floor(np.log2(steps)), 0, _MOST_FRACTION_BITS))
    header = struct.pack("<IIIBBBB", MAGIC, VERSION, len(gaussians), 0, fraction_bits, 0, 0)
    parts = (
        _fixed(positions, fraction_bits),
        _bytes(gaussians.opacities.astype(float) * 255.0),
        _colours(gaussians.colours),
        _bytes((np.log(gaussians.scales.astype(float)) + _SCALE_SHIFT) * _SCALE_STEPS),
        _smallest_three(turned(gaussians.rotations, R_SPZ_WORLD)),
    )
    # No time is written: the same scene is the same file.
    return gzip.compress(b"".join((header, *(part.tobytes() for part in parts))), _LEVEL, mtime=0)


def _bytes(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    return np.clip(np.round(values), 0.0, 255.0).astype(np.uint8)


def _fixed(positions: NDArray[np.float64], fraction_bits: int) -> NDArray[np.uint8]:
    """24 bits of each coordinate, the lowest byte first, shape `(N, 3, 3)`."""
    fixed = np.round(positions * 2.0**fraction_bits).astype("<i4")
    return np.ascontiguousarray(fixed[..., None].view(np.uint8).reshape(*fixed.shape, 4)[..., :3])


def _colours(colours: NDArray[np.floating]) -> NDArray[np.uint8]:
    wide = (colours.astype(float) - 0.5) / DC_BASIS * (_COLOUR_SCALE * 255.0) + 0.5 * 255.0
    chance = np.random.default_rng(0).uniform(size=wide.shape)
    return np.clip(np.floor(wide + chance), 0.0, 255.0).astype(np.uint8)


def _smallest_three(quaternions: NDArray[np.floating]) -> NDArray[np.uint32]:
    """Which component of (x, y, z, w) is the largest, and the other three: a sign and nine bits of each."""
    q = np.roll(quaternions.astype(float), -1, axis=-1)
    q = q / np.linalg.norm(q, axis=-1, keepdims=True)
    largest = np.abs(q).argmax(axis=-1)
    q = np.where(np.take_along_axis(q, largest[:, None], axis=-1) < 0.0, -q, q)
    packed = largest.astype("<u4")
    magnitudes = np.round(np.abs(q) * np.sqrt(2.0) * _ROTATION_STEPS).astype("<u4")
    for component in range(4):
        field = ((q[:, component] < 0.0).astype("<u4") << 9) | np.minimum(magnitudes[:, component], _ROTATION_STEPS)
        packed = np.where(largest == component, packed, (packed << 10) | field).astype("<u4")
    return packed
