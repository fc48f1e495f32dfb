import json
from pathlib import Path

import numpy as np
import pytest
from command_line import Run, refused

from sonovista.ambisonics import encode
from sonovista.signal.audio_files import write_audio


@pytest.fixture
def files(tmp_path: Path) -> Path:
    noise = 0.1 * np.random.default_rng(0).normal(size=2 * 48_000)
    for name, azimuth_deg, order in (("estimate", 60.0, 1), ("recording", 30.0, 1), ("third", 30.0, 3)):
        write_audio(tmp_path / f"{name}.wav", encode(noise, np.radians(azimuth_deg), 0.0, order), 48_000, "FLOAT")
    write_audio(tmp_path / "stereo.wav", np.zeros((2, 4800)), 48_000)
    (tmp_path / "text.wav").write_text("no sound")
    return tmp_path


def test_json_holds_the_measures_and_nothing_else_is_on_stdout(sonovista: Run, files: Path) -> None:
    result = sonovista("evaluate", "field", "estimate.wav", "recording.wav", "--json", "--plot", "maps.png")
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["angular_error_deg"] == pytest.approx(30.0, abs=1e-3)
    assert document["estimate"]["azimuth_deg"] == pytest.approx(60.0, abs=1e-3)
    assert 0.8 < document["correlation"] < 0.95
    assert [window["start_s"] for window in document["windows"]] == [0.0, 1.0]
    assert (files / "maps.png").stat().st_size > 10_000


def test_people_read_a_table(sonovista: Run, files: Path) -> None:
    result = sonovista("evaluate", "field", "third.wav", "recording.wav", "--published")
    assert result.returncode == 0, result.stderr
    assert "dAngular" in result.stdout
    assert "+30.0" in result.stdout
    assert "published beams" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("stereo.wav", "recording.wav"), ("stereo.wav", "Ambisonic", "found 2")),
        (("missing.wav", "recording.wav"), ("missing.wav",)),
        (("estimate.wav", "text.wav"), ("text.wav",)),
        (("third.wav", "recording.wav"), ("third.wav", "--order 1")),
        (("estimate.wav", "recording.wav", "--plot", "maps.bmp"), ("maps.bmp", ".png")),
        (("estimate.wav", "recording.wav", "--published", "--order", "2"), ("--order",)),
    ],
)
def test_bad_input_is_one_line(sonovista: Run, files: Path, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    before = set(files.iterdir())
    line = refused(sonovista("evaluate", "field", *arguments))
    assert all(word in line for word in words), line
    assert set(files.iterdir()) == before


def test_help_shows_examples(sonovista: Run) -> None:
    result = sonovista("evaluate", "field", "--help")
    assert result.returncode == 0
    assert "Examples" in result.stdout
    assert sonovista("evaluate", "field", "one.wav").returncode == 2
