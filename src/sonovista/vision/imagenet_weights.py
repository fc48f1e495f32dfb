"""The weights of EfficientNet-Lite0 as its graph takes them, from the file that they were fetched as.

That file is of PyTorch's older format: pickles, then raw numbers. The pickles are never read: where each tensor lies in
the file, whose checksum is pinned, stands in `efficientnet_lite0.json`, written once by `tools/make_imagenet_net.py`.
"""

import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonovista.errors import InputError

CLASSES = 1000
_VARIANCE_FLOOR = 1e-3
"""Of the batch normalisations, as TensorFlow trained them."""
_LARGEST_FILE = 20_000_000


@dataclass(frozen=True)
class Convolution:
    """A convolution with its batch normalisation.

    Attributes:
        name: of its weights in the graph.
        stored: of its weights in the file.
        normalised: name of its batch normalisation in the file.
        inputs: channels.
        outputs: channels.
        kernel: rows and columns.
        stride: pixels.
        grouped: whether each channel is filtered alone.
        clipped: whether its outputs are clipped to [0, 6].
        begins: whether it is the first of a block.
        adds: whether the block's input is added to its outputs.
    """

    name: str
    stored: str
    normalised: str
    inputs: int
    outputs: int
    kernel: int = 1
    stride: int = 1
    grouped: bool = False
    clipped: bool = True
    begins: bool = False
    adds: bool = False


_STAGES = (
    (1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)  # fmt: skip
"""Blocks, kernel, stride of the first, expansion, channels (Tan and Le 2019, table 1; Lite: no squeeze, ReLU6)."""
_STEM, _HEAD = 32, 1280


def _convolutions() -> tuple[Convolution, ...]:
    made = [Convolution("stem", "_conv_stem", "_bn0", 3, _STEM, 3, 2)]
    channels, block = _STEM, 0
    for blocks, kernel, first_stride, expansion, outputs in _STAGES:
        for index in range(blocks):
            name, stored, wide = f"block{block}", f"_blocks.{block}", expansion * channels
            stride, expanded = first_stride if index == 0 else 1, expansion > 1
            if expanded:
                widen = Convolution(
                    f"{name}.expand", f"{stored}._expand_conv", f"{stored}._bn0", channels, wide, begins=True
                )
                made.append(widen)
            depthwise = Convolution(
                f"{name}.depthwise", f"{stored}._depthwise_conv", f"{stored}._bn1", wide, wide, kernel, stride,
                grouped=True, begins=not expanded,
            )  # fmt: skip
            project = Convolution(
                f"{name}.project", f"{stored}._project_conv", f"{stored}._bn2", wide, outputs, clipped=False,
                adds=index > 0,
            )  # fmt: skip
            made += [depthwise, project]
            channels, block = outputs, block + 1
    return (*made, Convolution("head", "_conv_head", "_bn1", channels, _HEAD))


CONVOLUTIONS = _convolutions()
"""All of them, in the order in which a picture goes through them; the linear layer follows."""


def stored_tensors(path: Path) -> dict[str, NDArray[np.float32]]:
    """The tensors of the PyTorch file of the wheel (registry: `efficientnet-lite0`), by its own names.

    Args:
        path: of the file, whose checksum the caller has checked.

    Returns:
        Name -> array, a view that cannot be written to, often not contiguous: TensorFlow's layout.

    Raises:
        InputError: the file cannot be read or is another one.
    """
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise InputError(f"{path}: expected at most {_LARGEST_FILE} bytes, found {path.stat().st_size}")
        data = np.fromfile(path, np.uint8)
    except OSError as error:
        raise InputError(f"{path}: expected the weights of EfficientNet-Lite0, found {error}") from error
    tensors: dict[str, NDArray[np.float32]] = {}
    places = json.loads((files("sonovista.vision") / "efficientnet_lite0.json").read_text())
    for name, (start, shape, strides) in places.items():
        end = start + 4 * (1 + sum((size - 1) * step for size, step in zip(shape, strides, strict=True)))
        if end > len(data):
            raise InputError(f"{path}: expected the weights of EfficientNet-Lite0, found a file that is cut short")
        numbers = data[start:end].view("<f4")
        steps = [4 * step for step in strides]
        tensors[name] = np.lib.stride_tricks.as_strided(numbers, shape, steps, writeable=False)
    return tensors


def read_imagenet_weights(path: Path) -> dict[str, NDArray[np.float32]]:
    """The weights as the graph takes them; batch normalisations are folded into the convolutions before them.

    Args:
        path: of the file that `stored_tensors` reads.

    Returns:
        Name in the graph -> weights.

    Raises:
        InputError: the file cannot be read or is another one.
    """
    stored = stored_tensors(path)
    weights: dict[str, NDArray[np.float32]] = {}
    for c in CONVOLUTIONS:
        names = ("weight", "bias", "running_mean", "running_var")
        scale, shift, mean, variance = (stored[f"{c.normalised}.{name}"] for name in names)
        factor = (scale / np.sqrt(variance + np.float32(_VARIANCE_FLOOR))).astype(np.float32)
        kernel = stored[f"{c.stored}.weight"] * factor[:, None, None, None]
        weights[f"{c.name}.weight"] = np.ascontiguousarray(kernel, np.float32)
        weights[f"{c.name}.bias"] = (shift - mean * factor).astype(np.float32)
    weights["classifier.weight"] = np.ascontiguousarray(stored["_fc.weight"])[..., None, None]
    weights["classifier.bias"] = np.ascontiguousarray(stored["_fc.bias"])
    return weights
