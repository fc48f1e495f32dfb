from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy import sparse

from sonovista.errors import BackendUnavailable, InputError
from sonovista.generate.regions.learned import (
    MEMBERSHIP,
    LearnedClassifier,
    LearnedOptions,
    enlarged,
    resampled,
    run_head,
)
from sonovista.generate.regions.merging import merge_regions
from sonovista.generate.regions.protocol import DETAIL_CLASSES, REGION_CLASSES
from sonovista.geometry.equirectangular import pixel_angles

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def classifier() -> LearnedClassifier:
    try:
        return LearnedClassifier(LearnedOptions(photo_patches=20, panorama_patches=12))
    except BackendUnavailable as error:
        pytest.skip(f"the backbone's weights could not be had: {error}")


def example(name: str) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    with Image.open(ROOT / "examples" / f"{name}.jpg") as image:
        image.thumbnail((400, 400))
        pixels = np.asarray(image.convert("RGB"))
    return pixels, np.zeros(pixels.shape[:2], np.float32)


def test_every_detail_belongs_to_one_class() -> None:
    assert MEMBERSHIP.shape == (len(DETAIL_CLASSES), len(REGION_CLASSES))
    assert (MEMBERSHIP.sum(axis=1) == 1).all()


def test_a_meadow_is_grass_below_and_sky_above(classifier: LearnedClassifier) -> None:
    image, elevation = example("meadow")
    regions = classifier(image, elevation, False)
    labels = regions.labels()
    assert labels.shape == image.shape[:2]
    height = len(labels)
    assert np.mean(labels[round(0.8 * height) :] == REGION_CLASSES.index("grass")) > 0.8
    assert np.mean(labels[: round(0.05 * height)] == REGION_CLASSES.index("sky")) > 0.8
    assert regions.indoor < 0.5
    assert regions.details is not None
    np.testing.assert_allclose(regions.details.sum(axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(regions.probabilities, regions.details @ MEMBERSHIP, atol=1e-5)
    assert len(np.unique(regions.segments)) == len(regions.details)


def test_a_room_is_indoors(classifier: LearnedClassifier) -> None:
    assert classifier(*example("interior"), False).indoor > 0.5


def test_turning_a_panorama_turns_what_the_network_sees(classifier: LearnedClassifier) -> None:
    image, _ = example("meadow")
    panorama = np.concatenate([image[:150, :300], image[:150, 299::-1]], axis=1)[:, :300]
    half = np.roll(panorama, 150, axis=1)
    straight = run_head(classifier.look(panorama, True))[0]
    turned = np.roll(run_head(classifier.look(half, True))[0], -12, axis=1)
    agreement = np.mean(straight.argmax(axis=-1) == turned.argmax(axis=-1))
    assert agreement > 0.8


def test_a_panorama_has_no_seam(classifier: LearnedClassifier) -> None:
    image, _ = example("meadow")
    panorama = np.concatenate([image[:150, :150], image[:150, 149::-1]], axis=1)
    elevation = np.repeat(pixel_angles(150)[1].astype(np.float32)[:, None], 300, axis=1)
    labels = classifier(panorama, elevation, True).labels()
    assert np.mean(labels[:, 0] == labels[:, -1]) > 0.8


def test_both_networks_look_twice(classifier: LearnedClassifier) -> None:
    image, elevation = example("stream")
    looks = classifier.look(image, False)
    share = image.shape[0] / image.shape[1]
    assert looks.fine.shape[:2] == (round(20 * share), 20)
    assert looks.coarse.shape[:2] == (round(11 * share), 11)
    called = classifier(image, elevation, False).details
    seen = classifier.from_looks(looks, image, elevation).details
    assert called is not None
    assert seen is not None
    np.testing.assert_allclose(called, seen, atol=1e-5)


def test_without_the_imagenet_network_it_still_tells(classifier: LearnedClassifier) -> None:
    image, _ = example("meadow")
    looks = replace(classifier.look(image, False), cells=None)
    details, indoor, _ = run_head(looks)
    np.testing.assert_allclose(details.sum(axis=-1), 1.0, atol=1e-5)
    below = details[-3:].mean(axis=(0, 1))
    assert DETAIL_CLASSES[int(below.argmax())] == "grass"
    assert indoor < 0.5


def test_maps_on_another_grid_are_linear_and_go_across_the_seam() -> None:
    ramp = np.arange(6, dtype=np.float32)[None, :, None].repeat(3, axis=0)
    finer = resampled(ramp, 6, 12, False)
    assert finer.shape == (6, 12, 1)
    np.testing.assert_allclose(finer[2, 1:-1, 0], (np.arange(12)[1:-1] + 0.5) / 2.0 - 0.5)
    np.testing.assert_allclose(finer[2, (0, -1), 0], (0.0, 5.0))
    np.testing.assert_allclose(resampled(ramp, 3, 12, True)[0, (0, -1), 0], (1.25, 3.75))


def test_maps_are_enlarged_across_the_seam() -> None:
    maps = np.zeros((4, 8, 1), np.float32)
    maps[:, 0] = 1.0
    large = enlarged(maps, (40, 80), True)
    assert large.shape == (40, 80, 1)
    np.testing.assert_allclose(large[20, :5, 0], large[20, 9:4:-1, 0], atol=0.06)
    assert large[20, -1, 0] > 0.3


def test_alike_pieces_that_touch_are_joined_first() -> None:
    features = np.array([[0.0], [0.1], [5.0], [5.1], [0.0]], np.float32)
    pairs = np.array([(0, 1), (1, 2), (2, 3), (3, 4)])
    upper = sparse.coo_array((np.ones(4), pairs.T), shape=(5, 5))
    joined = merge_regions(features, np.ones(5), sparse.csr_array(upper + upper.T), 3)
    assert len(set(joined)) == 3
    assert joined[0] == joined[1]
    assert joined[2] == joined[3]
    assert joined[4] not in joined[:4]


def test_pieces_that_do_not_touch_stay_apart() -> None:
    none = sparse.csr_array((4, 4))
    np.testing.assert_array_equal(merge_regions(np.zeros((4, 2), np.float32), np.ones(4), none, 1), np.arange(4))


def test_bad_input_is_said(classifier: LearnedClassifier) -> None:
    image, elevation = example("meadow")
    with pytest.raises(InputError, match="image"):
        classifier(image[..., 0], elevation, False)
    with pytest.raises(InputError, match="elevation"):
        classifier(image, elevation[1:], False)


def test_both_shipped_files_hold_the_same_numbers() -> None:
    onnx = pytest.importorskip("onnx")
    safetensors = pytest.importorskip("safetensors.numpy")
    folder = ROOT / "src" / "sonovista" / "generate" / "regions"
    graph = onnx.load(folder / "region_head.onnx").graph
    inside = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for name, array in safetensors.load_file(folder / "region_head.safetensors").items():
        np.testing.assert_array_equal(array, inside[name], err_msg=name)
