"""The page of tools/annotate.py: what is drawn in a browser is in the files."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from sonovista.errors import InputError
from sonovista.viewer.local_server import serving_application

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from annotation.application import create_app  # noqa: E402 - beside the tools, not installed
from annotation.store import Annotation, Photos, Store  # noqa: E402


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    for name in ("one", "two"):
        (tmp_path / "mine").mkdir(exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (300, 400, 3), dtype=np.uint8)).save(tmp_path / "mine" / f"{name}.png")
    return tmp_path


@pytest.fixture
def store(folder: Path) -> Store:
    return Store(folder / "strokes.json", folder / "things.json")


@pytest.fixture
def address(folder: Path, store: Store) -> Iterator[str]:
    with serving_application(create_app(Photos([folder / "mine"]), store)) as url:
        yield url


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """From one place of the photo to another, both as fractions."""
    box = page.locator("#marks").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + start[0] * box["width"], box["y"] + start[1] * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + end[0] * box["width"], box["y"] + end[1] * box["height"], steps=4)
    page.mouse.up()


@pytest.mark.browser
def test_what_is_drawn_is_saved_taken_back_and_there_again(browser: Browser, address: str, folder: Path):
    page = browser.new_page(viewport={"width": 1200, "height": 700})
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(address)
    page.get_by_text("mine/one").click()
    expect(page.locator("#state")).to_have_text("mine/one")
    page.get_by_role("button", name="rock", exact=True).click()
    page.get_by_label("taken indoors").check()
    drag(page, (0.6, 0.8), (0.1, 0.5))
    drag(page, (0.2, 0.1), (0.9, 0.3))
    expect(page.locator("#strokes li")).to_have_count(2)
    page.keyboard.press("Control+z")
    expect(page.locator("#strokes li")).to_have_count(1)
    page.get_by_role("tab", name="Sounds").click()
    page.get_by_label("what sounds").fill("river")
    page.get_by_label("kind").select_option("area")
    page.get_by_role("button", name="Add").click()
    drag(page, (0.0, 0.5), (1.0, 1.0))
    expect(page.locator("#things")).to_contain_text("river (area, 1 boxes)")
    page.keyboard.press("n")  # waits for what is being saved
    expect(page.locator("#state")).to_have_text("mine/two")
    strokes = json.loads((folder / "strokes.json").read_text())
    assert strokes["mine/one"]["indoor"] is True
    ((kind, *box),) = strokes["mine/one"]["strokes"]
    assert kind == "rock"
    assert box == pytest.approx([1.0, 5.0, 6.0, 8.0], abs=0.1)
    (thing,) = json.loads((folder / "things.json").read_text())["photos"]["mine/one"]["things"]
    assert (thing["name"], thing["kind"], thing["certain"]) == ("river", "area", True)
    assert thing["where"][0] == pytest.approx([0.0, 5.0, 10.0, 10.0], abs=0.1)
    page.get_by_text("mine/one").click()
    expect(page.locator("#things li")).to_have_count(1)
    assert problems == []
    page.close()


def test_only_what_fits_the_files_is_taken(address: str, folder: Path):
    url = f"{address}api/photos/mine/one"
    for body, words in (
        ('{"strokes": [["lava", 0, 0, 1, 1]]}', "strokes"),
        ('{"strokes": [["rock", 0, 0, 11, 1]]}', "less than or equal to 10"),
        ('{"things": [{"name": "nonsense xyz", "kind": "point"}]}', "nonsense xyz"),
        ("{", "invalid json"),
    ):
        reply = httpx.put(url, content=body)
        assert reply.status_code == 422
        assert words in reply.text
    assert httpx.put(url, content=" " * 1_000_001).status_code == 413
    assert httpx.get(f"{address}api/photos/mine/none").status_code == 404
    assert httpx.get(f"{address}page/..%2Fstore.py").status_code == 404
    assert httpx.get(address, headers={"host": "elsewhere.example"}).status_code == 403
    assert not (folder / "strokes.json").exists()
    assert not (folder / "things.json").exists()


def test_one_photo_is_changed_and_the_others_stay(store: Store, folder: Path):
    store.put("a/b", Annotation.model_validate({"strokes": [("sky", 0, 0, 10, 2)]}))
    store.put("a/c", Annotation.model_validate({"indoor": True, "strokes": [("wall", 0, 0, 10, 2)]}))
    before = store.get("a/b")
    store.put("a/c", Annotation())
    assert store.get("a/b") == before
    assert store.marked() == {"a/b": (1, 0)}
    assert sorted(path.name for path in folder.glob("*.json")) == ["strokes.json"]


def test_the_projects_own_files_are_read_and_written_as_they_are(tmp_path: Path):
    for source, name in (("tools", "region_strokes"), ("benchmarks", "scene_annotations")):
        (tmp_path / f"{name}.json").write_bytes((ROOT / source / f"{name}.json").read_bytes())
    own = Store(tmp_path / "region_strokes.json", tmp_path / "scene_annotations.json")
    stroked = {name: json.loads(text) for name, text in _texts(tmp_path).items()}
    first = own.get("examples/meadow")
    own.put("examples/meadow", Annotation())
    own.put("examples/meadow", first)
    assert {name: json.loads(text) for name, text in _texts(tmp_path).items()} == stroked


def _texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.glob("*.json")}


def test_wrong_files_and_folders_are_named(tmp_path: Path):
    (tmp_path / "strokes.json").write_text('{"a/b": {"strokes": [["sky", 0, 0]]}}')
    with pytest.raises(InputError, match=r"strokes\.json: a/b\.strokes"):
        Store(tmp_path / "strokes.json", tmp_path / "things.json")
    with pytest.raises(InputError, match="expected photos"):
        Photos([tmp_path])
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "torn.jpg").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"torn\.jpg: expected a photo"):
        Photos([tmp_path / "mine"]).jpeg("mine/torn")
