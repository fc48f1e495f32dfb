"""What the page is told of a scene's acoustics."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from starlette.testclient import TestClient

from sonovista.ambisonics.hrtf import diffuse_filters, load_default_filters
from sonovista.errors import BackendUnavailable
from sonovista.render import occlusion_maps
from sonovista.render.air_filter import air_filter_table
from sonovista.render.fractional_delay import interpolator
from sonovista.render.occlusion_maps import build_occlusion_map
from sonovista.render.reverberation import binaural_tail
from sonovista.scene import Acoustics, Scene
from sonovista.scene.document import Air, Room
from sonovista.viewer import acoustics_document as module
from sonovista.viewer.acoustics_document import acoustics_document, shortened
from sonovista.viewer.server import create_app

ROOM = Room(centre=(0.0, 0.0, 0.4), size=(7.0, 5.0, 3.0), absorption=[(0.3, 0.3, 0.3, 0.3, 0.3, 0.35, 0.4, 0.5)] * 6)
EVERYTHING = Acoustics(propagation_delay=True, air=Air(), occlusion=True, room=ROOM)


def with_acoustics(scene: Scene, acoustics: Acoustics) -> Scene:
    document = scene.document.model_copy(update={"acoustics": acoustics})
    return Scene(
        document,
        sounds=scene.sounds,
        panorama=scene.panorama,
        depth=scene.depth,
        gaussians=scene.gaussians,
        masks=scene.masks,
    )


@pytest.fixture
def folder(small_scene: Scene, tmp_path: Path) -> Path:
    with_acoustics(small_scene, EVERYTHING).save(tmp_path / "scene")
    return tmp_path / "scene"


def decoded(array: dict[str, Any]) -> NDArray[Any]:
    dtype = np.dtype(array["dtype"]).newbyteorder("<")
    return np.frombuffer(base64.b64decode(array["data"]), dtype).reshape(array["shape"])


def test_filters_and_tables_are_the_renderers(folder: Path):
    document = acoustics_document(folder)
    decoder = load_default_filters(3)
    filters = decoded(document["ambience"]["filters"])
    np.testing.assert_array_equal(filters, diffuse_filters(decoder))
    assert document["ambience"]["ahead"] == filters.shape[1] // 2 - decoder.delay
    np.testing.assert_array_equal(decoded(document["air"]["table"]), air_filter_table(Air(), 48_000))
    np.testing.assert_array_equal(decoded(document["delay"]["interpolator"]), interpolator().astype(np.float32))
    assert document["delay"]["samples_per_metre"] == pytest.approx(48_000 / 343.0)


def test_the_map_is_the_scenes_to_16_bits(folder: Path):
    expected = build_occlusion_map(Scene.load(folder, ("depth",)))
    assert expected is not None
    found = acoustics_document(folder)["occlusion"]
    assert found["origin"] == pytest.approx(expected.origin.tolist())
    assert found["spacing"] == expected.spacing
    np.testing.assert_allclose(decoded(found["values"]) / 65_535, expected.values, atol=1e-5)


def test_the_tail_is_the_renderers_but_for_a_millionth_of_its_energy(folder: Path):
    room = acoustics_document(folder)["room"]
    found = decoded(room["tail"])
    whole = binaural_tail(ROOM, EVERYTHING, load_default_filters(3))
    assert found.shape[1] < whole.shape[1]
    lost = whole.astype(float) - np.pad(found, ((0, 0), (0, whole.shape[1] - found.shape[1])))
    assert 10.0 * np.log10((lost**2).sum() / (whole.astype(float) ** 2).sum()) <= -55.0
    assert 0.1 < room["reverberation_time_s"] < 0.6


@pytest.mark.parametrize("samples", [1, 100, 48_000])
def test_a_silent_tail_stays_silent(samples: int):
    assert not shortened(np.zeros((2, samples), np.float32)).any()


def test_a_plain_scene_asks_for_nothing(small_scene: Scene, tmp_path: Path):
    plain = with_acoustics(small_scene, Acoustics())
    places = [source for source in plain.document.sources if source.kind != "ambient"]
    plain.document = plain.document.model_copy(update={"sources": places})
    plain.save(tmp_path / "plain")
    document = acoustics_document(tmp_path / "plain")
    assert document.pop("sample_rate") == 48_000
    assert set(document.values()) == {None}


def test_without_depth_or_rays_nothing_hides_anything(
    folder: Path, small_scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    flat = with_acoustics(small_scene, EVERYTHING)
    flat.depth, flat.document = None, flat.document.model_copy(update={"depth": None})
    flat.save(tmp_path / "flat")
    assert acoustics_document(tmp_path / "flat")["occlusion"] is None

    def missing(scene: Scene) -> None:
        raise BackendUnavailable("no rays")

    monkeypatch.setattr(occlusion_maps, "build_occlusion_map", missing)
    assert acoustics_document(folder)["occlusion"] is None


def test_the_server_makes_it_once_until_the_files_change(
    folder: Path, small_scene: Scene, monkeypatch: pytest.MonkeyPatch
):
    made: list[Path] = []
    monkeypatch.setattr(module, "acoustics_document", lambda path: made.append(path) or {"number": len(made)})
    with TestClient(create_app(folder), base_url="http://127.0.0.1:8000") as client:
        assert made == []
        assert [client.get("/api/acoustics").json()["number"] for _ in range(3)] == [1, 1, 1]
        with_acoustics(small_scene, Acoustics(air=Air())).save(folder, overwrite=True)
        assert [client.get("/api/acoustics").json()["number"] for _ in range(2)] == [2, 2]


def test_the_server_names_a_depth_that_cannot_be_read(folder: Path):
    with TestClient(create_app(folder), base_url="http://127.0.0.1:8000") as client:
        (folder / "depth.npz").write_bytes(b"no depth")
        reply = client.get("/api/acoustics")
        assert reply.status_code == 409
        assert "depth.npz" in reply.text
        assert client.get("/api/acoustics").status_code == 409


def test_the_room_and_how_it_was_measured_stay_out_of_the_scenes_description(folder: Path):
    with TestClient(create_app(folder), base_url="http://127.0.0.1:8000") as client:
        assert set(client.get("/api/scene").json()["acoustics"]) == {"absorption_per_metre", "minimum_distance"}
