"""The server: what it gives, and what it keeps."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from sonovista.ambisonics.hrtf import load_default_filters
from sonovista.errors import BackendUnavailable, InputError
from sonovista.scene import Scene
from sonovista.viewer import files, server
from sonovista.viewer.server import create_app


@pytest.fixture
def folder(small_scene: Scene, tmp_path: Path) -> Path:
    small_scene.save(tmp_path / "scene")
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "scene" / "notes.txt").write_text("not named in scene.json")
    return tmp_path / "scene"


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    with TestClient(create_app(folder), base_url="http://127.0.0.1:8000") as client:
        yield client


def test_page_and_everything_it_names_are_served(client: TestClient):
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == "no-store"
    for folder_and_type in (("js", "text/javascript"), ("css", "text/css")):
        names = [part.split('"')[0] for part in page.text.split("./assets/")[1:]]
        name = next(name for name in names if name.endswith("." + folder_and_type[0]))
        asset = client.get(f"/assets/{name}")
        assert asset.status_code == 200
        assert asset.headers["content-type"].startswith(folder_and_type[1])


def test_scene_says_what_the_page_needs_and_not_how_it_was_made(client: TestClient, folder: Path):
    shown = client.get("/api/scene").json()
    written = json.loads((folder / "scene.json").read_text())
    assert [source["id"] for source in shown["sources"]] == [source["id"] for source in written["sources"]]
    assert shown["listener"] == written["listener"]
    assert "stages" not in shown
    assert all("provenance" not in source for source in shown["sources"])


def test_files_that_the_scene_names_come_whole_or_in_ranges(client: TestClient, folder: Path):
    expected = (folder / "gaussians.ply").read_bytes()
    assert client.get("/scene/gaussians.ply").content == expected
    part = client.get("/scene/gaussians.ply", headers={"range": "bytes=10-29"})
    assert part.status_code == 206
    assert part.content == expected[10:30]
    assert client.get("/scene/sounds/bird.flac").headers["content-type"] == "audio/flac"


@pytest.mark.parametrize(
    "path",
    [
        "/scene/notes.txt",
        "/scene/scene.json",
        "/scene/",
        "/scene/sounds",
        "/scene/../secret.txt",
        "/scene/%2e%2e/secret.txt",
        "/scene/..%2fsecret.txt",
        "/scene//etc/passwd",
        "/assets/../index.html",
        "/assets/%2e%2e%2findex.html",
        "/assets/",
        "/nothing",
    ],
)
def test_nothing_else_is_given_away(client: TestClient, path: str):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8000", ""])
def test_requests_that_name_another_host_are_refused(client: TestClient, host: str):
    for path in ("/", "/api/scene", "/scene/gaussians.ply"):
        assert client.get(path, headers={"host": host}).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:1234", "localhost", "[::1]:8000"])
def test_requests_that_name_this_machine_are_answered(client: TestClient, host: str):
    assert client.get("/api/scene", headers={"host": host}).status_code == 200


def test_filters_are_those_of_the_library(client: TestClient):
    reply = client.get("/api/hrir/2").json()
    values = np.frombuffer(base64.b64decode(reply["data"]), "<f4").reshape(reply["shape"])
    np.testing.assert_array_equal(values, load_default_filters(2).filters)
    assert reply["sample_rate"] == 48_000
    assert client.get("/api/hrir/0").status_code == 404
    assert client.get("/api/hrir/8").status_code == 404


def test_a_scene_that_was_made_anew_is_shown_anew(client: TestClient, folder: Path, small_scene: Scene):
    renamed = Scene(
        small_scene.document.model_copy(update={"title": "anew"}),
        sounds=small_scene.sounds,
        gaussians=small_scene.gaussians,
        panorama=small_scene.panorama,
        depth=small_scene.depth,
        masks=small_scene.masks,
    )
    renamed.save(folder, overwrite=True)
    assert client.get("/api/scene").json()["title"] == "anew"


def test_a_scene_that_broke_since_is_named_in_the_reply(client: TestClient, folder: Path):
    (folder / "scene.json").write_text("{")
    reply = client.get("/api/scene")
    assert reply.status_code == 409
    assert "scene.json" in reply.text


def test_a_folder_without_a_scene_or_without_its_sounds_is_refused(folder: Path, tmp_path: Path):
    with pytest.raises(InputError, match=r"scene\.json"):
        create_app(tmp_path)
    (folder / "sounds" / "wind.flac").unlink()
    with pytest.raises(InputError, match=r"sources\.2\.sound"):
        create_app(folder)


def test_a_missing_client_says_how_to_get_it(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(files, "files", lambda package: tmp_path)
    with pytest.raises(BackendUnavailable, match="SONOVISTA_SKIP_WEB_BUILD"):
        create_app(folder)


def test_serving_listens_on_this_machine_only_and_refuses_a_port_that_is_taken(folder: Path):
    with server.serving(folder) as address:
        assert address.startswith("http://127.0.0.1:")
        port = int(address.rstrip("/").rsplit(":", 1)[1])
        with pytest.raises(InputError, match=f"port {port}"):
            server.serve(folder, port=port, open_browser=False)
