"""DINOv2 ViT-S/14, frozen: features of every patch of a picture, at any size, by ONNX Runtime.

Oquab et al., "DINOv2: Learning Robust Visual Features without Supervision", TMLR 2024. The weights are fetched
(`sonovista.weights`); the package ships the graph of one block, whose weights are its inputs, so that one session
serves all blocks and stops after the last one that is wanted.
"""

from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.errors import InputError
from sonovista.vision.backbone_weights import BLOCKS, GRID, PATCH, WIDTH, BackboneWeights, read_backbone_weights
from sonovista.weights.cache import pull
from sonovista.weights.graphs import open_graph
from sonovista.weights.registry import find

WEIGHTS = "dinov2-small-focus"
"""Name in the registry of the weights that are used."""
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
"""Of ImageNet: pictures are normalised with them."""
MOST_PATCHES = 20_000
"""Memory grows with the square of the number of patches."""


class Backbone:
    """The network with its weights."""

    def __init__(self, weights: BackboneWeights, threads: int = 0) -> None:
        """Make a session; `Backbone.load` gives one that is shared.

        Args:
            weights: of the network.
            threads: of ONNX Runtime; 0 leaves the choice to it.
        """
        self.weights = weights
        self._session = _session(threads)
        self._positions: dict[tuple[int, int], NDArray[np.float32]] = {}

    @staticmethod
    def load(report: Callable[[str], None] = lambda line: None, threads: int = 0) -> "Backbone":
        """The network, one for each process; its weights are fetched where they are missing.

        Args:
            report: told what is fetched.
            threads: of ONNX Runtime; 0 leaves the choice to it.

        Raises:
            BackendUnavailable: the weights are not there and cannot be had, or ONNX Runtime is too old.
        """
        key = threads
        if key not in _LOADED:
            path = pull(find(WEIGHTS), report)
            _LOADED[key] = Backbone(read_backbone_weights(path), threads)
        return _LOADED[key]

    def __call__(
        self, image: NDArray[np.uint8], rows: int, columns: int, layers: Sequence[int] = (3, 7, 11)
    ) -> NDArray[np.float32]:
        """Features of a picture.

        Args:
            image: RGB, shape `(H, W, 3)`, uint8, of any size; it is resized to `14 rows x 14 columns` pixels.
            rows: of patches, at least 1.
            columns: of patches, at least 1.
            layers: blocks after which to take features, counted from 0, each 0 to 11.

        Returns:
            Shape `(len(layers), rows, columns, 384)`, float32: patch tokens, each normalised to mean 0 and variance 1.

        Raises:
            InputError: the picture is not RGB, the grid too large, or there is no such block.
        """
        return self.patches(pixels_for(image, rows, columns), layers)

    def patches(self, pixels: NDArray[np.float32], layers: Sequence[int]) -> NDArray[np.float32]:
        """Features of a picture that is resized and normalised already.

        Args:
            pixels: of `pixels_for`, shape `(14 rows, 14 columns, 3)`.
            layers: as for `__call__`.

        Returns:
            Shape `(len(layers), rows, columns, 384)`, float32.
        """
        if not layers or not all(0 <= layer < BLOCKS for layer in layers):
            raise InputError(f"layers: expected some of 0 to {BLOCKS - 1}, found {tuple(layers)}")
        rows, columns = pixels.shape[0] // PATCH, pixels.shape[1] // PATCH
        if (rows, columns) not in self._positions:
            self._positions[rows, columns] = resize_positions(self.weights.positions, rows, columns)
        tokens = embed(self.weights, pixels, self._positions[rows, columns])[None]
        found: dict[int, NDArray[np.float32]] = {}
        for index in range(max(layers) + 1):
            wanted = ["next"] + (["normalised"] if index in layers else [])
            tokens, *normalised = self._session.run(wanted, {"tokens": tokens, **self.weights.blocks[index]})
            if normalised:
                found[index] = normalised[0][0, 1:].reshape(rows, columns, WIDTH)
        return np.stack([found[layer] for layer in layers])


_LOADED: dict[int, Backbone] = {}


def pixels_for(image: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.float32]:
    """A picture resized (over areas where it shrinks, bicubic where it grows) and normalised for the network.

    Args:
        image: RGB, shape `(H, W, 3)`, uint8.
        rows: of patches.
        columns: of patches.

    Returns:
        Shape `(14 rows, 14 columns, 3)`, float32.

    Raises:
        InputError: the picture is not RGB, or the grid is empty or too large.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or image.size == 0:
        raise InputError(f"image: expected uint8 RGB (H, W, 3), found {image.dtype} {image.shape}")
    if rows < 1 or columns < 1 or rows * columns > MOST_PATCHES:
        raise InputError(f"patches: expected 1 to {MOST_PATCHES}, found {rows} x {columns}")
    height, width = rows * PATCH, columns * PATCH
    values = image.astype(np.float32)
    shrunk = min(height, image.shape[0]), min(width, image.shape[1])
    values = cv2.resize(values, shrunk[::-1], interpolation=cv2.INTER_AREA)
    values = cv2.resize(values, (width, height), interpolation=cv2.INTER_CUBIC)
    return ((np.clip(values, 0.0, 255.0) / np.float32(255.0) - MEAN) / DEVIATION).astype(np.float32)


def embed(weights: BackboneWeights, pixels: NDArray[np.float32], positions: NDArray[np.float32]) -> NDArray[np.float32]:
    """Tokens before the first block, shape `(1 + rows * columns, 384)`: the class token's, then the patches' by row."""
    rows, columns = positions.shape[:2]
    patches = pixels.reshape(rows, PATCH, columns, PATCH, 3).transpose(0, 2, 4, 1, 3).reshape(rows * columns, -1)
    tokens = patches @ weights.patch_weight + weights.patch_bias + positions.reshape(-1, WIDTH)
    return np.concatenate([weights.class_token[None], tokens]).astype(np.float32)


def resize_positions(positions: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
    """The position embedding for another grid, bicubic (a = -0.75, half-pixel centres) as DINOv2 does.

    Args:
        positions: shape `(37, 37, 384)`.
        rows: of patches.
        columns: of patches.

    Returns:
        Shape `(rows, columns, 384)`.
    """
    if (rows, columns) == (GRID, GRID):
        return positions
    down = _cubic_matrix(GRID, rows) @ positions.reshape(GRID, -1).astype(np.float64)
    down = down.reshape(rows, GRID, WIDTH)
    return np.einsum("cg,rgd->rcd", _cubic_matrix(GRID, columns), down, optimize=True).astype(np.float32)


def _cubic_matrix(size: int, wanted: int) -> NDArray[np.float64]:
    """Weights of cubic convolution from `size` samples to `wanted`, edges repeated, shape `(wanted, size)`."""
    a = -0.75
    at = (np.arange(wanted) + 0.5) * size / wanted - 0.5
    base = np.floor(at).astype(int)
    matrix = np.zeros((wanted, size))
    for tap in range(-1, 3):
        distance = np.abs(at - (base + tap))
        near = (a + 2) * distance**3 - (a + 3) * distance**2 + 1
        far = a * (distance**3 - 5 * distance**2 + 8 * distance - 4)
        weight = np.where(distance <= 1, near, far)
        np.add.at(matrix, (np.arange(wanted), np.clip(base + tap, 0, size - 1)), weight)
    return matrix


@cache
def _graph() -> bytes:
    return (files("sonovista.vision") / "vit_block.onnx").read_bytes()


def _session(threads: int) -> Any:
    return open_graph(_graph(), "the backbone", threads)
