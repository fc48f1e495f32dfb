import math

import pytest
import torch
from learning import tiny_run

from sonovista.slfm.config import PretextOptions
from sonovista.slfm.networks.attention_unet import AttentionUNet
from sonovista.slfm.networks.binaural import BinauralEncoder, exchanged_ears
from sonovista.slfm.networks.binauralizer import Binauralizer, sinusoidal
from sonovista.slfm.networks.estimators import CameraRotation, MotionModel, SoundDirection
from sonovista.slfm.networks.residual import ResidualTrunk
from sonovista.slfm.networks.unet import UNet
from sonovista.slfm.networks.visual import CorrelationVolume, Displacement, VisualPairEncoder
from sonovista.slfm.options import ABLATION, PAPER, SMALL, NetworkOptions


def parameters(module: torch.nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def options(**changes) -> NetworkOptions:
    return tiny_run(networks=tiny_run().networks.model_dump() | changes).networks


def test_the_trunk_at_full_width_is_a_resnet_18():
    trunk = ResidualTrunk(3, 64, 4)
    assert parameters(trunk) == 11_176_512  # of torchvision's without its classifier
    assert trunk(torch.zeros(1, 3, 64, 96)).shape == (1, 512, 2, 3)


def test_the_papers_encoders_give_512_numbers():
    vision, audio = VisualPairEncoder(PAPER.vision), BinauralEncoder(PAPER.audio)
    assert vision.cells == (15, 20)
    vision.eval()
    with torch.no_grad():
        assert vision(torch.zeros(1, 3, 240, 320), torch.zeros(1, 3, 240, 320)).shape == (1, 512)
        assert audio.eval()(torch.zeros(1, 4, 256, 256)).shape == (1, 512)


def test_sizes_shrink():
    counts = [parameters(MotionModel(size)) for size in (PAPER, SMALL, ABLATION)]
    assert counts[0] > 5 * counts[1] > 10 * counts[2]


def test_correlation_finds_where_a_picture_went():
    generator = torch.Generator().manual_seed(1)
    scene = 30.0 * torch.randn(1, 32, 6, 12, generator=generator)
    first, second = scene[..., :8], scene[..., 2:10]  # the scene moved 2 cells left
    volume = CorrelationVolume()(first, second)
    assert volume.shape == (1, 48, 6, 8)
    torch.testing.assert_close(volume.sum(dim=1), torch.ones(1, 6, 8))
    best = volume.argmax(dim=1)[0]
    here = torch.arange(8)
    assert (best[:, 2:] % 8 == here[2:] - 2).all()


def test_displacement_says_how_far_and_how_surely():
    generator = torch.Generator().manual_seed(1)
    scene = torch.randn(1, 32, 6, 12, generator=generator)
    layer = Displacement(6, 8)
    layer.log_scale.data.fill_(4.0)
    out = layer(scene[..., :8], scene[..., 2:10])
    assert out.shape == (1, 8, 3, 4)
    seen = out[0, :, :, 1:]  # the first column's cells have left the picture
    torch.testing.assert_close(seen[0], torch.full_like(seen[0], -2 * 2 / 7), atol=0.02, rtol=0.0)
    torch.testing.assert_close(seen[1], torch.zeros_like(seen[1]), atol=0.02, rtol=0.0)
    assert seen[6].min() > 0.8
    assert out[0, 6, :, 0].max() < 0.8


def test_odd_networks_are_odd():
    networks = options(
        audio=tiny_run().networks.audio.model_dump() | {"antisymmetric": True},
        vision=tiny_run().networks.vision.model_dump() | {"antisymmetric": True, "matching": "displacement"},
    )
    audio, vision = SoundDirection(networks).eval(), CameraRotation(networks).eval()
    features, (one, two) = torch.randn(3, 4, 40, 24), torch.randn(2, 3, 3, 48, 64)
    torch.testing.assert_close(audio(exchanged_ears(features, networks.audio)), -audio(features))
    torch.testing.assert_close(vision(two, one), -vision(one, two))
    torch.testing.assert_close(vision(one, one), torch.zeros(3))


def test_angles_stay_within_their_limits():
    audio, vision = SoundDirection(options()).eval(), CameraRotation(options()).eval()
    assert audio(100 * torch.randn(8, 4, 40, 24)).abs().max() <= math.pi
    assert vision(*(100 * torch.randn(2, 8, 3, 48, 64))).abs().max() <= math.pi / 2


def test_views_of_an_example_give_the_rotations_of_their_pairs():
    vision = CameraRotation(options()).eval()
    images = torch.randn(2, 3, 3, 48, 64)
    out = vision.pairs(images, [(0, 1), (1, 2)])
    torch.testing.assert_close(out[:, 1], vision(images[:, 1], images[:, 2]), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("network", [UNet, AttentionUNet])
def test_a_binauralizer_keeps_the_shape_and_never_amplifies(network):
    unet = network(condition=16, width=8).eval()
    mono = torch.randn(2, 2, 256, 256)
    out = unet(mono, torch.randn(2, 16))
    assert out.shape == mono.shape
    # a complex mask with parts in (-1, 1) is at most sqrt(2) long
    assert (out.square().sum(1).sqrt() <= math.sqrt(2.0) * mono.square().sum(1).sqrt() + 1e-5).all()


@pytest.mark.parametrize(
    "variant",
    [
        {},
        {"vision": False},
        {"source_audio": False},
        {"vision": False, "source_audio": False},
        {"ground_truth_rotation": True},
    ],
)
def test_a_variant_listens_to_what_it_is_given_and_to_nothing_else(variant):
    pretext = PretextOptions(**variant)
    model = Binauralizer(options(), pretext).eval()
    given = {
        "features": torch.randn(2, 4, 40, 24),
        "images": torch.randn(2, 3, 3, 48, 64),
        "rotations": torch.tensor([[0.0, 0.3, -0.4], [0.0, 0.5, 0.6]]),
    }
    condition = model.condition(**given)
    assert condition.shape == (2, 2, model.width)
    used = {
        "features": pretext.source_audio,
        "images": pretext.vision and not pretext.ground_truth_rotation,
        "rotations": pretext.ground_truth_rotation,
    }
    for name, counts in used.items():
        changed = model.condition(**(given | {name: given[name] + torch.randn_like(given[name])}))
        assert torch.equal(changed, condition) != counts


def test_an_embedding_of_angles_tells_them_apart():
    codes = sinusoidal(torch.deg2rad(torch.arange(-90.0, 91.0)), 32)
    distance = torch.cdist(codes, codes) + 10 * torch.eye(181)
    assert distance.min() > 0.05


def test_gradients_reach_every_weight():
    run = tiny_run()
    model = MotionModel(run.networks)
    azimuths, rotations = model(torch.randn(2, 2, 4, 40, 24), torch.randn(2, 2, 3, 48, 64), [(0, 1)])
    (azimuths.square().sum() + rotations.square().sum()).backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in model.parameters())
