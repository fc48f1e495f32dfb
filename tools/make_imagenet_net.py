"""Write what the package ships of EfficientNet-Lite0: its graph without weights, and where they lie in the known file.

Run `python tools/make_imagenet_net.py`; it writes `efficientnet_lite0.onnx` and `efficientnet_lite0.json` into
`src/sonovista/vision/`. The known file (registry: `efficientnet-lite0`) is PyTorch's older format: a few pickles that
name and shape the tensors, then their raw numbers. The pickles are never run: their instructions are read one by one,
and any but the few that tensors need is refused.
"""

import json
import struct
from pathlib import Path
from typing import IO, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from sonovista.vision.imagenet_weights import CLASSES, CONVOLUTIONS, Convolution
from sonovista.weights.cache import pull
from sonovista.weights.registry import find

VISION = Path(__file__).resolve().parent.parent / "src" / "sonovista" / "vision"
_PICKLES_BEFORE = 3
"""Magic number, version of the format, facts on the machine."""
_PUSHED = {"BINUNICODE", "BININT", "BININT1", "BININT2", "LONG1", "NONE", "NEWTRUE", "NEWFALSE", "GLOBAL"}


def tensor_places(path: Path) -> dict[str, tuple[int, list[int], list[int]]]:
    """Where each float tensor of a PyTorch file of the older format lies: byte, shape, strides in numbers.

    Raises:
        ValueError: the file is of another format.
    """
    with path.open("rb") as file:
        for _ in range(_PICKLES_BEFORE):
            _read(file)
        tensors, storages = _read(file), _read(file)
        start: dict[str, int] = {}
        for key in storages:
            (count,) = struct.unpack("<q", file.read(8))
            start[key] = file.tell()
            size = next(size for kind, other, size in _storages(tensors) if other == key)
            file.seek(4 * count if size == 4 else 8 * count, 1)
        if file.read(1):
            raise ValueError("expected the numbers to end the file")
    return {
        name: (start[key] + 4 * offset, list(shape), list(strides))
        for name, ((_, kind, key, *_), offset, shape, strides, *_) in tensors
        if kind == "torch FloatStorage"
    }


def _storages(tensors: list[Any]) -> list[tuple[str, str, int]]:
    sizes = {"torch FloatStorage": 4, "torch LongStorage": 8}
    return [(kind, key, sizes[kind]) for _, ((_, kind, key, *_), *_) in tensors]


def _read(file: IO[bytes]) -> Any:
    """The value of one pickle by its instructions; calls become their arguments. See Python's `pickletools`."""
    import pickletools

    stack: list[Any] = []
    marks: list[int] = []
    memo: dict[Any, Any] = {}
    for code, argument, _ in pickletools.genops(file):
        name = code.name
        if name in _PUSHED:
            stack.append({"NONE": None, "NEWTRUE": True, "NEWFALSE": False}.get(name, argument))
        elif name in ("EMPTY_TUPLE", "EMPTY_LIST", "EMPTY_DICT"):
            stack.append(() if name == "EMPTY_TUPLE" else [])
        elif name == "MARK":
            marks.append(len(stack))
        elif name in ("TUPLE", "SETITEMS", "APPENDS"):
            at = marks.pop()
            items, stack[at:] = stack[at:], []
            if name == "TUPLE":
                stack.append(tuple(items))
            else:
                stack[-1].extend(zip(items[::2], items[1::2], strict=True) if name == "SETITEMS" else items)
        elif name in ("TUPLE1", "TUPLE2", "TUPLE3", "SETITEM"):
            count = 2 if name == "SETITEM" else int(name[-1])
            items, stack[-count:] = tuple(stack[-count:]), []
            stack[-1].append(items) if name == "SETITEM" else stack.append(items)
        elif name == "REDUCE":
            arguments = stack.pop()
            stack[-1] = [] if stack[-1] == "collections OrderedDict" else arguments
        elif name == "BUILD":
            stack.pop()  # facts on the modules: versions
        elif name in ("BINPUT", "LONG_BINPUT"):
            memo[argument] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            stack.append(memo[argument])
        elif name not in ("PROTO", "BINPERSID", "STOP"):
            raise ValueError(f"expected the instructions of tensors alone, found {name}")
    return stack[-1]


def graph() -> onnx.ModelProto:
    """Pictures `(B, 3, H, W)` in [-1, 1], sides multiples of 32 -> logits of every cell, `(B, 1000, H/32, W/32)`.

    Since the network's linear layer follows a mean over cells, the mean of these logits is what it says of the whole.
    """
    outside: list[onnx.TensorProto] = []
    nodes: list[onnx.NodeProto] = []
    before = started = "picture"

    def external(name: str, shape: list[int]) -> str:
        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape)
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="weights")
        outside.append(tensor)
        return name

    for c in CONVOLUTIONS:
        started = before if c.begins else started
        shape = [c.outputs, 1 if c.grouped else c.inputs, c.kernel, c.kernel]
        weights = [external(f"{c.name}.weight", shape), external(f"{c.name}.bias", [c.outputs])]
        nodes.append(helper.make_node("Conv", [before, *weights], [f"{c.name}.sum"], **_convolution(c)))
        before = f"{c.name}.sum"
        if c.clipped:
            nodes.append(helper.make_node("Clip", [before, "zero", "six"], [c.name]))
            before = c.name
        if c.adds:
            nodes.append(helper.make_node("Add", [before, started], [f"{c.name}.added"]))
            before = f"{c.name}.added"
    last = [
        external("classifier.weight", [CLASSES, CONVOLUTIONS[-1].outputs, 1, 1]),
        external("classifier.bias", [CLASSES]),
    ]
    nodes.append(helper.make_node("Conv", [before, *last], ["cells"]))
    constants = {"zero": np.array(0.0, np.float32), "six": np.array(6.0, np.float32)}
    made = helper.make_graph(
        nodes,
        "efficientnet_lite0",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["batch", 3, "height", "width"])],
        [helper.make_tensor_value_info("cells", TensorProto.FLOAT, ["batch", CLASSES, "rows", "columns"])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()] + outside,
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 20)], producer_name="sonovista")
    model.ir_version = 9
    return model


def _convolution(c: Convolution) -> dict[str, Any]:
    """Padding as TensorFlow's `SAME` has it for even sides: what is odd goes after."""
    padding = c.kernel - c.stride
    first = padding // 2
    return {
        "kernel_shape": [c.kernel, c.kernel],
        "strides": [c.stride, c.stride],
        "pads": [first, first, padding - first, padding - first],
        "group": c.outputs if c.grouped else 1,
    }


def main() -> None:
    """Write both files."""
    places = tensor_places(pull(find("efficientnet-lite0"), print))
    lines = ",\n".join(f' "{name}": {json.dumps(place)}' for name, place in places.items())
    (VISION / "efficientnet_lite0.json").write_text("{\n" + lines + "\n}\n")
    onnx.save(graph(), VISION / "efficientnet_lite0.onnx")
    for file in sorted(VISION.glob("efficientnet_lite0.*")):
        print(file.name, file.stat().st_size)


if __name__ == "__main__":
    main()
