"""All that the sound of a scene depends on, as tensors."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sonovista.ambisonics.hrtf import BinauralDecoder, load_default_filters
from sonovista.ambisonics.spherical_harmonics import order_of_channels
from sonovista.render.sound_loops import clean_sound
from sonovista.render.source_table import source_points
from sonovista.scene.document import SAMPLE_RATE
from sonovista.scene.scene import Scene


@dataclass
class Reverberation:
    """A room's diffuse field.

    Attributes:
        rt60_s: seconds, of the octaves 125 Hz to 16 kHz, shape `(8,)`, or one for all, `(1,)`.
        energy: of the reverberation at one ear relative to the direct sound's at 1 m, `(8,)` or `(1,)`; in a room of
            equivalent absorption area A it is `16 pi / A`.
        noise: unit white noise split into octaves, `(8, 2, samples)`: what dies away. Its length is the tail's.
    """

    rt60_s: Tensor
    energy: Tensor
    noise: Tensor


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
        reverberation: of the room, or None in the open.
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
    reverberation: Reverberation | None = None
    sample_rate: int = SAMPLE_RATE

    def __post_init__(self) -> None:
        sources = len(self.sounds)
        if len(self.points) != sources or self.gains.shape != (sources,):
            raise ValueError(
                f"expected as many sounds, points and gains, found {sources}, {len(self.points)} and "
                f"{tuple(self.gains.shape)}"
            )
        for name, points in zip(map(str, range(sources)), self.points, strict=True):
            if points.ndim != 2 or points.shape[1] != 3:
                raise ValueError(
                    f"points of source {name} must have the shape (points, 3), found {tuple(points.shape)}"
                )
        if self.filters.ndim != 3 or self.filters.shape[0] != 2:
            raise ValueError(f"filters must have the shape (2, channels, taps), found {tuple(self.filters.shape)}")

    @property
    def order(self) -> int:
        """Ambisonic order, by the filters."""
        return order_of_channels(self.filters.shape[1])


def tensors_of_scene(
    scene: Scene,
    order: int = 3,
    hrtf: BinauralDecoder | None = None,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str | None = None,
) -> SceneTensors:
    """A scene as tensors, none of which requires gradients yet.

    Args:
        scene: with a mono 48 kHz sound for every source.
        order: Ambisonic order, 1 to 7.
        hrtf: decoder of that order at 48 kHz; by default MIT KEMAR, magnitude least squares.
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
    document = scene.document
    for source in document.sources:
        if source.id not in scene.sounds:
            raise ValueError(f"source {source.id!r}: the scene holds no sound for it")

    def tensor(values: object) -> Tensor:
        return torch.tensor(np.asarray(values, float), dtype=dtype, device=device)

    acoustics = document.acoustics
    return SceneTensors(
        sounds=tuple(tensor(clean_sound(scene.sounds[source.id])) for source in document.sources),
        gains=tensor([_linear(source.gain_db) for source in document.sources]),
        points=tuple(tensor(source_points(source)) for source in document.sources),
        absorption_per_metre=tensor(acoustics.absorption_per_metre),
        minimum_distance=tensor(acoustics.minimum_distance),
        listener_gain=tensor(_linear(document.listener.gain_db)),
        speed_of_sound=tensor(acoustics.speed_of_sound),
        filters=tensor(decoder.filters),
        propagation_delay=acoustics.propagation_delay,
    )


def _linear(gain_db: float) -> float:
    return 10.0 ** (gain_db / 20.0)
