"""Gradients of the differentiable renderer, and what they are good for; prints one JSON document.

    python benchmarks/gradients.py [--steps 60] [--quick] [--part 1/4]

First, analytic against numerical derivatives (central differences, float64) of what two ears hear, for everything that
it depends on, over random directions, the source below 8 kHz: above, the real-time interpolator of delays has steps
between samples that no derivative sees.

Then recovery: one source of known sound in a reverberant room is heard through the real-time renderer (NumPy, float32,
soft limit); its place, level and the room's reverberation time are found by gradient descent through the differentiable
one, from starts 40 degrees and 1 m off, at twice the level and 1.8 times the reverberation time.

Last, the same where the tail that is fitted is not the one that was heard (other noise, same decay) and the recording
hisses 30 dB below its sound: what is left when the model is not what made the sound.
"""

import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from environment import environment
from scipy.signal import butter, sosfiltfilt
from torch import Tensor

from sonovista.acoustics.occlusion import OcclusionMap
from sonovista.acoustics.shoebox import reverberation_times as box_times
from sonovista.ambisonics import load_default_filters
from sonovista.geometry import direction_from_angles, rotation_from_yaw_pitch_roll
from sonovista.render import BinauralRenderer
from sonovista.render.differentiable import SceneTensors, render, tensors_of_scene
from sonovista.render.differentiable.recovery import recover_sources
from sonovista.render.differentiable.room_tensors import reverberation_of_room
from sonovista.scene.document import Acoustics, Air, Room, SceneDocument, Source
from sonovista.scene.scene import Scene

SEED = 0
BLOCK_SIZE = 256
SIZE = (6.0, 5.0, 3.0)
LIMITS = {"angle_deg": 2.0, "gain": 0.05, "rt60": 0.05}
PLACES = (
    (0.0, 0.0, 2.0),
    (45.0, 10.0, 2.0),
    (-60.0, 0.0, 2.7),
    (100.0, 20.0, 1.5),
    (-120.0, 0.0, 2.5),
    (170.0, -20.0, 2.5),
)
OFFSETS = ((40.0, 1.0), (-40.0, 1.0), (40.0, -1.0), (-40.0, -1.0))


Place = tuple[float, float, float]


def room(a: float) -> Room:
    """All walls absorb alike, in all octaves."""
    return Room(centre=(0.0, 0.0, 0.0), size=SIZE, absorption=[(a, a, a, a, a, a, a, a)] * 6)


def scene_with(place: np.ndarray, gain: float, acoustics: Acoustics, samples: int, seed: int) -> Scene:
    """Noise for two fifths of the time, then only what the room makes of it."""
    sound = np.zeros(samples, np.float32)
    sounding = samples * 2 // 5
    sound[:sounding] = 0.1 * np.random.default_rng(seed).normal(size=sounding)
    source = Source(
        id="a", label="a", kind="point", position=tuple(place.tolist()), gain_db=20.0 * np.log10(gain), sound="a.flac"
    )
    return Scene(SceneDocument(sources=[source], acoustics=acoustics), {"a": sound})


def place_at(azimuth_deg: float, elevation_deg: float, distance: float) -> np.ndarray:
    return distance * direction_from_angles(np.radians(azimuth_deg), np.radians(elevation_deg))


