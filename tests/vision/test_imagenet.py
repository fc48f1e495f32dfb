from importlib.resources import files
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from torch.nn import functional

from sonovista.errors import BackendUnavailable, InputError
from sonovista.geometry.image_files import read_rgb
from sonovista.vision.imagenet import WEIGHTS, ImageNetNetwork, crop, load_network, probabilities
from sonovista.vision.imagenet_weights import CONVOLUTIONS, read_imagenet_weights, stored_tensors
from sonovista.weights.cache import pull
from sonovista.weights.registry import find

DRUM, CATS = 541, range(281, 286)
STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)


@pytest.fixture(scope="module")
def weights_file() -> Path:
    try:
        return pull(find(WEIGHTS))
    except BackendUnavailable as error:
        pytest.skip(f"the weights could not be had: {error}")


@pytest.fixture(scope="module")
def network(weights_file: Path) -> ImageNetNetwork:
    assert weights_file.is_file()
    return load_network()


def torch_logits(stored: dict[str, NDArray[np.float32]], pixels: torch.Tensor) -> torch.Tensor:
    """The network from its description: `SAME` padding, batch normalisation by PyTorch, mean, linear layer."""
    tensor = {name: torch.from_numpy(np.array(value, order="C")) for name, value in stored.items()}

    def convolve(x: torch.Tensor, name: str, normalised: str, stride: int = 1, clipped: bool = True) -> torch.Tensor:
        kernel = tensor[f"{name}.weight"]
        size, length = kernel.shape[-1], x.shape[-1]
        padding = max((-(-length // stride) - 1) * stride + size - length, 0)
        before, after = padding // 2, padding - padding // 2
        groups = x.shape[1] // kernel.shape[1]
        x = functional.conv2d(functional.pad(x, (before, after, before, after)), kernel, stride=stride, groups=groups)
        bn = [tensor[f"{normalised}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")]
        x = functional.batch_norm(x, *bn, training=False, eps=1e-3)
        return functional.relu6(x) if clipped else x

    x = convolve(pixels, "_conv_stem", "_bn0", 2)
    for block, stride in enumerate(STRIDES):
        name, before = f"_blocks.{block}", x
        if f"{name}._expand_conv.weight" in tensor:
            x = convolve(x, f"{name}._expand_conv", f"{name}._bn0")
        x = convolve(x, f"{name}._depthwise_conv", f"{name}._bn1", stride)
        x = convolve(x, f"{name}._project_conv", f"{name}._bn2", clipped=False)
        if stride == 1 and x.shape == before.shape:
            x = x + before
    x = convolve(x, "_conv_head", "_bn1").mean(dim=(2, 3))
    return x @ tensor["_fc.weight"].T + tensor["_fc.bias"]


@pytest.mark.parametrize("side", [64, 224])
def test_torch_says_the_same(
    network: ImageNetNetwork, weights_file: Path, side: int, example_photos: dict[str, Path]
) -> None:
    picture = crop(read_rgb(example_photos["interior"]), (0, 500, 1000, 1500))[:side, :side][None]
    pixels = torch.from_numpy(picture.astype(np.float32).transpose(0, 3, 1, 2) - 127.0) / 128.0
    expected = torch_logits(stored_tensors(weights_file), pixels).numpy()
    found = network(picture)
    assert found.shape == (1, side // 32, side // 32, 1000)
    np.testing.assert_allclose(found.mean(axis=(1, 2)), expected, atol=1e-3)


def test_it_knows_a_cat_and_a_drum(network: ImageNetNetwork, example_photos: dict[str, Path]) -> None:
    import skimage.data

    cat = np.asarray(skimage.data.chelsea(), np.uint8)
    seen = probabilities(network(crop(cat, (75, 0, 375, 300))[None]).mean(axis=(1, 2)))[0]
    assert seen.sum() == pytest.approx(1.0, abs=1e-5)
    assert seen[list(CATS)].sum() > 0.8
    interior = read_rgb(example_photos["interior"])
    height, width = interior.shape[:2]
    middle = (height - width) // 2
    cells = network(crop(interior, (0, middle, width, middle + width))[None])
    assert probabilities(cells.mean(axis=(1, 2)))[0].argmax() == DRUM
    row = int(probabilities(cells)[0, ..., DRUM].max(axis=1).argmax())
    assert row >= 3  # of 7: in the lower half


@pytest.mark.parametrize("shape", [(1, 224, 224), (1, 224, 200, 3), (0, 224, 224, 3), (1, 224, 224, 4)])
def test_crops_of_another_shape_are_refused(network: ImageNetNetwork, shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="multiples of 32"):
        network(np.zeros(shape, np.uint8))


def test_a_file_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    (tmp_path / "short.pth").write_bytes(bytes(1000))
    with pytest.raises(InputError, match="cut short"):
        read_imagenet_weights(tmp_path / "short.pth")
    with pytest.raises(InputError, match="expected the weights"):
        read_imagenet_weights(tmp_path / "none.pth")


def test_the_shipped_graph_holds_no_weights_and_no_paths() -> None:
    data = (files("sonovista.vision") / "efficientnet_lite0.onnx").read_bytes()
    model = onnx.load_from_string(data)
    outside = {one.name: one for one in model.graph.initializer if one.external_data}
    assert len(outside) == 2 * len(CONVOLUTIONS) + 2
    assert {entry.value for one in outside.values() for entry in one.external_data} == {"weights"}
    assert len(data) < 20_000
    assert not model.metadata_props
    assert not model.graph.doc_string
