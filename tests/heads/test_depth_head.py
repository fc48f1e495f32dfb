"""The depth head: its losses, its attention, and that a run goes on where it stopped."""

import numpy as np
import pytest

from sonovista.heads.outdoor.gear import gear
from sonovista.heads.outdoor.shapes import Shapes

torch = pytest.importorskip("torch")

from sonovista.heads.depth_network import FEATURES, LAYERS, OUT, DepthHead, depth_loss  # noqa: E402
from sonovista.heads.depth_training import (  # noqa: E402
    DepthTraining,
    evaluate,
    part,
    read_config,
    read_network,
    read_state,
    train,
)


def test_attention_changes_nothing_before_it_has_learned_and_sees_the_whole_picture_then():
    torch.manual_seed(0)
    plain, looking = DepthHead(16), DepthHead(16, attention=2)
    looking.load_state_dict(plain.state_dict(), strict=False)
    features, picture = torch.randn(1, len(LAYERS) * FEATURES, 6, 7), torch.rand(1, 3, 6 * OUT, 7 * OUT)
    assert torch.equal(plain(features, picture), looking(features, picture))
    for name, weight in looking.named_parameters():
        if name.endswith("out.weight"):
            torch.nn.init.normal_(weight, 0.0, 0.5)
    elsewhere = features.clone()
    elsewhere[..., 0, 0] += 5.0
    far = (Ellipsis, slice(-OUT, None), slice(-OUT, None))
    assert not torch.allclose(looking(features, picture)[far], looking(elsewhere, picture)[far])


def test_the_loss_does_not_see_scale_and_shift_but_order_in_rows():
    generator = torch.Generator().manual_seed(1)
    depth = torch.randn(2, 12, 14, generator=generator) * 0.5 + 1.0
    output = torch.stack([depth * 3.0 - 7.0, torch.full_like(depth, -20.0)], dim=1)
    assert float(depth_loss(output, depth, 0.0, 0.6, 1.0)) < 0.25  # a spread of 0.05 is added to both
    mixed = torch.stack([depth.flip(2), output[:, 1]], dim=1)
    losses = [float(depth_loss(mixed, depth, 0.0, 0.0, weight)) for weight in (0.0, 1.0)]
    assert losses[1] > 1.5 * losses[0]


def test_a_run_is_gone_on_from_and_its_mean_is_the_network(tmp_path, write_renders):
    write_renders(tmp_path, 40)
    options = {"width": 16, "attention": 1, "batch": 2, "coarse_batch": 2, "window_share": 0.5, "dropped": 0.1}
    first = DepthTraining(minutes=0.03, mean_decay=0.9, row_weight=0.5, **options)
    train(tmp_path, tmp_path / "run", first)
    tensors, record = read_state(tmp_path / "run" / "state.safetensors")
    network = read_network(tmp_path / "run" / "state.safetensors")
    assert torch.equal(network.state_dict()["deep1.weight"], tensors["mean"]["deep1.weight"])
    train(tmp_path, tmp_path / "run", first.model_copy(update={"minutes": 0.05}))
    _, later = read_state(tmp_path / "run" / "state.safetensors")
    assert int(later["step"]) > int(record["step"]) > 0
    train(tmp_path, tmp_path / "next", first.model_copy(update={"minutes": 0.02, "attention": 2}), tmp_path / "run")
    assert len(read_network(tmp_path / "next" / "state.safetensors").looks) == 2
    found = evaluate(tmp_path, network, "test")
    assert found["crops"] == sum(part(f"outdoor-{k:05d}-0") == "test" for k in range(40))


def test_the_shipped_configuration_has_no_attention_and_the_tried_one_has():
    from importlib.resources import as_file, files

    assert read_config(None).attention == 0
    with as_file(files("sonovista.heads.configs") / "depth_attention.yaml") as path:
        assert read_config(path).attention == 3


def test_gear_stands_on_its_foot():
    for seed in range(40):
        shapes, foot = Shapes(), np.array([2.0, -1.0, 0.5])
        height = gear(shapes, np.random.default_rng(seed), foot, 3)
        centres = np.array([*shapes.centres, *shapes.poly_centres])
        reach = np.array([*shapes.radii, *shapes.poly_radii])
        assert 0.1 < height < 2.1
        assert (centres[:, 2] > foot[2] - 1e-6).all()
        assert (np.linalg.norm(centres[:, :2] - foot[:2], axis=1) < 4.0).all()
        assert reach.max() < 3.0
        assert all(0 <= look.texture < 3 for look in [*shapes.looks, *shapes.poly_looks])
