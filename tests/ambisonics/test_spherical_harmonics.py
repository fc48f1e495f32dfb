import numpy as np
import pytest
from scipy.special import sph_harm_y

from sonovista.ambisonics import channel_count, order_of_channels, spherical_harmonics
from sonovista.ambisonics.spherical_harmonics import degrees_and_indices, left_right_signs
from sonovista.geometry.equirectangular import pixel_angles, pixel_solid_angles


def _directions(count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    return rng.uniform(-np.pi, np.pi, count), np.arcsin(rng.uniform(-1.0, 1.0, count))


@pytest.mark.parametrize("order", range(8))
def test_equals_scipy_at_every_order(order: int) -> None:
    azimuth, elevation = _directions(500)
    ours = spherical_harmonics(order, azimuth, elevation, "n3d")
    for acn, (n, m) in enumerate(zip(*degrees_and_indices(order), strict=True)):
        complex_value = sph_harm_y(n, abs(m), 0.5 * np.pi - elevation, azimuth) * np.sqrt(4.0 * np.pi) * (-1.0) ** m
        real = complex_value.real if m >= 0 else complex_value.imag
        expected = real * (np.sqrt(2.0) if m else 1.0)
        np.testing.assert_allclose(ours[:, acn], expected, atol=1e-12)


def test_closed_forms_to_order_2() -> None:
    azimuth, elevation = _directions(200)
    x = np.cos(elevation) * np.cos(azimuth)
    y = np.cos(elevation) * np.sin(azimuth)
    z = np.sin(elevation)
    root3 = np.sqrt(3.0)
    expected = [
        np.ones_like(x), y, z, x,
        root3 * x * y, root3 * y * z, 0.5 * (3.0 * z * z - 1.0), root3 * x * z, 0.5 * root3 * (x * x - y * y),
    ]  # fmt: skip
    np.testing.assert_allclose(spherical_harmonics(2, azimuth, elevation), np.stack(expected, axis=-1), atol=1e-14)


def test_n3d_is_orthonormal_on_the_sphere() -> None:
    height = 180
    azimuth, elevation = pixel_angles(height)
    values = spherical_harmonics(5, azimuth[None, :], elevation[:, None], "n3d")
    weights = pixel_solid_angles(height) / (4.0 * np.pi)
    gram = np.einsum("hwa,hwb,h->ab", values, values, weights)
    np.testing.assert_allclose(gram, np.eye(36), atol=2e-3)


def test_sn3d_and_n3d_differ_by_the_root_of_2n_plus_1() -> None:
    azimuth, elevation = _directions(20)
    n, _ = degrees_and_indices(7)
    ratio = np.sqrt(2.0 * n + 1.0)
    sn3d = spherical_harmonics(7, azimuth, elevation)
    np.testing.assert_allclose(spherical_harmonics(7, azimuth, elevation, "n3d"), sn3d * ratio, rtol=1e-12)


def test_shapes_broadcast_and_chunks_join() -> None:
    azimuth = np.linspace(-3.0, 3.0, 5000)
    elevation = np.array([[-0.3], [1.2]])
    values = spherical_harmonics(3, azimuth, elevation)
    assert values.shape == (2, 5000, 16)
    np.testing.assert_allclose(values[1, 4321], spherical_harmonics(3, azimuth[4321], 1.2), atol=1e-15)
    assert spherical_harmonics(0, 0.0, 0.0).shape == (1,)


def test_mirroring_left_and_right_flips_the_channels_with_negative_m() -> None:
    azimuth, elevation = _directions(20)
    mirrored = spherical_harmonics(7, -azimuth, elevation)
    np.testing.assert_allclose(mirrored, spherical_harmonics(7, azimuth, elevation) * left_right_signs(7), atol=1e-12)


def test_channel_counts_and_their_errors() -> None:
    assert [channel_count(order) for order in range(8)] == [1, 4, 9, 16, 25, 36, 49, 64]
    assert [order_of_channels(count) for count in (1, 4, 9, 64)] == [0, 1, 2, 7]
    for wrong in (-1, 8):
        with pytest.raises(ValueError, match="order"):
            spherical_harmonics(wrong, 0.0, 0.0)
    for wrong in (0, 2, 5, 81):
        with pytest.raises(ValueError, match="channels"):
            order_of_channels(wrong)
    with pytest.raises(ValueError, match="normalization"):
        spherical_harmonics(1, 0.0, 0.0, "fuma")  # pyright: ignore[reportArgumentType]
