"""Order of points in photos: marks, pairs, the loss, and that training learns from them."""

import json

import numpy as np
import pytest

from sonovista.errors import InputError

torch = pytest.importorskip("torch")

from sonovista.heads import depth_order  # noqa: E402
from sonovista.heads.depth_network import FEATURES, LAYERS, OUT, DepthHead  # noqa: E402
from sonovista.heads.depth_order import (  # noqa: E402
    LONGEST,
    MARKS,
    order_loss,
    ordered_rightly,
    pairs_of,
    photo_loss,
    read_look,
    read_marks,
    values_at,
)
from sonovista.heads.depth_training import DepthTraining, train  # noqa: E402


def test_every_pair_of_unlike_rank_counts_once_and_equal_ranks_do_not():
    near, far = pairs_of([np.array([[0.1, 0.5, 1], [0.3, 0.5, 2], [0.6, 0.5, 2], [0.9, 0.5, 3]])])
    assert len(near) == len(far) == 5
    assert {tuple(round(float(end[0]), 1) for end in (a, b)) for a, b in zip(near, far, strict=True)} == {
        (0.1, 0.3), (0.1, 0.6), (0.1, 0.9), (0.3, 0.9), (0.6, 0.9),
    }  # fmt: skip


def test_values_are_read_at_fractions_of_width_and_height():
    grid = torch.arange(20.0).reshape(1, 4, 5)
    middles = torch.tensor([[(column + 0.5) / 5, (row + 0.5) / 4] for row in range(4) for column in range(5)])
    torch.testing.assert_close(values_at(grid, middles), torch.arange(20.0))
    torch.testing.assert_close(values_at(grid, torch.tensor([[0.4, 0.125]])), torch.tensor([1.5]))


def test_the_loss_is_lower_for_the_right_order_and_does_not_see_scale_and_shift():
    ramp = torch.linspace(0.0, 1.0, 30).repeat(1, 20, 1)
    output = torch.stack([ramp, torch.full_like(ramp, -9.0)], dim=1)
    left, right = torch.tensor([[0.2, 0.5]]), torch.tensor([[0.8, 0.4]])
    losses = [float(order_loss(output, *pair)) for pair in ((left, right), (right, left))]
    assert losses[0] < 0.1 < 2.0 < losses[1]
    moved = [torch.stack([scale * ramp - 3.0, output[:, 1]], dim=1) for scale in (100.0, 700.0)]
    assert float(order_loss(moved[0], right, left)) == pytest.approx(float(order_loss(moved[1], right, left)), rel=0.01)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"photos": {"a/b": [[[0.1, 0.2]]]}}', '{"photos": {"a/b": [[[0.1, 1.2, 1]]]}}']
)
def test_marks_that_are_none_are_refused(tmp_path, text):
    path = tmp_path / "marks.json"
    path.write_text(text)
    with pytest.raises(InputError, match="expected"):
        read_marks(path)


def test_the_marks_of_the_project_are_of_fitting_photos_alone():
    marks = read_marks(MARKS)
    split = json.loads((MARKS.parent / "photo_split.json").read_text())
    assert set(marks) <= set(split["fitting"])
    assert {depth_order.part(name) for name in marks} == {"train", "validation"}
    for sets in marks.values():
        assert all(len(pairs_of([points])[0]) > 0 for points in sets)


def looks_of(folder, name, rng):
    """A photo whose features' first channel is how far each patch is, further to the right."""
    for longest in LONGEST:
        rows = round(0.75 * longest)
        features = rng.normal(0.0, 0.3, (len(LAYERS) * FEATURES, rows, longest))
        features[0] = 3.0 * np.linspace(-1.0, 1.0, longest)
        picture = rng.integers(0, 255, (rows * OUT, longest * OUT, 3)).astype(np.uint8)
        np.savez(depth_order._look(folder, name, longest), features=features.astype(np.float16), picture=picture)


@pytest.fixture
def marked(tmp_path, monkeypatch):
    marks = {f"photos/{k}": [[[u, 0.5, rank] for rank, u in enumerate((0.1, 0.4, 0.7, 0.95), 1)]] for k in range(9)}
    (tmp_path / "marks.json").write_text(json.dumps({"photos": marks}))
    monkeypatch.setattr(depth_order, "MARKS", tmp_path / "marks.json")
    rng = np.random.default_rng(0)
    for name in marks:
        looks_of(tmp_path, name, rng)
    return read_marks(tmp_path / "marks.json")


def test_order_in_other_photos_is_learned_from_marks(tmp_path, marked):
    torch.manual_seed(0)
    parts = {
        which: {k: v for k, v in marked.items() if depth_order.part(k) == which} for which in ("train", "validation")
    }
    assert all(parts.values())
    model, rng = DepthHead(16), np.random.default_rng(1)
    optimiser = torch.optim.Adam(model.parameters(), 3e-3)
    for _ in range(60):
        optimiser.zero_grad()
        photo_loss(rng, model, tmp_path, parts["train"], coarse=True).backward()
        optimiser.step()
    figures = ordered_rightly(model.eval(), tmp_path, parts["validation"])
    assert figures["right"] > 0.9
    assert figures["right_in_a_row"] == figures["right"]


def test_a_run_takes_marked_photos_in(tmp_path, marked, write_renders, capsys):
    write_renders(tmp_path, 12)
    options = {"width": 16, "batch": 1, "coarse_batch": 1, "coarse_share": 0.5, "order_weight": 2.0, "minutes": 0.02}
    with pytest.raises(InputError, match="order_weight: expected --looks"):
        train(tmp_path, tmp_path / "run", DepthTraining(**options))
    train(tmp_path, tmp_path / "run", DepthTraining(**options), looks=tmp_path)
    assert '"right_in_a_row"' in capsys.readouterr().out
    assert (tmp_path / "run" / "state.safetensors").exists()


def test_a_mirrored_look_is_the_look_mirrored(tmp_path):
    looks_of(tmp_path, "a/b", np.random.default_rng(1))
    plain, mirrored = (read_look(tmp_path, "a/b", LONGEST[0], flip) for flip in (False, True))
    for one, other in zip(plain, mirrored, strict=True):
        assert torch.equal(one.flip(3), other)
