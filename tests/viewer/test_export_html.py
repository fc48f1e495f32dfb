"""The exported page as a file; that it opens is a browser test."""

import base64
import json
import re
from pathlib import Path

import pytest

from sonovista.errors import InputError
from sonovista.scene import Scene
from sonovista.scene.ply import read_ply
from sonovista.scene.spz import spz_bytes
from sonovista.viewer.export_html import export_html


def test_page_carries_every_file_and_names_no_other(small_scene: Scene, tmp_path: Path):
    document = small_scene.document.model_copy(update={"title": "</script><b>"})
    scene = Scene(document, sounds=small_scene.sounds, gaussians=small_scene.gaussians)
    scene.document = document.model_copy(
        update={"sources": [source.model_copy(update={"mask": None}) for source in document.sources]}
    )
    scene.save(tmp_path / "scene")
    out = tmp_path / "page.html"
    export_html(tmp_path / "scene", out, exact=True)
    text = out.read_text(encoding="utf-8")
    assert re.findall(r"""(?:src|href)=["'](?!data:)[^"']*["']""", text.partition("<script")[0]) == []
    assert "</script><b>" not in text
    found = re.search(r'id="sonovista-scene">(.*?)</script>', text)
    assert found is not None
    embedded = json.loads(found.group(1))
    assert embedded["scene"]["title"] == "</script><b>"
    assert set(embedded["files"]) == {"gaussians.ply", "sounds/bird.flac", "sounds/stream.flac", "sounds/wind.flac"}
    for name, identifier in embedded["files"].items():
        holder = re.search(rf'<script type="text/plain" id="{identifier}">([^<]*)</script>', text)
        assert holder is not None
        assert base64.b64decode(holder.group(1)) == (tmp_path / "scene" / name).read_bytes()


def test_a_page_holds_its_gaussians_packed_unless_told_otherwise(small_scene: Scene, tmp_path: Path):
    small_scene.save(tmp_path / "scene")
    pages = {}
    for exact in (False, True):
        export_html(tmp_path / "scene", tmp_path / "page.html", exact)
        text = (tmp_path / "page.html").read_text(encoding="utf-8")
        found = re.search(r'"gaussians.ply": "([^"]*)"', text)
        assert found is not None
        holder = re.search(rf'id="{found.group(1)}">([^<]*)</script>', text)
        assert holder is not None
        pages[exact] = base64.b64decode(holder.group(1))
    assert small_scene.gaussians is not None
    assert pages[True].startswith(b"ply")
    assert pages[False] == spz_bytes(read_ply(tmp_path / "scene" / "gaussians.ply"))


def test_a_place_that_cannot_be_written_to_leaves_nothing(small_scene: Scene, tmp_path: Path):
    small_scene.save(tmp_path / "scene")
    with pytest.raises(InputError, match=r"page\.html"):
        export_html(tmp_path / "scene", tmp_path / "nowhere" / "page.html")
    (tmp_path / "page.html").mkdir()
    with pytest.raises(InputError, match=r"page\.html"):
        export_html(tmp_path / "scene", tmp_path / "page.html")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page.html", "scene"]
