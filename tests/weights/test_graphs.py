"""Graphs are opened, or refused in one line."""

import numpy as np
import pytest

from sonovista.errors import BackendUnavailable
from sonovista.weights.graphs import open_graph

onnx = pytest.importorskip("onnx")


def product() -> bytes:
    """`y = x * w` for three numbers, `w` left open."""
    from onnx import TensorProto, helper

    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Mul", ["x", "w"], ["y"])],
        "product",
        [value("x", TensorProto.FLOAT, [3])],
        [value("y", TensorProto.FLOAT, [3])],
        [external("w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 8
    return model.SerializeToString()


def external(name: str):
    from onnx import TensorProto

    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=[3], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="elsewhere")
    return tensor


def test_a_graph_runs_with_the_weights_that_it_leaves_open() -> None:
    session = open_graph(product(), "a product", threads=1, weights={"w": np.array([1.0, 2.0, 3.0], np.float32)})
    (told,) = session.run(None, {"x": np.full(3, 2.0, np.float32)})
    np.testing.assert_array_equal(told, [2.0, 4.0, 6.0])


def test_what_is_no_graph_is_told_in_one_line() -> None:
    with pytest.raises(BackendUnavailable, match="cannot run a product: ") as refused:
        open_graph(b"no graph", "a product")
    assert "\n" not in str(refused.value)
