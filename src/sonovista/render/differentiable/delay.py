"""Sounds read at moments between their samples: the time that sound takes to arrive, and the Doppler shift of it."""

import torch
from torch import Tensor

from sonovista.render.fractional_delay import TAPS, interpolator


def read_between_samples(sound: Tensor, places: Tensor) -> Tensor:
    """A loop at fractional places, by the polynomial taps of `render.fractional_delay.interpolator`.

    Args:
        sound: one period, shape `(samples,)`.
        places: in samples, any real numbers, shape `(N,)`; their gradient is what float64 places deserve.

    Returns:
        Shape `(N,)`, of the sound's type, differentiable in the sound and in the places.
    """
    whole = torch.floor(places).detach()
    middle = (places - whole - 0.5).to(sound.dtype)
    coefficients = torch.as_tensor(interpolator(), dtype=sound.dtype, device=sound.device)
    powers = torch.stack([middle**m for m in range(coefficients.shape[0])], dim=-1)
    offsets = torch.arange(TAPS, device=sound.device) - (TAPS // 2 - 1)
    indices = torch.remainder(whole.to(torch.int64)[:, None] + offsets, sound.shape[0])
    return (sound[indices] * (powers @ coefficients)).sum(dim=1)


def delays(distances: Tensor, samples_per_metre: Tensor, largest_change: float) -> Tensor:
    """Samples by which sound is late at the ends of blocks; after a leap it catches up as `Propagation` does.

    Args:
        distances: metres, at the start of the first block and the end of every block, float64, `(blocks + 1,)`.
        samples_per_metre: sample rate over the speed of sound, scalar.
        largest_change: samples, in a block.

    Returns:
        Shape `(blocks + 1,)`.
    """
    wanted = distances * samples_per_metre
    if bool((wanted.detach().diff().abs() <= largest_change).all()):
        return wanted
    reached = [wanted[0]]
    for value in wanted[1:]:
        reached.append(torch.clamp(value, min=reached[-1] - largest_change, max=reached[-1] + largest_change))
    return torch.stack(reached)
