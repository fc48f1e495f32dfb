"""Around the photo: its rim runs on, its light is met, the old sky is not carried along, nothing rare comes back."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from named_regions import named_regions

from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.outpainting.blending import Canvas
from sonovista.generate.outpainting.boards import is_wood, lay_boards
from sonovista.generate.outpainting.clearing import clear_sounding
from sonovista.generate.outpainting.continuing import continue_things
from sonovista.generate.outpainting.detail import restore_detail
from sonovista.generate.outpainting.exemplar import ExemplarOutpainter
from sonovista.generate.outpainting.matting import settle_rims
from sonovista.generate.outpainting.membrane import meet_border
from sonovista.generate.outpainting.projection import photo_coordinates
from sonovista.generate.outpainting.rarity import rarity
from sonovista.generate.outpainting.ring import extend, mirror
from sonovista.generate.outpainting.source import Source, prepare_source
from sonovista.generate.regions.protocol import DetailClass
from sonovista.geometry.equirectangular import pixel_directions

HEIGHT = 256
CAMERA = Calibration(0.0, 0.0, np.radians(60), 1.0, 1.0, 1.0, "given")


def texture(shape: tuple[int, int], seed: int, sigma: float = 1.5) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), sigma)
    return noise / noise.std()


def landscape(thing: DetailClass | None = None) -> Source:
    """Sky over trees over grass; `thing` is red and cut by the left edge."""
    image = np.zeros((214, 320, 3), np.float32)
    image[:70], image[70:120], image[120:] = (170, 200, 240), (60, 90, 50), (110, 140, 60)
    image[70:] += 14 * texture((144, 320), 1)[..., None]
    labels = np.zeros((214, 320), np.int32)
    labels[70:120], labels[120:] = 1, 2
    names: list[DetailClass] = ["sky", "tree", "grass"]
    if thing is not None:
        image[110:170, :50] = (200, 30, 30)
        labels[110:170, :50] = 3
        names.append(thing)
    regions = named_regions(labels, tuple(names), 0.0)
    return prepare_source(np.clip(image, 0, 255).astype(np.uint8), CAMERA, regions, HEIGHT)


def test_the_rim_runs_on_as_what_it_is_and_not_as_its_mirror_image():
    source = landscape()
    width = 18
    extended, mirrored = extend(source, width), mirror(source, width)
    height, breadth = source.backdrop.shape
    assert extended.pixels.shape == (height + 2 * width, breadth + 2 * width, 3)
    inside = (slice(width, -width), slice(width, -width))
    np.testing.assert_allclose(extended.pixels[inside], source.solid, atol=1e-4)
    # Bands keep their colours beyond the frame.
    rows = {"tree": 95 / 214, "grass": 170 / 214}
    for share in rows.values():
        row = width + round(share * height)
        beyond, within = extended.pixels[row - 4 : row + 4, : width - 2], extended.pixels[row - 4 : row + 4, width:60]
        assert np.abs(beyond.mean(axis=(0, 1)) - within.mean(axis=(0, 1))).max() < 0.05
    grass = slice(width + round(0.62 * height), width + round(0.95 * height))
    own, other = (picture.pixels[grass, :width].mean(axis=2).ravel() for picture in (extended, mirrored))
    assert np.corrcoef(own, other)[0, 1] < 0.6
    assert 0.6 < own.std() / other.std() < 1.5


def test_what_must_not_stand_twice_is_not_in_the_ring():
    source = landscape("vehicle")
    extended = extend(source, 18)
    ring = np.ones(extended.backdrop.shape, bool)
    ring[18:-18, 18:-18] = False
    ring[:, :18] = False
    red = (extended.pixels[..., 0] > 0.6) & (extended.pixels[..., 1] < 0.3)
    assert not (red & ring).any()


def test_a_photo_too_small_for_patches_is_mirrored():
    image = np.random.default_rng(0).integers(0, 256, (8, 12, 3), dtype=np.uint8)
    source = prepare_source(image, CAMERA, named_regions(np.zeros((8, 12), np.int32), ("grass",), 0.0), 64)
    np.testing.assert_array_equal(extend(source, 5).pixels, mirror(source, 5).pixels)


def test_a_solid_before_another_sky_has_no_rim_of_the_old_one():
    solid, sky = np.array((0.2, 0.3, 0.1), np.float32), np.array((0.9, 0.95, 1.0), np.float32)
    sharp = np.zeros((60, 80), np.float32)
    sharp[:, 40:] = 1.0
    alpha = cv2.GaussianBlur(sharp, (0, 0), 1.5)
    picture = solid + (sky - solid) * alpha[..., None]
    # A matte two pixels off takes the rim for solid.
    rough = np.roll(sharp, 2, axis=1)
    rough[:, :2] = 0.0
    settled, colours = settle_rims(picture, rough, 4.0)
    assert np.abs(settled - alpha).max() < 0.25
    dark = np.array((0.05, 0.05, 0.3), np.float32)
    laid = colours * (1.0 - settled[..., None]) + dark * settled[..., None]
    ideal = solid + (dark - solid) * alpha[..., None]
    before = np.abs(picture * (1.0 - rough[..., None]) + dark * rough[..., None] - ideal).max()
    assert np.abs(laid - ideal).max() < 0.4 * before


def test_a_matte_without_both_sides_is_left_alone():
    picture = np.random.default_rng(0).random((20, 30, 3)).astype(np.float32)
    settled, colours = settle_rims(picture, np.zeros((20, 30), np.float32), 3.0)
    assert not settled.any()
    np.testing.assert_array_equal(colours, picture)


def test_the_border_is_met_without_blur_and_far_away_nothing_changes():
    observed = np.zeros((HEIGHT, 2 * HEIGHT), bool)
    observed[100:160, 220:300] = True
    photo = np.where(observed[..., None], 0.5, 0.0).astype(np.float32) * np.ones(3, np.float32)
    grain = 0.02 * texture(observed.shape, 3, 1.0)[..., None]
    pixels = (0.42 + grain * np.ones(3)).astype(np.float32)
    before = pixels.copy()
    meet_border(pixels, photo, observed)
    rim = cv2.dilate(observed.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool) & ~observed
    assert abs(float(pixels[rim].mean()) - 0.5) < 0.02
    near = cv2.dilate(observed.astype(np.uint8), np.ones((25, 25), np.uint8)).astype(bool)
    near &= ~cv2.dilate(observed.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(bool)
    high = [p[..., 0] - cv2.GaussianBlur(p[..., 0], (0, 0), 2.0) for p in (before, pixels)]
    assert high[1][near].std() > 0.95 * high[0][near].std()
    np.testing.assert_allclose(pixels[:, :100], before[:, :100], atol=1e-4)


def test_two_things_that_meet_at_the_border_keep_their_colours():
    observed = np.zeros((HEIGHT, 2 * HEIGHT), bool)
    observed[100:160, 220:300] = True
    photo = np.where(observed[..., None], 1.0, 0.0).astype(np.float32) * np.ones(3, np.float32)
    pixels = np.full((HEIGHT, 2 * HEIGHT, 3), 0.1, np.float32)
    meet_border(pixels, photo, observed)
    assert np.abs(pixels - 0.1).max() < 0.02


def test_a_single_rock_in_the_grass_is_rare_and_the_grass_is_not():
    picture = np.array((0.4, 0.5, 0.2), np.float32) + 0.03 * texture((200, 300), 5)[..., None]
    picture[120:150, 200:230] = 0.85
    found = rarity(np.clip(picture, 0, 1).astype(np.float32), np.zeros((200, 300), np.float32), 1.0)
    assert found[130:140, 210:220].min() > 0.8
    assert (found[:, :150] > 0.35).mean() < 0.1


def test_of_a_single_white_rock_only_one_stands_behind_the_viewer_and_none_in_sight():
    rng = np.random.default_rng(5)
    image = np.zeros((214, 320, 3), np.float32)
    image[:70], image[70:] = (170, 200, 240), (90, 120, 50)
    image[70:] += 10 * texture((144, 320), 6)[..., None]
    image[120:140, 220:242] = (250, 250, 250)
    labels = np.zeros((214, 320), np.int32)
    labels[70:] = 1
    image = np.clip(image, 0, 255).astype(np.uint8)
    seed = int(rng.integers(100))
    panorama = ExemplarOutpainter()(image, CAMERA, named_regions(labels, ("sky", "grass"), 0.0), HEIGHT, seed)
    elevation = np.arcsin(pixel_directions(HEIGHT)[..., 2])
    white = (panorama.pixels.min(axis=2) > 215) & ~panorama.observed & (np.abs(elevation + 0.17) < 0.15)
    count, _, stats, centres = cv2.connectedComponentsWithStats(white.astype(np.uint8))
    azimuths = np.degrees(np.pi - centres[1:][stats[1:, 4] > 15][:, 0] * np.pi / HEIGHT)
    assert count < 12
    assert (np.abs(azimuths) > 80).all()


def red(pixels: np.ndarray) -> np.ndarray:
    return (pixels[..., 0] > 0.35) & (pixels[..., 1] < 0.4 * pixels[..., 0])


@pytest.mark.parametrize("thing", ["animal", "vehicle"])
def test_what_the_left_edge_cuts_ends_beyond_it(thing: DetailClass):
    source = landscape(thing)
    panorama = np.full((HEIGHT, 2 * HEIGHT, 3), 0.6, np.float32)
    u, v, _ = photo_coordinates(pixel_directions(HEIGHT), source.camera)
    continued = red(continue_things(panorama, source, ("left", "right")))
    assert continued.sum() > 20
    height = source.camera.height
    assert ((u < 0) & (v > 0.45 * height) & (v < 0.85 * height))[continued].all()
    assert u[continued].min() > -0.35 * source.camera.width


def test_without_a_thing_at_the_edges_nothing_is_continued():
    panorama = np.full((HEIGHT, 2 * HEIGHT, 3), 0.6, np.float32)
    assert continue_things(panorama, landscape(), ("left", "right")) is panorama


def test_what_adjoins_running_water_and_may_be_water_is_no_exemplar_either():
    image = np.full((214, 320, 3), 120, np.uint8)
    labels = np.zeros((214, 320), np.int32)
    labels[80:, 140:180], labels[60:80, 140:180], labels[60:80, 20:60] = 1, 2, 3
    image[labels == 1], image[labels >= 2] = (200, 210, 255), (190, 200, 250)
    regions = named_regions(labels, ("rock", "running_water", "rock", "rock"), 0.0)
    assert regions.details is not None
    for index in (2, 3):
        regions.details[index] = 0.7 * regions.details[0] + 0.3 * regions.details[1]
    source = prepare_source(image, CAMERA, regions, HEIGHT)
    cleared = clear_sounding(source, np.random.default_rng(0))
    height, width = source.backdrop.shape
    row = round(70 / 214 * height)
    assert cleared.pixels[row, round(0.5 * width), 2] < 0.7
    assert cleared.pixels[row, round(0.12 * width), 2] > 0.9


def test_boards_are_seen_near_and_not_far_and_only_on_wood():
    assert is_wood(np.array((0.6, 0.42, 0.2)))
    assert not is_wood(np.array((0.5, 0.5, 0.5)))
    assert not is_wood(np.array((0.3, 0.5, 0.3)))
    across = np.linspace(-0.5, 0.5, 2000)
    spread = []
    for distance in (0.3, 60.0):
        points = np.stack([np.full(2000, distance), across, -np.ones(2000)], axis=1)
        floor = np.full((2000, 3), 0.5, np.float32)
        lay_boards(floor, points, HEIGHT / np.pi * 4, 0.04, np.random.default_rng(0))
        spread.append(float(floor.std()))
        assert floor.min() > 0.2
        assert floor.max() < 0.8
    assert spread[0] > 0.01
    assert spread[1] < 0.2 * spread[0]


def test_a_piece_tells_how_much_of_it_shows():
    from sonovista.generate.outpainting.blending import paste

    canvas = Canvas(
        np.full((60, 80, 3), 0.5, np.float32),
        np.zeros((60, 80), bool),
        np.ones((60, 80), np.float32),
        np.zeros((60, 80), np.float32),
    )
    canvas.filled[:, :30] = True
    share = paste(canvas, 0, 10, np.full((60, 50, 3), 0.5, np.float32), np.ones((60, 50), bool), 1.0)
    assert share.shape == (60, 50)
    assert share[:, 30:].min() > 0.95
    assert share[:, 0].max() < 0.5


def test_lost_detail_comes_back_up_to_the_photos_and_no_further():
    source = landscape()
    shape = source.backdrop.shape
    source = replace(source, pixels=0.45 + 0.05 * texture(shape, 8, 1.2)[..., None] * np.ones(3, np.float32))
    fresh = np.zeros((HEIGHT, 2 * HEIGHT), bool)
    fresh[150:] = True
    spread = []
    for strength in (0.5, 1.6):
        panorama = 0.45 + 0.05 * strength * texture(fresh.shape, 9, 0.8)[..., None] * np.ones(3, np.float32)
        before = panorama.copy()
        restore_detail(panorama, fresh, source, np.ones(shape, np.float32))
        np.testing.assert_array_equal(panorama[:150], before[:150])
        spread.append(float(panorama[170:].std() / before[170:].std()))
    assert spread[0] > 1.2
    assert abs(spread[1] - 1.0) < 0.05


def test_values_beyond_a_rim_are_the_mean_of_ever_more_of_it():
    from sonovista.generate.outpainting.blending import spread_from_rim

    known = np.zeros((60, 120), bool)
    known[20:40, 50:70] = True
    values = np.zeros((60, 120, 1), np.float32)
    values[20:23, 50:53] = -1.0  # one dark corner
    wanted = np.ones((60, 120), bool)
    wanted[:, :20] = False
    spread_from_rim(values, known, wanted)
    assert values[19, 49, 0] < -0.6
    assert values[10, 40, 0] > values[19, 49, 0] + 0.2
    assert -0.3 < values[2, 30, 0] < -0.02
    assert (values[:, :20] == 0.0).all()
    assert values.min() >= -1.0
    # Where left and right touch, what lies across the edge is near.
    round_ = np.zeros((60, 120, 1), np.float32)
    edge = np.zeros((60, 120), bool)
    edge[:, 118:] = True
    round_[:, 118:] = 1.0
    edge[:, 55:60] = True
    spread_from_rim(round_, edge, np.ones((60, 120), bool), closed=True)
    assert round_[30, 2, 0] > 0.8
