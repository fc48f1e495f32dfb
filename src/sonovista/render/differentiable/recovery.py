"""Where a sound is, how loud it is and how long its room rings, from what two ears hear: by gradient descent."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from sonovista.render.differentiable.losses import interaural_loss, multi_resolution_stft_loss
from sonovista.render.differentiable.renderer import render
from sonovista.render.differentiable.scene_tensors import SceneTensors

INTERAURAL_WEIGHT = 2.0


def binaural_loss(ears: Tensor, recording: Tensor) -> Tensor:
    """Magnitudes at three resolutions, and twice what the ears' difference is off; both of shape `(2, samples)`."""
    return multi_resolution_stft_loss(ears, recording) + INTERAURAL_WEIGHT * interaural_loss(ears, recording)


def recover_sources(
    recording: Tensor,
    start: SceneTensors,
    positions: Tensor,
    R_world_listener: Tensor,
    block_size: int,
    steps: int = 150,
    step_size: float = 0.06,
    report: Callable[[int, float], None] | None = None,
) -> SceneTensors:
    """Fit the places and levels of all sources, and the room's reverberation time, to a binaural recording.

    The sources' own sounds, the listener's path and the head are known. Places move in metres, levels and times by
    their logarithms, all by Adam with a step that falls along a cosine to a hundredth; nothing is random. The
    tail's amplitude at time 0 stays as it is given: by it a near soft source and a far loud one can be told apart.

    Args:
        recording: left and right ear, no limiter, shape `(2, samples)`.
        start: a first guess; area sources move as a whole.
        positions: of the listener, as in `render`.
        R_world_listener: likewise.
        block_size: likewise.
        steps: of the descent.
        step_size: metres, and nepers, of the first steps.
        report: told the number of each step and its loss.

    Returns:
        `start` with the fitted values, without gradients.
    """
    shifts = torch.zeros(len(start.points), 3, dtype=start.gains.dtype, device=start.gains.device, requires_grad=True)
    log_gains = start.gains.detach().log().requires_grad_()
    learned = [shifts, log_gains]
    log_rt60 = None
    if start.reverberation is not None:
        log_rt60 = start.reverberation.rt60_s.detach().log().requires_grad_()
        learned.append(log_rt60)
    optimiser = torch.optim.Adam(learned, lr=step_size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps, eta_min=0.01 * step_size)
    for step in range(steps):
        optimiser.zero_grad()
        scene = _moved(start, shifts, log_gains, log_rt60)
        loss = binaural_loss(render(scene, positions, R_world_listener, block_size, limited=False), recording)
        loss.backward()
        optimiser.step()
        schedule.step()
        if report is not None:
            report(step, float(loss.detach()))
    return _moved(start, shifts.detach(), log_gains.detach(), None if log_rt60 is None else log_rt60.detach())


def _moved(start: SceneTensors, shifts: Tensor, log_gains: Tensor, log_rt60: Tensor | None) -> SceneTensors:
    points = tuple(place + shift for place, shift in zip(start.points, shifts, strict=True))
    reverberation = start.reverberation
    if reverberation is not None and log_rt60 is not None:
        reverberation = replace(reverberation, rt60_s=log_rt60.exp())
    return replace(start, points=points, gains=log_gains.exp(), reverberation=reverberation)
