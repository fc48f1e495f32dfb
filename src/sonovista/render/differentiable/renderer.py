"""What a listener on a path hears of a scene, as a differentiable function of all that it depends on."""

import torch
from torch import Tensor

from sonovista.render.differentiable.decoding import convolve, decode, soft_limit
from sonovista.render.differentiable.delay import read_between_samples
from sonovista.render.differentiable.encoding import along_blocks, looped, mix, source_coefficients
from sonovista.render.differentiable.reverberation import late_tail, level_of_energy
from sonovista.render.differentiable.scene_tensors import Reverberation, SceneTensors
from sonovista.render.differentiable.spherical_harmonics import directions_and_lengths

DELAY_HALF_WIDTH = 16


def render(
    scene: SceneTensors,
    positions: Tensor,
    R_world_listener: Tensor,
    block_size: int = 256,
    limited: bool = True,
) -> Tensor:
    """Both ears' signals; the equations of `BinauralRenderer` from its `reset` and `jump_to(first pose)` on.

    Args:
        scene: as tensors.
        positions: of the listener at the start of the first block and at the end of every block, metres, world frame,
            shape `(blocks + 1, 3)`.
        R_world_listener: likewise, shape `(blocks + 1, 3, 3)`.
        block_size: samples of a block, within which coefficients go in straight lines.
        limited: whether the soft limit of the real-time renderer applies.

    Returns:
        Left and right ear, shape `(2, blocks * block_size)`, differentiable in every tensor of `scene`, in the
        positions and in the rotations.
    """
    ears = decode(encode(scene, positions, R_world_listener, block_size), scene.filters)
    if scene.reverberation is not None:
        ears = ears + _reverberate(scene, scene.reverberation, ears.shape[-1])
    return soft_limit(ears) if limited else ears


def encode(scene: SceneTensors, positions: Tensor, R_world_listener: Tensor, block_size: int = 256) -> Tensor:
    """The Ambisonic bus of the listener's axes, ACN, SN3D, shape `((order + 1) ** 2, blocks * block_size)`.

    Arguments are those of `render`.
    """
    blocks = positions.shape[0] - 1
    if blocks < 1 or positions.shape != (blocks + 1, 3) or R_world_listener.shape != (blocks + 1, 3, 3):
        raise ValueError(
            "expected positions (blocks + 1, 3) and rotations (blocks + 1, 3, 3), found "
            f"{tuple(positions.shape)} and {tuple(R_world_listener.shape)}"
        )
    samples = blocks * block_size
    coefficients = [_coefficients(scene, s, positions, R_world_listener) for s in range(len(scene.sounds))]
    signals = [_signal(scene, s, positions, block_size) for s in range(len(scene.sounds))]
    if not signals:
        return positions.new_zeros(((scene.order + 1) ** 2, samples))
    return mix(torch.stack(signals), scene.listener_gain * torch.stack(coefficients, dim=1))


def _coefficients(scene: SceneTensors, source: int, positions: Tensor, R_world_listener: Tensor) -> Tensor:
    points = scene.points[source]
    if len(points) == 0:
        alone = positions.new_zeros((scene.order + 1) ** 2)
        alone[0] = 1.0
        return scene.gains[source] * alone.expand(len(positions), -1)
    alpha, nearest = scene.absorption_per_metre, scene.minimum_distance
    return scene.gains[source] * source_coefficients(points, positions, R_world_listener, alpha, nearest, scene.order)


def _signal(scene: SceneTensors, source: int, positions: Tensor, block_size: int) -> Tensor:
    """What is heard of a source's loop, shape `(samples,)`: late by the way from its centroid."""
    sound, points = scene.sounds[source], scene.points[source]
    samples = (positions.shape[0] - 1) * block_size
    if not scene.propagation_delay or len(points) == 0:
        return looped(sound, samples)
    _, distance = directions_and_lengths(points.mean(dim=0) - positions)
    delay = along_blocks(distance, block_size) * (scene.sample_rate / scene.speed_of_sound)
    now = torch.arange(samples, dtype=sound.dtype, device=sound.device)
    return read_between_samples(sound, now - delay, DELAY_HALF_WIDTH)


def _reverberate(scene: SceneTensors, room: Reverberation, samples: int) -> Tensor:
    placed = [s for s, points in enumerate(scene.points) if len(points) > 0]
    if not placed:
        return scene.gains.new_zeros((2, samples))
    send = sum(scene.gains[s] * looped(scene.sounds[s], samples) for s in placed)
    level = level_of_energy(room.energy, room.rt60_s, scene.sample_rate)
    tail = late_tail(room.rt60_s, scene.sample_rate, 0.0, level, noise=room.noise)
    return convolve(scene.listener_gain * send, tail)
