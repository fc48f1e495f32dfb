from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.outpainting.blending import minimum_cut
from sonovista.generate.outpainting.exemplar import ExemplarOutpainter
from sonovista.generate.outpainting.projection import project_photo
from sonovista.generate.regions.protocol import REGION_CLASSES, RegionMap
from sonovista.geometry.equirectangular import pixel_directions

EXAMPLES = Path(__file__).parents[2] / "examples"
HEIGHT = 192


def calibration(fov: float = 60.0, pitch: float = 0.0, roll: float = 0.0) -> Calibration:
    return Calibration(pitch, roll, np.radians(fov), 1.0, 1.0, 1.0, "given")


def photo(name: str, size: int = 320) -> np.ndarray:
    picture = Image.open(EXAMPLES / f"{name}.jpg").convert("RGB")
    picture.thumbnail((size, size))
    return np.asarray(picture)


def layers(image: np.ndarray, *rows: tuple[float, str], indoor: float = 0.0) -> RegionMap:
    """Regions in horizontal bands: each ends at a share of the height and is of one class."""
    height, width = image.shape[:2]
    segments = np.zeros((height, width), np.int32)
    probabilities = np.zeros((len(rows), len(REGION_CLASSES)), np.float32)
    start = 0
    for index, (end, name) in enumerate(rows):
        stop = round(end * height)
        segments[start:stop] = index
        probabilities[index, REGION_CLASSES.index(name)] = 1.0
        start = stop
    return RegionMap(segments, probabilities, indoor)


MEADOW = ((0.2, "sky"), (0.3, "rock"), (0.62, "vegetation"), (1.0, "grass"))


@pytest.fixture(scope="module")
def meadow():
    image = photo("meadow")
    camera = calibration(60, 0.02, 0.0)
    return image, camera, ExemplarOutpainter()(image, camera, layers(image, *MEADOW), HEIGHT, 3)


def test_shape_and_type(meadow):
    _, _, panorama = meadow
    assert panorama.pixels.shape == (HEIGHT, 2 * HEIGHT, 3)
    assert panorama.pixels.dtype == np.uint8
    assert panorama.observed.shape == (HEIGHT, 2 * HEIGHT)
    assert panorama.observed.dtype == bool


def test_inside_its_frame_the_photo_is_untouched(meadow):
    image, camera, panorama = meadow
    alone, observed = project_photo(image.astype(np.float32) / 255.0, camera.camera(*image.shape[1::-1]), HEIGHT)
    assert np.array_equal(observed, panorama.observed)
    assert np.array_equal(panorama.pixels[observed], np.round(alone[observed] * 255).astype(np.uint8))


def test_the_same_seed_gives_the_same_picture_and_another_seed_another(meadow):
    image, camera, panorama = meadow
    regions = layers(image, *MEADOW)
    again = ExemplarOutpainter()(image, camera, regions, HEIGHT, 3)
    other = ExemplarOutpainter()(image, camera, regions, HEIGHT, 4)
    assert np.array_equal(again.pixels, panorama.pixels)
    differing = (np.abs(other.pixels.astype(int) - panorama.pixels) > 4).any(axis=2) & ~panorama.observed
    assert differing.mean() > 0.1


def test_sky_stays_above_and_grass_below(meadow):
    image, _, panorama = meadow
    sky, grass = image[:20].mean(axis=(0, 1)), image[-60:].mean(axis=(0, 1))
    up = pixel_directions(HEIGHT)[..., 2]
    zenith = panorama.pixels[up > 0.8].mean(axis=0)
    nadir = panorama.pixels[up < -0.8].mean(axis=0)
    assert np.abs(zenith - sky).max() < 45
    assert np.abs(nadir - grass).max() < 45


def test_the_back_and_the_photos_border_show_no_seam(meadow):
    _, _, panorama = meadow
    grey = panorama.pixels.astype(float).mean(axis=2)
    across = np.abs(grey[:, 0] - grey[:, -1]).mean()
    near = np.concatenate([np.abs(np.diff(grey[:, :9], axis=1)), np.abs(np.diff(grey[:, -9:], axis=1))], axis=1).mean()
    assert across < 1.5 * near
    gradient = np.hypot(*np.gradient(grey))
    inside = cv2.distanceTransform(panorama.observed.astype(np.uint8), cv2.DIST_L2, 5)
    outside = cv2.distanceTransform((~panorama.observed).astype(np.uint8), cv2.DIST_L2, 5)
    distance = np.maximum(inside, outside)
    assert gradient[distance <= 1].mean() < 1.5 * gradient[(distance >= 3) & (distance <= 9)].mean()


