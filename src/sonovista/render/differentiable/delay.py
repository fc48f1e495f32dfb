"""Sounds read at moments between their samples: the time that sound takes to arrive, and the Doppler shift of it."""

import torch
from torch import Tensor


def read_between_samples(sound: Tensor, places: Tensor, half_width: int) -> Tensor:
    """A loop at fractional places, by a windowed sinc.

    Args:
        sound: one period, shape `(samples,)`.
        places: in samples, any real numbers, shape `(N,)`.
        half_width: samples on each side that count; the window is a Hann window over all of them.

    Returns:
        Shape `(N,)`, differentiable in the sound and in the places.
    """
    whole = torch.floor(places).detach()
    fraction = places - whole
    offsets = torch.arange(1 - half_width, half_width + 1, device=sound.device)
    time = fraction[:, None] - offsets.to(sound.dtype)
    window = 0.5 + 0.5 * torch.cos(torch.pi / half_width * time)
    indices = torch.remainder(whole.to(torch.int64)[:, None] + offsets, sound.shape[0])
    return (sound[indices] * torch.sinc(time) * window).sum(dim=1)
