from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from sonovista.errors import InputError
from sonovista.vision.onnx_tensors import float_tensors


def write(path: Path) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    tensors = {"a": rng.normal(size=(3, 4, 5)).astype(np.float32), "b.bias": rng.normal(size=200).astype(np.float32)}
    initializers = [numpy_helper.from_array(value, name) for name, value in tensors.items()]
    initializers.append(numpy_helper.from_array(np.arange(4), "integers"))
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [value], [], initializers)
    onnx.save(helper.make_model(graph), path)
    return tensors


def test_reads_what_the_onnx_package_wrote(tmp_path: Path) -> None:
    written = write(tmp_path / "model.onnx")
    found = float_tensors(tmp_path / "model.onnx")
    assert set(found) == set(written)
    for name, value in written.items():
        np.testing.assert_array_equal(found[name], value)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
def test_a_file_that_is_cut_short_is_refused(tmp_path: Path, kept: float) -> None:
    path = tmp_path / "model.onnx"
    write(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(InputError, match="expected an ONNX file"):
        float_tensors(path)


@pytest.mark.parametrize("data", [b"", b"\xff" * 100, b"PK\x03\x04 a zip archive", bytes(50)])
def test_other_files_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(data)
    with pytest.raises(InputError, match="expected an ONNX file"):
        float_tensors(path)


def test_random_damage_is_an_input_error_or_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    write(path)
    data = bytearray(path.read_bytes())
    rng = np.random.default_rng(1)
    for _ in range(200):
        damaged = bytearray(data)
        for at in rng.integers(0, len(data), 5):
            damaged[at] = int(rng.integers(256))
        path.write_bytes(damaged)
        try:
            float_tensors(path)
        except InputError:
            continue
