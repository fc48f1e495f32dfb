"""Ground of which there is too little for patches is laid plain; what hangs into the sky is laid nowhere."""

import cv2
import numpy as np
import pytest
from named_regions import named_regions

from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.outpainting.blending import Canvas
from sonovista.generate.outpainting.exemplar import ExemplarOutpainter
from sonovista.generate.outpainting.hanging import without_hanging
from sonovista.generate.outpainting.layout import allowed_below
from sonovista.generate.outpainting.plain import is_plain, lay_plain, seen_on_ground
from sonovista.generate.outpainting.random_phase import random_phase
from sonovista.generate.outpainting.source import Source, prepare_source
from sonovista.generate.regions.protocol import DetailClass, RegionMap
from sonovista.geometry.equirectangular import pixel_angles, pixel_directions

HEIGHT = 192
CAMERA = Calibration(0.0, 0.0, np.radians(60), 1.0, 1.0, 1.0, "given")
PATCH = 24
"""Pixels of the store of exemplars."""


def speckled(colour: tuple[int, int, int], shape: tuple[int, int], amount: float = 9.0) -> np.ndarray:
    noise = np.random.default_rng(3).normal(size=shape).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), 1.5)
    return np.clip(np.array(colour) + (noise / noise.std() * amount)[..., None], 0, 255).astype(np.uint8)


def scene(name: DetailClass, rows: int) -> tuple[np.ndarray, RegionMap]:
    """Sky over trees over some rows of ground, across which lies a red kerb."""
    image = np.zeros((214, 320, 3), np.uint8)
    image[:90] = (170, 200, 240)
    image[90 : 214 - rows] = speckled((60, 90, 50), (124 - rows, 320))
    image[214 - rows :] = speckled((150, 140, 120), (rows, 320))
    image[206:209, :200] = (220, 20, 20)
    labels = np.zeros((214, 320), np.int32)
    labels[90:], labels[214 - rows :] = 1, 2
    return image, named_regions(labels, ("sky", "tree", name), 0.0, False)


def store(name: DetailClass, rows: int) -> Source:
    image, regions = scene(name, rows)
    return prepare_source(image, CAMERA, regions, HEIGHT)


@pytest.mark.parametrize(
    ("name", "rows", "plain"), [("grass", 40, True), ("grass", 90, False), ("road", 90, True), ("rock", 90, False)]
)
def test_ground_is_plain_where_no_patch_fits_or_where_it_lies_even(name, rows, plain):
    source = store(name, rows)
    assert is_plain(source, allowed_below(source), PATCH) == plain


def test_a_single_pixel_of_ground_is_enough_and_none_is_no_ground():
    source = store("road", 40)
    nothing = np.zeros_like(source.backdrop)
    assert not is_plain(source, nothing, PATCH)
    speck = nothing.copy()
    speck[-1, 10] = 1.0
    assert is_plain(source, speck, PATCH)
    height, width = 48, 96
    empty, free = np.zeros((height, width), np.float32), np.ones((height, width), np.float32)
    canvas = Canvas(np.zeros((height, width, 3), np.float32), empty > 0.0, free, empty.copy())
    needed = np.ones((height, width), bool)
    lay_plain(canvas, pixel_directions(height), needed, source, speck, np.random.default_rng(0))
    assert canvas.filled.all()
    assert np.abs(np.median(canvas.pixels, axis=(0, 1)) - source.pixels[-1, 10]).max() < 0.05


def test_plain_ground_has_the_grounds_colour_and_no_kerbs():
    image, regions = scene("road", 40)
    panorama = ExemplarOutpainter()(image, CAMERA, regions, HEIGHT, 1)
    below = np.broadcast_to((pixel_angles(HEIGHT)[1] < np.radians(-42.0))[:, None], panorama.observed.shape)
    laid = panorama.pixels[below & ~panorama.observed].astype(float)
    assert np.abs(np.median(laid, axis=0) - (150, 140, 120)).max() < 12
    assert not ((laid[:, 0] > 180) & (laid[:, 1] < 90)).any()
    assert 1.0 < laid.mean(axis=1).std() < 20.0  # neither flat nor in shards


def test_an_isotropic_texture_has_the_power_of_a_striped_patch_in_all_directions():
    rng = np.random.default_rng(0)
    stripes = np.repeat(rng.normal(size=(64, 1, 1)), 64, axis=1) * np.ones(3)
    plain, turned = (random_phase(stripes, 128, np.random.default_rng(1), isotropic) for isotropic in (False, True))

    def steps(texture: np.ndarray) -> tuple[float, float]:
        return float(np.diff(texture, axis=0).std()), float(np.diff(texture, axis=1).std())

    assert plain.std() == pytest.approx(turned.std(), rel=1e-3) == pytest.approx(stripes.std(), rel=1e-3)
    assert steps(plain)[0] > 4.0 * steps(plain)[1]
    assert steps(turned)[0] == pytest.approx(steps(turned)[1], rel=0.1)


def test_texture_on_the_ground_is_as_strong_everywhere_and_shortened_towards_the_horizon():
    tile = np.repeat(np.random.default_rng(0).normal(size=(64, 64, 1)), 3, axis=2).astype(np.float32)
    tile = cv2.GaussianBlur(tile, (0, 0), 2.0, borderType=cv2.BORDER_REFLECT)
    seen = seen_on_ground(tile, pixel_directions(256), 0.25)[..., 0]
    elevation = pixel_angles(256)[1]
    near, far = (seen[(elevation < np.radians(a)) & (elevation > np.radians(a - 8.0))] for a in (-50.0, -12.0))
    assert far.std() == pytest.approx(near.std(), rel=0.35)

    def flattened(part: np.ndarray) -> float:
        return float(np.diff(part, axis=0).std() / np.diff(part, axis=1).std())

    assert flattened(far) > 1.4 * flattened(near)


def branches(cut: bool, trunk: bool) -> Source:
    """Sky with a dark crown in it over trees: cut off by the upper border or not, with a trunk or without."""
    image, regions = scene("grass", 60)
    labels = regions.segments.copy()
    crown = np.zeros(labels.shape, bool)
    crown[(0 if cut else 15) : 60, 30:130] = True
    if trunk:
        crown[60:95, 75:85] = True
    image[crown], labels[crown] = (20, 25, 20), 1
    return prepare_source(image, CAMERA, named_regions(labels, ("sky", "tree", "grass"), 0.0, False), HEIGHT)


@pytest.mark.parametrize(
    ("cut", "trunk", "hangs"), [(True, False, True), (True, True, False), (False, False, False), (False, True, False)]
)
def test_what_is_cut_off_above_and_stands_on_nothing_is_taken_for_sky(cut, trunk, hangs):
    source = branches(cut, trunk)
    height, width = source.backdrop.shape
    rows, columns = slice(round(0.1 * height), round(0.24 * height)), slice(round(0.15 * width), round(0.35 * width))
    assert source.backdrop[rows, columns].max() < 0.5
    cleared = without_hanging(source)
    assert (cleared.backdrop[rows, columns].min() == 1.0) == hangs
    assert (cleared is source) == (not hangs)
    # What stands stays as it is.
    assert np.array_equal(cleared.backdrop[height // 2 :], source.backdrop[height // 2 :])
