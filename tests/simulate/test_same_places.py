"""A real place under several files is in one split."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from sonovista.errors import InputError
from sonovista.simulate.example import ExampleOptions
from sonovista.simulate.options import ExampleSet, SimulationOptions, read_options
from sonovista.simulate.reading import find_examples
from sonovista.simulate.same_places import (
    SAME_LOOK,
    look_of,
    places_by_look,
    places_by_name,
    places_of_table,
    turned_correlation,
    with_places,
)
from sonovista.simulate.simulation import read_description, simulate
from sonovista.simulate.worlds import list_scene_files, scene_names


def panorama(seed: int, height: int = 128) -> np.ndarray:
    """A sky over a ground, with things on the horizon."""
    rng = np.random.default_rng(seed)
    picture = np.repeat(np.linspace(230, 60, height)[:, None], 2 * height, 1)
    for _ in range(40):
        row, column, size = rng.integers(height // 4, 3 * height // 4), rng.integers(2 * height), rng.integers(4, 20)
        picture[row : row + size, column : column + size] = rng.uniform(0, 255)
    return np.repeat(cv2.GaussianBlur(picture, (0, 0), 1.0)[..., None], 3, 2).astype(np.uint8)


def save(path: Path, picture: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four places in six files: b again turned, smaller and darker, c again as an HDR picture."""
    for seed, name in enumerate("abcd"):
        save(tmp_path / "p" / f"{name}.png", panorama(seed))
    again = cv2.resize(np.roll(panorama(1), 97, axis=1), (512, 256), interpolation=cv2.INTER_LINEAR)
    save(tmp_path / "p" / "e.jpg", (200.0 * (again / 255.0) ** 1.7).astype(np.uint8))
    radiance = (panorama(2)[..., ::-1] / 255.0).astype(np.float32) ** 2.2 * 30.0
    cv2.imwrite(str(tmp_path / "p" / "c_1k.hdr"), radiance)
    return tmp_path / "p"


def test_names_differ_by_size_range_and_format_alone():
    names = ["sea_1k.hdr", "Sea 4096x2048 tonemapped.jpg", "sea-2.jpg", "sea-3.jpg", "4k.exr", "x/sea (copy).png"]
    assert places_by_name([Path(name) for name in names]) == (0, 0, 2, 3, 4, 0)


def test_looks_are_the_same_turned_scaled_and_toned_otherwise(folder):
    files = list_scene_files("panoramas", folder)
    assert [path.name for path in files] == ["a.png", "b.png", "c.png", "c_1k.hdr", "d.png", "e.jpg"]
    assert places_by_look(files) == (0, 1, 2, 2, 4, 1)


def test_other_places_look_otherwise():
    looks = np.array([look_of(panorama(seed)) for seed in range(30)])
    for index in range(1, len(looks)):
        assert turned_correlation(looks[index], looks[:index]).max() < SAME_LOOK - 0.15
    assert turned_correlation(looks[3], look_of(np.roll(panorama(3), 40, axis=1))[None])[0] > 0.99


def test_what_cannot_be_read_is_a_place_of_its_own(folder):
    (folder / "b.png").write_bytes(b"none")
    assert places_by_look(list_scene_files("panoramas", folder)) == (0, 1, 2, 2, 4, 5)


def test_scenes_of_a_place_go_where_its_first_goes(folder):
    options = SimulationOptions(kind="panoramas", folder=folder, scenes=6, train=0.5, val=0.17)
    found = with_places(options, list_scene_files("panoramas", folder))
    assert found.places == (0, 1, 2, 2, 4, 1)
    splits = [found.split_of(scene) for scene in range(6)]
    assert splits == ["train", "train", "val", "val", "test", "train"]
    assert with_places(found, []) is found


def test_a_simulation_keeps_places_apart_and_remembers_them(folder, tmp_path):
    sets = (ExampleSet(examples=1, example=ExampleOptions(width=32, height=24, views=2)),)
    options = SimulationOptions(kind="panoramas", folder=folder, scenes=6, train=0.5, val=0.17, sets=sets)
    summary = simulate(tmp_path / "data", options)
    assert (summary.made, summary.failures) == (6, [])
    train = find_examples(tmp_path / "data", "train")[1]
    assert train == [f"{name}/pair-0000" for name in ("a", "b", "e")]
    assert read_description(tmp_path / "data").places == (0, 1, 2, 2, 4, 1)
    assert simulate(tmp_path / "data", options).found == 6


def test_a_table_alone_decides_where_there_is_one(folder, tmp_path):
    files = list_scene_files("panoramas", folder)
    table = tmp_path / "places.csv"
    table.write_text("file,place\na.png,one\nd.png,one\nb.png,two\n")
    assert places_of_table(table, folder, files) == (0, 1, 2, 3, 0, 5)
    options = SimulationOptions(kind="panoramas", folder=folder, scenes=6, place_table=table)
    assert with_places(options, files).places == (0, 1, 2, 3, 0, 5)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("name,place\na.png,1\n", "columns file, place"),
        ("file,place\na.png,\n", "line 2"),
        ("file,place\na.png,1\na.png,2\n", "another place already"),
        ("file,place\nz.png,1\n", r"z\.png"),
    ],
)
def test_what_is_wrong_with_a_table_is_named(folder, tmp_path, text, named):
    (tmp_path / "places.csv").write_text(text)
    with pytest.raises(InputError, match=rf"places\.csv.*{named}"):
        places_of_table(tmp_path / "places.csv", folder, list_scene_files("panoramas", folder))
    with pytest.raises(InputError, match="nowhere"):
        places_of_table(tmp_path / "nowhere.csv", folder, [])


def test_files_that_differ_by_their_ending_have_names_of_their_own(folder):
    shutil.copy(folder / "e.jpg", folder / "c.jpg")
    files = list_scene_files("panoramas", folder)
    options = SimulationOptions(kind="panoramas", folder=folder, scenes=len(files))
    assert scene_names(options, files) == ["a", "b", "c_jpg", "c_png", "c_1k", "d", "e"]
    (folder / "more").mkdir()
    shutil.copy(folder / "a.png", folder / "more" / "a.png")
    with pytest.raises(InputError, match="name of its own"):
        list_scene_files("panoramas", folder)


def test_places_that_cannot_be_are_refused(tmp_path):
    (tmp_path / "c.yaml").write_text("scenes: 3\nplaces: [0, 2, 2]\n")
    with pytest.raises(InputError, match="places must name an earlier scene"):
        read_options(tmp_path / "c.yaml")
    (tmp_path / "c.yaml").write_text("scenes: 3\nplace_table: t.csv\n")
    with pytest.raises(InputError, match="rooms have none"):
        read_options(tmp_path / "c.yaml")
