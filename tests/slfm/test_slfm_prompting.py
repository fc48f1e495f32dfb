import numpy as np
import pytest
import torch
from learning import tiny_head, tiny_run

from sonovista.errors import InputError
from sonovista.slfm.config import PretextOptions
from sonovista.slfm.features.spectrograms import complex_spectrogram
from sonovista.slfm.networks.binauralizer import Binauralizer
from sonovista.slfm.prompting import ANGLES_DEG, densest, estimate_by_prompting, level_difference_of
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


def test_prompts_are_as_long_as_the_sounds_that_the_encoder_was_given():
    model = Binauralizer(tiny_run().networks, PretextOptions())
    heard = []
    model.unet = TurnsAll(-30)  # pyright: ignore[reportAttributeAccessIssue]
    model.unet.register_forward_pre_hook(lambda _, given: heard.append(given[0].shape[-1]))
    audio = tiny_run().networks.audio.model_copy(update={"seconds": 0.64})
    estimate_by_prompting(model, audio, torch.zeros(1, 2, 3, 48, 64), Noise(), tiny_head(), 2)
    assert heard == [64]


def test_a_model_that_is_told_rotations_is_asked_with_them():
    model = Binauralizer(tiny_run().networks, PretextOptions(ground_truth_rotation=True))
    told = []
    model.unet = TurnsAll(-30)  # pyright: ignore[reportAttributeAccessIssue]
    model.unet.register_forward_pre_hook(lambda _, given: told.append(given[1]))
    audio, images = tiny_run().networks.audio, torch.zeros(2, 2, 3, 48, 64)
    with pytest.raises(InputError, match="expected rotations"):
        estimate_by_prompting(model, audio, images, Noise(), tiny_head(), 2)
    rotations = torch.tensor([[0.0, 0.5], [0.0, -0.5]])
    estimate_by_prompting(model, audio, images, Noise(), tiny_head(), 2, rotations=rotations)
    wanted = model.turn_embeddings(images, rotations)[:, 0]
    for pair in range(2):
        assert torch.equal(told[pair][:, : wanted.shape[1]], wanted[pair].expand(2, -1))


@pytest.mark.parametrize("options", [{"target": "left_to_right"}, {"vision": False}, {"source_audio": False}])
def test_a_model_that_cannot_be_asked_is_refused(options):
    model = Binauralizer(tiny_run().networks, PretextOptions(**options))
    with pytest.raises(InputError, match="mono to binaural, by sight and source sound"):
        estimate_by_prompting(model, tiny_run().networks.audio, torch.zeros(1, 2, 3, 48, 64), Noise(), tiny_head(), 2)


def test_the_level_difference_of_a_sound_is_its_own_whatever_is_beside_it(rng):
    left, right = rng.standard_normal((2, 2, 2, 256, 8)).astype(np.float32)
    loud = np.array([1.0, 1e5], np.float32)[:, None, None, None]
    assert np.allclose(level_difference_of(left * loud, right * loud)[0], level_difference_of(left[:1], right[:1])[0])


def test_the_densest_votes_win_over_outliers(rng):
    votes = np.concatenate([25.0 + rng.standard_normal(40), rng.uniform(-90, 90, 60)])
    assert abs(densest(votes) - 25.0) < 1.0


def test_prompts_have_all_angles():
    assert len(ANGLES_DEG) == 181
    assert complex_spectrogram(np.zeros(40_800)).shape == (2, 256, 256)