def test_neither_pole_is_pinched(meadow):
    _, _, panorama = meadow
    # Round a pole that is pinched colours change by the pixel; round a sound one the last rows are nearly one colour.
    for row in (0, HEIGHT - 1):
        ring = panorama.pixels[row].astype(float)
        assert np.abs(np.diff(ring, axis=0)).mean() < 2.0


def test_the_ground_is_no_blur(meadow):
    _, _, panorama = meadow
    grey = panorama.pixels.astype(np.float32).mean(axis=2)
    detail = (cv2.GaussianBlur(grey, (0, 0), 1.0) - cv2.GaussianBlur(grey, (0, 0), 4.0)) ** 2
    up = pixel_directions(HEIGHT)[..., 2]
    seen = detail[panorama.observed & (up < -0.12)].mean()
    completed = detail[~panorama.observed & (up < -0.12) & (up > -0.8)].mean()
    assert abs(10 * np.log10(completed / seen)) < 6.0


@pytest.mark.parametrize(
    ("name", "indoor"),
    [("sky", 0.0), ("water", 0.0), ("object", 0.0), ("building", 0.0), ("wall", 0.0), ("sky", 1.0), ("object", 1.0)],
)
def test_any_single_class_is_completed(name, indoor):
    image = photo("stream", 96)
    panorama = ExemplarOutpainter()(image, calibration(), layers(image, (1.0, name), indoor=indoor), 64, 0)
    assert panorama.pixels.std() > 2.0
    # Nothing may be left black.
    assert (panorama.pixels.sum(axis=2) == 0).mean() < 0.02


@pytest.mark.parametrize(
    ("fov", "pitch", "roll"),
    [(20, 0.0, 0.0), (110, -0.4, 0.2), (60, 0.6, 0.35), (45, -1.4, 0.0)],
)
def test_narrow_wide_and_tilted_photos_are_completed(fov, pitch, roll):
    image = photo("pagoda", 120)
    panorama = ExemplarOutpainter()(image, calibration(fov, pitch, roll), layers(image, *MEADOW), 64, 0)
    assert panorama.observed.any()
    assert (panorama.pixels.sum(axis=2) == 0).mean() < 0.02


@pytest.mark.parametrize("size", [(3, 5), (1, 40)])
def test_photos_of_odd_sizes_are_completed(size):
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    panorama = ExemplarOutpainter()(image, calibration(), layers(image, (1.0, "grass")), 64, 0)
    assert panorama.pixels.shape == (64, 128, 3)


def test_a_room_has_walls_between_floor_and_ceiling():
    image = photo("interior")
    regions = layers(image, (0.5, "wall"), (1.0, "floor"), indoor=1.0)
    panorama = ExemplarOutpainter()(image, calibration(45, -0.2), regions, HEIGHT, 0)
    floor = image[-image.shape[0] // 3 :].reshape(-1, 3).mean(axis=0)
    up = pixel_directions(HEIGHT)[..., 2]
    nadir, zenith = panorama.pixels[up < -0.9].mean(axis=0), panorama.pixels[up > 0.9].mean(axis=0)
    assert np.linalg.norm(nadir / nadir.sum() - floor / floor.sum()) < 0.1
    assert zenith.mean() > nadir.mean()


def test_the_cheapest_border_is_found():
    cost = np.ones((20, 30), np.float32)
    path = 12 + np.round(4 * np.sin(np.arange(20) / 4)).astype(int)
    for row, column in enumerate(path):
        cost[row, min(path[max(row - 1, 0)], column) : max(path[max(row - 1, 0)], column) + 2] = 0.0
    inside, outside = np.zeros((20, 30), bool), np.zeros((20, 30), bool)
    outside[:, 0], inside[:, -1] = True, True
    side = minimum_cut(cost, inside, outside)
    border = side.argmax(axis=1)
    assert np.abs(border - path).max() <= 2
    assert all(row[start:].all() for row, start in zip(side, border, strict=True))
