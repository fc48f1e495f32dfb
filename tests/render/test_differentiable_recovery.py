"""A source's place and level and its room's reverberation time come back from what two ears hear of it."""

from dataclasses import replace

import numpy as np
import pytest
from recoveries import RATE, Case, errors, scenes

from sonovista.render import BinauralRenderer
from sonovista.scene.document import Acoustics, Room, SceneDocument, Source
from sonovista.scene.scene import Scene

torch = pytest.importorskip("torch")

from torch import Tensor  # noqa: E402

from sonovista.render.differentiable import render, tensors_of_scene  # noqa: E402
from sonovista.render.differentiable.early_response import early_loss  # noqa: E402
from sonovista.render.differentiable.energy_decay import energy_decay_loss, octave_energies  # noqa: E402
from sonovista.render.differentiable.losses import interaural_loss, multi_resolution_stft_loss  # noqa: E402
from sonovista.render.differentiable.recovery import recover_sources  # noqa: E402

BLOCK_SIZE = 256
MORE = tuple(
    Case(azimuth, elevation, distance, off, far)
    for azimuth, elevation, distance in ((0.0, 0.0, 2.0), (-60.0, 0.0, 3.0), (100.0, 20.0, 1.5), (170.0, -20.0, 2.5))
    for off, far in ((40.0, 1.0), (-40.0, 1.0))
)


def _pose() -> tuple[Tensor, Tensor]:
    return torch.zeros(2, 3), torch.eye(3).expand(2, 3, 3)


def _recover(case: Case, samples: int) -> dict[str, float]:
    truth, guess = scenes(case, samples)
    with torch.no_grad():
        recording = render(truth, *_pose(), samples, limited=False)
    return errors(recover_sources(recording, guess, *_pose(), samples), truth)


def _scene(place: tuple[float, float, float], gain: float, samples: int) -> Scene:
    """Noise for two fifths of the time in a room whose walls take a third of what meets them."""
    sound = np.zeros(samples, np.float32)
    sounding = samples * 2 // 5
    sound[:sounding] = 0.1 * np.random.default_rng(2).normal(size=sounding)
    room = Room(centre=(0.0, 0.0, 0.0), size=(6.0, 5.0, 3.0), absorption=[(0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3)] * 6)
    source = Source(
        id="a", label="a", kind="point", position=place, gain_db=float(20.0 * np.log10(gain)), sound="a.flac"
    )
    return Scene(SceneDocument(sources=[source], acoustics=Acoustics(room=room)), {"a": sound})


def _check(found: dict[str, float]) -> None:
    assert found["angle_deg"] <= 2.0, found
    assert abs(found["distance"]) <= 0.05, found
    assert abs(found["gain"]) <= 0.05, found
    assert abs(found["rt60"]) <= 0.05, found


def test_place_gain_and_reverberation_time_are_recovered_from_the_real_time_renderer() -> None:
    samples = 48 * BLOCK_SIZE
    renderer = BinauralRenderer(_scene((1.4, 1.4, 0.3), 0.5, samples), 3, BLOCK_SIZE)
    blocks = [renderer.render_block(np.zeros(3), np.eye(3)) for _ in range(48)]
    recording = torch.tensor(np.concatenate(blocks, axis=1))
    truth = tensors_of_scene(_scene((1.4, 1.4, 0.3), 0.5, samples), 3)
    # 40 degrees to the left, a metre too far and twice as loud, in a room that rings 1.8 times as long.
    guess = tensors_of_scene(_scene((0.26, 2.97, 0.45), 1.0, samples), 3)
    assert guess.reverberation is not None
    longer = replace(guess.reverberation, rt60_s=1.8 * guess.reverberation.rt60_s[:1])
    found = recover_sources(recording, replace(guess, reverberation=longer), *_pose(), samples)
    _check(errors(found, truth))


@pytest.mark.slow
@pytest.mark.parametrize("case", MORE)
def test_they_are_recovered_from_many_starts(case: Case) -> None:
    _check(_recover(case, samples=24_000))


def test_a_resting_listener_hears_no_difference_between_a_source_outside_and_its_twin_in_the_room() -> None:
    """The wall is at y = 2.5 m: what the room hears falls with the way from there, the direct sound with all of it."""
    outside, samples = 2.7, 4096
    share = 1.0 / (1.0 + (outside - 2.5))
    alpha = Acoustics().absorption_per_metre
    inside = outside * share
    for _ in range(20):
        inside = outside * share * np.exp(alpha * (outside - inside))
    ears = []
    for distance, gain in ((outside, 0.5), (float(inside), 0.5 * share)):
        scene = tensors_of_scene(_scene((0.0, distance, 0.0), gain, samples), 3)
        with torch.no_grad():
            ears.append(render(scene, *_pose(), samples))
    assert inside < 2.5
    torch.testing.assert_close(ears[0], ears[1], rtol=0.0, atol=1e-5)


def test_energy_decay_hardly_tells_one_noise_from_another_but_levels_and_times() -> None:
    def tail(seed: int, rt60: float, gain: float = 1.0) -> Tensor:
        time = torch.arange(24_000) / RATE
        noise = torch.randn(2, 24_000, generator=torch.Generator().manual_seed(seed))
        return gain * noise * torch.exp(-6.908 * time / rt60)

    silent = torch.zeros(8)

    def loss(ears: Tensor, target: Tensor) -> float:
        return float(energy_decay_loss(ears, target, silent, RATE))

    target = tail(0, 0.4)
    assert loss(target, target) == 0.0
    alike = loss(tail(1, 0.4), target)
    assert loss(tail(1, 0.5), target) > 10.0 * alike
    assert loss(tail(1, 0.4, gain=1.3), target) > 10.0 * alike
    energies, bins = octave_energies(target, RATE)
    assert energies.shape[0] == len(bins) == 8


def test_early_loss_hears_no_tail_and_vanishes_at_the_target() -> None:
    generator = torch.Generator().manual_seed(4)
    sound = torch.randn(8192, generator=generator)
    direct = torch.stack([sound, 0.5 * sound.roll(12)])
    later = torch.stack([0.3 * sound.roll(2000), 0.3 * sound.roll(2500)])
    assert early_loss(direct, direct, sound, RATE) == 0.0
    assert early_loss(direct + later, direct, sound, RATE) < 0.01
    assert early_loss(direct.flip(0), direct, sound, RATE) > 0.3


def test_losses_vanish_at_the_target_and_interaural_loss_does_not_mind_levels() -> None:
    ears = torch.randn(2, 12_000, generator=torch.Generator().manual_seed(3))
    assert multi_resolution_stft_loss(ears, ears) == 0.0
    assert interaural_loss(ears, ears) == 0.0
    assert interaural_loss(3.0 * ears, ears) < 1e-6
    assert interaural_loss(ears.flip(0), ears) > 0.1
    assert multi_resolution_stft_loss(2.0 * ears, ears) > 0.5


@pytest.mark.parametrize("loss", [multi_resolution_stft_loss, interaural_loss])
def test_losses_have_finite_gradients_in_silence(loss) -> None:
    silence = torch.zeros(2, 12_000, requires_grad=True)
    loss(silence, torch.zeros(2, 12_000)).backward()
    assert silence.grad is not None
    assert torch.isfinite(silence.grad).all()
