"""What stands at the photo's border goes on as what it is: things in rooms, the sky around trees, floors and rugs."""

import numpy as np
import pytest
from named_regions import named_regions

from sonovista.generate.calibration.protocol import Calibration
from sonovista.generate.outpainting.box import FLOOR, Box
from sonovista.generate.outpainting.continuing import continue_things
from sonovista.generate.outpainting.furnishing import Palette
from sonovista.generate.outpainting.projection import photo_coordinates
from sonovista.generate.outpainting.rug import lay_rug, place_rug
from sonovista.generate.outpainting.source import Source, prepare_source, regained
from sonovista.generate.regions.protocol import DetailClass
from sonovista.geometry.equirectangular import pixel_directions

HEIGHT = 256
CAMERA = Calibration(0.0, 0.0, np.radians(60), 1.0, 1.0, 1.0, "given")


def bedroom(detail: DetailClass) -> Source:
    """A white wall with something red before it that the lower edge cuts."""
    image = np.full((214, 320, 3), 220, np.uint8)
    image[120:, 100:220] = (180, 30, 30)
    labels = np.zeros((214, 320), np.int32)
    labels[120:, 100:220] = 1
    return prepare_source(image, CAMERA, named_regions(labels, ("wall", detail), 1.0), HEIGHT)


def red(pixels: np.ndarray) -> np.ndarray:
    return (pixels[..., 0] > 0.35) & (pixels[..., 1] < 0.4 * pixels[..., 0])


def test_what_the_lower_edge_cuts_ends_below_it_and_nowhere_else():
    source = bedroom("furniture")
    room = np.full((HEIGHT, 2 * HEIGHT, 3), 0.6, np.float32)
    u, v, outside = photo_coordinates(pixel_directions(HEIGHT), source.camera)
    continued = red(continue_things(room, source))
    assert continued.sum() > 50
    middle = (np.abs(u / source.camera.width - 0.5) < 0.05) & (v > source.camera.height) & (outside < 6)
    assert continued[middle].all()
    assert not continued[(v < source.camera.height) | (u < 0.25 * source.camera.width)].any()
    assert v[continued].max() < 1.6 * source.camera.height


def test_what_sounds_is_not_drawn_out():
    source = bedroom("person")
    room = np.full((HEIGHT, 2 * HEIGHT, 3), 0.6, np.float32)
    np.testing.assert_array_equal(continue_things(room, source), room)


def test_sky_that_went_with_a_tree_is_sky_again_and_the_tree_stays():
    image = np.full((60, 80, 3), (0.7, 0.8, 0.95), np.float32)
    image[20:, 30:50] = (0.1, 0.2, 0.1)
    matte = np.ones((60, 80), np.float32)
    matte[14:, 24:56] = 0.0
    mended = regained(image, matte, 0.5)
    assert mended[:, 25:29].min() > 0.9
    assert mended[22:, 32:48].max() < 0.1
    assert (mended >= matte).all()


@pytest.mark.parametrize("back", [1.0, 3.0])
def test_a_rug_lies_behind_the_viewer_where_there_is_room(back):
    box = Box(2.6, back, 2.0, 2.0, 0.8)
    surface, points = box.meet(pixel_directions(HEIGHT))
    points = points[surface == FLOOR]
    colours, bodies = (np.full((4, 3), value, np.float32) for value in (0.2, 0.3))
    palette = Palette(colours, bodies, np.full(3, 0.8, np.float32))
    floor = np.full((len(points), 3), 0.5, np.float32)
    lay_rug(floor, box, points, HEIGHT / np.pi, palette, np.random.default_rng(0))
    changed = np.abs(floor - 0.5).max(axis=1) > 0.01
    assert changed.any() == (place_rug(box) is not None)
    assert not changed[points[:, 0] > 0.2].any()
    assert np.isfinite(floor).all()
    assert floor.min() >= 0.0
    assert floor.max() <= 1.0
