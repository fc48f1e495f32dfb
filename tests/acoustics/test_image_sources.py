from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonovista.acoustics.image_sources import image_sources, omnidirectional_response

SIZE = np.array([6.0, 5.0, 3.0])
SOURCE = np.array([1.3, 3.9, 1.1])
RECEIVER = np.array([4.2, 1.7, 1.6])
ABSORPTION = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
RATE = 16_000


def mirrored(order: int, absorption: np.ndarray) -> list[tuple[np.ndarray, float, int]]:
    """Images by mirroring: each at every wall in turn, without meeting one place twice. Slow, and plain."""
    found = {tuple(np.round(SOURCE, 9)): (SOURCE, 1.0, 0)}
    last = list(found.values())
    for count in range(1, order + 1):
        new = {}
        for place, gain, _ in last:
            for axis, side in product(range(3), (0, 1)):
                image = place.copy()
                image[axis] = 2.0 * side * SIZE[axis] - image[axis]
                key = tuple(np.round(image, 9))
                if key not in found:
                    new[key] = (image, gain * np.sqrt(1.0 - absorption[2 * axis + side]), count)
        found |= new
        last = list(new.values())
    return list(found.values())


def test_images_are_those_of_mirroring_at_every_wall() -> None:
    images = image_sources(SIZE, SOURCE, RECEIVER, ABSORPTION, max_order=5)
    expected = mirrored(5, ABSORPTION)
    assert len(images.distance) == len(expected)
    places = RECEIVER + images.direction * images.distance[:, None]
    for place, gain, count in expected:
        at = np.linalg.norm(places - place, axis=1).argmin()
        np.testing.assert_allclose(places[at], place, atol=1e-9)
        np.testing.assert_allclose(images.gain[at, 0], gain, rtol=1e-12)
        assert images.reflections[at] == count


def test_the_source_itself_comes_first_and_has_met_no_wall() -> None:
    images = image_sources(SIZE, SOURCE, RECEIVER, ABSORPTION, max_distance=30.0)
    assert images.distance[0] == pytest.approx(np.linalg.norm(SOURCE - RECEIVER))
    assert images.gain[0, 0] == 1.0
    assert images.reflections[0] == 0
    assert images.distance[0] == images.distance.min()


def test_every_band_has_its_own_gains() -> None:
    bands = np.stack([ABSORPTION, ABSORPTION[::-1]], axis=1)
    both = image_sources(SIZE, SOURCE, RECEIVER, bands, max_order=4)
    for band in range(2):
        alone = image_sources(SIZE, SOURCE, RECEIVER, bands[:, band], max_order=4)
        np.testing.assert_array_equal(both.gain[:, band], alone.gain[:, 0])


place = st.tuples(*[st.floats(0.01, 0.99)] * 3)


@settings(max_examples=20, deadline=None)
@given(place, place, st.tuples(*[st.floats(2.0, 10.0)] * 3), st.floats(5.0, 20.0))
def test_a_distance_holds_exactly_the_images_within_it(
    source: tuple[float, ...], receiver: tuple[float, ...], sides: tuple[float, ...], reach: float
) -> None:
    size = np.array(sides)
    images = image_sources(size, size * source, size * receiver, 0.3, max_distance=reach)
    order = int(np.ceil(reach / size).sum()) + 3
    m = np.arange(-order, order + 1)[:, None]
    axes = np.where(m % 2 == 0, m * size + size * source, (m + 1) * size - size * source) - size * receiver
    square = (axes[:, None, None, 0] ** 2 + axes[None, :, None, 1] ** 2 + axes[None, None, :, 2] ** 2).ravel()
    within = np.sqrt(square[square <= reach**2])
    direct = float(np.linalg.norm(size * source - size * receiver))
    expected = np.sort(within if direct <= reach else np.append(within, direct))
    np.testing.assert_allclose(np.sort(images.distance), expected, rtol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(images.direction[images.distance > 1e-6], axis=1), 1.0)


def test_source_and_receiver_can_change_places() -> None:
    there = omnidirectional_response(SIZE, SOURCE, RECEIVER, ABSORPTION, RATE, duration=0.1)
    back = omnidirectional_response(SIZE, RECEIVER, SOURCE, ABSORPTION, RATE, duration=0.1)
    np.testing.assert_allclose(there, back, atol=1e-9)


def test_response_is_the_sum_of_delayed_pulses() -> None:
    """Against the images' exact spectrum, below the band edge, where the pulses' window does not matter."""
    samples = 4096
    response = omnidirectional_response(SIZE, SOURCE, RECEIVER, ABSORPTION, RATE, max_order=3, duration=samples / RATE)
    images = image_sources(SIZE, SOURCE, RECEIVER, ABSORPTION, max_order=3)
    frequency = np.fft.rfftfreq(samples, 1.0 / RATE)
    part = frequency < 0.9 * RATE / 2
    delay = images.distance / 343.0
    exact = (images.gain[:, 0] / images.distance) @ np.exp(-2j * np.pi * delay[:, None] * frequency)
    error = np.abs(np.fft.rfft(response) - exact)[part]
    assert error.max() < 1e-3 * np.abs(exact).max()


def test_many_receivers_are_each_alone() -> None:
    receivers = np.stack([RECEIVER, RECEIVER + np.array([0.2, 0.0, 0.0])])
    both = omnidirectional_response(SIZE, SOURCE, receivers, 0.3, RATE, max_order=6)
    assert both.shape[0] == 2
    for row, receiver in zip(both, receivers, strict=True):
        np.testing.assert_array_equal(row, omnidirectional_response(SIZE, SOURCE, receiver, 0.3, RATE, max_order=6))


def test_a_source_at_the_receiver_gives_a_finite_response() -> None:
    assert np.isfinite(omnidirectional_response(SIZE, SOURCE, SOURCE, 0.3, RATE, max_order=2)).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"source": [7.0, 1.0, 1.0]}, "source must be inside"),
        ({"receiver": [1.0, 1.0, np.nan]}, "receiver must be inside"),
        ({"size": [6.0, 0.0, 3.0]}, "three positive lengths"),
        ({"max_order": None}, "max_order or max_distance"),
        ({"max_order": -1}, "must not be negative"),
        ({"max_order": None, "max_distance": 1e4}, "images are computed"),
    ],
)
def test_what_cannot_be_is_refused(arguments: dict[str, object], message: str) -> None:
    good = {"size": SIZE, "source": SOURCE, "receiver": RECEIVER, "absorption": 0.3, "max_order": 3}
    with pytest.raises(ValueError, match=message):
        image_sources(**(good | arguments))  # pyright: ignore[reportArgumentType]
