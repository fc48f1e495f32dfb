"""Write the ONNX graph of one block of the backbone, without weights, as the package ships it.

Run `python tools/make_backbone_graph.py`; it writes `src/sonovista/vision/vit_block.onnx`. One graph serves all twelve
blocks: the weights are its inputs.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from sonovista.vision.backbone_weights import BLOCK_INPUTS, HEADS, WIDTH

SHIPPED = Path(__file__).resolve().parent.parent / "src" / "sonovista" / "vision" / "vit_block.onnx"
EPSILON = 1e-6


def block_graph() -> onnx.ModelProto:
    """Tokens `(B, T, 384)` and one block's weights -> tokens, and the same layer-normalised without parameters."""
    node = helper.make_node
    constants = {
        "split_heads": np.array([0, 0, 3, HEADS, WIDTH // HEADS], np.int64),
        "join_heads": np.array([0, 0, WIDTH], np.int64),
        "head_scale": np.array((WIDTH // HEADS) ** -0.5, np.float32),
        "ones": np.ones(WIDTH, np.float32),
        "first": np.array(0, np.int64),
        "second": np.array(1, np.int64),
        "third": np.array(2, np.int64),
    }
    nodes = [
        node("LayerNormalization", ["tokens", "norm1_weight", "norm1_bias"], ["n1"], epsilon=EPSILON),
        node("MatMul", ["n1", "qkv_weight"], ["qkv0"]),
        node("Add", ["qkv0", "qkv_bias"], ["qkv1"]),
        node("Reshape", ["qkv1", "split_heads"], ["qkv2"]),
        node("Transpose", ["qkv2"], ["qkv"], perm=[2, 0, 3, 1, 4]),
        node("Gather", ["qkv", "first"], ["query0"], axis=0),
        node("Gather", ["qkv", "second"], ["key0"], axis=0),
        node("Gather", ["qkv", "third"], ["value"], axis=0),
        node("Mul", ["query0", "head_scale"], ["query"]),
        node("Transpose", ["key0"], ["key"], perm=[0, 1, 3, 2]),
        node("MatMul", ["query", "key"], ["scores"]),
        node("Softmax", ["scores"], ["attention"], axis=-1),
        node("MatMul", ["attention", "value"], ["heads"]),
        node("Transpose", ["heads"], ["heads0"], perm=[0, 2, 1, 3]),
        node("Reshape", ["heads0", "join_heads"], ["joined"]),
        node("MatMul", ["joined", "output_weight"], ["o0"]),
        node("Add", ["o0", "output_bias"], ["o1"]),
        node("Mul", ["o1", "scale1"], ["o2"]),
        node("Add", ["tokens", "o2"], ["middle"]),
        node("LayerNormalization", ["middle", "norm2_weight", "norm2_bias"], ["n2"], epsilon=EPSILON),
        node("MatMul", ["n2", "fc1_weight"], ["m0"]),
        node("Add", ["m0", "fc1_bias"], ["m1"]),
        node("Gelu", ["m1"], ["m2"]),
        node("MatMul", ["m2", "fc2_weight"], ["m3"]),
        node("Add", ["m3", "fc2_bias"], ["m4"]),
        node("Mul", ["m4", "scale2"], ["m5"]),
        node("Add", ["middle", "m5"], ["next"]),
        node("LayerNormalization", ["next", "ones"], ["normalised"], epsilon=EPSILON),
    ]
    shape = ["batch", "count", WIDTH]
    graph = helper.make_graph(
        nodes,
        "vit_block",
        [helper.make_tensor_value_info("tokens", TensorProto.FLOAT, shape)]
        + [helper.make_tensor_value_info(name, TensorProto.FLOAT, list(size)) for name, size in BLOCK_INPUTS],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("next", "normalised")],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], producer_name="sonovista")
    model.ir_version = 9
    onnx.checker.check_model(model, full_check=True)
    return model


if __name__ == "__main__":
    onnx.save(block_graph(), SHIPPED)
    print(SHIPPED, SHIPPED.stat().st_size)
