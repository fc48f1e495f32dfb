"""Sources' places and levels in the coordinates in which ears tell them apart."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from sonovista.render.differentiable.scene_tensors import SceneTensors
from sonovista.render.differentiable.spherical_harmonics import directions_and_lengths

NEAREST = 1e-2
"""Metres: a source on the listener's head has no direction to start from."""


@dataclass
class SourcePlacement:
    """Direction, level on arrival and energy in the room of every source, and the time the room takes.

    All that is fitted requires gradients. What the room does with a source has an energy that grows with the gain's
    square and with the reverberation time; it is told well, gain and time apart less so.

    Attributes:
        origin: of directions and distances, the mean of the listener's path, metres, shape `(3,)`.
        directions: from there, of any length, world frame, shape `(sources, 3)`.
        arriving: logarithm of gain over distance, nepers, shape `(sources,)`.
        driving: logarithm of the gain times the root of the mean reverberation time, nepers, shape `(sources,)`.
        log_rt60: logarithm of the reverberation times in seconds, `(bands,)`; empty where there is no room.
        start: the scene whose sources are moved; ambient ones have a gain only.
    """

    origin: Tensor
    directions: Tensor
    arriving: Tensor
    driving: Tensor
    log_rt60: Tensor
    start: SceneTensors

    @classmethod
    def of_scene(cls, start: SceneTensors, positions: Tensor) -> "SourcePlacement":
        """Of a scene as it is, for a listener at `positions`, shape `(poses, 3)`."""
        origin = positions.mean(dim=0)
        ahead = origin.new_tensor([1.0, 0.0, 0.0])
        offsets = [(points.mean(dim=0) if len(points) else origin + ahead) - origin for points in start.points]
        directions, distances = directions_and_lengths(torch.stack(offsets).detach())
        directions = torch.where(distances[:, None] < NEAREST, ahead, directions)
        log_gains = start.gains.detach().log()
        arriving = log_gains - distances.clamp_min(NEAREST).log()
        room = start.reverberation
        log_rt60 = log_gains.new_zeros(0) if room is None else room.rt60_s.detach().log()
        driving = log_gains + _root_of_time(log_rt60)
        for fitted in (directions, arriving, driving, log_rt60):
            fitted.requires_grad_()
        return cls(origin, directions, arriving, driving, log_rt60, start)

    def scene(self, within_room: bool = False) -> SceneTensors:
        """The scene with its sources where they are now, `within_room` wherever that is."""
        directions, _ = directions_and_lengths(self.directions)
        log_gains = self.driving - _root_of_time(self.log_rt60)
        centroids = self.origin + directions * torch.exp(log_gains - self.arriving)[:, None]
        points = tuple(
            before - before.mean(dim=0) + centroid if len(before) else before
            for before, centroid in zip(self.start.points, centroids, strict=True)
        )
        room = self.start.reverberation
        if room is not None:
            room = replace(room, rt60_s=self.log_rt60.exp())
        if room is not None and within_room:
            room = replace(room, centre=None, size=None)
        return replace(self.start, points=points, gains=log_gains.exp(), reverberation=room)


def _root_of_time(log_rt60: Tensor) -> Tensor:
    return 0.5 * log_rt60.mean() if len(log_rt60) else log_rt60.new_zeros(())
