import numpy as np
import pytest
from PIL import Image

from sonovista.errors import InputError
from sonovista.simulate.example import SAMPLE_RATE
from sonovista.simulate.heads import load_head, measured_head
from sonovista.simulate.rooms.photographs import read_photographs
from sonovista.simulate.rooms.textures import SIZE


@pytest.mark.parametrize("name", ["kemar", "sphere"])
def test_heads_are_symmetric_and_at_16_khz(name):
    head = measured_head(name)
    assert head.sample_rate == SAMPLE_RATE
    assert head.is_symmetric(1e-5)
    assert head.delay is not None
    assert load_head(name).sample_rate == SAMPLE_RATE
    assert load_head(name) is load_head(name)


def test_kemar_hears_a_diffuse_field_about_evenly():
    """Equalised: the power mean over directions is within 2 dB of one from 200 Hz to 7 kHz."""
    head = measured_head("kemar")
    power = np.einsum("d,def->f", head.weights, np.abs(head.spectra(256)) ** 2) / 2.0
    frequency = np.fft.rfftfreq(256, 1.0 / SAMPLE_RATE)
    inside = (frequency > 200.0) & (frequency < 7000.0)
    assert np.abs(10.0 * np.log10(power[inside])).max() < 2.0


@pytest.mark.parametrize(
    ("name", "named"), [("dummy", "expected kemar, sphere or the path"), ("none.sofa", r"none\.sofa")]
)
def test_what_is_no_head_is_named(name, named):
    with pytest.raises(InputError, match=named):
        measured_head(name)


def test_photographs_are_squared_and_read_once(tmp_path):
    Image.new("RGB", (200, 100), (255, 0, 0)).save(tmp_path / "a.png")
    Image.new("RGB", (100, 200), (0, 255, 0)).save(tmp_path / "b.jpg")
    pictures = read_photographs(tmp_path)
    assert pictures.shape == (2, SIZE, SIZE, 3)
    np.testing.assert_allclose(pictures.mean(axis=(1, 2)), [[1, 0, 0], [0, 1, 0]], atol=0.02)
    assert read_photographs(tmp_path) is pictures


def test_a_folder_without_photographs_is_refused(tmp_path):
    with pytest.raises(InputError, match="expected a folder of pictures to hang on walls"):
        read_photographs(tmp_path)
