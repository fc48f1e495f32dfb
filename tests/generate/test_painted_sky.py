"""The sky of a completed panorama is where it was painted."""

import numpy as np
import pytest
from test_completed_regions import CAMERA, HEIGHT, beliefs, names, observed, panorama, photo
from test_outpainting import MEADOW, calibration, layers
from test_outpainting import photo as example

from sonovista.generate.outpainting.exemplar import ExemplarOutpainter
from sonovista.generate.regions.painted_sky import with_painted_sky
from sonovista.generate.regions.protocol import DETAIL_CLASSES, RegionMap
from sonovista.geometry.equirectangular import pixel_angles


def painted(lowest_deg: float) -> np.ndarray:
    above = pixel_angles(HEIGHT)[1] > np.radians(lowest_deg)
    return np.broadcast_to(above[:, None], (HEIGHT, 2 * HEIGHT)) & ~observed()


@pytest.mark.parametrize("lowest_deg", [-20.0, 20.0])
def test_a_belief_in_sky_gives_way_to_where_it_was_painted(lowest_deg):
    before = panorama(beliefs(sky=0.98), beliefs(grass=0.9))
    sky = painted(lowest_deg)
    after = with_painted_sky(before, sky, observed(), photo(beliefs(rock=0.9), beliefs(grass=0.9)), CAMERA)
    completed = ~observed()
    assert ((names(after) == "sky") == sky)[completed].all()
    assert (names(after) == names(before))[observed()].all()
    assert after.probabilities.sum(axis=1) == pytest.approx(1.0, abs=1e-5)


def test_what_was_sky_alone_becomes_what_the_photo_shows_at_its_height():
    nowhere = np.zeros((HEIGHT, 2 * HEIGHT), bool)
    seen = photo(beliefs(rock=0.9), beliefs(grass=0.9))
    after = with_painted_sky(panorama(beliefs(sky=0.99), beliefs(sky=0.99)), nowhere, observed(), seen, CAMERA)
    elevation = np.degrees(pixel_angles(HEIGHT)[1])
    high, low = (names(after)[rows][~observed()[rows]] for rows in (elevation > 15.0, elevation < -15.0))
    assert (high == "rock").mean() > 0.9
    assert (low == "grass").mean() > 0.9


def test_details_follow():
    before = panorama(beliefs(sky=0.9), beliefs(grass=0.9))
    details = np.full((len(before.probabilities), len(DETAIL_CLASSES)), 1.0 / len(DETAIL_CLASSES), np.float32)
    before = RegionMap(before.segments, before.probabilities, 0.0, details)
    sky = painted(0.0)
    after = with_painted_sky(before, sky, observed(), photo(beliefs(rock=0.9), beliefs(grass=0.9)), CAMERA)
    assert after.details is not None
    is_sky = np.isin(DETAIL_CLASSES, ("sky", "cloud"))
    share = after.details[:, is_sky].sum(axis=1)[after.segments]
    assert share[sky] == pytest.approx(1.0, abs=1e-5)
    assert share[~sky & ~observed()] == pytest.approx(0.0, abs=1e-5)


def test_the_outpainter_tells_where_it_painted_the_sky():
    image = example("meadow")
    height = 192
    panorama = ExemplarOutpainter()(image, calibration(60, 0.02), layers(image, *MEADOW), height, 3)
    sky = panorama.painted_sky
    assert sky is not None
    assert not (sky & panorama.observed).any()
    elevation = np.degrees(pixel_angles(height)[1])
    assert sky[elevation > 45.0].all()
    assert not sky[elevation < -20.0].any()
    # A ridge at the horizon has no holes and no towers: along every column the sky ends once.
    ends = np.abs(np.diff(sky.astype(int), axis=0)).sum(axis=0)[~panorama.observed.any(axis=0)]
    assert (ends == 1).mean() > 0.9


def test_under_trees_no_sky_is_painted_and_of_rooms_nothing_is_told():
    image = example("stream")
    wood = ExemplarOutpainter()(image, calibration(), layers(image, (0.6, "vegetation"), (1.0, "rock")), HEIGHT, 0)
    assert wood.painted_sky is not None
    assert not wood.painted_sky.any()
    room = layers(image, (0.6, "wall"), (1.0, "floor"), indoor=1.0)
    assert ExemplarOutpainter()(image, calibration(), room, HEIGHT, 0).painted_sky is None
