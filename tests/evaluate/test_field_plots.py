from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sonovista.ambisonics import encode
from sonovista.errors import InputError
from sonovista.evaluate.field import compare_fields
from sonovista.evaluate.field_plots import azimuths, check_plot_path, decibels, horizon, plot_comparison


def _field(azimuth: float, samples: int = 4800) -> np.ndarray:
    return encode(0.1 * np.random.default_rng(0).normal(size=samples), azimuth, 0.0, 1)


def test_the_horizon_is_loudest_where_the_source_is() -> None:
    view = compare_fields(_field(1.0), _field(0.0)).estimate
    level = horizon(view)
    assert azimuths(len(level))[level.argmax()] == pytest.approx(1.0, abs=np.radians(1.0))


def test_decibels_are_below_the_maximum_and_silence_is_at_the_bottom() -> None:
    np.testing.assert_allclose(decibels(np.array([1.0, 0.1, 0.0])), [0.0, -20.0, -20.0])
    np.testing.assert_array_equal(decibels(np.zeros(3)), -20.0)


@pytest.mark.parametrize("window", [0.02, 10.0])
def test_a_plot_is_a_picture_with_something_in_it(tmp_path: Path, window: float) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / "maps.png"
    plot_comparison(compare_fields(_field(1.0), _field(-1.0), window=window), path)
    pixels = np.asarray(Image.open(path).convert("RGB"))
    assert pixels.shape[1] > 1000
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 200
    assert [entry.name for entry in tmp_path.iterdir()] == ["maps.png"]


def test_a_silent_field_is_drawn_too(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    plot_comparison(compare_fields(np.zeros((4, 4800)), _field(0.0), window=0.05), tmp_path / "maps.svg")


def test_a_plot_needs_a_known_ending_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected a name that ends in \.png"):
        check_plot_path(tmp_path / "maps.bmp")
    with pytest.raises(InputError, match="parent folder"):
        check_plot_path(tmp_path / "nowhere" / "maps.png")
