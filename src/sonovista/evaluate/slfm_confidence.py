"""How sure estimates are, fitted on validation examples and written beside exported networks."""

import json
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from sonovista.slfm.angles import angular_error, folded
from sonovista.slfm.calibration import GOOD_DEG, Logistic, auroc
from sonovista.slfm.camera_rotation import found_rotation
from sonovista.slfm.runtime import MotionNetworks
from sonovista.slfm.sound_direction import parts_of, repeated, sound_evidence
from sonovista.slfm.streams.protocol import Views

SAMPLE_RATE = 16_000


def fit_confidence(folder: str | Path, examples: Iterable[Views], pitch: float | None = None) -> dict[str, Any]:
    """Fit the chance of an error under 10 degrees for sound and rotation, and write it into `model.json`.

    Examples must come from a validation split, never from the one that is reported on, and their rotations should
    reach beyond what pictures share, so that hopeless pairs are known as such.

    Args:
        folder: of exported networks.
        examples: with true angles; where they have no pictures, sound's confidence alone is fitted.
        pitch: of the cameras, radians; None where unknown.

    Returns:
        Areas under the curve on the examples themselves, and how many there were.
    """
    networks = MotionNetworks(folder)
    sound: list[tuple[np.ndarray, bool]] = []
    turns: list[tuple[np.ndarray, bool]] = []
    whole = round(networks.seconds * SAMPLE_RATE)
    for views in examples:
        for binaural, azimuth in zip(views.binaural, views.azimuths, strict=True):
            pieces = [binaural, *parts_of(binaural)]
            found = networks.sound(np.stack([networks.sound_features(repeated(piece, whole)) for piece in pieces]))
            error = float(angular_error(folded(found[0]), folded(azimuth)))
            sound.append((sound_evidence(binaural, found), np.degrees(error) < GOOD_DEG))
        pairs = combinations(range(len(views.images)), 2) if views.images.size else ()
        for first, second in pairs:
            turn = views.rotations[second] - views.rotations[first]
            guess = found_rotation(views.images[first], views.images[second], networks, pitch)
            good = np.degrees(float(angular_error(guess.angle, turn))) < GOOD_DEG
            turns.append((guess.evidence, bool(good)))
    out: dict[str, Any] = {}
    for kind, rows in (("sound", sound), ("rotation", turns)):
        if not rows:
            continue
        evidence, good = np.array([row for row, _ in rows]), np.array([good for _, good in rows])
        model = Logistic.fitted(evidence, good)
        networks.facts["confidence"][kind] = model.as_list()
        out[kind] = {"examples": len(rows), "good": float(good.mean()), "auroc": auroc(model.chance(evidence), good)}
    path = Path(folder) / "model.json"
    path.write_text(json.dumps(networks.facts, indent=2) + "\n", encoding="utf-8")
    return out
