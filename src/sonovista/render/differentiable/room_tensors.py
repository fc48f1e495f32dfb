"""A scene's room as tensors: the parameters of its tail, and all that does not depend on them."""

import numpy as np
import torch
from torch import Tensor

from sonovista.acoustics.late_tail import fade_in, tail_noise_bands
from sonovista.ambisonics.diffuse_field import diffuse_covariance
from sonovista.ambisonics.hrtf import BinauralDecoder, interaural_coherence
from sonovista.render.differentiable.reverberation import Reverberation
from sonovista.render.reverberation import LONGEST, SEED, first_reflection, room_reverberation_times, tail_level
from sonovista.scene.document import SAMPLE_RATE, Acoustics, Room


def reverberation_of_room(
    room: Room,
    acoustics: Acoustics,
    decoder: BinauralDecoder,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str | None = None,
    seed: int = SEED,
) -> Reverberation:
    """What `render.reverberation.binaural_tail` is made of; arguments are its own, and the tensors' type and device."""

    def tensor(values: object) -> Tensor:
        return torch.tensor(np.asarray(values, float), dtype=dtype, device=device)

    times = room_reverberation_times(room, acoustics)
    samples = max(1, round(min(LONGEST, float(times.max())) * SAMPLE_RATE))
    frequency = np.fft.rfftfreq(2 * samples, 1.0 / SAMPLE_RATE)
    bins = max(1025, decoder.taps)
    grid = np.linspace(0.0, 0.5 * SAMPLE_RATE, bins)
    covariance = diffuse_covariance(decoder.filters, bins)
    response = [np.interp(frequency, grid, np.sqrt(covariance[:, ear, ear].real)) for ear in range(2)]
    return Reverberation(
        rt60_s=tensor(times),
        level=tensor([tail_level(room, acoustics)]),
        noise=tensor(tail_noise_bands(SAMPLE_RATE, samples, 2, seed)),
        fade=tensor(fade_in(samples, SAMPLE_RATE, first_reflection(room, acoustics))),
        coherence=tensor(np.interp(frequency, *interaural_coherence(decoder))),
        response=tensor(response),
        delay=decoder.delay,
        centre=tensor(room.centre),
        size=tensor(room.size),
        yaw=float(np.radians(room.yaw_deg)),
    )
