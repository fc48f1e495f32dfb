"""`sonovista simulate` as a user runs it."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from command_line import Run, refused
from PIL import Image

SMALL = """
scenes: 2
train: 0.5
val: 0.0
room: {shortest_side: 4.0, longest_side: 5.0, along_walls: 0, in_the_middle: 0, on_walls: 0}
sets:
  - name: one
    examples: 1
    example: {width: 32, height: 24, views: 2}
  - name: two
    examples: 1
    splits: [test]
    example: {width: 32, height: 24, views: 2, sources: 2}
"""


@pytest.fixture
def panoramas(tmp_path: Path) -> Path:
    folder = tmp_path / "panoramas"
    folder.mkdir()
    for i in range(2):
        pixels = np.random.default_rng(i).integers(0, 256, (128, 256, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"place-{i}.jpg")
    return folder


def test_from_a_config_to_shards_and_a_sheet(sonovista: Run, tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    result = sonovista("simulate", "data", "--config", "small.yaml", "--workers", "1", "--json", "--sha256")
    assert result.returncode == 0, result.stderr[-2000:]
    document = json.loads(result.stdout)
    assert (document["examples"], document["made"], document["failures"]) == (3, 3, [])
    assert sorted(document["sha256"]) == ["one-test", "one-train", "two-test"]
    assert (tmp_path / "data" / "two" / "room-0001" / "pair-0000" / "metadata.json").exists()

    # The folder knows its options: what is left to do needs none.
    (tmp_path / "sounds").mkdir()
    noise = np.random.default_rng(0).normal(0.0, 0.1, 9 * 16_000)
    soundfile.write(tmp_path / "sounds" / "noise.flac", noise.clip(-1, 1), 16_000)
    result = sonovista(
        "simulate", "data", "--workers", "1", "--export-shards", "shards", "--inspect", "--sounds", "sounds", "--json"
    )
    assert result.returncode == 0, result.stderr[-2000:]
    again = json.loads(result.stdout)
    assert (again["made"], again["found"]) == (0, 3)
    assert sorted(p.name for p in (tmp_path / "shards").iterdir()) == [
        f"{name}-000000.tar" for name in ("one-test", "one-train", "two-test")
    ]
    sheet = (tmp_path / "data" / "inspect.html").read_text()
    assert sheet.count("<section>") == 3
    assert sheet.count("data:image/jpeg") == 6
    assert sheet.count("<audio") == 6
    assert "http" not in sheet.replace("http-equiv", "")


def test_a_folder_of_panoramas(sonovista: Run, panoramas: Path) -> None:
    result = sonovista(
        "simulate", "data", "--panoramas", panoramas, "--examples", "2", "--views", "3", "--workers", "1"
    )
    assert result.returncode == 0, result.stderr[-2000:]
    assert "4 examples made" in result.stdout


def test_what_is_wrong_is_one_clear_line(sonovista: Run, panoramas: Path, tmp_path: Path) -> None:
    assert "nowhere: expected a folder of panoramas" in refused(sonovista("simulate", "d", "--panoramas", "nowhere"))
    assert "expected 3 panoramas, found 2" in refused(
        sonovista("simulate", "d", "--panoramas", panoramas, "--scenes", "3")
    )
    assert "views" in refused(sonovista("simulate", "d", "--views", "1"))
    assert "longest_rt60" in refused(sonovista("simulate", "d", "--rt60", "0.5-0.1"))
    assert "sonorooms-9" in refused(sonovista("simulate", "d", "--config", "sonorooms-9"))
    assert "head" in refused(sonovista("simulate", "d", "--head", "dummy"))
    Image.new("RGB", (300, 200)).save(panoramas / "photo.jpg")
    assert "photo.jpg: expected an equirectangular" in refused(sonovista("simulate", "d", "--panoramas", panoramas))
    assert not (tmp_path / "d").exists()


def test_broken_meshes_and_silent_sounds_are_named(sonovista: Run, tmp_path: Path) -> None:
    (tmp_path / "meshes").mkdir()
    (tmp_path / "meshes" / "bad.glb").write_bytes(b"glTF nothing")
    line = refused(sonovista("simulate", "data", "--meshes", "meshes", "--examples", "1", "--workers", "1"))
    assert "bad.glb: expected a mesh" in line
    assert not (tmp_path / "data").exists()
    (tmp_path / "sounds").mkdir()
    soundfile.write(tmp_path / "sounds" / "quiet.wav", np.zeros(200_000), 16_000)
    assert "quiet.wav: expected a sound, found silence" in refused(sonovista("simulate", "e", "--sounds", "sounds"))
    soundfile.write(tmp_path / "sounds" / "quiet.wav", 0.1 * np.sin(np.arange(48_000)), 16_000)
    assert "found 3.00 s" in refused(sonovista("simulate", "e", "--sounds", "sounds"))


def test_wrong_usage_exits_with_2(sonovista: Run, panoramas: Path) -> None:
    assert sonovista("simulate").returncode == 2
    assert sonovista("simulate", "d", "--engine", "magic").returncode == 2
    assert sonovista("simulate", "d", "--rt60", "long").returncode == 2
    assert sonovista("simulate", "d", "--config", "sonorooms-1", "--views", "3").returncode == 2
    assert sonovista("simulate", "d", "--panoramas", panoramas, "--meshes", panoramas).returncode == 2
