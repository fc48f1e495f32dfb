from functools import lru_cache

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from sonovista.acoustics.decay import energy_decay_curve, rt60
from sonovista.acoustics.image_sources import image_sources, omnidirectional_response
from sonovista.acoustics.shoebox import absorption_for_rt60
from sonovista.ambisonics.hrtf_set import HRTFSet
from sonovista.ambisonics.spherical_harmonics import degrees_and_indices, spherical_harmonics_of_directions
from sonovista.ambisonics.spherical_head import spherical_head
from sonovista.geometry.frames import direction_from_angles, rotation_from_yaw_pitch_roll
from sonovista.render import late_energy
from sonovista.render.late_energy import late_ear_envelopes
from sonovista.render.room_box import BoxRoom
from sonovista.render.room_head import RoomHead, room_head
from sonovista.render.room_responses import (
    ambisonic_room_response,
    binaural_room_response,
    binaural_room_responses,
)
from sonovista.render.room_tail import diffuse_field

RATE = 16_000
SIZE = np.array([6.0, 5.0, 3.0])
SOURCE = np.array([1.3, 3.9, 1.1])
LISTENER = np.array([4.2, 1.7, 1.6])
AHEAD = np.eye(3)


@lru_cache(maxsize=1)
def sphere() -> HRTFSet:
    return spherical_head(RATE, samples=128)


@lru_cache(maxsize=1)
def head() -> RoomHead:
    return room_head(sphere())


def filtered(sections: np.ndarray, signal: np.ndarray) -> np.ndarray:
    return np.asarray(sosfilt(sections, signal, axis=-1))


def facing(target: np.ndarray) -> np.ndarray:
    way = target - LISTENER
    return rotation_from_yaw_pitch_roll(
        float(np.arctan2(way[1], way[0])), float(np.arctan2(way[2], np.hypot(way[0], way[1])))
    )


def lag(ears: np.ndarray) -> float:
    """Microseconds by which the right ear hears later, below 3 kHz."""
    size = 1 << 15
    spectra = np.fft.rfft(ears, size) * (np.fft.rfftfreq(size, 1.0 / RATE) < 3000.0)
    correlation = np.fft.irfft(np.conj(spectra[0]) * spectra[1], 16 * size)
    shift = int(correlation.argmax())
    return 1e6 * (shift if shift < 8 * size else shift - 16 * size) / (16 * RATE)


@pytest.mark.parametrize("azimuth_deg", [0.0, 17.3, 45.0, 91.0, -131.7])
@pytest.mark.parametrize("elevation_deg", [0.0, 33.0])
def test_direct_sound_is_the_heads_response_at_its_distance(azimuth_deg: float, elevation_deg: float) -> None:
    """Against the sphere computed at that very direction, which the head's grid lacks."""
    way = direction_from_angles(np.radians(azimuth_deg), np.radians(elevation_deg))
    source = LISTENER + 1.3 * way
    ours = binaural_room_response(SIZE, 0.5, source, LISTENER, AHEAD, head(), duration=0.05).direct
    true = spherical_head(RATE, samples=128, directions=way[None])
    assert true.delay is not None
    frequency = np.fft.rfftfreq(1024, 1.0 / RATE)
    expected = true.spectra(1024)[0] / 1.3 * np.exp(2j * np.pi * frequency * (true.delay / RATE - 1.3 / 343.0))
    part = (frequency > 100.0) & (frequency < 6000.0)
    error = np.abs(np.fft.rfft(ours, 1024) - expected)[:, part]
    assert error.max() < 0.05 * np.abs(expected[:, part]).max()
    assert abs(lag(ours) - lag(np.fft.irfft(expected))) < 5.0


def test_onset_says_when_the_direct_sound_passes() -> None:
    response = binaural_room_response(SIZE, 0.3, SOURCE, LISTENER, facing(SOURCE), head())
    distance = float(np.linalg.norm(SOURCE - LISTENER))
    assert response.onset == pytest.approx(distance / 343.0 * RATE)
    assert np.abs(np.abs(response.direct).argmax(axis=1) - response.onset).max() < 6
    # The first reflection, from the floor, comes later.
    way = float(np.linalg.norm(SOURCE * [1, 1, -1] - LISTENER))
    early = np.abs(response.indirect[:, : int(way / 343.0 * RATE) - 20]).max()
    assert early < 0.02 * np.abs(response.indirect).max()


def test_a_head_that_turns_to_a_source_hears_it_in_the_middle() -> None:
    turned = facing(SOURCE)
    ahead = binaural_room_response(SIZE, 0.3, SOURCE, LISTENER, turned, head()).direct
    assert abs(lag(ahead)) < 2.0
    away = turned @ rotation_from_yaw_pitch_roll(np.radians(-60.0))  # now the source is on the left
    assert 400.0 < lag(binaural_room_response(SIZE, 0.3, SOURCE, LISTENER, away, head()).direct) < 800.0


