"""Sounds in stored places, without pictures: all that is still learned where rotations are known beforehand."""

import json
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from sonovista.errors import InputError
from sonovista.slfm.angles import wrapped
from sonovista.slfm.features.pictures import noise_like
from sonovista.slfm.rotation_tables import example_name, read_rotation_table
from sonovista.slfm.streams.procedural import ViewOptions, heard
from sonovista.slfm.streams.protocol import Views
from sonovista.slfm.streams.sounds import SAMPLE_RATE, Sounds, moments
from sonovista.slfm.streams.stored import example_folders


class SoundStream:
    """What is heard at stored places. All responses are kept in memory, as 16-bit numbers.

    Args:
        folder: see `example_folders`.
        sounds: clean ones.
        options: of the views; what concerns pictures is not used, and reverberation is as stored.
        seed: decides, with an example's number, which sound is heard when.
        rotations: a table of estimated rotations (see `rotation_tables`); views that it is not sure of are left out,
            and so are places with too few others. None: true ones alone.
        sure: least confidence of a rotation that is used.

    Raises:
        InputError: there are no examples, or none with enough sure rotations.
    """

    def __init__(
        self,
        folder: str | Path,
        sounds: Sounds,
        options: ViewOptions | None = None,
        seed: int = 0,
        rotations: str | Path | None = None,
        sure: float = 0.9,
    ) -> None:
        self.sounds, self.options, self.seed = sounds, options or ViewOptions(), seed
        if self.options.reverberation != 1.0:
            raise InputError("views.reverberation: expected 1, as stored, where there are no pictures")
        folders = example_folders(folder)
        self._estimates: list[NDArray[np.float64]] | None = None
        self._usable: list[NDArray[np.int64]] | None = None
        if rotations is not None:
            table = read_rotation_table(rotations)
            known = [(path, table.get(example_name(path, folder))) for path in folders]
            usable = [
                (path, yaws, np.flatnonzero(confidence >= sure))
                for path, (yaws, confidence) in ((path, found) for path, found in known if found is not None)
            ]
            usable = [row for row in usable if len(row[2]) >= self.options.views]
            if not usable:
                raise InputError(f"{rotations}: expected sure rotations of examples of {folder}, found none")
            folders = [row[0] for row in usable]
            self._estimates, self._usable = [row[1] for row in usable], [row[2] for row in usable]
        self.folders = folders
        self.places = [_read_place(path) for path in folders]

    def __len__(self) -> int:
        return len(self.folders)

    def example(self, index: int) -> Views:
        """The example of a number: places in an order that is drawn anew for each pass over all of them."""
        options = self.options
        turn, position = divmod(index, len(self.folders))
        number = int(np.random.default_rng([self.seed, turn]).permutation(len(self.folders))[position])
        rng = np.random.default_rng([self.seed, index])
        responses, azimuths, yaws = self.places[number]
        others = np.arange(1, len(yaws)) if self._usable is None else self._usable[number][1:]
        if len(others) + 1 < options.views:
            raise InputError(f"{self.folders[number]}: expected {options.views} views, found {len(others) + 1}")
        views = [0, *(int(view) for view in rng.permutation(others)[: options.views - 1])]
        estimated = None if self._estimates is None else self._estimates[number][views]
        return Views(
            np.zeros((len(views), 0, 0, 3), np.uint8),
            self._heard(responses[:, views], rng),
            azimuths[views],
            wrapped(yaws[views] - yaws[0]),
            estimated,
        )

    def _heard(self, responses: NDArray[np.int16], rng: np.random.Generator) -> NDArray[np.float32]:
        options, views = self.options, responses.shape[1]
        samples = round(options.seconds * SAMPLE_RATE)
        out = np.zeros((views, 2, samples), np.float32)
        for source in range(len(responses)):
            sound = self.sounds.piece(rng, 3 * samples + SAMPLE_RATE)
            starts = moments(rng, views, samples, len(sound) - SAMPLE_RATE // 2)
            gain = 1.0 if source == 0 else 10.0 ** (-rng.uniform(*options.snr_db) / 20.0)
            for view, start in enumerate(starts):
                response = responses[source, view].astype(np.float32) / np.float32(32768.0)
                out[view] += np.float32(gain) * heard(sound, response, int(start), samples)
        out *= np.float32(0.1 / max(float(np.sqrt(np.mean(np.square(out), dtype=np.float64))), 1e-8))
        if options.noise_snr_db is not None:
            level = 0.1 * 10.0 ** (-rng.uniform(*options.noise_snr_db) / 20.0)
            out += np.float32(level) * noise_like(rng, out.size).reshape(out.shape)
        return out


def _read_place(folder: Path) -> tuple[NDArray[np.int16], NDArray[np.float64], NDArray[np.float64]]:
    """Responses `(sources, V, 2, n)`, azimuths of the first source `(V,)` and yaws `(V,)`, radians."""
    path = folder / "metadata.json"
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        views = sum(key.startswith("camera_") and key.endswith("_angle") for key in facts)
        sources = sum(key.startswith("source_") and key.endswith("_position") for key in facts)
        yaws = np.radians([float(facts[f"camera_{view}_angle"]) for view in range(views)])
        azimuths = np.radians([float(facts[f"relative_angle_between_sound_0_camera_{view}"]) for view in range(views)])
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError, ValueError):
        raise InputError(f"{path}: expected angles of cameras and sounds, found none that can be read") from None
    rows = [
        [_read_response(folder / "binaural_rirs" / f"sound_{source}_camera_{view}_rir.wav") for view in range(views)]
        for source in range(sources)
    ]
    length = max((response.shape[1] for row in rows for response in row), default=0)
    out = np.zeros((sources, views, 2, length), np.int16)
    for source, view in np.ndindex(sources, views):
        out[source, view, :, : rows[source][view].shape[1]] = rows[source][view]
    return out, wrapped(azimuths), yaws


def _read_response(path: Path) -> NDArray[np.int16]:
    try:
        samples, rate = soundfile.read(path, dtype="int16", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as error:
        raise InputError(f"{path}: expected a WAV file, found: {error}") from None
    if rate != SAMPLE_RATE or samples.shape[1] != 2:
        raise InputError(f"{path}: expected 2 channels at {SAMPLE_RATE} Hz, found {samples.shape[1]} at {rate} Hz")
    return np.ascontiguousarray(samples.T, np.int16)
