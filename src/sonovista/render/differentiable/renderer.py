"""What a listener on a path hears of a scene, as a differentiable function of all that it depends on."""

import torch
from torch import Tensor

from sonovista.render.differentiable.decoding import convolve, decode, soft_limit
from sonovista.render.differentiable.delay import delays, read_between_samples
from sonovista.render.differentiable.encoding import looped, mix, source_coefficients
from sonovista.render.differentiable.propagation import absorb_in_air, along_blocks, hide, visibility
from sonovista.render.differentiable.reverberation import late_tail, send_shares
from sonovista.render.differentiable.scene_tensors import SceneTensors
from sonovista.render.differentiable.spherical_harmonics import directions_and_lengths
from sonovista.render.propagation import FASTEST_CHANGE


def render(
    scene: SceneTensors,
    positions: Tensor,
    R_world_listener: Tensor,
    block_size: int = 256,
    shifts: Tensor | None = None,
    limited: bool = True,
) -> Tensor:
    """Both ears' signals; the equations of `BinauralRenderer` from its `reset` and `jump_to(first pose)` on.

    Args:
        scene: as tensors.
        positions: of the listener at the start of the first block and at the end of every block, metres, world frame,
            shape `(blocks + 1, 3)`.
        R_world_listener: likewise, shape `(blocks + 1, 3, 3)`.
        block_size: samples of a block, within which coefficients go in straight lines.
        shifts: metres by which each source has moved at those times, shape `(blocks + 1, sources, 3)`: see
            `path_shifts`; None where all rest.
        limited: whether the soft limit of the real-time renderer applies.

    Returns:
        Left and right ear, shape `(2, blocks * block_size)`, differentiable in every tensor of `scene`, in the
        positions, the rotations and the shifts.
    """
    bus, send = _mixed(scene, positions, R_world_listener, block_size, shifts, with_ambience=False)
    ears = decode(bus, scene.filters)
    for source, sound in enumerate(scene.sounds):
        if scene.is_ambient(source):
            ears = ears + scene.listener_gain * scene.gains[source] * _ambience(scene, sound, ears.shape[-1])
    if scene.reverberation is not None:
        ears = ears + convolve(send, late_tail(scene.reverberation, scene.sample_rate))
    return soft_limit(ears) if limited else ears


def encode(
    scene: SceneTensors,
    positions: Tensor,
    R_world_listener: Tensor,
    block_size: int = 256,
    shifts: Tensor | None = None,
) -> Tensor:
    """The Ambisonic bus of the listener's axes, ambience in W, no room: `((order + 1) ** 2, blocks * block_size)`.

    ACN, SN3D; arguments are those of `render`.
    """
    return _mixed(scene, positions, R_world_listener, block_size, shifts, with_ambience=True)[0]


def _mixed(
    scene: SceneTensors,
    positions: Tensor,
    R_world_listener: Tensor,
    block_size: int,
    shifts: Tensor | None,
    with_ambience: bool,
) -> tuple[Tensor, Tensor]:
    """The bus, and what the room hears of all sources, shape `(1, samples)`."""
    blocks, sources = positions.shape[0] - 1, len(scene.sounds)
    if blocks < 1 or positions.shape != (blocks + 1, 3) or R_world_listener.shape != (blocks + 1, 3, 3):
        raise ValueError(
            "expected positions (blocks + 1, 3) and rotations (blocks + 1, 3, 3), found "
            f"{tuple(positions.shape)} and {tuple(R_world_listener.shape)}"
        )
    channels = (scene.order + 1) ** 2
    if sources == 0:
        silence = positions.new_zeros((channels + 1, blocks * block_size))
        return silence[:channels], silence[channels:]
    if shifts is None:
        shifts = positions.new_zeros((1, sources, 3))
    coefficients = []
    for source in range(sources):
        row = _coefficients(scene, source, positions, R_world_listener, shifts[:, source], with_ambience)
        coefficients.append(scene.gains[source] * row)
    signals = _arriving(scene, positions, shifts, block_size)
    bus = mix(signals, scene.listener_gain * torch.stack(coefficients, dim=1))
    return bus[:channels], bus[channels:]


def _coefficients(
    scene: SceneTensors,
    source: int,
    positions: Tensor,
    R_world_listener: Tensor,
    shifts: Tensor,
    with_ambience: bool,
) -> Tensor:
    """Of one source of unit gain, for the channels of the bus and last for the room: `(blocks + 1, channels + 1)`."""
    if scene.is_ambient(source):
        alone = positions.new_zeros((len(positions), (scene.order + 1) ** 2 + 1))
        alone[:, 0] = float(with_ambience)
        return alone
    points = scene.points[source] + shifts[:, None]
    alpha, nearest = scene.absorption_per_metre, scene.minimum_distance
    direct = source_coefficients(points, positions, R_world_listener, alpha, nearest, scene.order)
    room = scene.reverberation
    send = positions.new_zeros(1) if room is None else send_shares(room, points.mean(dim=1))
    return torch.cat([direct, send.expand(len(positions))[:, None]], dim=1)


def _arriving(scene: SceneTensors, positions: Tensor, shifts: Tensor, block_size: int) -> Tensor:
    """The sources' sounds as they come to the listener, without their gains, shape `(sources, samples)`."""
    samples = (positions.shape[0] - 1) * block_size
    distances = torch.stack([_distances(scene, s, positions, shifts[:, s]) for s in range(len(scene.sounds))])
    signals = []
    for source, sound in enumerate(scene.sounds):
        if scene.propagation_delay and not scene.is_ambient(source):
            per_metre = scene.sample_rate / scene.speed_of_sound.to(torch.float64)
            late = along_blocks(delays(distances[source], per_metre, FASTEST_CHANGE * block_size), block_size)
            signals.append(read_between_samples(sound, torch.arange(samples, device=sound.device) - late))
        else:
            signals.append(looped(sound, samples))
    arriving = torch.stack(signals)
    if scene.air is not None:
        arriving = absorb_in_air(arriving, scene.air, distances.to(arriving.dtype), block_size)
    if scene.obstacles is not None:
        arriving = hide(arriving, visibility(scene.obstacles, positions).T, scene.sample_rate, block_size)
    return arriving


def _distances(scene: SceneTensors, source: int, positions: Tensor, shifts: Tensor) -> Tensor:
    """Metres from the listener to a source's centroid, zero for ambience, shape `(blocks + 1,)`.

    In float64, whatever the positions are in: a float32 of 100 m is off by a thousandth of a sample.
    """
    if scene.is_ambient(source):
        return torch.zeros(len(positions), dtype=torch.float64, device=positions.device)
    centroid = scene.points[source].to(torch.float64).mean(dim=0)
    return directions_and_lengths(centroid + shifts - positions)[1]


def _ambience(scene: SceneTensors, sound: Tensor, samples: int) -> Tensor:
    """A loop as both ears hear it from everywhere alike, `(2, samples)`: in W alone where there are no such filters."""
    if scene.diffuse_filters is None:
        return convolve(looped(sound, samples), scene.filters[:, 0])
    period, taps = sound.shape[0], scene.diffuse_filters.shape[1]
    places = torch.remainder(torch.arange(taps, device=sound.device) + scene.diffuse_delay, period)
    kernel = torch.zeros(2, period, dtype=sound.dtype, device=sound.device)
    kernel = kernel.index_add(1, places, scene.diffuse_filters)
    ears = torch.fft.irfft(torch.fft.rfft(sound) * torch.fft.rfft(kernel), period)
    return torch.stack([looped(ear, samples) for ear in ears])
