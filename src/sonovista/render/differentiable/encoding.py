"""Sources to Ambisonic signals along a listener's path."""

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from sonovista.render.differentiable.propagation import ramp
from sonovista.render.differentiable.spherical_harmonics import directions_and_lengths, spherical_harmonics

LARGEST_PART = 1 << 16
"""Points times poses that are worked on together, so that memory does not grow with the time that is rendered."""


def distance_gain(distance: Tensor, absorption_per_metre: Tensor, minimum_distance: Tensor) -> Tensor:
    """`exp(-alpha d) / max(d, d_min)`, as `acoustics.distance.distance_gain`; metres, nepers per metre, metres."""
    return torch.exp(-absorption_per_metre * distance) / torch.maximum(distance, minimum_distance)


def source_coefficients(
    points: Tensor,
    positions: Tensor,
    R_world_listener: Tensor,
    absorption_per_metre: Tensor,
    minimum_distance: Tensor,
    order: int,
) -> Tensor:
    """Ambisonic coefficients of one source of unit gain at every pose of a listener: the mean over its points.

    Args:
        points: metres, world frame, at every pose, shape `(poses or 1, points, 3)`: one point for a point source.
        positions: of the listener, metres, shape `(poses, 3)`.
        R_world_listener: shape `(poses, 3, 3)`.
        absorption_per_metre: scalar.
        minimum_distance: metres, scalar.
        order: Ambisonic order.

    Returns:
        Shape `(poses, (order + 1) ** 2)`, SN3D in the listener's axes.
    """
    poses_at_once = max(1, LARGEST_PART // max(1, points.shape[1]))
    if len(positions) <= poses_at_once:
        return _of_poses(points, positions, R_world_listener, absorption_per_metre, minimum_distance, order)
    places = points.expand(len(positions), -1, -1)
    parts = [
        # What lies between a part's input and its few coefficients is forgotten, and made again for its gradient.
        checkpoint(
            _of_poses,
            places[start : start + poses_at_once],
            positions[start : start + poses_at_once],
            R_world_listener[start : start + poses_at_once],
            absorption_per_metre,
            minimum_distance,
            order,
            use_reentrant=False,
        )
        for start in range(0, len(positions), poses_at_once)
    ]
    return torch.cat(parts)


def _of_poses(
    points: Tensor,
    positions: Tensor,
    R_world_listener: Tensor,
    absorption_per_metre: Tensor,
    minimum_distance: Tensor,
    order: int,
) -> Tensor:
    in_head_frame = (points - positions[:, None]) @ R_world_listener
    directions, distance = directions_and_lengths(in_head_frame)
    sigma = distance_gain(distance, absorption_per_metre, minimum_distance)
    return (sigma[..., None] * spherical_harmonics(order, directions)).mean(dim=1)


def mix(signals: Tensor, coefficients: Tensor) -> Tensor:
    """Signals times coefficients that go in a straight line over every block, summed over sources.

    Args:
        signals: shape `(sources, blocks * block_size)`.
        coefficients: at the start of the first block and at the end of every block, `(blocks + 1, sources, channels)`.

    Returns:
        Shape `(channels, blocks * block_size)`.
    """
    blocks = coefficients.shape[0] - 1
    pieces = signals.reshape(signals.shape[0], blocks, -1).transpose(0, 1)
    before, step = coefficients[:-1].transpose(1, 2), coefficients.diff(dim=0).transpose(1, 2)
    bus = before @ pieces + step @ (pieces * ramp(pieces.shape[-1], signals))
    return bus.transpose(0, 1).reshape(coefficients.shape[2], -1)


def looped(sound: Tensor, samples: int) -> Tensor:
    """A sound from its beginning, repeated or cut to a length: shape `(samples,)`."""
    return sound.repeat(-(-samples // sound.shape[0]))[:samples]