def derivative_errors(directions: int = 8) -> dict[str, float]:
    """Relative error of directional derivatives of a random combination of the ears' samples."""
    acoustics = Acoustics(propagation_delay=True, air=Air(), occlusion=True, room=room(0.3))
    scene = scene_with(np.array([2.1, 1.2, 0.4]), 1.0, acoustics, 1500, SEED)
    low_pass = butter(8, 8000.0, fs=48_000, output="sos")
    scene.sounds["a"] = np.asarray(sosfiltfilt(low_pass, scene.sounds["a"]), np.float32)
    generator = np.random.default_rng(SEED)
    values = generator.uniform(0.1, 0.9, (1, 4, 4, 4)).astype(np.float32)
    scene.occlusion = OcclusionMap(np.full(3, -0.7), 0.4, values)
    tensors = tensors_of_scene(scene, 3, dtype=torch.float64)
    alpha = torch.tensor(0.03, dtype=torch.float64)
    tensors = replace(tensors, absorption_per_metre=alpha)
    positions = torch.tensor(generator.normal(size=(5, 3)) * 0.05)
    rotations = torch.tensor(np.stack([rotation_from_yaw_pitch_roll(0.1 * i, 0.05 * i) for i in range(5)]))
    weights = torch.tensor(generator.normal(size=(2, 4 * BLOCK_SIZE)))
    reverberation, obstacles = tensors.reverberation, tensors.obstacles
    assert reverberation is not None
    assert obstacles is not None
    quantities: dict[str, tuple[Tensor, Callable[[Tensor], SceneTensors]]] = {
        "source signal": (tensors.sounds[0], lambda v: replace(tensors, sounds=(v,))),
        "source position": (tensors.points[0], lambda v: replace(tensors, points=(v,))),
        "gain": (tensors.gains, lambda v: replace(tensors, gains=v)),
        "absorption per metre": (alpha, lambda v: replace(tensors, absorption_per_metre=v)),
        "speed of sound": (tensors.speed_of_sound, lambda v: replace(tensors, speed_of_sound=v)),
        "visibility": (obstacles.values, lambda v: replace(tensors, obstacles=replace(obstacles, values=v))),
        "reverberation time": (
            reverberation.rt60_s,
            lambda v: replace(tensors, reverberation=replace(reverberation, rt60_s=v)),
        ),
        "reverberation level": (
            reverberation.level,
            lambda v: replace(tensors, reverberation=replace(reverberation, level=v)),
        ),
        "head filters": (tensors.filters, lambda v: replace(tensors, filters=v)),
    }
    near = replace(tensors, minimum_distance=torch.tensor(5.0, dtype=torch.float64))
    quantities["minimum distance"] = (near.minimum_distance, lambda v: replace(near, minimum_distance=v))
    errors = {
        name: _derivative_error(
            lambda v, make=make: (render(make(v), positions, rotations, BLOCK_SIZE) * weights).sum(), value, directions
        )
        for name, (value, make) in quantities.items()
    }
    errors["listener position"] = _derivative_error(
        lambda v: (render(tensors, v, rotations, BLOCK_SIZE) * weights).sum(), positions, directions
    )
    errors["listener rotation"] = _derivative_error(
        lambda v: (render(tensors, positions, v, BLOCK_SIZE) * weights).sum(), rotations, directions
    )
    return errors


def _derivative_error(function: Callable[[Tensor], Tensor], value: Tensor, directions: int) -> float:
    point = value.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(function(point), point)
    generator = torch.Generator().manual_seed(SEED)
    worst = 0.0
    for _ in range(directions):
        way = torch.randn(value.shape, generator=generator, dtype=torch.float64)
        way = way / torch.linalg.vector_norm(way)
        step = 1e-6 * max(1e-2, float(torch.linalg.vector_norm(value)))
        with torch.no_grad():
            numerical = (function(value + step * way) - function(value - step * way)) / (2.0 * step)
        scale = float(torch.linalg.vector_norm(gradient)) / max(1.0, float(value.numel()) ** 0.5)
        worst = max(worst, float((numerical - (gradient * way).sum()).abs()) / max(abs(float(numerical)), scale))
    return float(f"{worst:.2e}")


