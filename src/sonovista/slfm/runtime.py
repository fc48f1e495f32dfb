"""The exported networks, run by ONNX Runtime, without torch."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonovista.errors import BackendUnavailable, InputError
from sonovista.slfm.calibration import Logistic
from sonovista.slfm.doubt import Doubt
from sonovista.slfm.features.pictures import as_input
from sonovista.slfm.features.spatial import spatial_features
from sonovista.slfm.features.spectrograms import magnitude_and_phase
from sonovista.weights.graphs import open_graph

SHIPPED = Path(__file__).parent / "data"
_GRAPHS = {"sound": "sound.onnx", "rotation": "rotation.onnx"}
_BATCH, _BATCH_FRAMES = 32, 2048
FORMAT = 2
"""Of `model.json` and of the graphs beside it."""


class MotionNetworks:
    """Sound direction and camera rotation.

    Args:
        folder: with `model.json`, `sound.onnx` and `rotation.onnx`; None takes those that are shipped.

    Raises:
        InputError: the folder does not hold them.
        BackendUnavailable: ONNX Runtime is not installed.
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        self.folder = SHIPPED if folder is None else Path(folder)
        path = self.folder / "model.json"
        try:
            self.facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {error.strerror}") from None
        except ValueError:
            raise InputError(f"{path}: expected JSON, found what cannot be read as it") from None
        if self.facts.get("format") != FORMAT:
            raise InputError(f"{path}: format: expected {FORMAT}, found {self.facts.get('format')!r}: export it again")
        self.doubt = Doubt.from_dict(self.facts["doubt"])
        self._sessions: dict[str, Any] = {}

    @property
    def seconds(self) -> float:
        """Of sound that the network is given at once."""
        return float(self.facts["audio"]["seconds"])

    @property
    def any_length(self) -> bool:
        """Whether it may be given more sound than that."""
        return bool(self.facts.get("any_length", False))

    def confidence(self, kind: str) -> Logistic:
        """How sure an estimate of `sound` or `rotation` is, from what `localize` and `rotation` measure of it."""
        return Logistic.from_list(self.facts["confidence"][kind])

    def sound_features(self, binaural: NDArray[np.floating]) -> NDArray[np.float32]:
        """What the network is given of `(2, seconds * 16000)` samples; or of more, see `any_length`."""
        if self.facts["audio"]["features"] == "spatial":
            return spatial_features(binaural)
        return magnitude_and_phase(binaural)

    def sound(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Azimuths in radians, left positive, `(B,)`, of features `(B, 4, bands, frames)`."""
        return self._run("sound", features=features)[0]

    def heard(self, features: list[NDArray[np.float32]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Azimuths as `sound` gives them, `(B,)`, and embeddings, `(B, width)`, of features of different lengths.

        Args:
            features: each of the shape `(4, bands, frames)`.
        """
        lengths = np.array([each.shape[-1] for each in features], int)
        azimuths, embeddings = np.zeros(len(features)), np.zeros((len(features), self.doubt.width))
        for length in np.unique(lengths):
            same = np.flatnonzero(lengths == length)
            stacked = np.stack([features[number] for number in same])
            azimuths[same], embeddings[same] = self._run("sound", features=stacked)
        return azimuths, embeddings

    def picture(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What the network is given of an RGB picture `(h, w, 3)` that is 60 degrees wide."""
        return as_input(image, self.facts["vision"]["image_width"], self.facts["vision"]["image_height"])

    def rotation(self, first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float64]:
        """How far the camera turned, radians, left positive, `(B,)`, between pictures `(B, 3, h, w)`."""
        return self._run("rotation", first=first, second=second)[0] * int(self.facts["mirror_sign"])

    def _run(self, name: str, **inputs: NDArray[np.float32]) -> list[NDArray[np.float64]]:
        if name not in self._sessions:
            self._sessions[name] = _session(self.folder / _GRAPHS[name])
        session = self._sessions[name]
        count = len(next(iter(inputs.values())))
        batch = (
            max(1, min(_BATCH, _BATCH_FRAMES // max(1, inputs["features"].shape[-1]))) if name == "sound" else _BATCH
        )
        parts = [
            session.run(None, {key: value[k : k + batch] for key, value in inputs.items()})
            for k in range(0, count, batch)
        ]
        if not parts:
            return [np.zeros(0) for _ in session.get_outputs()]
        return [np.concatenate(each).astype(float) for each in zip(*parts, strict=True)]


@lru_cache(maxsize=4)
def shared_networks(folder: Path | None = None) -> MotionNetworks:
    """Networks that are loaded once and used again."""
    return MotionNetworks(folder)


def _session(path: Path) -> Any:
    if not path.exists():
        raise InputError(f"{path}: expected an exported network, found no file")
    try:
        return open_graph(path, path.name, threads=1)
    except BackendUnavailable as error:
        if error.__cause__ is None:  # no runtime, whatever the graph
            raise
        line = " ".join(str(error.__cause__).split())[:160]
        raise InputError(f"{path}: expected an ONNX graph, found what ONNX Runtime refuses: {line}") from None
