"""What tests of reading share: small examples on disk, and dry sounds."""

from pathlib import Path

import numpy as np
import soundfile

from sonovista.simulate.example import Example, ExampleOptions, Viewpoints
from sonovista.simulate.options import ExampleSet, SimulationOptions
from sonovista.simulate.rooms.layout import RoomOptions

EMPTY = RoomOptions(shortest_side=4.0, longest_side=5.0, along_walls=0, in_the_middle=0, on_walls=1)


def small_simulation(scenes: int = 2, examples: int = 2, **of_example: float) -> SimulationOptions:
    """Pictures of 32x24 in nearly empty rooms."""
    example = ExampleOptions.model_validate({"width": 32, "height": 24, "views": 3} | of_example)
    sets = (ExampleSet(examples=examples, example=example),)
    return SimulationOptions(scenes=scenes, train=0.5, val=0.0, room=EMPTY, sets=sets)


def write_sounds(folder: Path, files: int = 2, seconds: float = 9.0, rate: int = 16_000) -> Path:
    """Noise that tells its file by its level."""
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(files):
        noise = np.random.default_rng(i).normal(0.0, 0.05, round(seconds * rate))
        soundfile.write(folder / f"noise-{i}.wav", noise, rate)
    return folder


def example_with_clicks(sources: int = 1, views: int = 3, seed: int = 0) -> Example:
    """Direct: a click, left ear first by 4 samples, gain 0.5; indirect: a click 100 samples later, half as loud."""
    rng = np.random.default_rng(seed)
    cameras = np.array([2.0, 2.0, 1.5]) + np.zeros((views, 3))
    viewpoints = Viewpoints(
        cameras,
        rng.uniform(0.0, 6.0, views),
        -0.4,
        rng.uniform(0, 4, (sources, 3)),
    )
    direct, indirect = np.zeros((sources, views, 2, 20), np.float32), np.zeros((sources, views, 2, 150), np.float32)
    direct[..., 0, 10], direct[..., 1, 14] = 0.5, 0.5
    indirect[..., 0, 110], indirect[..., 1, 114] = 0.25, 0.25
    images = rng.integers(0, 256, (views, 24, 32, 3)).astype(np.uint8)
    rt60 = np.full((sources, views, 2), 0.2)
    return Example("room-0000", viewpoints, images, None, direct, indirect, rt60, {"seed": seed})