def recover(
    place: tuple[float, float, float], off: tuple[float, float], steps: int, other_tail: bool = False
) -> dict[str, Any]:
    samples, gain, absorption = 94 * BLOCK_SIZE, 0.5, 0.3
    acoustics = Acoustics(room=room(absorption))
    truth = place_at(*place)
    guess_place = place_at(place[0] + off[0], place[1], max(0.5, place[2] + off[1]))
    recording = heard(scene_with(truth, gain, acoustics, samples, SEED), samples)
    decoder = load_default_filters(3)
    guess = tensors_of_scene(scene_with(guess_place, 2.0 * gain, acoustics, samples, SEED), 3)
    assert guess.reverberation is not None
    rt60 = float(box_times(SIZE, np.full((6, 1), absorption))[0])
    first = replace(guess.reverberation, rt60_s=torch.tensor([1.8 * rt60]))
    if other_tail:
        # The fitted tail is the real-time renderer's own; the recording's has other noise, and the microphones hiss.
        exact = tensors_of_scene(scene_with(truth, gain, acoustics, samples, SEED), 3)
        other = reverberation_of_room(room(absorption), acoustics, decoder, seed=7)
        still, ahead = torch.zeros(2, 3), torch.eye(3).expand(2, 3, 3)
        recording = render(replace(exact, reverberation=other), still, ahead, samples)
        hiss = torch.randn(recording.shape, generator=torch.Generator().manual_seed(SEED))
        recording = recording + 10.0**-1.5 * recording.square().mean().sqrt() * hiss
    start = time.process_time()
    found = recover_sources(
        recording,
        replace(guess, reverberation=first),
        torch.zeros(2, 3),
        torch.eye(3).expand(2, 3, 3),
        samples,
        steps,
    )
    seconds = time.process_time() - start
    assert found.reverberation is not None
    where = found.points[0][0].numpy()
    cosine = where @ truth / np.linalg.norm(where) / np.linalg.norm(truth)
    return {
        "azimuth_deg": place[0],
        "elevation_deg": place[1],
        "distance": place[2],
        "start_off_deg": off[0],
        "start_off_metres": off[1],
        "angle_deg": round(float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))), 3),
        "distance_error": round(float(np.linalg.norm(where) / np.linalg.norm(truth) - 1.0), 4),
        "gain": round(float(found.gains[0]) / gain - 1.0, 4),
        "rt60": round(float(found.reverberation.rt60_s[0]) / rt60 - 1.0, 4),
        "processor_seconds": round(seconds, 1),
    }


def heard(scene: Scene, samples: int) -> Tensor:
    """By the real-time renderer, the listener at the origin and looking ahead."""
    renderer = BinauralRenderer(scene, 3, BLOCK_SIZE)
    blocks = [renderer.render_block(np.zeros(3), np.eye(3)) for _ in range(samples // BLOCK_SIZE)]
    return torch.tensor(np.concatenate(blocks, axis=1))


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    if not runs:
        return {"within_limits": 0, "of": 0, "runs": []}
    worst = {name: max(abs(run[name]) for run in runs) for name in (*LIMITS, "distance_error")}
    within = sum(all(abs(run[name]) <= limit for name, limit in LIMITS.items()) for run in runs)
    medians = {name: float(np.median([abs(run[name]) for run in runs])) for name in (*LIMITS, "distance_error")}
    return {"within_limits": within, "of": len(runs), "worst": worst, "median": medians, "runs": runs}


def main() -> None:
    parser = argparse.ArgumentParser(description="Gradients of the differentiable renderer, and recovery by them.")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--quick", action="store_true", help="one place instead of six")
    parser.add_argument("--part", default="1/1", help="every Nth case of recovery from the Ith on, for N processes")
    arguments = parser.parse_args()
    cases = [(place, off) for place in PLACES for off in OFFSETS]
    cases = cases[:4] if arguments.quick else cases
    first, parts = (int(number) for number in arguments.part.split("/"))
    found, otherwise = [], []
    for runs, chosen, other_tail in ((found, cases, False), (otherwise, cases[::5], True)):
        mine = chosen[first - 1 :: parts]
        for case in mine:
            runs.append(recover(*case, arguments.steps, other_tail))
            print(json.dumps(runs[-1]), file=sys.stderr, flush=True)
    document = {
        "benchmark": "gradients",
        "largest_relative_error_of_derivatives": derivative_errors(),
        "limits": LIMITS,
        "recovery_from_the_real_time_renderer": summary(found),
        "recovery_with_another_tail_and_hiss": summary(otherwise),
        "steps": arguments.steps,
        "seed": SEED,
        "environment": environment(),
        "torch": torch.__version__,
    }
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
