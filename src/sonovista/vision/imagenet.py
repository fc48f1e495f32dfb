"""EfficientNet-Lite0, frozen: which of 1000 ImageNet classes each cell of a picture speaks for, by ONNX Runtime.

Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019; the Lite variant
(https://github.com/tensorflow/tpu, models/official/efficientnet/lite) has no squeeze-and-excitation and clips at 6. The
weights are fetched (`sonovista.weights`); the package ships the graph without them.
"""

from functools import cache
from importlib.resources import files
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.errors import InputError
from sonovista.vision.imagenet_weights import read_imagenet_weights
from sonovista.weights.cache import cached, is_whole
from sonovista.weights.graphs import open_graph
from sonovista.weights.registry import find

WEIGHTS = "efficientnet-lite0"
"""Name in the registry."""
SIDE = 224
"""Pixels of the pictures on which the network was trained."""
CELL = 32
"""Pixels of a cell."""
_MIDDLE, _RANGE = 127.0, 128.0


def available() -> bool:
    """Whether the weights are in the cache; nothing is fetched."""
    return is_whole(find(WEIGHTS), cached(find(WEIGHTS)))


class ImageNetNetwork:
    """The network with its weights."""

    def __init__(self, weights: dict[str, NDArray[np.float32]], threads: int = 0) -> None:
        """Make a session; `load_network` gives one that is shared.

        Args:
            weights: of `read_imagenet_weights`.
            threads: of ONNX Runtime; 0 leaves the choice to it.

        Raises:
            BackendUnavailable: ONNX Runtime is too old.
        """
        self._session = _session(weights, threads)

    def __call__(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Logits of every cell; their mean over the cells is what the network says of the whole crop.

        Args:
            crops: RGB, shape `(B, H, W, 3)`, uint8, H and W multiples of 32; trained on 224 x 224.

        Returns:
            Shape `(B, H / 32, W / 32, 1000)`, float32.

        Raises:
            InputError: the crops are of another shape.
        """
        if crops.ndim != 4 or crops.shape[3] != 3 or crops.shape[1] % CELL or crops.shape[2] % CELL or not crops.size:
            raise InputError(f"crops: expected (B, H, W, 3) with sides that are multiples of 32, found {crops.shape}")
        pixels = (crops.astype(np.float32) - np.float32(_MIDDLE)) / np.float32(_RANGE)
        (cells,) = self._session.run(["cells"], {"picture": np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))})
        return np.ascontiguousarray(cells.transpose(0, 2, 3, 1))


@cache
def load_network(threads: int = 0) -> ImageNetNetwork:
    """The network, one for each process; ask `available` first: nothing is fetched.

    Raises:
        InputError: the weights are not there.
        BackendUnavailable: ONNX Runtime is too old.
    """
    return ImageNetNetwork(read_imagenet_weights(cached(find(WEIGHTS))), threads)


def probabilities(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Softmax over the last axis."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def crop(image: NDArray[np.uint8], box: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """A part of an RGB picture as the network sees it.

    Args:
        image: RGB, shape `(H, W, 3)`.
        box: left, top, right, bottom in pixels, not empty.

    Returns:
        Shape `(224, 224, 3)`.
    """
    left, top, right, bottom = box
    part = image[top:bottom, left:right]
    shrinks = min(part.shape[:2]) > SIDE
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(part, (SIDE, SIDE), interpolation=method), np.uint8)


def _session(weights: dict[str, NDArray[np.float32]], threads: int) -> Any:
    graph = (files("sonovista.vision") / "efficientnet_lite0.onnx").read_bytes()
    return open_graph(graph, "the ImageNet network", threads, weights)
