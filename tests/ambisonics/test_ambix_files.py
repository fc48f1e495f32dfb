from pathlib import Path

import numpy as np
import pytest
import soundfile

from sonovista.ambisonics import convert_convention, encode, intensity_direction, read_ambix, write_ambix
from sonovista.errors import InputError

NOISE = np.random.default_rng(0).uniform(-0.5, 0.5, 2400)


@pytest.mark.parametrize("order", range(1, 8))
def test_every_order_comes_back(tmp_path: Path, order: int) -> None:
    field = encode(NOISE, 0.7, 0.2, order)
    write_ambix(tmp_path / "field.wav", field)
    found = read_ambix(tmp_path / "field.wav")
    assert found.shape == ((order + 1) ** 2, 2400)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, field, atol=2e-7)


@pytest.mark.parametrize("convention", ["n3d", "fuma"])
def test_other_conventions_by_name(tmp_path: Path, convention) -> None:
    field = encode(NOISE, 0.7, 0.2, 3)
    write_ambix(tmp_path / "field.wav", field, subtype="FLOAT", convention=convention)
    raw, _ = soundfile.read(tmp_path / "field.wav")
    np.testing.assert_allclose(raw.T, convert_convention(field, "sn3d", convention), atol=1e-6)
    np.testing.assert_allclose(read_ambix(tmp_path / "field.wav", convention=convention), field, atol=1e-6)


def test_lower_orders_and_other_rates(tmp_path: Path) -> None:
    low = np.sin(2 * np.pi * 300.0 * np.arange(4800) / 48_000.0)
    write_ambix(tmp_path / "field.wav", encode(low, 0.7, 0.2, 4))
    found = read_ambix(tmp_path / "field.wav", 16_000, order=1)
    assert found.shape == (4, 1600)
    azimuth = np.arctan2(*intensity_direction(found)[[1, 0]])
    assert azimuth == pytest.approx(0.7, abs=1e-4)


@pytest.mark.parametrize("channels", [1, 2, 3, 5, 6, 8, 15, 37])
def test_a_channel_count_of_no_order_is_refused(tmp_path: Path, channels: int) -> None:
    path = tmp_path / "field.wav"
    soundfile.write(path, np.zeros((100, channels)), 48_000)
    with pytest.raises(InputError, match=rf"field.wav: expected .* or 64 channels\), found {channels}$"):
        read_ambix(path)
    if channels != 1:
        with pytest.raises(ValueError, match="channels"):
            write_ambix(path, np.zeros((channels, 100)))
    with pytest.raises(ValueError, match="order"):
        write_ambix(path, np.zeros((1, 100)))


def test_refuses_what_does_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "field.wav"
    write_ambix(path, np.zeros((25, 100)))
    with pytest.raises(InputError, match="order 5"):
        read_ambix(path, order=5)
    with pytest.raises(InputError, match="order 1 to 3"):
        read_ambix(path, convention="fuma")
    with pytest.raises(ValueError, match="convention"):
        read_ambix(path, convention="acn")  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="finite"):
        write_ambix(path, np.full((4, 10), np.nan))
    with pytest.raises(InputError, match="no-such"):
        read_ambix(tmp_path / "no-such.wav")
