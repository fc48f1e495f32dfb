"""Where a sound is, how loud it is and how long its room rings, from what two ears hear: by gradient descent."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from sonovista.render.differentiable.early_response import early_loss
from sonovista.render.differentiable.encoding import looped
from sonovista.render.differentiable.energy_decay import energy_decay_loss, quietest
from sonovista.render.differentiable.renderer import render
from sonovista.render.differentiable.scene_tensors import SceneTensors
from sonovista.render.differentiable.source_placement import SourcePlacement
from sonovista.render.differentiable.spherical_harmonics import directions_and_lengths

# Nepers, or radians, of the first steps.
_DIRECTION_STEP, _LEVEL_STEP, _TIME_STEP, _BACKGROUND_STEP = 0.05, 0.05, 0.03, 0.2
_LAST_STEP = 0.05  # of the first
_LIFTS = (0.3, -0.3, 0.1, -0.1)


def recover_sources(
    recording: Tensor,
    start: SceneTensors,
    positions: Tensor,
    R_world_listener: Tensor,
    block_size: int,
    steps: int = 60,
    refinements: int = 25,
    within_room: bool = True,
    report: Callable[[float], None] | None = None,
) -> SceneTensors:
    """Fit the places and levels of all sources, and the room's reverberation time, to a binaural recording.

    The sources' own sounds, the listener's path and the head are known. What is fitted are directions, the level at
    which the direct sound arrives, the energy that it has in the room and the time in which it dies away: each is told
    by one feature of the recording (`early_loss`, `energy_decay_loss`) and hardly by another's, whereas distance and
    gain pull on each other. A distance is the ratio of the two levels, so it needs a room, whose level at time 0 is as
    given. Background noise of the recording, steady in each octave, is fitted beside. First by Adam, its steps falling
    along a cosine, then by L-BFGS (quasi-Newton). From the minimum that is found the directions are turned up, down and
    from front to back, and each time descend again: the lowest loss wins. Nothing is random.

    Of a source near a wall of the room's box there is a twin outside that a resting listener hears alike
    (`send_shares` falls faster than the distance grows): `within_room` finds the one inside.

    Args:
        recording: left and right ear, no limiter, shape `(2, samples)`.
        start: a first guess; area sources move as a whole.
        positions: of the listener, as in `render`.
        R_world_listener: likewise.
        block_size: likewise.
        steps: of Adam.
        refinements: evaluations by each run of L-BFGS, at most.
        within_room: the room hears all sources in full, wherever the descent takes them on its way.
        report: told the loss whenever it was evaluated.

    Returns:
        `start` with the fitted values, without gradients.
    """
    placement = SourcePlacement.of_scene(start, positions)
    background = torch.log(0.5 * quietest(recording, start.sample_rate) + 1e-20).requires_grad_()
    groups = [
        {"params": [placement.directions], "lr": _DIRECTION_STEP},
        {"params": [placement.arriving, placement.driving], "lr": _LEVEL_STEP},
        {"params": [placement.log_rt60], "lr": _TIME_STEP},
        {"params": [background], "lr": _BACKGROUND_STEP},
    ]
    fitted = [value for group in groups for value in group["params"]]

    def evaluate() -> Tensor:
        for value in fitted:
            value.grad = None
        scene = placement.scene(within_room)
        ears = render(scene, positions, R_world_listener, block_size, limited=False)
        loss = recovery_loss(ears, recording, start, background.exp())
        loss.backward()
        if report is not None:
            report(float(loss.detach()))
        return loss

    adam = torch.optim.Adam(groups, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.LambdaLR(adam, lambda step: _cosine(step / steps))
    for _ in range(steps):
        adam.step(evaluate)
        schedule.step()
    best = _refined(fitted, evaluate, refinements)
    for turn in (*_lifted(), _front_to_back(R_world_listener)):
        kept = [value.detach().clone() for value in fitted]
        with torch.no_grad():
            placement.directions.copy_(turn(directions_and_lengths(placement.directions)[0]))
        loss = _refined(fitted, evaluate, refinements)
        if loss < best:
            best = loss
            continue
        with torch.no_grad():
            for value, before in zip(fitted, kept, strict=True):
                value.copy_(before)
    _refined(fitted, evaluate, refinements)
    with torch.no_grad():
        return placement.scene()


def recovery_loss(ears: Tensor, recording: Tensor, scene: SceneTensors, background: Tensor) -> Tensor:
    """Direct sound of every source that has a place, and decay of all; see `early_loss` and `energy_decay_loss`."""
    loss = energy_decay_loss(ears, recording, background, scene.sample_rate)
    samples = ears.shape[-1]
    for source, sound in enumerate(scene.sounds):
        if not scene.is_ambient(source):
            loss = loss + early_loss(ears, recording, looped(sound, samples), scene.sample_rate)
    return loss


def _refined(fitted: list[Tensor], evaluate: Callable[[], Tensor], evaluations: int) -> float:
    """Descend to the next minimum; its loss."""
    if evaluations > 0:
        torch.optim.LBFGS(
            fitted, max_iter=evaluations, max_eval=evaluations, tolerance_change=1e-7, line_search_fn="strong_wolfe"
        ).step(evaluate)
    return float(evaluate().detach())


def _lifted() -> tuple[Callable[[Tensor], Tensor], ...]:
    """Turn directions up, or down, where a ridge of the outer ear's notches may have stopped them."""
    return tuple(
        lambda directions, angle=angle: directions + angle * directions.new_tensor([0.0, 0.0, 1.0]) for angle in _LIFTS
    )


def _front_to_back(R_world_listener: Tensor) -> Callable[[Tensor], Tensor]:
    """Mirror directions at the plane of the ears, as the listener holds them at first."""
    forward = R_world_listener[0, :, 0]
    return lambda directions: directions - 2.0 * (directions @ forward)[:, None] * forward


def _cosine(progress: float) -> float:
    return _LAST_STEP + (1.0 - _LAST_STEP) * 0.5 * (1.0 + math.cos(math.pi * progress))
