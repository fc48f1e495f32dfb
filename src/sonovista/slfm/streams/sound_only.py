"""Sounds in stored places, without pictures: all that is still learned where rotations are known beforehand."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
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
        folder: see `example_folders`; or several.
        sounds: clean ones.
        options: of the views; what concerns pictures is not used, and reverberation is as stored.
        seed: decides, with an example's number, which sound is heard when.
        rotations: a table of estimated rotations (see `rotation_tables`) for each folder; views that it is not sure of
            are left out, and so are places with too few others. None: true ones alone.
        sure: least confidence of a rotation that is used.
        other_rooms: share of the examples whose reverberation is changed, see `with_other_reverberation`.

    Raises:
        InputError: there are no examples, or none with enough sure rotations.
    """

    def __init__(
        self,
        folder: str | Path | Sequence[str | Path],
        sounds: Sounds,
        options: ViewOptions | None = None,
        seed: int = 0,
        rotations: str | Path | Sequence[str | Path] | None = None,
        sure: float = 0.9,
        other_rooms: float = 0.0,
    ) -> None:
        self.sounds, self.options, self.seed = sounds, options or ViewOptions(), seed
        self.other_rooms = other_rooms
        if self.options.reverberation != 1.0:
            raise InputError("views.reverberation: expected 1, as stored, where there are no pictures")
        sources = listed(folder)
        self._estimates: list[NDArray[np.float64]] | None = None
        self._usable: list[NDArray[np.int64]] | None = None
        if rotations is None:
            folders = [path for source in sources for path in example_folders(source)]
        else:
            known = [row for pair in zip(sources, listed(rotations), strict=True) for row in _estimated(*pair)]
            usable = [(path, yaws, np.flatnonzero(confidence >= sure)) for path, yaws, confidence in known]
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
            self._heard(self._in_another_room(responses[:, views], rng), rng),
            azimuths[views],
            wrapped(yaws[views] - yaws[0]),
            estimated,
        )

    def _in_another_room(self, responses: NDArray[np.int16], rng: np.random.Generator) -> NDArray[np.int16]:
        if self.other_rooms <= 0.0 or rng.random() >= self.other_rooms:
            return responses
        other = self.places[int(rng.integers(len(self.places)))][0]
        stretch = LARGEST_STRETCH ** rng.uniform(-1.0, 1.0)
        gain_db, slope_db = float(rng.uniform(-4.0, 4.0)), float(rng.uniform(-60.0, 20.0))
        late = rng.random() < LATE_FROM_ELSEWHERE
        out = np.empty_like(responses)
        for source, view in np.ndindex(*responses.shape[:2]):
            tail = other[int(rng.integers(len(other))), int(rng.integers(other.shape[1]))] if late else None
            out[source, view] = with_other_reverberation(responses[source, view], stretch, gain_db, slope_db, tail)
        return out

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


def listed(paths: str | Path | Sequence[str | Path] | None) -> Sequence[str | Path]:
    """One path, several or none as a list."""
    return [paths] if isinstance(paths, (str, Path)) else paths or []


def _estimated(
    source: str | Path, rotations: str | Path
) -> list[tuple[Path, NDArray[np.float64], NDArray[np.float64]]]:
    """Examples of a source that the table knows: folder, yaws and how sure they are."""
    table = read_rotation_table(rotations)
    known = [(path, table.get(example_name(path, source))) for path in example_folders(source)]
    return [(path, *found) for path, found in known if found is not None]


DIRECT_SAMPLES, FADE_SAMPLES = 48, 16
"""A response's first 3 ms are the head's answer to the direct sound, about; within 1 ms more the room takes over."""
EARLY_SAMPLES = 320
"""First reflections, many of which come from where the direct sound does, by way of floor and ceiling: 20 ms."""
LARGEST_STRETCH, LATE_FROM_ELSEWHERE = 1.25, 0.4


def with_other_reverberation(
    own: NDArray[np.int16], stretch: float, gain_db: float, slope_db: float, late: NDArray[np.int16] | None = None
) -> NDArray[np.int16]:
    """The same direct sound in a room that is wider or narrower, louder or softer: few places become many.

    Args:
        own: response whose direct sound is kept, shape `(2, samples)`, 16 kHz.
        stretch: factor of the times at which all else arrives.
        gain_db: of all else.
        slope_db: by which it grows in a second; it dies away the faster the lower this is.
        late: another response, of any length, from which all after 20 ms is taken; None keeps its own.

    Returns:
        Shape of `own`.
    """
    start, samples = _arrival(own), own.shape[1]
    tail = own.astype(np.float32)
    if late is not None:
        tail = _faded(tail, _shifted(late, start - _arrival(late), samples), start + EARLY_SAMPLES)
    stretched = np.asarray(soxr.resample(tail[:, start:].T, 1.0, stretch, quality="LQ"), np.float32).T
    after = np.arange(samples) - start
    gain = 10.0 ** ((gain_db + slope_db * np.maximum(after, 0) / SAMPLE_RATE) / 20.0)
    tail = gain * _shifted(stretched, start, samples)
    return np.clip(np.round(_faded(own, tail, start + DIRECT_SAMPLES)), -32768, 32767).astype(np.int16)


def _faded(first: NDArray[Any], second: NDArray[Any], at: int) -> NDArray[np.float32]:
    """From one signal over to another at a sample."""
    part = 0.5 - 0.5 * np.cos(np.pi * np.clip((np.arange(first.shape[1]) - at) / FADE_SAMPLES, 0.0, 1.0))
    return ((1.0 - part) * first + part * second).astype(np.float32)


def _shifted(signal: NDArray[Any], by: int, samples: int) -> NDArray[np.float32]:
    out = np.zeros((2, samples), np.float32)
    moved = signal[:, max(0, -by) :][:, : samples - max(0, by)]
    out[:, max(0, by) :][:, : moved.shape[1]] = moved
    return out


def _arrival(response: NDArray[np.int16]) -> int:
    """First sample at which either ear reaches a fifth of the largest."""
    height = np.abs(response.astype(np.int32)).max(axis=0)
    return int(np.argmax(height >= 0.2 * max(int(height.max()), 1)))


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
