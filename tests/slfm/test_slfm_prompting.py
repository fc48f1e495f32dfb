import numpy as np
import torch
from learning import tiny_head, tiny_run

from sonovista.slfm.config import PretextOptions
from sonovista.slfm.features.spectrograms import complex_spectrogram
from sonovista.slfm.networks.binauralizer import Binauralizer
from sonovista.slfm.prompting import ANGLES_DEG, densest, estimate_by_prompting
from sonovista.slfm.streams.sounds import Noise


class TurnsAll(torch.nn.Module):
    """A binauralizer that turns whatever it is given to one angle, as a perfect one would for one rotation."""

    def __init__(self, azimuth_deg: int) -> None:
        super().__init__()
        left, right = tiny_head().responses[6, azimuth_deg % 360]
        spectra = [np.fft.rfft(ear, 512)[:256] for ear in (left, right)]
        self.ratio = torch.from_numpy(((spectra[0] - spectra[1]) / (spectra[0] + spectra[1])).astype(np.complex64))

    def forward(self, mono: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        whole = torch.complex(mono[:, 0], mono[:, 1]) * self.ratio[:, None]
        return torch.stack([whole.real, whole.imag], dim=1)


def test_the_angle_that_a_perfect_binauralizer_was_taught_is_found():
    model = Binauralizer(tiny_run().networks, PretextOptions())
    # the camera turned left by 30: what was ahead is now on the right
    model.unet = TurnsAll(-30)  # pyright: ignore[reportAttributeAccessIssue]
    audio, images = tiny_run().networks.audio, torch.zeros(1, 2, 3, 48, 64)
    found = estimate_by_prompting(model, audio, images, Noise(), tiny_head(), 6)
    assert abs(np.degrees(found[0]) - 30.0) < 6.0


def test_the_densest_votes_win_over_outliers(rng):
    votes = np.concatenate([25.0 + rng.standard_normal(40), rng.uniform(-90, 90, 60)])
    assert abs(densest(votes) - 25.0) < 1.0


def test_prompts_have_all_angles():
    assert len(ANGLES_DEG) == 181
    assert complex_spectrogram(np.zeros(40_800)).shape == (2, 256, 256)
