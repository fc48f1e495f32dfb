import struct

import numpy as np
import pytest
import soundfile

from sonovista.errors import InputError
from sonovista.signal.audio_files import read_audio, resample, write_audio

RATE = 48_000


def sine(frequency: float, rate: int, seconds: float = 0.5) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * frequency * np.arange(int(rate * seconds)) / rate)).astype(np.float32)


@pytest.mark.parametrize("ending", ["wav", "flac"])
def test_what_is_written_is_read_again(tmp_path, ending):
    signal = np.stack([sine(440, RATE), sine(880, RATE)])
    write_audio(tmp_path / f"a.{ending}", signal, RATE)
    again = read_audio(tmp_path / f"a.{ending}", RATE)
    assert again.dtype == np.float32
    np.testing.assert_allclose(again, signal, atol=2 / 2**24)
    assert [p.name for p in tmp_path.iterdir()] == [f"a.{ending}"]


def test_float_wav_keeps_sixteen_channels_bit_for_bit(tmp_path):
    signal = np.random.default_rng(0).normal(size=(16, 1000)).astype(np.float32) * 3
    write_audio(tmp_path / "a.wav", signal, RATE, subtype="FLOAT")
    np.testing.assert_array_equal(read_audio(tmp_path / "a.wav", RATE, channels=16), signal)


def test_mono_is_the_mean_of_the_channels(tmp_path):
    write_audio(tmp_path / "a.wav", np.stack([sine(440, RATE), -sine(440, RATE)]), RATE)
    assert np.abs(read_audio(tmp_path / "a.wav", RATE, channels=1)).max() < 1e-6


def test_resampling_keeps_a_sine_a_sine(tmp_path):
    write_audio(tmp_path / "a.wav", sine(1000, 44_100), 44_100)
    signal = read_audio(tmp_path / "a.wav", RATE)[0]
    expected = sine(1000, RATE)
    assert signal.shape == expected.shape
    middle = slice(2000, -2000)
    assert np.abs(signal[middle] - expected[middle]).max() < 1e-4


def test_resampling_treats_rows_alike():
    rows = np.random.default_rng(1).normal(size=(2, 3, 1600)).astype(np.float32)
    together = resample(rows, 16_000, RATE)
    assert together.shape == (2, 3, 4800)
    np.testing.assert_allclose(together[1, 2], resample(rows[1, 2], 16_000, RATE), atol=1e-6)


def make_text(path):
    path.write_text("this is no sound\n" * 100)


def make_empty(path):
    path.touch()


def make_folder(path):
    path.mkdir()


def make_missing(path):
    pass


def make_truncated(path):
    write_audio(path, sine(440, RATE), RATE)
    path.write_bytes(path.read_bytes()[:20_000])


def make_lying_wav(path):
    soundfile.write(path, sine(440, RATE), RATE, format="WAV", subtype="PCM_16")
    data = bytearray(path.read_bytes())
    at = data.index(b"data") + 4
    data[at : at + 4] = struct.pack("<I", 0x70000000)
    path.write_bytes(data)


def make_lying_flac(path):
    soundfile.write(path, sine(440, RATE), RATE, format="FLAC", subtype="PCM_16")
    data = bytearray(path.read_bytes())
    data[22:26] = struct.pack(">I", 100_000)  # STREAMINFO's total number of samples, low 32 bits
    path.write_bytes(data)


def make_nan(path):
    samples = sine(440, RATE)
    samples[100] = np.nan
    soundfile.write(path, samples, RATE, format="WAV", subtype="FLOAT")


def make_no_samples(path):
    soundfile.write(path, np.zeros(0), RATE, format="WAV", subtype="PCM_16")


def make_too_long(path):
    soundfile.write(path, np.zeros(RATE * 11), RATE, format="WAV", subtype="PCM_16")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (make_text, "expected a whole audio file"),
        (make_empty, "empty"),
        (make_folder, "folder"),
        (make_missing, "cannot be read"),
        (make_truncated, "promises"),
        (make_lying_wav, "promises"),
        (make_lying_flac, "promises|cannot be decoded"),
        (make_nan, "NaN"),
        (make_no_samples, "no samples"),
        (make_too_long, "at most 10 s"),
    ],
)
def test_bad_files_are_refused_in_one_line_that_names_the_file(tmp_path, make, said):
    path = tmp_path / ("bad.flac" if "flac" in make.__name__ else "bad.wav")
    make(path)
    with pytest.raises(InputError, match=said) as caught:
        read_audio(path, RATE, max_seconds=10.0)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_truncated_flac_is_refused(tmp_path):
    write_audio(tmp_path / "a.flac", np.random.default_rng(0).uniform(-1, 1, RATE), RATE)
    data = (tmp_path / "a.flac").read_bytes()
    (tmp_path / "a.flac").write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match=r"a\.flac"):
        read_audio(tmp_path / "a.flac", RATE)


def test_a_long_file_can_be_cut(tmp_path):
    make_too_long(tmp_path / "a.wav")
    assert read_audio(tmp_path / "a.wav", RATE, max_seconds=2.0, truncate=True).shape == (1, 2 * RATE)


def test_a_streamed_wav_without_a_length_is_read(tmp_path):
    soundfile.write(tmp_path / "a.wav", sine(440, RATE), RATE, subtype="PCM_16")
    data = bytearray((tmp_path / "a.wav").read_bytes())
    at = data.index(b"data") + 4
    data[at : at + 4] = b"\xff\xff\xff\xff"
    (tmp_path / "a.wav").write_bytes(data)
    assert read_audio(tmp_path / "a.wav", RATE).shape == (1, RATE // 2)


def test_wrong_channel_count_is_refused(tmp_path):
    write_audio(tmp_path / "a.wav", np.zeros((2, 100)), RATE)
    with pytest.raises(InputError, match="expected 4 channels, found 2"):
        read_audio(tmp_path / "a.wav", RATE, channels=4)


def test_writing_refuses_what_it_cannot_write(tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        write_audio(tmp_path / "no" / "a.wav", np.zeros(10), RATE)
    with pytest.raises(InputError, match=r"\.wav or \.flac"):
        write_audio(tmp_path / "a.mp3", np.zeros(10), RATE)
    with pytest.raises(InputError, match="8 channels"):
        write_audio(tmp_path / "a.flac", np.zeros((16, 10)), RATE)
    with pytest.raises(ValueError, match="finite"):
        write_audio(tmp_path / "a.wav", np.full(10, np.nan), RATE)
    assert list(tmp_path.iterdir()) == []
