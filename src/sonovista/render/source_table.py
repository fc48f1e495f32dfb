"""A scene's sources as arrays: where they are, how loud, and how they move."""

import numpy as np
from numpy.typing import NDArray

from sonovista.scene.document import SceneDocument, Source


def source_points(source: Source) -> NDArray[np.float64]:
    """Where a source sounds from, metres, shape `(points, 3)`; none for ambience, the centroid where it has no points.

    Raises:
        ValueError: a point or area source without a position.
    """
    if source.kind == "ambient":
        return np.zeros((0, 3))
    if source.kind == "area" and source.points:
        return np.array(source.points, float)
    if source.position is None:
        raise ValueError(f"source {source.id!r}: expected a position, found none")
    return np.array([source.position], float)


def linear_gain(gain_db: float) -> float:
    """Amplitude of a gain in decibels."""
    return 10.0 ** (gain_db / 20.0)


class SourceTable:
    """The sources of a document as arrays.

    Attributes:
        ids: in the document's order, S of them.
        index: of each id.
        ambient: which have no place, bool, `(S,)`.
        gains: linear, with the listener's, `(S,)`.
        points: metres, float32, `(3, P)`.
        bounds: where each source's points begin, and the end of the last, `(S + 1,)`.
        centroids: metres, `(S, 3)`; zero for ambience.
    """

    def __init__(self, document: SceneDocument) -> None:
        sources = document.sources
        self.ids = tuple(source.id for source in sources)
        self.index = {identifier: i for i, identifier in enumerate(self.ids)}
        self.ambient = np.array([source.kind == "ambient" for source in sources], bool)
        listener = linear_gain(document.listener.gain_db)
        self.gains = np.array([listener * linear_gain(source.gain_db) for source in sources], float)
        places = [source_points(source) for source in sources]
        self.bounds = np.concatenate([[0], np.cumsum([len(place) for place in places])]).astype(np.int64)
        self.points = np.ascontiguousarray(np.concatenate([*places, np.zeros((0, 3))]).T.astype(np.float32))
        self.centroids = np.array([place.mean(axis=0) if len(place) else np.zeros(3) for place in places]).reshape(
            -1, 3
        )

    def __len__(self) -> int:
        return len(self.ids)
