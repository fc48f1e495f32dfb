import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sonovista.slfm.losses.geometry import (
    binaural_loss,
    geometric_loss,
    rotation_residual,
    spread_loss,
    symmetry_loss,
)
from sonovista.slfm.losses.pretext import spectrogram_loss, stft_distance
from sonovista.slfm.networks.estimators import view_pairs

ANGLE = st.floats(-math.pi, math.pi)
PAIRS = view_pairs(3, every=True)


def world(azimuth: float, turns: list[float]) -> tuple[torch.Tensor, torch.Tensor]:
    """True azimuths and pairwise rotations of a source seen from cameras that turned left by `turns`."""
    azimuths = torch.tensor([[azimuth - turn for turn in turns]], dtype=torch.float64)
    rotations = torch.tensor([[turns[t] - turns[s] for s, t in PAIRS]], dtype=torch.float64)
    return azimuths, rotations


@given(ANGLE, ANGLE, ANGLE)
def test_true_angles_cost_nothing(azimuth, one, two):
    azimuths, rotations = world(azimuth, [0.0, one, two])
    for reflection in ("none", "pair", "joint"):
        assert float(geometric_loss(azimuths, rotations, PAIRS, reflection)) == pytest.approx(0.0, abs=1e-9)


@given(ANGLE, ANGLE, ANGLE, st.lists(st.booleans(), min_size=3, max_size=3))
def test_sounds_heard_in_front_of_what_is_behind_cost_nothing_with_reflection(azimuth, one, two, behind):
    azimuths, rotations = world(azimuth, [0.0, one, two])
    flipped = torch.where(torch.tensor([behind]), math.pi - azimuths, azimuths)
    for reflection in ("pair", "joint"):
        assert float(geometric_loss(flipped, rotations, PAIRS, reflection)) == pytest.approx(0.0, abs=1e-9)


def test_a_source_that_passes_the_ear_is_the_case_that_needs_reflection():
    # from 80 to 110 degrees, heard, folded, at 80 and 70
    azimuths, rotation = torch.tensor([[80.0, 70.0]]).deg2rad(), torch.tensor([[-30.0]]).deg2rad()
    assert float(geometric_loss(azimuths, rotation, [(0, 1)], "pair")) == pytest.approx(0.0, abs=1e-6)
    assert float(geometric_loss(azimuths, rotation, [(0, 1)], "none")) > 0.1


@given(ANGLE, ANGLE, ANGLE)
def test_the_mirrored_world_costs_as_little(azimuth, one, two):
    azimuths, rotations = world(azimuth, [0.0, one, two])
    assert float(geometric_loss(math.pi - azimuths, -rotations, PAIRS, "none")) == pytest.approx(0.0, abs=1e-9)


@given(ANGLE, ANGLE, ANGLE)
def test_half_the_squared_distance_of_the_vectors(source, target, rotation):
    s, t, r = (torch.tensor(value, dtype=torch.float64) for value in (source, target, rotation))
    vector = torch.stack([s.cos(), s.sin()])
    turned = torch.stack([(t + r).cos(), (t + r).sin()])
    assert float(rotation_residual(s, t, r)) == pytest.approx(float(0.5 * (vector - turned).square().sum()), abs=1e-9)


def test_one_choice_for_all_pairs_is_never_cheaper_than_a_choice_for_each():
    generator = torch.Generator().manual_seed(0)
    azimuths = math.pi * (2 * torch.rand(50, 3, generator=generator) - 1)
    rotations = math.pi * (torch.rand(50, 3, generator=generator) - 0.5)
    joint = geometric_loss(azimuths, rotations, PAIRS, "joint")
    pair = geometric_loss(azimuths, rotations, PAIRS, "pair")
    assert float(pair) < float(joint) < float(geometric_loss(azimuths, rotations, PAIRS, "none"))


def test_left_is_louder_where_the_source_is_left():
    azimuths = torch.tensor([[0.8, -0.8]])
    right_way = binaural_loss(azimuths, torch.tensor([[1.0, -1.0]]))
    wrong_way = binaural_loss(azimuths, torch.tensor([[-1.0, 1.0]]))
    assert float(right_way) < 0.2 < 1.0 < float(wrong_way)
    assert float(binaural_loss(azimuths, torch.zeros(1, 2))) == 0.0


def test_losses_pull_angles_the_right_way():
    azimuths = torch.tensor([[0.2, 0.2]], requires_grad=True)
    binaural_loss(azimuths, torch.tensor([[1.0, -1.0]])).backward()
    assert azimuths.grad is not None
    assert azimuths.grad[0, 0] < 0 < azimuths.grad[0, 1]


def test_symmetry_costs_what_is_not_odd():
    one = torch.tensor([0.5, -0.2])
    assert float(symmetry_loss(one, -one, one, -one)) == 0.0
    assert float(symmetry_loss(one, one, one, -one)) == pytest.approx(0.7)


def test_the_guard_acts_only_on_angles_that_shrank():
    everywhere = torch.linspace(-math.pi, math.pi, 1001)
    assert float(spread_loss(everywhere)) < 1e-3
    assert float(spread_loss(0.1 * everywhere)) > 0.3


def test_spectrogram_distances():
    truth = torch.zeros(1, 2, 4, 4)
    predicted = torch.zeros(1, 2, 4, 4)
    predicted[:, 0], predicted[:, 1] = 3.0, 4.0
    assert float(stft_distance(predicted, truth)) == pytest.approx(5.0)
    assert float(spectrogram_loss(predicted, truth)) == pytest.approx(3.5)
