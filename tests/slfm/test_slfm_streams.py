import numpy as np
import pytest
from learning import tiny_head, tiny_panoramas, tiny_stream

from sonovista.errors import InputError
from sonovista.geometry import PerspectiveCamera
from sonovista.geometry.equirectangular import perspective_view, pixel_directions
from sonovista.simulate.protocol import View
from sonovista.slfm.angles import angular_error, wrapped
from sonovista.slfm.features.votes import left_right_vote
from sonovista.slfm.streams.ears import BEFORE, measured_ears, spherical_ears
from sonovista.slfm.streams.panoramas import crop, panorama_of
from sonovista.slfm.streams.places import binaural_response, draw_place, place_from_box
from sonovista.slfm.streams.sounds import SoundFolder, moments


def test_the_same_number_gives_the_same_example():
    one, other, next_one = tiny_stream().example(3), tiny_stream().example(3), tiny_stream().example(4)
    np.testing.assert_array_equal(one.images, other.images)
    np.testing.assert_array_equal(one.binaural, other.binaural)
    assert not np.array_equal(one.binaural, next_one.binaural)
    assert one.images.shape == (3, 48, 64, 3)
    assert one.binaural.shape == (3, 2, 6400)


def test_a_camera_that_turns_left_finds_the_sound_further_right():
    for index in range(20):
        views = tiny_stream().example(index)
        np.testing.assert_allclose(angular_error(views.azimuths[0] - views.rotations, views.azimuths), 0.0, atol=1e-9)
        assert (np.abs(np.degrees(views.rotations[1:])) >= 10.0).all()
        assert (np.abs(np.degrees(views.rotations[1:])) <= 50.0).all()


def test_the_louder_ear_is_mostly_that_of_the_source():
    views = [tiny_stream().example(index) for index in range(30)]
    votes = np.array([left_right_vote(binaural)[0] for view in views for binaural in view.binaural])
    azimuths = np.concatenate([view.azimuths for view in views])
    clear = np.abs(np.sin(azimuths)) > 0.3
    assert np.mean(votes[clear] == np.sign(azimuths[clear])) > 0.9


def test_sources_in_front_of_all_views_where_wanted():
    azimuths = np.concatenate([tiny_stream(front_only=True).example(index).azimuths for index in range(20)])
    assert (np.abs(azimuths) < np.pi / 2).all()


def test_quick_crops_are_what_a_camera_sees():
    panorama = tiny_panoramas()[0]
    camera = PerspectiveCamera(64, 48, np.radians(60.0), yaw=2.9, pitch=-0.3)
    expected = perspective_view(panorama, camera).astype(int)
    found = crop(panorama, 2.9, -0.3, 64, 48, np.radians(60.0)).astype(int)
    assert np.abs(found - expected).max() <= 3


def test_a_panorama_is_put_together_from_what_cameras_see():
    class Sky:
        size = np.array([4.0, 4.0, 3.0])

        def view(self, camera: PerspectiveCamera) -> View:
            rgb = 127.5 * (camera.ray_directions() + 1.0)
            return View(rgb.astype(np.uint8), None)

    expected = 127.5 * (pixel_directions(64) + 1.0)
    found = panorama_of(Sky(), np.array([1.0, 1.0, 1.5]), 64)  # pyright: ignore[reportArgumentType]
    assert np.abs(found - expected).mean() < 1.0
    assert np.abs(found - expected).max() < 8.0


def test_a_measured_head_is_interpolated_to_itself():
    from sonovista.ambisonics.spherical_head import spherical_head

    exact = spherical_ears(0.0875, np.radians(100.0))
    coarse = measured_ears(spherical_head(16_000, directions=None))
    ring = 6  # the horizon; the coarse grid is every 5 degrees

    def itd(ears, azimuth):
        left, right = np.fft.rfft(ears.responses[ring, azimuth], 4096, axis=-1)
        band = (np.fft.rfftfreq(4096, 1 / 16_000) < 1500.0) & (np.fft.rfftfreq(4096, 1 / 16_000) > 100.0)
        return np.argmax(np.fft.irfft(left * right.conj() * band, 8 * 4096).real[np.r_[0:200, -200:0]])

    for azimuth in (3, 32, 58, 91, 147):
        assert itd(coarse, azimuth) == pytest.approx(itd(exact, azimuth), abs=4)
        one, other = (10 * np.log10(np.square(e.responses[ring, azimuth]).sum(-1)) for e in (exact, coarse))
        assert one[0] - one[1] == pytest.approx(other[0] - other[1], abs=0.7)


def test_the_direct_sound_comes_first_and_from_where_the_source_is():
    place = place_from_box(np.array([5.0, 4.0, 2.8]), np.array([3.5, 2.0, 1.5]), np.array([1.5, 2.0, 1.5]), 0.3, 0)
    assert place.azimuth == pytest.approx(0.0)
    assert place.delays[0] == 0.0
    assert (place.delays[1:] > 0.0).all()
    response = binaural_response(place, tiny_head(), yaw=-np.pi / 2)  # looking right, the source is at the left ear
    early = np.square(response[:, : BEFORE + 40]).sum(axis=1)
    assert early[0] > 2.0 * early[1]


def test_reverberation_decays_as_wanted():
    for rt60 in (0.2, 0.5):
        place = place_from_box(np.array([6.0, 5.0, 3.0]), np.array([4.0, 2.0, 1.2]), np.array([2.0, 2.5, 1.5]), rt60, 1)
        response = binaural_response(place, tiny_head(), 0.0)[0].astype(float)
        decay = 10 * np.log10(np.cumsum(np.square(response)[::-1])[::-1] + 1e-20)
        decay -= decay[0]
        start, end = np.argmax(decay < -5.0), np.argmax(decay < -20.0)
        assert 4.0 * (end - start) / 16_000 == pytest.approx(rt60, rel=0.35)


def test_places_differ_and_repeat():
    one, again, other = draw_place(5), draw_place(5), draw_place(6)
    assert one.azimuth == again.azimuth != other.azimuth
    assert 0.1 <= one.rt60 <= 0.5


def test_views_hear_different_moments(rng):
    for _ in range(20):
        starts = moments(rng, 3, 16_000, 56_000)
        assert len(set(starts)) == 3
        assert starts.max() + 16_000 <= 56_000


def test_a_folder_without_sounds_is_refused(tmp_path):
    with pytest.raises(InputError, match="expected sound files"):
        SoundFolder(tmp_path)


def test_wrapping_is_to_plus_pi():
    assert wrapped(-np.pi) == pytest.approx(np.pi)
