"""Objects in a photo by SSD-MobileNet v2 (80 COCO classes), where its weights were pulled: optional.

Liu et al., "SSD: Single Shot MultiBox Detector", ECCV 2016; the TensorFlow zoo's network of 2018-03-29, run by OpenCV.
The frozen graph is a protocol buffer of numbers and operations that OpenCV knows: no pickle, no code.
`sonovista models pull ssd-mobilenet-v2-coco` and `... ssd-mobilenet-v2-coco-graph` bring it.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.weights.cache import cached, is_whole
from sonovista.weights.registry import find

WEIGHTS = "ssd-mobilenet-v2-coco"
GRAPH = "ssd-mobilenet-v2-coco-graph"
SIZES = (300, 600)
"""Pixels to which the photo is resized: the network's own, and twice that for what is small."""
LEAST_SCORE = 0.3
OVERLAP = 0.45
COCO = {
    1: "person", 2: "bicycle", 3: "car", 4: "motorcycle", 5: "airplane", 6: "bus", 7: "train", 8: "truck", 9: "boat",
    16: "bird", 17: "cat", 18: "dog", 19: "horse", 20: "sheep", 21: "cow", 72: "tv", 73: "laptop", 76: "keyboard",
    77: "cell phone", 81: "sink", 82: "refrigerator", 85: "clock",
}  # fmt: skip
"""The detector's numbers of the classes that can sound."""


@dataclass(frozen=True)
class Detection:
    """An object in a photo.

    Attributes:
        name: of the COCO class.
        score: in [0, 1].
        box: left, top, right, bottom in fractions of the photo's width and height.
    """

    name: str
    score: float
    box: tuple[float, float, float, float]


def available() -> bool:
    """Whether the detector's two files are in the cache; nothing is fetched."""
    return all(is_whole(find(name), cached(find(name))) for name in (WEIGHTS, GRAPH))


def detect_objects(image: NDArray[np.uint8]) -> list[Detection]:
    """Objects in an RGB photo `(H, W, 3)`, surest first; each place is told once for each class.

    Raises:
        cv2.error: the files cannot be read; ask `available` first.
    """
    network = _network()
    found: list[Detection] = []
    for size in SIZES:
        network.setInput(cv2.dnn.blobFromImage(image, size=(size, size), swapRB=False))
        for row in network.forward()[0, 0]:
            name, score = COCO.get(int(row[1])), float(row[2])
            if name is not None and score >= LEAST_SCORE:
                left, top, right, bottom = (float(np.clip(value, 0.0, 1.0)) for value in row[3:7])
                if right > left and bottom > top:
                    found.append(Detection(name, score, (left, top, right, bottom)))
    kept: list[Detection] = []
    for one in sorted(found, key=lambda detection: -detection.score):
        if not any(one.name == other.name and overlap(one.box, other.box) > OVERLAP for other in kept):
            kept.append(one)
    return kept


def overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    """Intersection over union of two boxes (left, top, right, bottom)."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0.0 or height <= 0.0:
        return 0.0
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - width * height
    return width * height / union


@cache
def _network() -> Any:
    return cv2.dnn.readNetFromTensorflow(str(cached(find(WEIGHTS))), str(cached(find(GRAPH))))
