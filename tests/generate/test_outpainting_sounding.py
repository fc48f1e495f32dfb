"""What sounds is never doubled; rooms get walls with things on them."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from named_regions import named_regions

from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.outpainting.clearing import clear_sounding
from sonovista.generate.outpainting.exemplar import ExemplarOutpainter
from sonovista.generate.outpainting.furnishing import Palette, furnish
from sonovista.generate.outpainting.source import prepare_source
from sonovista.generate.regions.protocol import (
    REGION_CLASSES,
    DetailClass,
    RegionMap,
)

HEIGHT = 192
CAMERA = Calibration(0.0, 0.0, np.radians(60), 1.0, 1.0, 1.0, "given")


def scene(detail: DetailClass, with_details: bool) -> tuple[np.ndarray, RegionMap]:
    """Sky over trees over rocks, and something red in the middle of the trees and rocks."""
    rng = np.random.default_rng(5)
    image = np.zeros((214, 320, 3), np.uint8)
    image[:80] = (170, 200, 240)
    noise = cv2.GaussianBlur(rng.normal(size=(214, 320)).astype(np.float32), (0, 0), 1.5)
    noise = noise[..., None] / noise.std() * 18
    image[80:130] = np.clip(np.array((60, 100, 50)) + noise[80:130], 0, 255)
    image[130:] = np.clip(np.array((120, 115, 110)) + noise[130:], 0, 255)
    image[100:190, 130:190] = np.clip(np.array((220, 30, 30)) + noise[100:190, 130:190], 0, 255)
    labels = np.zeros((214, 320), np.int32)
    labels[80:130], labels[130:], labels[100:190, 130:190] = 1, 2, 3
    return image, named_regions(labels, ("sky", "tree", "rock", detail), 0.0, with_details)


def red(pixels: np.ndarray) -> np.ndarray:
    return (pixels[..., 0] > 150) & (pixels[..., 1] < 90)


@pytest.mark.parametrize(
    ("detail", "with_details"), [("running_water", False), ("running_water", True), ("person", True), ("animal", False)]
)
def test_what_sounds_stands_only_where_the_photo_shows_it(detail, with_details):
    image, regions = scene(detail, with_details)
    panorama = ExemplarOutpainter()(image, CAMERA, regions, HEIGHT, 1)
    assert (red(panorama.pixels) & panorama.observed).sum() > 100
    assert (red(panorama.pixels) & ~panorama.observed).sum() == 0


def test_a_portrait_is_not_a_crowd():
    """A person who fills most of the photo, and around whom all may belong to them, stands there once."""
    image, _ = scene("person", True)
    image[30:, 50:270] = (220, 30, 30)
    labels = np.zeros((214, 320), np.int32)
    labels[100:], labels[20:, 25:295], labels[30:, 50:270] = 1, 2, 3
    regions = named_regions(labels, ("sky", "rock", "rock", "person"), 0.0, True)
    probabilities, details = regions.probabilities.copy(), np.array(regions.details)
    probabilities[2] = 0.6 * probabilities[1] + 0.4 * probabilities[3]
    details[2] = 0.6 * details[1] + 0.4 * details[3]
    panorama = ExemplarOutpainter()(
        image, CAMERA, replace(regions, probabilities=probabilities, details=details), HEIGHT, 1
    )
    assert (red(panorama.pixels) & panorama.observed).sum() > 1000
    # The person runs on for some pixels beyond the border that cuts them off.
    around = cv2.dilate(panorama.observed.astype(np.uint8), np.ones((21, 21), np.uint8)) > 0
    assert (red(panorama.pixels) & ~around).sum() == 0


def test_the_store_of_exemplars_holds_rock_where_water_ran():
    image, regions = scene("running_water", False)
    source = prepare_source(image, CAMERA, regions, HEIGHT)
    cleared = clear_sounding(source, np.random.default_rng(0))
    assert source.sounding.max() > 0.9
    assert cleared.sounding.max() == 0.0
    assert cleared.share("running_water").max() < 0.01
    assert not red(cleared.pixels * 255).any()
    # Filled with texture, not with a blur: as lively as the rocks beside it.
    grey = cleared.pixels.mean(axis=2)
    height, width = grey.shape
    filled = grey[round(0.65 * height) : round(0.85 * height), round(0.42 * width) : round(0.58 * width)]
    beside = grey[round(0.65 * height) : round(0.85 * height), round(0.05 * width) : round(0.3 * width)]
    assert 0.5 < filled.std() / beside.std() < 2.0
    # What was no water is what it was.
    assert np.array_equal(cleared.pixels[:, : width // 4], source.pixels[:, : width // 4])


def test_silent_things_stay_in_the_store_where_a_classifier_tells_them_apart():
    image, regions = scene("furniture", True)
    source = prepare_source(image, CAMERA, regions, HEIGHT)
    assert source.sounding.max() == 0.0
    assert clear_sounding(source, np.random.default_rng(0)) is source


def test_a_photo_of_nothing_but_running_water_is_its_own_store():
    image, regions = scene("running_water", False)
    everything = RegionMap(np.full_like(regions.segments, 3), regions.probabilities, 0.0)
    source = prepare_source(image, CAMERA, everything, HEIGHT)
    assert clear_sounding(source, np.random.default_rng(0)) is source


def room() -> tuple[np.ndarray, RegionMap]:
    """A plastered wall over a floor, with a red thing and shelves' worth of stripes before it."""
    rng = np.random.default_rng(2)
    image = np.zeros((240, 320, 3), np.float32)
    image[:150], image[150:] = (190, 180, 165), (130, 95, 60)
    image += cv2.GaussianBlur(rng.normal(size=(240, 320, 1)).astype(np.float32), (0, 0), 1.0)[..., None] * 8
    labels = np.zeros((240, 320), np.int32)
    labels[150:] = 1
    for x in range(60, 200, 7):
        image[60:170, x : x + 7] = rng.uniform(20, 200, 3)
    image[60:170, 200:240] = (230, 20, 20)
    labels[60:170, 60:240] = 2
    probabilities = np.zeros((3, len(REGION_CLASSES)), np.float32)
    for index, name in enumerate(("wall", "floor", "object")):
        probabilities[index, REGION_CLASSES.index(name)] = 1.0
    return np.clip(image, 0, 255).astype(np.uint8), RegionMap(labels, probabilities, 1.0)


