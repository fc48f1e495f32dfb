"""A panorama's regions agree with the photo that it was completed from."""

import numpy as np
import pytest

from sonovista.generate.regions.completed import completed_like_photo
from sonovista.generate.regions.protocol import CLASS_OF_DETAIL, DETAIL_CLASSES, REGION_CLASSES, RegionMap
from sonovista.geometry import PerspectiveCamera
from sonovista.geometry.equirectangular import pixel_angles, pixel_directions

HEIGHT = 64
CAMERA = PerspectiveCamera(60, 60, np.radians(60.0))


def beliefs(**shares: float) -> np.ndarray:
    """Probabilities of the classes; what is not named shares the rest."""
    rest = (1.0 - sum(shares.values())) / (len(REGION_CLASSES) - len(shares))
    return np.array([shares.get(name, rest) for name in REGION_CLASSES], np.float32)


def photo(upper: np.ndarray, lower: np.ndarray, indoor: float = 0.0) -> RegionMap:
    """Two halves."""
    segments = np.repeat(np.arange(2), 30)[:, None] * np.ones((1, 60), int)
    return RegionMap(segments.astype(np.int32), np.stack([upper, lower]), indoor)


def panorama(above: np.ndarray, below: np.ndarray, indoor: float = 0.0) -> RegionMap:
    """Bands of a few rows, the upper ones of one belief, the lower ones of another."""
    rows = np.arange(HEIGHT) // 4
    segments = np.broadcast_to(rows[:, None], (HEIGHT, 2 * HEIGHT)).astype(np.int32)
    bands = [above if 4 * band < HEIGHT // 2 else below for band in range(HEIGHT // 4)]
    return RegionMap(segments, np.stack(bands), indoor)


def observed() -> np.ndarray:
    u, v, _ = CAMERA.project(pixel_directions(HEIGHT))
    return (u >= 0) & (u < 60) & (v >= 0) & (v < 60)


def names(regions: RegionMap) -> np.ndarray:
    return np.array(REGION_CLASSES)[regions.labels()]


def test_the_photos_part_has_the_photos_regions():
    shown = completed_like_photo(
        panorama(beliefs(sky=0.9), beliefs(grass=0.9)),
        observed(),
        photo(beliefs(building=0.8), beliefs(running_water=0.7)),
        CAMERA,
    )
    found = names(shown)
    inside, upper = observed(), pixel_directions(HEIGHT)[..., 2] > 0.02
    assert set(found[inside & upper]) == {"building"}
    assert set(found[inside & (pixel_directions(HEIGHT)[..., 2] < -0.02)]) == {"running_water"}
    assert set(found[~inside & upper]) == {"sky"}
    np.testing.assert_allclose(shown.probabilities.sum(axis=1), 1.0, atol=1e-5)
    assert shown.segments.max() == len(shown.probabilities) - 1


def test_rock_that_is_taken_for_grass_all_around_is_rock_where_the_photo_has_rock():
    doubtful = beliefs(grass=0.45, rock=0.3)
    shown = names(
        completed_like_photo(
            panorama(beliefs(vegetation=0.9), doubtful),
            observed(),
            photo(beliefs(vegetation=0.9), beliefs(rock=0.8)),
            CAMERA,
        )
    )
    elevation = np.degrees(pixel_angles(HEIGHT)[1])
    ring = (elevation < -5) & (elevation > -25)
    assert (shown[ring] == "rock").mean() > 0.95
    deep = elevation < -60  # far from what the photo shows, it has no say
    assert (shown[deep] == "grass").all()


def test_what_sounds_is_not_seen_again_where_it_was_completed():
    river = beliefs(running_water=0.5, rock=0.3)
    shown = completed_like_photo(
        panorama(beliefs(sky=0.9), river), observed(), photo(beliefs(sky=0.9), beliefs(running_water=0.9)), CAMERA
    )
    found = names(shown)
    assert "running_water" in found[observed()]
    assert "running_water" not in found[~observed()]


@pytest.mark.parametrize("sure", [0.6, 0.9])
def test_what_already_agrees_stays(sure):
    both = beliefs(sky=sure), beliefs(grass=sure)
    before, after = panorama(*both), completed_like_photo(panorama(*both), observed(), photo(*both), CAMERA)
    assert (names(before)[~observed()] == names(after)[~observed()]).all()


def test_a_room_keeps_what_was_completed_and_a_given_panorama_everything():
    ceiling = panorama(beliefs(ceiling=0.9), beliefs(floor=0.9), indoor=1.0)
    room = completed_like_photo(ceiling, observed(), photo(beliefs(wall=0.9), beliefs(wall=0.9), indoor=1.0), CAMERA)
    assert set(names(room)[~observed()].ravel()) == {"ceiling", "floor"}
    whole = np.ones((HEIGHT, 2 * HEIGHT), bool)
    assert completed_like_photo(ceiling, whole, photo(beliefs(), beliefs()), CAMERA) is ceiling


def test_details_are_corrected_as_their_classes_are():
    def detailed(regions: RegionMap) -> RegionMap:
        members = np.array([REGION_CLASSES.index(CLASS_OF_DETAIL[detail]) for detail in DETAIL_CLASSES])
        spread = (regions.probabilities[:, members] / np.bincount(members)[members]).astype(np.float32)
        return RegionMap(regions.segments, regions.probabilities, regions.indoor, spread)

    shown = completed_like_photo(
        detailed(panorama(beliefs(sky=0.9), beliefs(grass=0.4, rock=0.3))),
        observed(),
        detailed(photo(beliefs(sky=0.9), beliefs(rock=0.9))),
        CAMERA,
    )
    assert shown.details is not None
    np.testing.assert_allclose(shown.details.sum(axis=1), 1.0, atol=1e-5)
    rock = DETAIL_CLASSES.index("rock")
    np.testing.assert_allclose(shown.details[:, rock], shown.probabilities[:, REGION_CLASSES.index("rock")], atol=1e-5)
