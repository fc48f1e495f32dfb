"""All that the sound of a scene depends on, as tensors."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sonovista.ambisonics.hrtf import BinauralDecoder, diffuse_filters, load_default_filters
from sonovista.ambisonics.spherical_harmonics import order_of_channels
from sonovista.render.air_filter import air_filter_table
from sonovista.render.differentiable.propagation import Visibility
from sonovista.render.differentiable.reverberation import Reverberation
from sonovista.render.differentiable.room_tensors import reverberation_of_room
from sonovista.render.occlusion_maps import scene_occlusion
from sonovista.render.propagation import FASTEST_CHANGE
from sonovista.render.sound_loops import scene_sounds
from sonovista.render.source_motion import SourceMotion
from sonovista.render.source_table import SourceTable, linear_gain, source_points
from sonovista.scene.document import SAMPLE_RATE
from sonovista.scene.scene import Scene

_SETTLING = 8  # times that two unknowns that depend on each other are found in turn; sources are slower than sound


@dataclass
class SceneTensors:
    """Parameters of the renderer. Any of them may require gradients; sources are in the document's order.

    Attributes:
        sounds: mono loops, each of shape `(samples,)`.
        gains: linear, level at 1 m, shape `(sources,)`.
        points: metres, world frame, of every source `(points, 3)`: one for a point source, none for ambience.
        absorption_per_metre: alpha of the distance law, nepers per metre, scalar.
        minimum_distance: d_min of the distance law, metres, scalar.
        listener_gain: linear, scalar.
        speed_of_sound: metres per second, scalar.
        filters: of the head, shape `(2, (order + 1) ** 2, taps)`, ACN, SN3D.
        propagation_delay: whether sound takes its time to arrive.
        air: low-passes by distance, the table of `render.air_filter`, `(nodes, 3)`; None where `absorption_per_metre`
            stands for the air.
        obstacles: how much of every source is seen from where, or None where nothing hides anything.
        reverberation: of the room, or None in the open.
        diffuse_filters: from ambience to the ears, `(2, taps)`; they do not follow `filters` when these change.
        diffuse_delay: samples from the first of the diffuse filters' taps to a wave's passing, negative where they
            begin before it.
        sample_rate: Hz.
    """

    sounds: tuple[Tensor, ...]
    gains: Tensor
    points: tuple[Tensor, ...]
    absorption_per_metre: Tensor
    minimum_distance: Tensor
    listener_gain: Tensor
    speed_of_sound: Tensor
    filters: Tensor
    propagation_delay: bool = False
    air: Tensor | None = None
    obstacles: Visibility | None = None
    reverberation: Reverberation | None = None
    diffuse_filters: Tensor | None = None
    diffuse_delay: int = 0
    sample_rate: int = SAMPLE_RATE

    def __post_init__(self) -> None:
        sources = len(self.sounds)
        if len(self.points) != sources or self.gains.shape != (sources,):
            raise ValueError(
                f"expected as many sounds, points and gains, found {sources}, {len(self.points)} and "
                f"{tuple(self.gains.shape)}"
            )
        for index, points in enumerate(self.points):
            if points.ndim != 2 or points.shape[1] != 3:
                found = tuple(points.shape)
                raise ValueError(f"points of source {index} must have the shape (points, 3), found {found}")
        if self.filters.ndim != 3 or self.filters.shape[0] != 2:
            raise ValueError(f"filters must have the shape (2, channels, taps), found {tuple(self.filters.shape)}")

    @property
    def order(self) -> int:
        """Ambisonic order, by the filters."""
        return order_of_channels(self.filters.shape[1])

    def is_ambient(self, source: int) -> bool:
        """Whether a source has no place."""
        return len(self.points[source]) == 0


def tensors_of_scene(
    scene: Scene,
    order: int = 3,
    hrtf: BinauralDecoder | None = None,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str | None = None,
) -> SceneTensors:
    """A scene as tensors, none of which requires gradients yet; with its air, obstacles and room as far as it has them.

    Args:
        scene: with a mono 48 kHz sound for every source.
        order: Ambisonic order, 1 to 7.
        hrtf: decoder of that order at 48 kHz; by default the library's own.
        dtype: `torch.float64` for `gradcheck`.
        device: where the tensors lie.

    Raises:
        ValueError: the decoder does not fit, or a source lacks its sound or its place.
    """
    decoder = load_default_filters(order) if hrtf is None else hrtf
    if decoder.order != order or decoder.sample_rate != SAMPLE_RATE:
        raise ValueError(
            f"the decoder must have order {order} at {SAMPLE_RATE} Hz, found {decoder.order} at {decoder.sample_rate}"
        )

    def tensor(values: object) -> Tensor:
        return torch.tensor(np.asarray(values, float), dtype=dtype, device=device)

    document, acoustics = scene.document, scene.document.acoustics
    sources = document.sources
    has_ambience = any(source.kind == "ambient" for source in sources)
    diffuse = diffuse_filters(decoder) if has_ambience else None
    seen = scene_occlusion(scene)
    return SceneTensors(
        sounds=tuple(tensor(sound) for sound in scene_sounds(scene)),
        gains=tensor([linear_gain(source.gain_db) for source in sources]),
        points=tuple(tensor(source_points(source)) for source in sources),
        absorption_per_metre=tensor(0.0 if acoustics.air else acoustics.absorption_per_metre),
        minimum_distance=tensor(acoustics.minimum_distance),
        listener_gain=tensor(linear_gain(document.listener.gain_db)),
        speed_of_sound=tensor(acoustics.speed_of_sound),
        filters=tensor(decoder.filters),
        propagation_delay=acoustics.propagation_delay,
        air=None if acoustics.air is None else tensor(air_filter_table(acoustics.air, SAMPLE_RATE)),
        obstacles=None if seen is None else Visibility(tensor(seen.values), tensor(seen.origin), seen.spacing),
        reverberation=None
        if acoustics.room is None
        else reverberation_of_room(acoustics.room, acoustics, decoder, dtype, device),
        diffuse_filters=None if diffuse is None else tensor(diffuse),
        diffuse_delay=0 if diffuse is None else decoder.delay - diffuse.shape[1] // 2,
    )


def path_shifts(scene: Scene, positions: Tensor, block_size: int) -> Tensor:
    """Metres by which sources on paths have moved when they emit what is heard at the ends of blocks.

    Args:
        scene: whose document holds the paths.
        positions: of the listener, as in `render`: with propagation delay a source is heard where it was.
        block_size: samples.

    Returns:
        For `render`, shape `(blocks + 1, sources, 3)`, without gradients.
    """
    motion, acoustics = SourceMotion(scene.document), scene.document.acoustics
    table = SourceTable(scene.document)
    samples_per_metre = SAMPLE_RATE / acoustics.speed_of_sound if acoustics.propagation_delay else 0.0
    change = FASTEST_CHANGE * block_size
    shifts = np.empty((len(positions), len(table), 3))
    late = np.zeros(len(table))
    for block, position in enumerate(positions.detach().cpu().numpy()):
        for _ in range(_SETTLING if block == 0 else 1):  # at first the time on the way and the place it began at
            motion.follow(block * block_size / SAMPLE_RATE, late / SAMPLE_RATE)
            way = np.linalg.norm(table.centroids + motion.shifts - position, axis=1)
            wanted = np.where(table.ambient, 0.0, way * samples_per_metre)
            late = wanted if block == 0 else np.clip(wanted, late - change, late + change)
        shifts[block] = motion.shifts
    return positions.new_tensor(shifts)