def test_mirror_images_exchange_the_ears() -> None:
    source, mirrored = LISTENER + np.array([1.0, 0.0, 0.2]), LISTENER + np.array([1.0, 0.0, 0.2])
    listener = np.array([LISTENER[0], 2.5, LISTENER[2]])
    source[1], mirrored[1] = 3.2, 1.8
    one, other = (
        binaural_room_response(SIZE, 0.3, place, listener, AHEAD, head(), duration=0.04, early_seconds=0.06)
        for place in (source, mirrored)
    )
    for part in ("direct", "indirect"):
        a, b = getattr(one, part), getattr(other, part)
        np.testing.assert_allclose(a, b[::-1], atol=1e-2 * np.abs(a).max())


def test_listeners_of_one_place_hear_what_each_hears_alone() -> None:
    turns = np.stack([rotation_from_yaw_pitch_roll(yaw, 0.2) for yaw in (-0.5, 0.3, 2.0)])
    many = binaural_room_responses(SIZE, 0.3, SOURCE, LISTENER, turns, head(), seed=3)
    for view, turn in enumerate(turns):
        one = binaural_room_response(SIZE, 0.3, SOURCE, LISTENER, turn, head(), seed=3)
        np.testing.assert_allclose(many.direct[view], one.direct, rtol=0, atol=1e-6)
        np.testing.assert_allclose(many.indirect[view], one.indirect, rtol=0, atol=1e-6)


def test_seeds_change_the_late_field_alone() -> None:
    first, again, other = (
        binaural_room_response(SIZE, 0.3, SOURCE, LISTENER, AHEAD, head(), seed=seed) for seed in (1, 1, 2)
    )
    np.testing.assert_allclose(first.indirect, again.indirect, rtol=0, atol=1e-6)
    np.testing.assert_allclose(first.direct, other.direct, rtol=0, atol=1e-6)
    early, late = slice(0, round(0.047 * RATE)), slice(round(0.06 * RATE), None)
    np.testing.assert_allclose(first.indirect[:, early], other.indirect[:, early], rtol=0, atol=1e-6)
    assert abs(np.corrcoef(first.indirect[0, late], other.indirect[0, late])[0, 1]) < 0.2


def test_pressure_is_that_of_the_image_sources_early_on() -> None:
    """Below 0.8 of half the rate, and with the same high-pass."""
    ours = ambisonic_room_response(SIZE, 0.3, SOURCE, LISTENER, RATE, 0, duration=0.045)
    reference = omnidirectional_response(SIZE, SOURCE, LISTENER, 0.3, RATE, duration=0.045)
    band = np.asarray(butter(6, [200.0, 6000.0], "band", fs=RATE, output="sos"))
    a, b = filtered(band, (ours.direct + ours.indirect)[0]), filtered(band, reference)
    assert np.corrcoef(a[:700], b[:700])[0, 1] > 0.995


def test_ambisonic_direct_sound_is_encoded_from_its_direction() -> None:
    response = ambisonic_room_response(SIZE, 0.3, SOURCE, LISTENER, RATE, 3)
    way = (SOURCE - LISTENER) / np.linalg.norm(SOURCE - LISTENER)
    expected = np.outer(spherical_harmonics_of_directions(3, way), response.direct[0])
    np.testing.assert_allclose(response.direct, expected, atol=1e-6)
    assert response.direct.sum(axis=1)[0] == pytest.approx(1.0 / np.linalg.norm(SOURCE - LISTENER), rel=1e-3)


def test_late_ambisonic_field_is_diffuse() -> None:
    response = ambisonic_room_response(SIZE, 0.05, SOURCE, LISTENER, RATE, 3, duration=1.0)
    late = response.indirect[:, round(0.06 * RATE) :].astype(float)
    covariance = late @ late.T
    degree, _ = degrees_and_indices(3)
    scale = np.sqrt(2.0 * degree + 1.0)
    normal = covariance * scale[:, None] * scale / covariance[0, 0]
    np.testing.assert_allclose(normal, np.eye(16), atol=0.1)


def test_a_lower_order_hears_the_first_channels_of_a_higher_one() -> None:
    np.testing.assert_array_equal(diffuse_field(512, 1, 5), diffuse_field(512, 3, 5)[:4])