def test_a_rooms_unseen_walls_carry_as_much_as_the_photo_within_6_db():
    image, regions = room()
    camera = Calibration(-0.1, 0.0, np.radians(55), 1.0, 1.0, 1.0, "given")
    panorama = ExemplarOutpainter()(image, camera, regions, 256, 0)
    grey = panorama.pixels.astype(np.float32).mean(axis=2)
    band = (cv2.GaussianBlur(grey, (0, 0), 0.8) - cv2.GaussianBlur(grey, (0, 0), 3.0)) ** 2
    around = cv2.dilate(panorama.observed.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    rows = slice(100, 160)
    ratio = 10 * np.log10(band[rows][~around[rows]].mean() / band[panorama.observed].mean())
    assert abs(ratio) < 6.0


def test_furniture_keeps_off_where_nothing_may_stand():
    rng = np.random.default_rng(1)
    wall = np.full((300, 900, 3), 0.7, np.float32)
    free = np.zeros(900, bool)
    free[300:] = True
    colours = rng.uniform(0.1, 0.8, (20, 3)).astype(np.float32)
    furnish(wall, 150.0, free, 0.9, Palette(colours, colours, np.full(3, 0.6, np.float32)), rng, True)
    assert np.abs(wall[:, :285] - 0.7).max() < 1e-3
    assert (np.abs(wall[:, 300:] - 0.7).max(axis=2) > 0.05).mean() > 0.2
    assert wall.min() >= 0.0
    assert wall.max() <= 1.0


def test_an_empty_room_stays_nearly_empty():
    rng = np.random.default_rng(1)
    colours = np.full((4, 3), 0.2, np.float32)
    full, bare = (np.full((300, 3000, 3), 0.7, np.float32) for _ in range(2))
    for wall, fullness in ((full, 0.95), (bare, 0.05)):
        furnish(
            wall,
            150.0,
            np.ones(3000, bool),
            fullness,
            Palette(colours, colours, colours[0]),
            rng,
            False,
        )
    assert (bare < 0.6).mean() < 0.4 * (full < 0.6).mean()
