import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from sonovista.errors import InputError
from sonovista.generate.regions.appearance import (
    AppearanceClassifier,
    AppearanceOptions,
    Weights,
    position_prior,
    shipped_weights,
)
from sonovista.generate.regions.protocol import REGION_CLASSES, RegionClass, RegionMap
from sonovista.generate.regions.superpixels import adjacency, lab_of, segment_means, superpixels, upsample_labels
from sonovista.geometry import PerspectiveCamera
from sonovista.geometry.equirectangular import pixel_angles

ROOT = Path(__file__).resolve().parents[2]


def example(name: str, side: int = 400) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    with Image.open(ROOT / "examples" / f"{name}.jpg") as image:
        image.thumbnail((side, side))
        pixels = np.asarray(image.convert("RGB"))
    height, width = pixels.shape[:2]
    rays = PerspectiveCamera(width, height, np.radians(60.0)).ray_directions()
    return pixels, np.arcsin(rays[..., 2]).astype(np.float32)


def panorama(height: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Blue above, green below, with grain, and a brown block across the seam."""
    rng = np.random.default_rng(0)
    pixels = np.zeros((height, 2 * height, 3))
    pixels[: height // 2] = (120, 170, 240)
    pixels[height // 2 :] = (60, 120, 40)
    pixels[height // 2 :] += rng.normal(0, 18, (height - height // 2, 2 * height, 1))
    pixels[height // 3 : height // 2, : height // 8] = (120, 80, 50)
    pixels[height // 3 : height // 2, -height // 8 :] = (120, 80, 50)
    elevation = np.repeat(pixel_angles(height)[1][:, None], 2 * height, axis=1)
    return np.clip(pixels, 0, 255).astype(np.uint8), elevation.astype(np.float32)


def share(regions: RegionMap, rows: slice, *classes: RegionClass) -> float:
    wanted = [REGION_CLASSES.index(name) for name in classes]
    return float(np.isin(regions.labels()[rows], wanted).mean())


def check_region_map(regions: RegionMap, shape: tuple[int, int]) -> None:
    assert regions.segments.shape == shape
    assert regions.segments.dtype == np.int32
    assert regions.segments.min() >= 0
    assert regions.segments.max() < len(regions.probabilities)
    assert regions.probabilities.shape[1] == len(REGION_CLASSES)
    assert regions.probabilities.dtype == np.float32
    np.testing.assert_allclose(regions.probabilities.sum(axis=1), 1.0, atol=1e-5)
    assert 0.0 <= regions.indoor <= 1.0


def test_meadow_has_sky_above_and_grass_below() -> None:
    image, elevation = example("meadow")
    regions = AppearanceClassifier()(image, elevation, False)
    check_region_map(regions, image.shape[:2])
    assert share(regions, slice(0, 15), "sky") > 0.8
    assert share(regions, slice(-40, None), "grass") > 0.8
    assert regions.indoor < 0.2


def test_stream_has_running_water_in_the_middle_and_trees_above() -> None:
    image, elevation = example("stream")
    regions = AppearanceClassifier()(image, elevation, False)
    height, width = image.shape[:2]
    bed = regions.mask("running_water")[height // 2 :, int(0.35 * width) : int(0.5 * width)]
    assert bed.mean() > 0.5
    assert share(regions, slice(0, height // 8), "vegetation") > 0.7


def test_mountain_has_sky_rock_and_grass() -> None:
    image, elevation = example("mountain")
    labels = AppearanceClassifier()(image, elevation, False).labels()
    for name, least in (("sky", 0.15), ("rock", 0.1), ("grass", 0.15)):
        assert (labels == REGION_CLASSES.index(name)).mean() > least, name


def test_room_is_indoors_and_pagoda_is_not() -> None:
    assert AppearanceClassifier()(*example("interior"), False).indoor > 0.7
    assert AppearanceClassifier()(*example("pagoda"), False).indoor < 0.3


def test_same_picture_gives_same_regions() -> None:
    image, elevation = example("pagoda", 256)
    first, second = (AppearanceClassifier()(image, elevation, False) for _ in range(2))
    np.testing.assert_array_equal(first.segments, second.segments)
    np.testing.assert_array_equal(first.probabilities, second.probabilities)


@pytest.mark.parametrize("shape", [(64, 64), (64, 200), (300, 70), (7, 9), (1, 1)])
def test_any_size_is_taken(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(1).integers(0, 256, (*shape, 3)).astype(np.uint8)
    check_region_map(AppearanceClassifier()(image, np.zeros(shape, np.float32), False), shape)


@pytest.mark.parametrize("height", [32, 200])
def test_panorama_has_sky_above_and_plants_below(height: int) -> None:
    image, elevation = panorama(height)
    regions = AppearanceClassifier()(image, elevation, True)
    check_region_map(regions, image.shape[:2])
    assert share(regions, slice(0, height // 4), "sky") > 0.9
    assert share(regions, slice(-height // 4, None), "sky", "ceiling") == 0.0


def test_region_may_cross_the_seam() -> None:
    image, _ = panorama(128)
    labels = superpixels(lab_of(image), 200, True)
    rows = slice(128 // 3 + 6, 128 // 2 - 4)
    assert np.mean(labels[rows, 0] == labels[rows, -1]) > 0.8
    assert np.mean(superpixels(lab_of(image), 200, False)[rows, 0] == labels[rows, -1]) < 0.5


def test_adjacency_counts_border_pixels() -> None:
    labels = np.repeat(np.array([[0, 0, 1, 1, 2, 2]], np.int32), 4, axis=0)
    flat, wrapped = adjacency(labels, 3, False).toarray(), adjacency(labels, 3, True).toarray()
    np.testing.assert_array_equal(flat, [[0, 4, 0], [4, 0, 4], [0, 4, 0]])
    np.testing.assert_array_equal(wrapped, [[0, 4, 4], [4, 0, 4], [4, 4, 0]])


def test_segment_means_agree_with_a_loop() -> None:
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 5, (20, 30)).astype(np.int32)
    values = rng.normal(size=(20, 30, 3)).astype(np.float32)
    expected = np.stack([values[labels == i].mean(axis=0) for i in range(5)])
    np.testing.assert_allclose(segment_means(labels, values, 5), expected, atol=1e-5)


def test_upsampled_border_follows_the_picture() -> None:
    image = np.zeros((80, 80, 3), np.uint8)
    image[:, 43:] = 255
    coarse = np.repeat(np.array([[0] * 10 + [1] * 10], np.int32), 20, axis=0)
    large = upsample_labels(coarse, image, np.array([[0, 0, 0], [100, 0, 0]], np.float32), False)
    np.testing.assert_array_equal(large[40], (np.arange(80) >= 43).astype(int))


def test_no_sky_underfoot_and_no_ground_overhead() -> None:
    prior = position_prior(np.radians(np.array([-60.0, 0.0, 60.0], np.float32)))
    sky, ground = REGION_CLASSES.index("sky"), REGION_CLASSES.index("ground")
    assert prior[0, sky] < 0.05 < 0.9 < prior[2, sky]
    assert prior[2, ground] < 0.05 < 0.9 < prior[0, ground]
    assert prior[1].min() > 0.9


def test_smoothing_makes_fewer_islands() -> None:
    image, elevation = example("stream", 256)
    rough = AppearanceClassifier(AppearanceOptions(smoothing=0.0))(image, elevation, False).labels()
    smooth = AppearanceClassifier()(image, elevation, False).labels()
    assert np.mean(smooth[:, 1:] != smooth[:, :-1]) < np.mean(rough[:, 1:] != rough[:, :-1])


def test_wrong_shapes_are_named() -> None:
    classifier = AppearanceClassifier()
    with pytest.raises(InputError, match="elevation"):
        classifier(np.zeros((8, 8, 3), np.uint8), np.zeros((8, 9), np.float32), False)
    with pytest.raises(InputError, match="image"):
        classifier(np.zeros((8, 8), np.uint8), np.zeros((8, 8), np.float32), False)


def test_weights_survive_saving(tmp_path: Path) -> None:
    weights = shipped_weights()
    weights.save(tmp_path / "weights.npz")
    again = Weights.load(tmp_path / "weights.npz")
    features = np.random.default_rng(3).normal(size=(5, len(weights.segments[0].mean))).astype(np.float32)
    np.testing.assert_allclose(again.segments[0](features), weights.segments[0](features), atol=1e-3)
    assert (tmp_path / "weights.npz").stat().st_size < 1_000_000


def test_benchmark_photos_are_not_among_the_fitted() -> None:
    fitted = set(json.loads((ROOT / "tools" / "region_annotations.json").read_text()))
    photos = json.loads((ROOT / "benchmarks" / "recognition_annotations.json").read_text())["photos"]
    held_out = {name for name, photo in photos.items() if photo["split"] == "held_out"}
    assert len(held_out) == 10
    assert not held_out & fitted
