"""Recordings of one source in a room, and a first guess 40 degrees and 1 m off."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sonovista.acoustics.late_tail import tail_noise_bands
from sonovista.ambisonics import load_default_filters
from sonovista.geometry import direction_from_angles

RATE = 48_000


@dataclass(frozen=True)
class Case:
    """Where a source is, and by how much the first guess is off."""

    azimuth_deg: float
    elevation_deg: float
    distance: float
    azimuth_off_deg: float
    distance_off: float
    gain: float = 0.5
    rt60: float = 0.4


def scenes(case: Case, samples: int, seed: int = 1) -> tuple[Any, Any]:
    """The true scene and the first guess, as `SceneTensors`: noise for two fifths of the time, then only the room."""
    import torch

    from sonovista.render.differentiable.reverberation import Reverberation
    from sonovista.render.differentiable.scene_tensors import SceneTensors

    def tensor(values: Any) -> Any:
        return torch.tensor(np.asarray(values, np.float32))

    sound = np.zeros(samples)
    sound[: samples * 2 // 5] = 0.1 * np.random.default_rng(seed).normal(size=samples * 2 // 5)
    noise = tensor(tail_noise_bands(RATE, samples))
    # As loud in all as the direct sound at 1 m.
    level = np.sqrt(6.0 * np.log(10.0) / (case.rt60 * RATE))
    truth = SceneTensors(
        sounds=(tensor(sound),),
        gains=tensor([case.gain]),
        points=(tensor([_place(case.azimuth_deg, case.elevation_deg, case.distance)]),),
        absorption_per_metre=tensor(0.02),
        minimum_distance=tensor(0.3),
        listener_gain=tensor(1.0),
        speed_of_sound=tensor(343.0),
        filters=tensor(load_default_filters(3).filters),
        reverberation=Reverberation(tensor([case.rt60]), tensor([level]), noise),
    )
    assert truth.reverberation is not None
    away = _place(case.azimuth_deg + case.azimuth_off_deg, case.elevation_deg, case.distance + case.distance_off)
    guess = replace(
        truth,
        gains=tensor([2.0 * case.gain]),
        points=(tensor([away]),),
        reverberation=replace(truth.reverberation, rt60_s=tensor([1.8 * case.rt60])),
    )
    return truth, guess


def errors(found: Any, truth: Any) -> dict[str, float]:
    """Angle in degrees, and relative errors of distance, gain and reverberation time."""
    place, wanted = found.points[0][0].numpy(), truth.points[0][0].numpy()
    cosine = place @ wanted / np.linalg.norm(place) / np.linalg.norm(wanted)
    return {
        "angle_deg": float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))),
        "distance": float(np.linalg.norm(place) / np.linalg.norm(wanted) - 1.0),
        "gain": float(found.gains[0] / truth.gains[0] - 1.0),
        "rt60": float(found.reverberation.rt60_s[0] / truth.reverberation.rt60_s[0] - 1.0),
    }


def _place(azimuth_deg: float, elevation_deg: float, distance: float) -> np.ndarray:
    return distance * direction_from_angles(np.radians(azimuth_deg), np.radians(elevation_deg))
