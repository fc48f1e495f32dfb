"""The first milliseconds of what two ears make of a known sound: its way there without the room."""

import torch
from torch import Tensor

from sonovista.render.differentiable.losses import interaural_cues

BEFORE_S, AFTER_S = 1.0e-3, 3.0e-3  # around the strongest sample: the head's response, ahead of most reflections
_REGULARISATION = 0.01  # of the sound's mean power per bin
_FLOOR = 1e-2  # of the loudest bin


def responses(ears: Tensor, sound: Tensor) -> Tensor:
    """Impulse responses from a sound to both ears, by regularised division of spectra.

    Other sources' sounds, background noise and what rings on after the end are spread thinly over all times.

    Args:
        ears: shape `(2, samples)`.
        sound: as emitted, from the same sample on, shape `(samples,)`.

    Returns:
        Shape `(2, 2 * samples)`; times before 0 come last.
    """
    length = 2 * ears.shape[-1]
    spectrum = torch.fft.rfft(sound, length)
    power = spectrum.real**2 + spectrum.imag**2
    inverse = spectrum.conj() / (power + _REGULARISATION * power.mean() + 1e-30)
    return torch.fft.irfft(torch.fft.rfft(ears, length) * inverse, length)


def early_spectra(ears: Tensor, sound: Tensor, sample_rate: int) -> Tensor:
    """Of both ears' responses around their strongest sample, complex, shape `(2, bins)`."""
    response = responses(ears, sound)
    strongest = int(response.detach().square().sum(dim=0).argmax())
    before, after = round(BEFORE_S * sample_rate), round(AFTER_S * sample_rate)
    window = _window(before, after, response)
    places = torch.arange(strongest - before, strongest + after, device=ears.device) % response.shape[1]
    return torch.fft.rfft(response[:, places] * window, 2 * (before + after))


def early_loss(ears: Tensor, recording: Tensor, sound: Tensor, sample_rate: int) -> Tensor:
    """How far the direct sound's spectra at both ears, and the differences between the ears, are off.

    Differences between the ears weigh alike per octave, as ears resolve them: low frequencies have few periods between
    the ears, so that the loss falls from far around towards the sound's direction. Magnitudes have no periods, and
    weigh more than that at high frequencies, where they tell up from down and front from back.

    Args:
        ears: modelled, shape `(2, samples)`.
        recording: likewise.
        sound: as emitted, shape `(samples,)`.
        sample_rate: Hz.
    """
    found, wanted = early_spectra(ears, sound, sample_rate), early_spectra(recording, sound, sample_rate)
    bins = torch.arange(1, wanted.shape[1] + 1, dtype=ears.dtype, device=ears.device)
    found_power, wanted_power = (spectra.real**2 + spectra.imag**2 for spectra in (found, wanted))
    floor = _FLOOR**2 * wanted_power.amax() + 1e-30
    levels = (0.5 * torch.log((found_power + floor) / (wanted_power + floor))).square().mean(dim=0)
    between = [
        (ours - theirs).square() for ours, theirs in zip(interaural_cues(found), interaural_cues(wanted), strict=True)
    ]
    return _mean(levels, bins.rsqrt()) + _mean(torch.stack(between).sum(dim=0), 1.0 / bins)


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    return (weights * values).sum() / weights.sum()


def _window(before: int, after: int, like: Tensor) -> Tensor:
    """Ones between two halves of a Hann window: the whole time before, and half of the time after."""
    rise = torch.hann_window(2 * before, dtype=like.dtype, device=like.device)[:before]
    fall = torch.hann_window(after, dtype=like.dtype, device=like.device)[after // 2 :]
    return torch.cat([rise, rise.new_ones(after - len(fall)), fall])
