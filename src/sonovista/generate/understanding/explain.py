"""A picture of what was heard where in a scene, and why."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sonovista.errors import InputError
from sonovista.geometry.image_files import write_rgb
from sonovista.scene import Scene

FILE_NAME = "explain.png"
WIDTH = 1600
_LINE = 26
_COLOURS = np.array(
    [[230, 60, 60], [60, 120, 240], [60, 190, 90], [240, 170, 40], [170, 80, 220], [50, 190, 200], [240, 110, 180]],
    np.uint8,
)


def write_explanation(scene: Scene, folder: Path) -> Path:
    """Write `explain.png` into a scene's folder.

    Args:
        scene: with its panorama and masks.
        folder: of the scene.

    Returns:
        The file.

    Raises:
        InputError: the scene has no panorama.
    """
    path = folder / FILE_NAME
    write_rgb(path, explanation(scene))
    return path


def explanation(scene: Scene) -> NDArray[np.uint8]:
    """The panorama with each source's mask outlined and named; below, each thing with its confidence and its reason.

    Raises:
        InputError: the scene has no panorama.
    """
    if scene.panorama is None:
        raise InputError("explain: expected a scene with a panorama, found none")
    picture = cv2.resize(scene.panorama, (WIDTH, WIDTH // 2), interpolation=cv2.INTER_AREA)
    lines: list[tuple[str, NDArray[np.uint8]]] = []
    for index, source in enumerate(scene.document.sources):
        colour = _COLOURS[index % len(_COLOURS)]
        lines.append((f"{source.label} ({source.kind}) {source.confidence:.2f}", colour))
        if source.id in scene.masks:
            _outline(picture, scene.masks[source.id], source.label, colour)
    lines += [(note, np.array([90, 90, 90], np.uint8)) for note in reasons(scene)]
    legend = np.full((_LINE * (len(lines) + 1), WIDTH, 3), 250, np.uint8)
    for row, (text, colour) in enumerate(lines):
        _write(legend, text, (16, _LINE * (row + 1)), colour)
    return np.concatenate([np.asarray(picture, np.uint8), legend])


def reasons(scene: Scene) -> list[str]:
    """What the understanding stage said of each thing: its confidence and why."""
    return [note for stage in scene.document.stages if stage.name == "understanding" for note in stage.notes]


def _outline(picture: NDArray, mask: NDArray[np.bool_], label: str, colour: NDArray[np.uint8]) -> None:
    small = cv2.resize(mask.astype(np.uint8), (WIDTH, WIDTH // 2), interpolation=cv2.INTER_AREA)
    inside = small > 0
    picture[inside] = (0.75 * picture[inside] + 0.25 * colour).astype(np.uint8)
    contours, _ = cv2.findContours(small, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    cv2.drawContours(picture, contours, -1, [int(value) for value in colour], 2)
    if inside.any():
        rows, columns = np.nonzero(inside)
        place = int(np.median(columns)) - 4 * len(label), int(np.median(rows))
        _write(picture, label, place, np.array([255, 255, 255], np.uint8), np.array([20, 20, 20], np.uint8))


def _write(
    picture: NDArray, text: str, place: tuple[int, int], colour: NDArray, edge: NDArray[np.uint8] | None = None
) -> None:
    ascii_text = text.encode("ascii", "replace").decode()
    for shade, thickness in (() if edge is None else ((edge, 4),)) + ((colour, 1),):
        cv2.putText(
            picture, ascii_text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.6, [int(v) for v in shade], thickness, cv2.LINE_AA
        )
