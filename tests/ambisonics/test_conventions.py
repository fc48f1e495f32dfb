import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonovista.ambisonics import convert_convention, spherical_harmonics

CONVENTIONS = ("sn3d", "n3d", "fuma")


def test_fuma_to_order_3_is_malhams_table() -> None:
    azimuth, elevation = np.random.default_rng(0).uniform(-1.5, 1.5, (2, 50))
    x, y, z = np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)
    table = [
        np.full(50, np.sqrt(0.5)), x, y, z,
        1.5 * z * z - 0.5, 2 * z * x, 2 * y * z, x * x - y * y, 2 * x * y,
        z * (5 * z * z - 3) / 2, np.sqrt(135 / 256) * x * (5 * z * z - 1), np.sqrt(135 / 256) * y * (5 * z * z - 1),
        np.sqrt(27 / 4) * z * (x * x - y * y), np.sqrt(27) * x * y * z,
        x * (x * x - 3 * y * y), y * (3 * x * x - y * y),
    ]  # fmt: skip
    found = convert_convention(spherical_harmonics(3, azimuth, elevation).T, "sn3d", "fuma")
    np.testing.assert_allclose(found, table, atol=1e-12)


def test_n3d_by_name_is_n3d_of_the_harmonics() -> None:
    azimuth, elevation = np.random.default_rng(0).uniform(-1.5, 1.5, (2, 50))
    found = convert_convention(spherical_harmonics(7, azimuth, elevation).T, "sn3d", "n3d")
    np.testing.assert_allclose(found, spherical_harmonics(7, azimuth, elevation, "n3d").T, atol=1e-12)


@given(st.sampled_from(CONVENTIONS), st.sampled_from(CONVENTIONS), st.integers(0, 3))
def test_there_and_back_again(source, target, order: int) -> None:
    signals = np.random.default_rng(order).normal(size=((order + 1) ** 2, 5))
    np.testing.assert_allclose(
        convert_convention(convert_convention(signals, source, target), target, source), signals, atol=1e-12
    )


def test_keeps_the_type_and_takes_single_frames() -> None:
    assert convert_convention(np.ones((4, 3), np.float32), "fuma").dtype == np.float32
    np.testing.assert_allclose(convert_convention([1.0, 2.0, 3.0, 4.0], "fuma"), [np.sqrt(2.0), 3.0, 4.0, 2.0])


def test_refuses_what_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="order 3"):
        convert_convention(np.zeros((25, 2)), "fuma")
    with pytest.raises(ValueError, match="convention"):
        convert_convention(np.zeros((4, 2)), "sn3d", "acn")  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="channels"):
        convert_convention(np.zeros((5, 2)), "sn3d", "n3d")
    with pytest.raises(ValueError, match="shape"):
        convert_convention(np.zeros((4, 2, 2)), "sn3d", "n3d")