def test_late_field_has_the_heads_coherence_and_level() -> None:
    """Against the covariance of the ears for plane waves from all directions of the head's own grid."""
    response = binaural_room_response(SIZE, 0.02, SOURCE, LISTENER, AHEAD, head(), duration=4.0)
    late = response.indirect[:, round(0.06 * RATE) :].astype(float)
    blocks = late[:, : 60 * 1024].reshape(2, -1, 1024) * np.hanning(1024)
    spectra = np.fft.rfft(blocks)
    power = (np.abs(spectra) ** 2).mean(axis=1)
    cross = (spectra[0] * np.conj(spectra[1])).mean(axis=0)
    plane = sphere().spectra(1024)
    weights = sphere().weights[:, None]
    expected_cross = (weights * plane[:, 0] * np.conj(plane[:, 1])).sum(axis=0)
    expected_power = (weights[:, None] * np.abs(plane) ** 2).sum(axis=0)

    def smooth(values: np.ndarray) -> np.ndarray:
        return np.convolve(values, np.ones(24) / 24, "same")[16:380:12]

    coherence = smooth(cross.real) / np.sqrt(smooth(power[0]) * smooth(power[1]))
    expected = smooth(expected_cross.real) / np.sqrt(smooth(expected_power[0]) * smooth(expected_power[1]))
    np.testing.assert_allclose(coherence, expected, atol=0.15)
    level = 10.0 * np.log10(smooth(power[0]) / smooth(expected_power[0]))
    assert (level - level.mean()).std() < 0.5


@pytest.mark.parametrize("seconds", [0.15, 0.3, 0.5])
@pytest.mark.parametrize("size", [(3.0, 3.5, 2.5), (6.0, 5.0, 3.0), (8.0, 7.0, 3.0)])
def test_reverberation_time_is_what_the_absorption_was_chosen_for(
    seconds: float, size: tuple[float, float, float]
) -> None:
    absorption = absorption_for_rt60(size, seconds)
    source, listener = np.array(size) * [0.2, 0.3, 0.5], np.array(size) * [0.7, 0.6, 0.6]
    arguments = (size, absorption, source, listener, AHEAD, head())
    isotropic, images = (binaural_room_response(*arguments, late_field=late) for late in ("isotropic", "images"))
    for ear in isotropic.direct + isotropic.indirect:
        assert rt60(ear, RATE) == pytest.approx(seconds, rel=0.1)
    # One ear of a real box may hear more of its slowest direction: by 9.5 % in the largest, driest one here.
    ears = [rt60(ear, RATE) for ear in images.direct + images.indirect]
    assert np.mean(ears) == pytest.approx(seconds, rel=0.1)


def test_decay_is_that_of_all_images() -> None:
    absorption = absorption_for_rt60(SIZE, 0.4)
    arguments = (SIZE, absorption, SOURCE, LISTENER, AHEAD, head())
    short = binaural_room_response(*arguments, duration=0.45)
    whole = binaural_room_response(*arguments, duration=0.45, early_seconds=0.5)
    high = np.asarray(butter(4, 100.0, "high", fs=RATE, output="sos"))
    for a, b in zip(short.direct + short.indirect, whole.direct + whole.indirect, strict=True):
        ours, full = (energy_decay_curve(filtered(high, ear)) for ear in (a, b))
        part = full > -30.0
        assert np.abs(ours - full)[part].max() < 1.5


def test_late_field_at_each_ear_has_the_energy_of_its_images() -> None:
    """Image by image: against the head's power in the direction of each, by octave and ear."""
    walls = np.array([0.05, 0.05, 0.6, 0.6, 0.3, 0.3])
    room, early, samples = BoxRoom.checked(SIZE, walls, 0.0, 343.0), 0.05, round(0.25 * RATE)
    turn = rotation_from_yaw_pitch_roll(0.7)
    envelopes = late_ear_envelopes(room, SOURCE, LISTENER, turn[None], head(), early, samples)[0]
    images = image_sources(SIZE, SOURCE, LISTENER, walls, max_distance=343.0 * samples / RATE)
    part = (images.distance > 343.0 * 0.08) & (images.distance < 343.0 * 0.2)
    way = images.direction[part] @ turn
    table = head().directional_power()
    rows = np.rint((np.arcsin(way[:, 2]) / np.pi + 0.5) * (table.shape[0] - 1)).astype(int)
    columns = np.rint(np.arctan2(way[:, 1], way[:, 0]) % (2 * np.pi) / (2 * np.pi) * (table.shape[1] - 1)).astype(int)
    power = (images.gain[part, 0] / images.distance[part]) ** 2
    expected = (power[:, None, None] * table[rows, columns]).sum(axis=0)
    found = (envelopes[:7, :, round(0.08 * RATE) : round(0.2 * RATE)].astype(float) ** 2).sum(axis=-1)
    np.testing.assert_allclose(10.0 * np.log10(found / expected[:7]), 0.0, atol=0.4)
    assert np.ptp(10.0 * np.log10(expected[:7, 0] / expected[:7, 1])) > 0.3  # the ears do not hear alike


