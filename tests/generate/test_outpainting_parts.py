import numpy as np
import pytest

from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.outpainting.backdrop import clear_slivers, meet_photo, paint_backdrop
from sonovista.generate.outpainting.contours import LIMIT, displacement, moves
from sonovista.generate.outpainting.exemplar import ExemplarOutpainter
from sonovista.generate.outpainting.projection import project_photo
from sonovista.generate.outpainting.random_phase import random_phase
from sonovista.generate.outpainting.source import prepare_source
from sonovista.generate.regions.protocol import REGION_CLASSES, RegionMap
from sonovista.geometry.equirectangular import pixel_angles

HEIGHT = 192
CAMERA = Calibration(0.0, 0.0, np.radians(60), 1.0, 1.0, 1.0, "given")


def lake() -> tuple[np.ndarray, RegionMap]:
    """Sky over calm water over bushes, and a red tower before them."""
    rng = np.random.default_rng(5)
    image = np.zeros((214, 320, 3), np.uint8)
    labels = np.zeros((214, 320), np.int32)
    image[:107], image[107:150] = (190, 210, 240), (150, 175, 185)
    image[150:] = rng.integers(20, 110, (64, 320, 1))
    image[40:160, 60:110] = (200, 30, 30)
    labels[107:150], labels[150:] = 1, 2
    labels[40:160, 60:110] = 3
    probabilities = np.zeros((4, len(REGION_CLASSES)), np.float32)
    for index, name in enumerate(("sky", "water", "vegetation", "building")):
        probabilities[index, REGION_CLASSES.index(name)] = 1.0
    return image, RegionMap(labels, probabilities, 0.0)


@pytest.fixture(scope="module")
def shore():
    image, regions = lake()
    return ExemplarOutpainter()(image, CAMERA, regions, HEIGHT, 1)


def test_a_building_stands_only_where_the_photo_shows_it(shore):
    red = (shore.pixels[..., 0] > 140) & (shore.pixels[..., 1] < 80)
    assert (red & shore.observed).sum() > 50
    assert (red & ~shore.observed).sum() == 0


def test_calm_water_has_no_vertical_edges(shore):
    _, elevation = pixel_angles(HEIGHT)
    rows = (elevation < -0.05) & (elevation > -0.11)
    water = shore.pixels[rows].astype(float).mean(axis=2)
    away = ~shore.observed[rows].any(axis=0)
    steps = np.abs(np.diff(water, axis=1))[:, away[1:] & away[:-1]]
    assert steps.max() < 12.0
    assert np.abs(water[:, away] - np.mean((150, 175, 185))).mean() < 8.0


def test_the_backdrop_meets_the_photo_at_its_frame():
    image, regions = lake()
    source = prepare_source(image, CAMERA, regions, HEIGHT)
    camera = CAMERA.camera(*image.shape[1::-1])
    photo, observed = project_photo(image.astype(np.float32) / 255.0, camera, HEIGHT)
    sky = np.full((HEIGHT, 2 * HEIGHT, 3), 0.8, np.float32)
    backdrop = meet_photo(paint_backdrop(source, sky, np.random.default_rng(0)), photo, observed, source)
    top = np.flatnonzero(observed[:, HEIGHT])[0]
    assert np.abs(backdrop[top - 2, HEIGHT] - photo[top + 2, HEIGHT]).max() < 0.06
    # Far from the photo it is what it was.
    assert np.abs(backdrop[5, 0] - 0.8).max() < 0.02


def test_slivers_are_cleared_and_broad_things_stay():
    backdrop = np.full((64, 128, 3), 0.8, np.float32)
    pixels = backdrop.copy()
    pixels[20:, 30:32] = 0.1
    pixels[20:, 70:100] = 0.1
    clear_slivers(pixels, backdrop, np.ones((64, 128), bool), 0.5)
    assert pixels[40, 31].min() > 0.7
    assert pixels[40, 85].max() < 0.2


@pytest.mark.parametrize("closes", [False, True])
def test_contours_meet_in_the_overlap_and_come_to_rest(closes):
    rng = np.random.default_rng(2)
    target, seen = rng.uniform(-0.1, 0.1, (2, 2, 60))
    moved = moves(target, seen, 10, closes)
    assert np.allclose((seen + moved)[:, :10], target[:, :10])
    if closes:
        assert np.allclose((seen + moved)[:, -10:], target[:, -10:])
    else:
        assert np.allclose(moved[:, -1], 0.0)


def test_displaced_elevations_keep_their_order():
    elevation = np.linspace(-1.5, 1.5, 3001)
    seen = np.array([0.1, -0.05])
    moved = np.array([LIMIT, LIMIT])
    lines = seen + moved
    source = elevation - displacement(elevation, lines[:, None], moved[:, None])
    assert (np.diff(source) > 0).all()
    assert np.interp(lines, elevation, source) == pytest.approx(seen, abs=1e-6)


def test_a_texture_of_random_phase_keeps_spectrum_and_variance_and_tiles():
    rng = np.random.default_rng(3)
    noise = rng.normal(size=(64, 64, 1)) * np.array([1.0, 0.5, 0.25])
    stripes = np.repeat(np.sin(np.arange(64) * 2 * np.pi / 8)[None, :, None], 64, axis=0)
    patch = (0.3 * noise + stripes).astype(np.float32)
    texture = random_phase(patch, 128, rng)
    assert texture.mean() == pytest.approx(0.0, abs=1e-5)
    assert texture.std() == pytest.approx((patch - patch.mean(axis=(0, 1))).std(), rel=1e-4)
    power = np.abs(np.fft.fft2(texture[..., 0])) ** 2
    assert np.unravel_index(power.argmax(), power.shape)[1] in (15, 16, 17, 111, 112, 113)
    across = np.abs(texture[:, 0] - texture[:, -1]).mean()
    assert across < 1.3 * np.abs(np.diff(texture, axis=1)).mean()


def sea() -> tuple[np.ndarray, RegionMap]:
    """Haze over a sea that grows darker towards the viewer, with waves much fainter than that."""
    rng = np.random.default_rng(2)
    image = np.zeros((214, 320, 3), np.float64)
    image[:107] = (190, 200, 215)
    light = np.linspace(170, 60, 107)[:, None, None]
    waves = np.repeat(rng.normal(0.0, 1.5, (107, 40, 1)), 8, axis=1)
    image[107:] = light * np.array((0.6, 0.8, 1.0)) + waves
    probabilities = np.zeros((2, len(REGION_CLASSES)), np.float32)
    for index, name in enumerate(("sky", "water")):
        probabilities[index, REGION_CLASSES.index(name)] = 1.0
    labels = np.repeat((np.arange(214) >= 107).astype(np.int32)[:, None], 320, axis=1)
    return np.clip(image, 0, 255).astype(np.uint8), RegionMap(labels, probabilities, 0.0)


def test_a_sea_goes_on_below_the_photo_and_is_no_patchwork():
    panorama = ExemplarOutpainter()(*sea()[:1], CAMERA, sea()[1], HEIGHT, 0)
    _, elevation = pixel_angles(HEIGHT)
    below = panorama.pixels[elevation < -0.6].astype(float)
    assert (below[..., 2] > below[..., 0]).mean() > 0.95
    # As dark as the photo's lower edge, not as the sky or the sea far off.
    assert abs(np.median(below.mean(axis=2)) - 48.0) < 12.0
    steps = np.abs(np.diff(below.mean(axis=2), axis=1))
    assert np.percentile(steps, 99) < 8.0
