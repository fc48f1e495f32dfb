from collections.abc import Callable

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from sonovista.errors import InputError
from sonovista.vision.backbone import WEIGHTS, Backbone, pixels_for, resize_positions
from sonovista.vision.backbone_torch import TorchBackbone
from sonovista.weights.cache import cached
from sonovista.weights.registry import find

TOLERANCE = 1e-4
"""Of features whose variance is 1: two ways to compute the same in single precision."""


@pytest.fixture(scope="module")
def picture(request: pytest.FixtureRequest) -> NDArray[np.uint8]:
    with Image.open(request.config.rootpath / "examples" / "stream.jpg") as image:
        return np.asarray(image.convert("RGB"))


def test_the_file_that_the_weights_come_from_gives_the_same_numbers(
    backbone: Backbone, picture: NDArray[np.uint8]
) -> None:
    layers = (0, 5, 11)
    model = onnx.load(cached(find(WEIGHTS)))
    names = [f"/backbone/encoder/layer.{layer}/Add_1_output_0" for layer in layers]
    model.graph.output.extend(onnx.helper.make_tensor_value_info(name, 1, None) for name in names)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    pixels = pixels_for(picture, 16, 16)
    expected = session.run(names, {"input_image": pixels.transpose(2, 0, 1)[None]})
    found = backbone(picture, 16, 16, layers)
    for index, tokens in enumerate(expected):
        tokens = np.asarray(tokens)[0, 1:].reshape(16, 16, -1)
        spread = np.sqrt(tokens.var(axis=-1, keepdims=True) + 1e-6)
        np.testing.assert_allclose(
            found[index], (tokens - tokens.mean(axis=-1, keepdims=True)) / spread, atol=TOLERANCE
        )


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (11, 17), (37, 37), (9, 40)])
def test_torch_gives_the_same_numbers_at_any_size(
    backbone: Backbone, picture: NDArray[np.uint8], rows: int, columns: int
) -> None:
    pixels = torch.from_numpy(pixels_for(picture, rows, columns))[None]
    with torch.no_grad():
        expected = TorchBackbone(backbone.weights)(pixels, (3, 7, 11))[0].numpy()
    found = backbone(picture, rows, columns)
    assert found.shape == (3, rows, columns, 384)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)


def test_positions_are_interpolated_as_torch_does(rng: np.random.Generator) -> None:
    grid = rng.normal(size=(37, 37, 384)).astype(np.float32)
    expected = torch.nn.functional.interpolate(
        torch.from_numpy(grid).double().permute(2, 0, 1)[None], size=(23, 50), mode="bicubic", align_corners=False
    )
    np.testing.assert_allclose(resize_positions(grid, 23, 50), expected[0].permute(1, 2, 0), atol=1e-5)


def test_features_come_in_the_order_that_is_asked_for(backbone: Backbone, picture: NDArray[np.uint8]) -> None:
    forward, backward = backbone(picture, 6, 8, (2, 9)), backbone(picture, 6, 8, (9, 2))
    np.testing.assert_array_equal(forward, backward[::-1])
    np.testing.assert_allclose(forward.mean(axis=-1), 0.0, atol=1e-4)
    np.testing.assert_allclose(forward.std(axis=-1), 1.0, atol=1e-3)


def test_one_network_for_each_process(backbone: Backbone) -> None:
    assert Backbone.load() is backbone


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda net, image: net(image, 0, 4), "patches"),
        (lambda net, image: net(image, 400, 400), "patches"),
        (lambda net, image: net(image, 4, 4, (12,)), "layers"),
        (lambda net, image: net(image, 4, 4, ()), "layers"),
        (lambda net, image: net(image[..., 0], 4, 4), "image"),
        (lambda net, image: net(image.astype(np.float32), 4, 4), "image"),
    ],
)
def test_bad_input_is_said(
    backbone: Backbone, picture: NDArray[np.uint8], ask: Callable[[Backbone, NDArray], object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        ask(backbone, picture)