def test_beyond_the_last_image_that_is_followed_the_field_falls_as_the_box_does(monkeypatch) -> None:
    monkeypatch.setattr(late_energy, "MOST_IMAGES", 6000)  # to 0.14 s
    room, samples = BoxRoom.checked(SIZE, 0.3, 0.0, 343.0), round(0.4 * RATE)
    own = late_ear_envelopes(room, SOURCE, LISTENER, np.eye(3)[None], head(), 0.05, samples)[0]
    smooth = room.late_envelopes(0.05, RATE, samples)[0]
    np.testing.assert_array_equal(own[3, 1, round(0.15 * RATE) :], smooth[round(0.15 * RATE) :])
    assert not np.array_equal(own[3, 1, : round(0.1 * RATE)], smooth[: round(0.1 * RATE)])


def test_octaves_decay_in_their_own_times() -> None:
    absorption = np.full((6, 8), 0.1)
    absorption[:, 4:] = 0.4
    response = binaural_room_response(SIZE, absorption, SOURCE, LISTENER, AHEAD, head(), duration=1.0)
    left = (response.direct + response.indirect)[0]
    for band, alone in ((2, 0.1), (5, 0.4)):
        centre = 125.0 * 2.0**band
        octave = np.asarray(butter(3, [centre / 1.2, centre * 1.2], "band", fs=RATE, output="sos"))
        flat = binaural_room_response(SIZE, alone, SOURCE, LISTENER, AHEAD, head(), duration=1.0)
        expected = rt60(filtered(octave, flat.direct[0] + flat.indirect[0]), RATE)
        assert rt60(filtered(octave, left), RATE) == pytest.approx(expected, rel=0.2)


def test_eight_equal_octaves_are_one() -> None:
    arguments = (SOURCE, LISTENER, AHEAD, head())
    one = binaural_room_response(SIZE, 0.3, *arguments, duration=0.3)
    eight = binaural_room_response(SIZE, np.full((6, 8), 0.3), *arguments, duration=0.3)
    np.testing.assert_allclose(eight.indirect, one.indirect, atol=2e-3 * np.abs(one.indirect).max())


def test_air_takes_from_high_octaves() -> None:
    air = np.array([0.0] * 5 + [0.1, 0.1, 0.1])
    dry = binaural_room_response(SIZE, 0.1, SOURCE, LISTENER, AHEAD, head(), duration=0.6)
    wet = binaural_room_response(SIZE, 0.1, SOURCE, LISTENER, AHEAD, head(), duration=0.6, air_db_per_metre=air)
    low, high = (
        np.asarray(butter(4, edge, kind, fs=RATE, output="sos")) for edge, kind in ((1000.0, "low"), (5000.0, "high"))
    )

    def level(response: np.ndarray, section: np.ndarray) -> float:
        return 10.0 * np.log10((filtered(section, response)[:, 1600:] ** 2).sum())

    assert abs(level(wet.indirect, low) - level(dry.indirect, low)) < 0.2
    assert level(wet.indirect, high) < level(dry.indirect, high) - 3.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"source": [7.0, 1.0, 1.0]}, "source must be inside"),
        ({"listener": [1.0, 1.0, -1.0]}, "receiver must be inside"),
        ({"R_room_listener": np.eye(2)}, "R_room_listener"),
        ({"absorption": np.full((6, 3), 0.1)}, "1 band or 8 octaves"),
        ({"absorption": 1.2}, "between 0 and 1"),
        ({"air_db_per_metre": -1.0}, "air_db_per_metre"),
        ({"duration": 0.0}, "duration must be positive"),
        ({"early_seconds": -1.0}, "early_seconds must be positive"),
        ({"late_field": "none"}, "late_field must be one of images, isotropic"),
    ],
)
def test_what_cannot_be_is_refused(arguments: dict[str, object], message: str) -> None:
    good = {"size": SIZE, "absorption": 0.3, "source": SOURCE, "listener": LISTENER, "R_room_listener": AHEAD}
    with pytest.raises(ValueError, match=message):
        binaural_room_response(**(good | {"head": head()} | arguments))  # pyright: ignore[reportArgumentType]


def test_a_flat_head_is_refused() -> None:
    azimuth = np.linspace(0.0, 2.0 * np.pi, 12, endpoint=False)
    ring = spherical_head(RATE, samples=128, directions=direction_from_angles(azimuth, np.zeros(12)))
    with pytest.raises(ValueError, match="not in one plane"):
        room_head(ring)
