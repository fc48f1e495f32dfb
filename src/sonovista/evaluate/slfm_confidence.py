"""How sure estimates are, fitted on validation examples and written beside exported networks."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sonovista.slfm.angles import angular_error, folded
from sonovista.slfm.calibration import GOOD_DEG, Logistic, auroc
from sonovista.slfm.camera_rotation import found_rotation
from sonovista.slfm.doubt import Doubt
from sonovista.slfm.runtime import MotionNetworks
from sonovista.slfm.sound_evidence import asked_of, sound_evidence
from sonovista.slfm.streams.protocol import Views

SAMPLE_RATE = 16_000
FOLDS = 5


def fit_confidence(
    folder: str | Path, examples: Iterable[Views], pitch: float | None = None, rooms: Sequence[int] | None = None
) -> dict[str, Any]:
    """Fit the chance of an error under 10 degrees for sound and rotation, and write it into `model.json`.

    Examples must come from a validation split, never from the one that is reported on, and their rotations should
    reach beyond what pictures share, so that hopeless pairs are known as such.

    Args:
        folder: of exported networks.
        examples: with true angles; where they have no pictures, sound's confidence alone is fitted. Sound that is
            longer than what the network was trained on is used whole and cut to that.
        pitch: of the cameras, radians; None where unknown.
        rooms: a number for the room of each example: how much doubt is worth is seen in rooms that it was not fitted
            in. None: each example has a room of its own.

    Returns:
        Areas under the curve, of sound in rooms that were left out, and how many examples there were.
    """
    networks = MotionNetworks(folder)
    sound: list[HeardExample] = []
    turns: list[tuple[np.ndarray, bool]] = []
    for number, views in enumerate(examples):
        sound += _heard(views, networks, number if rooms is None else rooms[number])
        pairs = combinations(range(len(views.images)), 2) if views.images.size else ()
        for first, second in pairs:
            turn = views.rotations[second] - views.rotations[first]
            guess = found_rotation(views.images[first], views.images[second], networks, pitch)
            good = np.degrees(float(angular_error(guess.angle, turn))) < GOOD_DEG
            turns.append((guess.evidence, bool(good)))
    out: dict[str, Any] = {}
    if sound:
        doubt, model, out["sound"] = fit_sound_confidence(sound)
        networks.facts["doubt"], networks.facts["confidence"]["sound"] = doubt.as_dict(), model.as_list()
    if turns:
        evidence, good = np.array([row for row, _ in turns]), np.array([good for _, good in turns])
        model = Logistic.fitted(evidence, good)
        networks.facts["confidence"]["rotation"] = model.as_list()
        area = auroc(model.chance(evidence), good)
        out["rotation"] = {"examples": len(turns), "good": float(good.mean()), "auroc": area}
    path = Path(folder) / "model.json"
    path.write_text(json.dumps(networks.facts, indent=2) + "\n", encoding="utf-8")
    return out


@dataclass(frozen=True)
class HeardExample:
    """One sound of known direction.

    Attributes:
        evidence: all of it but the doubt, which is 0.
        embedding: of the whole sound.
        error_deg: degrees.
        room: number of its room.
    """

    evidence: NDArray[np.float64]
    embedding: NDArray[np.float64]
    error_deg: float
    room: int


def fit_sound_confidence(examples: list[HeardExample]) -> tuple[Doubt, Logistic, dict[str, Any]]:
    """Doubt from embeddings, then confidence from the evidence with the doubt of rooms that were left out."""
    evidence = np.array([each.evidence for each in examples])
    embedding = np.array([each.embedding for each in examples])
    error = np.array([each.error_deg for each in examples])
    fold = np.unique([each.room for each in examples], return_inverse=True)[1] % FOLDS
    good = error < GOOD_DEG
    left_out = np.zeros(len(examples))
    parts = [fold == number for number in range(FOLDS) if 0 < (fold == number).sum() < len(examples)]
    for part in parts:
        evidence[part, -1] = Doubt.fitted(embedding[~part], error[~part]).expected(embedding[part])
    for part in parts:
        left_out[part] = Logistic.fitted(evidence[~part], good[~part]).chance(evidence[part])
    facts = {"examples": len(examples), "good": float(good.mean()), "auroc": auroc(left_out, good)}
    return Doubt.fitted(embedding, error), Logistic.fitted(evidence, good), facts


def _heard(views: Views, networks: MotionNetworks, room: int) -> list[HeardExample]:
    usual = round(networks.seconds * SAMPLE_RATE)
    out = []
    for binaural, azimuth in zip(views.binaural, views.azimuths, strict=True):
        lengths = {min(usual, binaural.shape[1]), binaural.shape[1] if networks.any_length else usual}
        for stretch in (binaural[:, :length] for length in sorted(lengths)):
            azimuths, embeddings = networks.heard(asked_of(stretch, networks))
            front = folded(azimuths)
            error = np.degrees(float(angular_error(front[0], folded(azimuth))))
            out.append(HeardExample(sound_evidence(stretch, front, 0.0), embeddings[0], error, room))
    return out
