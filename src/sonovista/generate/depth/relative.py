"""Relative depth of one picture by the trained head: log distance up to scale and shift, and the probability of sky."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.vision.backbone import Backbone
from sonovista.weights.graphs import open_graph

HEAD = "depth-small-2.onnx"
LAYERS = (3, 5, 8)
"""Blocks of the backbone, counted from 0, that the head was trained on."""
OUT = 7
"""Rows and columns of the answer for each patch of the backbone."""


@dataclass(frozen=True)
class RelativeDepth:
    """What one picture's shading and shapes say of depth.

    Attributes:
        log_distance: up to an unknown positive scale and a shift, shape `(h, w)`, float32.
        sky: probability, shape `(h, w)`, float32.
    """

    log_distance: NDArray[np.float32]
    sky: NDArray[np.float32]


def relative_depth(image: NDArray[np.uint8], longest: int, flip: bool = False) -> RelativeDepth:
    """Estimate relative depth.

    Args:
        image: RGB, shape `(H, W, 3)`, uint8.
        longest: patches along the longer side; the answer has seven times as many cells.
        flip: mean with the answer to the mirrored picture, for twice the time.

    Raises:
        BackendUnavailable: the backbone's weights are not there and cannot be fetched.
    """
    out = _run(image, longest)
    if flip:
        out = 0.5 * (out + _run(np.ascontiguousarray(image[:, ::-1]), longest)[..., ::-1])
    return RelativeDepth(out[0], (1.0 / (1.0 + np.exp(-out[1]))).astype(np.float32))


def look_at(
    image: NDArray[np.uint8], longest: int, backbone: Backbone
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """What the head is shown of a picture: the backbone's features, and the picture at half their pixels.

    Args:
        image: RGB, shape `(H, W, 3)`, uint8.
        longest: patches along the longer side.
        backbone: whose blocks `LAYERS` are asked.

    Returns:
        Shapes `(3 * 384, rows, columns)` and `(7 rows, 7 columns, 3)`.
    """
    scale = longest / max(image.shape[:2])
    rows, columns = (max(3, round(side * scale)) for side in image.shape[:2])
    features = backbone(image, rows, columns, LAYERS).transpose(0, 3, 1, 2).reshape(-1, rows, columns)
    size = (columns * OUT, rows * OUT)
    shrinks = image.shape[1] > size[0]
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return features, np.asarray(small, np.uint8)


def _run(image: NDArray[np.uint8], longest: int) -> NDArray[np.float32]:
    features, small = look_at(image, longest, Backbone.load())
    picture = small.astype(np.float32).transpose(2, 0, 1)[None] / np.float32(255.0) - np.float32(0.5)
    answer = _session().run(None, {"features": np.ascontiguousarray(features[None]), "picture": picture})[0]
    return np.asarray(answer, np.float32)[0]


@cache
def _session() -> Any:
    graph = (files("sonovista.generate.depth") / "data" / HEAD).read_bytes()
    return open_graph(graph, "the depth head")
