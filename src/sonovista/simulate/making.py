"""One example, made from its scene's place and a seed alone."""

import zlib

import numpy as np
from numpy.typing import NDArray

from sonovista.acoustics.decay import rt60 as measured_rt60
from sonovista.geometry import PerspectiveCamera
from sonovista.simulate.example import SAMPLE_RATE, Example, ExampleOptions, Viewpoints
from sonovista.simulate.heads import load_head
from sonovista.simulate.options import ExampleSet, SimulationOptions
from sonovista.simulate.protocol import Place
from sonovista.simulate.viewpoints import draw_viewpoints


def make_example(
    place: Place, scene: str, options: SimulationOptions, of: ExampleSet, seeds: tuple[int, int], attempt: int = 0
) -> Example:
    """Make an example; the same arguments give the same bytes.

    Args:
        place: where.
        scene: its name.
        options: of the simulation; the seed is taken from it.
        of: the set that the example is one of.
        seeds: numbers of the scene and of the example in it.
        attempt: another number gives another example, for places where the first found no room.

    Raises:
        NoRoomLeft: nothing fits.
    """
    entropy = [options.seed, zlib.crc32((of.draws or of.name).encode()), *seeds, attempt]
    where, how_long, noise = np.random.SeedSequence(entropy).spawn(3)
    settings = of.example
    viewpoints = draw_viewpoints(place, settings, np.random.default_rng(where))
    asked = float(np.random.default_rng(how_long).uniform(settings.shortest_rt60, settings.longest_rt60))
    images, depth = _see(place, settings, viewpoints)
    heard = place.hear(viewpoints, asked, load_head(of.head), int(noise.generate_state(1)[0]))
    record = {
        "set": of.name,
        "split": options.split_of(seeds[0]),
        "seed": options.seed,
        "scene_number": seeds[0],
        "example_number": seeds[1],
        "attempt": attempt,
        "kind": options.kind,
        "place_size": [float(value) for value in place.size],
        "rt60_asked": asked,
        "head": of.head if of.head in ("kemar", "sphere") else of.head.replace("\\", "/").rsplit("/", 1)[-1],
        **heard.record,
        "options": settings.model_dump(mode="json"),
    }
    rt60 = _reverberation_times(heard.direct, heard.indirect)
    return Example(scene, viewpoints, images, depth, heard.direct, heard.indirect, rt60, record)


def cameras_of(viewpoints: Viewpoints, options: ExampleOptions) -> list[PerspectiveCamera]:
    """The cameras of an example."""
    fov = float(np.radians(options.horizontal_fov_deg))
    return [
        PerspectiveCamera(
            options.width, options.height, fov, float(yaw), viewpoints.pitch, 0.0, (float(x), float(y), float(z))
        )
        for yaw, (x, y, z) in zip(viewpoints.yaws, viewpoints.cameras, strict=True)
    ]


def _see(
    place: Place, options: ExampleOptions, viewpoints: Viewpoints
) -> tuple[NDArray[np.uint8], NDArray[np.float32] | None]:
    views = [place.view(camera) for camera in cameras_of(viewpoints, options)]
    depths = [view.depth for view in views if view.depth is not None]
    return np.stack([view.rgb for view in views]), np.stack(depths) if len(depths) == len(views) else None


def _reverberation_times(direct: NDArray[np.float32], indirect: NDArray[np.float32]) -> NDArray[np.float64]:
    """T30 of the sums at both ears; 0 where there is no decay to measure, as in the open."""
    total = indirect.astype(np.float64)
    total[..., : direct.shape[-1]] += direct
    out = np.zeros(total.shape[:-1])
    for index in np.ndindex(out.shape):
        out[index] = np.nan_to_num(measured_rt60(total[index], SAMPLE_RATE))
    return out
