"""How energy dies away octave by octave: what two tails of one room have in common, whatever their noise."""

import torch
from torch import Tensor

from sonovista.render.differentiable.spectrogram import power_spectrogram

WINDOW = 1024
FRAMES = 4  # of half a window each, averaged
_LOWEST_HZ = 88.4  # the lower edge of the octave at 125 Hz
_OCTAVES = 8


def octave_energies(ears: Tensor, sample_rate: int) -> tuple[Tensor, Tensor]:
    """Energies of both ears together, by octave and time.

    Args:
        ears: shape `(2, samples)`.
        sample_rate: Hz.

    Returns:
        Energies from 125 Hz up, shape `(octaves, times)`, and the number of bins in each octave, `(octaves,)`.
    """
    power = power_spectrogram(ears, WINDOW).sum(dim=0)
    frequency = torch.arange(power.shape[0], device=ears.device) * (sample_rate / WINDOW)
    octave = torch.floor(torch.log2(frequency.clamp_min(1.0) / _LOWEST_HZ))
    member = (octave == torch.arange(_OCTAVES, device=ears.device)[:, None]).to(power.dtype)
    times = power.shape[1] // FRAMES
    energies = (member @ power)[:, : times * FRAMES].reshape(_OCTAVES, times, FRAMES).mean(dim=2)
    return energies, member.sum(dim=1)


def quietest(ears: Tensor, sample_rate: int) -> Tensor:
    """Energy of each octave where it is least: background noise is no louder, shape `(octaves,)`."""
    return octave_energies(ears, sample_rate)[0].amin(dim=1)


def energy_decay_loss(ears: Tensor, recording: Tensor, background: Tensor, sample_rate: int) -> Tensor:
    """Mean square of the difference of energies in nepers, octaves weighed by their width.

    An energy that is the mean of n bins of noise has a relative variance of 1 / n, so wide octaves are the sure ones.

    Args:
        ears: modelled, shape `(2, samples)`.
        recording: likewise.
        background: energy of each octave that the recording has besides the model's, shape `(octaves,)`.
        sample_rate: Hz.
    """
    wanted, bins = octave_energies(recording, sample_rate)
    found = octave_energies(ears, sample_rate)[0] + background[:, None]
    floor = 1e-9 * wanted.amax() + 1e-30
    difference = 0.5 * torch.log((found + floor) / (wanted + floor))
    return (bins[:, None] * difference.square()).sum() / (bins.sum() * wanted.shape[1])
