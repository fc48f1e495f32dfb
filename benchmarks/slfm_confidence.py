r"""Fit how sure sound directions are, on sounds in the rooms of validation, and write it beside exported networks.

    python benchmarks/slfm_confidence.py EXPORTED --simulation SIMULATION --sounds SOUNDS

SOUNDS has the folders that `tools/fetch_sounds.py` fills. The test split is not read.
"""

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from environment import environment

from sonovista.evaluate.slfm_confidence import fit_confidence
from sonovista.slfm.angles import wrapped
from sonovista.slfm.streams.ears import spherical_ears
from sonovista.slfm.streams.places import binaural_response, draw_place
from sonovista.slfm.streams.procedural import ViewOptions, heard
from sonovista.slfm.streams.protocol import Views
from sonovista.slfm.streams.sound_only import SoundStream
from sonovista.slfm.streams.sounds import SAMPLE_RATE, SeveralSounds, SoundFolder, Sounds, VariedSounds, moments

SECONDS, LONG = 1.0, 2.55
VIEWS = 4
ALL_SOUNDS = ("music/games", "music/train", "music/val", "speech/val", "speech/train")
HEADS = ((0.075, 95.0), (0.08, 105.0), (0.082, 90.0), (0.092, 98.0), (0.096, 105.0), (0.1, 92.0))
"""Radius in metres and ear azimuth in degrees; the test's sphere is none of them."""
HEAD_PLACES, FIRST_PLACE = 160, 1_000_000


class Part(NamedTuple):
    """Sounds in stored places: how many views are left out, and which of the others are heard for 2.55 s."""

    table: str
    sounds: tuple[str, ...]
    seed: int
    places: int = 216
    seconds: float = LONG
    narrowed: float | None = None
    other_rooms: float = 0.0


PARTS = (
    Part("rotation-val", ("music/val",), 9),
    Part("rotation-val", ("music/games", "music/train"), 12, narrowed=0.2),
    Part("rotation-val", ("speech/val",), 9),
    Part("two-sources-val", ("speech/val", "music/val"), 9, places=108),
    *(Part("rotation-val", ALL_SOUNDS, seed, seconds=SECONDS, narrowed=0.15, other_rooms=0.5) for seed in (21, 22, 23)),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="of exported networks; its model.json is written")
    parser.add_argument("--simulation", type=Path, required=True, help="what `sonovista simulate` wrote of sonorooms-1")
    parser.add_argument("--sounds", type=Path, required=True)
    parser.add_argument("--every", type=int, default=1, help="take one sound in so many, to try it out")
    options = parser.parse_args()
    rooms: list[int] = []
    found = fit_confidence(options.folder, _examples(options, rooms), rooms=rooms)
    print(json.dumps({"environment": environment(), "options": {"every": options.every}, **found}, indent=2))


def _examples(options: argparse.Namespace, rooms: list[int]) -> Iterator[Views]:
    """One sound each; the number of its room is added to `rooms` before it is given."""
    counted = 0
    for part in PARTS:
        for number, (sound, azimuth, room) in enumerate(_stored(part, options.simulation, options.sounds)):
            if part.seconds == LONG and number % VIEWS == VIEWS - 1:
                continue
            counted += 1
            if counted % options.every == 0:
                rooms.append(room)
                yield _view(sound, azimuth, number)
    for number, (sound, azimuth, room) in enumerate(_other_heads(options.sounds)):
        if number % (3 * options.every) == 0:
            rooms.append(room)
            yield _view(sound, azimuth, number)


def _view(sound: np.ndarray, azimuth: float, number: int) -> Views:
    if number % 3:
        sound = sound[:, : round(SECONDS * SAMPLE_RATE)]
    return Views(np.zeros((1, 0, 0, 3), np.uint8), sound[None], np.array([azimuth]), np.zeros(1))


def _folders(root: Path, names: tuple[str, ...]) -> Sounds:
    folders = [SoundFolder(root / name) for name in names]
    return folders[0] if len(folders) == 1 else SeveralSounds(folders)


def _stored(part: Part, simulation: Path, root: Path) -> Iterator[tuple[np.ndarray, float, int]]:
    sounds = _folders(root, part.sounds)
    if part.narrowed is not None:
        sounds = VariedSounds(sounds, part.narrowed)
    views = ViewOptions(views=VIEWS, seconds=part.seconds, noise_snr_db=None)
    stream = SoundStream(simulation / f"{part.table}.csv", sounds, views, part.seed, other_rooms=part.other_rooms)
    order = np.random.default_rng([part.seed, 0]).permutation(len(stream))
    for number in range(min(part.places, len(stream))):
        room = re.search(r"room-(\d+)", str(stream.folders[int(order[number])]))
        example = stream.example(number)
        for sound, azimuth in zip(example.binaural, example.azimuths, strict=True):
            yield sound, float(azimuth), int(room.group(1)) if room else number


def _other_heads(root: Path) -> Iterator[tuple[np.ndarray, float, int]]:
    sounds = _folders(root, ("speech/val", "music/val"))
    heads = [spherical_ears(radius, float(np.radians(ear))) for radius, ear in HEADS]
    samples = round(LONG * SAMPLE_RATE)
    for number in range(HEAD_PLACES):
        place, rng = draw_place(FIRST_PLACE + number), np.random.default_rng([9, number])
        sound = sounds.piece(rng, 3 * samples + SAMPLE_RATE)
        starts = moments(rng, VIEWS, samples, len(sound) - SAMPLE_RATE // 2)
        out, azimuths = [], []
        for start in starts:
            widest = np.pi / 2 if rng.random() < 0.75 else np.pi
            azimuths.append(rng.uniform(-widest, widest))
            yaw = float(wrapped(place.azimuth - azimuths[-1]))
            response = np.asarray(binaural_response(place, heads[number % len(heads)], yaw), np.float32)
            out.append(heard(sound, response, int(start), samples))
        scale = 0.1 / np.sqrt(np.mean(np.square(out)))
        for one, azimuth in zip(out, azimuths, strict=True):
            yield (scale * one).astype(np.float32), float(azimuth), 1000 + number // 16


if __name__ == "__main__":
    main()
