"""A source's place and level and its room's reverberation time come back from what two ears hear of it."""

import pytest
from recoveries import Case, errors, scenes

torch = pytest.importorskip("torch")

from sonovista.render.differentiable import render  # noqa: E402
from sonovista.render.differentiable.losses import interaural_loss, multi_resolution_stft_loss  # noqa: E402
from sonovista.render.differentiable.recovery import recover_sources  # noqa: E402

QUICK = (Case(30.0, 10.0, 2.0, -40.0, 1.0), Case(-120.0, 0.0, 2.5, 40.0, -1.0))
MORE = tuple(
    Case(azimuth, elevation, distance, off, far)
    for azimuth, elevation, distance in ((0.0, 0.0, 2.0), (-60.0, 0.0, 3.0), (100.0, 20.0, 1.5), (170.0, -20.0, 2.5))
    for off, far in ((40.0, 1.0), (-40.0, 1.0))
)


def _recover(case: Case, samples: int, steps: int) -> dict[str, float]:
    torch.manual_seed(0)
    truth, guess = scenes(case, samples)
    positions, ahead = torch.zeros(2, 3), torch.eye(3).expand(2, 3, 3)
    with torch.no_grad():
        recording = render(truth, positions, ahead, samples, limited=False)
    return errors(recover_sources(recording, guess, positions, ahead, samples, steps), truth)


def _check(found: dict[str, float]) -> None:
    assert found["angle_deg"] <= 2.0, found
    assert abs(found["distance"]) <= 0.05, found
    assert abs(found["gain"]) <= 0.05, found
    assert abs(found["rt60"]) <= 0.05, found


@pytest.mark.parametrize("case", QUICK)
def test_place_gain_and_reverberation_time_are_recovered(case: Case) -> None:
    _check(_recover(case, samples=12_000, steps=150))


@pytest.mark.slow
@pytest.mark.parametrize("case", MORE)
def test_they_are_recovered_from_many_starts(case: Case) -> None:
    _check(_recover(case, samples=24_000, steps=150))


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
