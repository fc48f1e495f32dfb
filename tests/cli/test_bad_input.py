"""Bad input gets one clear line and exit code 1, and nothing is left half-written."""

import json
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from command_line import FAST, Run, refused
from PIL import Image

from sonovista.scene import Scene


def png_header(width: int, height: int) -> bytes:
    """A PNG file that claims a size and holds next to no data."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


@pytest.fixture
def bad_photo(tmp_path: Path, small_photo: Path, request: pytest.FixtureRequest) -> Path:
    path = tmp_path / "photo.jpg"
    match request.param:
        case "missing":
            pass
        case "empty":
            path.write_bytes(b"")
        case "text":
            path.write_text("this is no picture\n" * 100)
        case "truncated":
            path.write_bytes(small_photo.read_bytes()[:4000])
        case "one pixel":
            Image.new("RGB", (1, 1)).save(path)
        case "sliver":
            Image.new("RGB", (60000, 2)).save(path)
        case "bomb":
            path.write_bytes(png_header(20_000, 15_000))
        case "folder":
            path.mkdir()
    return path


BAD = ("missing", "empty", "text", "truncated", "one pixel", "sliver", "bomb", "folder")


@pytest.mark.parametrize("bad_photo", BAD, indirect=True)
def test_a_bad_photo_is_refused_by_name(sonovista: Run, bad_photo: Path, tmp_path: Path) -> None:
    before = set(tmp_path.iterdir())
    assert "photo.jpg" in refused(sonovista("create", bad_photo, "-o", "scene"))
    assert set(tmp_path.iterdir()) == before


def test_a_folder_that_cannot_be_written_to_is_refused(sonovista: Run, small_photo: Path, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o555)
    # Root may write anywhere unless it gives that right away.
    prefix = ("setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override") if os.geteuid() == 0 else ()
    line = refused(sonovista("create", small_photo, "-o", "locked/scene", *FAST, prefix=prefix))
    assert "locked" in line
    assert "permission" in line
    assert list((tmp_path / "locked").iterdir()) == []


def test_a_place_that_does_not_exist_or_is_taken_is_refused(sonovista: Run, small_photo: Path, tmp_path: Path) -> None:
    assert "parent folder" in refused(sonovista("create", small_photo, "-o", "no/where", *FAST))
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "letter.txt").write_text("dear")
    assert "taken" in refused(sonovista("create", small_photo, "-o", "taken", "--force", *FAST))
    assert (tmp_path / "taken" / "letter.txt").read_text() == "dear"


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--profile", "magic"), "magic"),
        (("--set", "depth=magic"), "ground-plane"),
        (("--set", "magic=depth"), "calibration"),
        (("--size", "7"), "128 to 4096"),
        (("--gaussians", "5"), "4000000"),
        (("--seed", "-1"), "seed"),
        (("--sounds", "nowhere"), "nowhere"),
        (("--panorama",), "twice as wide"),
    ],
)
def test_a_bad_option_is_refused(sonovista: Run, small_photo: Path, options: tuple[str, ...], word: str) -> None:
    assert word in refused(sonovista("create", small_photo, "-o", "scene", *options))


def test_wrong_usage_exits_with_2(sonovista: Run, small_photo: Path) -> None:
    assert sonovista("create").returncode == 2
    assert sonovista("conjure", small_photo).returncode == 2
    assert sonovista("create", small_photo, "--set", "depth").returncode == 2


@pytest.fixture
def bad_scene(small_scene_folder: Path, request: pytest.FixtureRequest) -> Path:
    folder = small_scene_folder
    match request.param:
        case "scene.json":
            document = json.loads((folder / "scene.json").read_text())
            document["sources"][0]["sound"] = "../../etc/passwd"
            (folder / "scene.json").write_text(json.dumps(document))
        case "gaussians.ply":
            path = folder / "gaussians.ply"
            path.write_bytes(path.read_bytes().replace(b"element vertex 50", b"element vertex 4000000000"))
        case "bird.flac":
            path = folder / "sounds" / "bird.flac"
            content = bytearray(path.read_bytes())
            # STREAMINFO holds the number of samples in 36 bits that end 18 bytes into the block, 26 into the file.
            content[21] |= 0x0F
            content[22:26] = b"\xff\xff\xff\xff"
            path.write_bytes(bytes(content))
    return folder


@pytest.fixture
def small_scene_folder(small_scene: Scene, tmp_path: Path) -> Path:
    small_scene.save(tmp_path / "scene")
    return tmp_path / "scene"


@pytest.mark.parametrize("bad_scene", ["scene.json", "gaussians.ply", "bird.flac"], indirect=True)
def test_a_scene_whose_files_lie_is_refused(sonovista: Run, bad_scene: Path, request: pytest.FixtureRequest) -> None:
    name = request.node.callspec.params["bad_scene"]
    before = set(bad_scene.parent.iterdir())
    target = "view.png" if name == "gaussians.ply" else "binaural.wav"
    assert name in refused(sonovista("render", bad_scene, "--to", target))
    assert set(bad_scene.parent.iterdir()) == before


def test_a_full_disk_is_one_line_and_leaves_no_scene(sonovista: Run, small_photo: Path, tmp_path: Path) -> None:
    # A limit on the size of files stands for a full disk wherever the test may run: the write fails in the same place.
    prefix = ("prlimit", "--fsize=100000")
    line = refused(sonovista("create", small_photo, "-o", "scene", *FAST, prefix=prefix))
    assert "room on the disk" in line or "too large" in line
    assert not (tmp_path / "scene").exists()


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_disk_that_is_really_full(sonovista: Run, small_photo: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    script = 'mount -t tmpfs -o size=1m none disk && exec "$@"'
    prefix = ("unshare", "--mount", "sh", "-c", script, "sh")
    line = refused(sonovista("create", small_photo, "-o", "disk/scene", *FAST, prefix=prefix))
    assert "room on the disk" in line
    assert "go on with --resume" in line


GOOD = {
    "grey": lambda image: image.convert("L"),
    "cmyk": lambda image: image.convert("CMYK"),
    "transparent": lambda image: image.convert("RGBA"),
    "16 bit": lambda image: Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257),
}


@pytest.mark.parametrize("form", GOOD)
def test_other_forms_of_picture_are_taken(small_photo: Path, tmp_path: Path, form: str) -> None:
    from sonovista.geometry.image_files import read_photo

    with Image.open(small_photo) as picture:
        image = GOOD[form](picture)
    path = tmp_path / ("photo.jpg" if form == "cmyk" else "photo.png")
    image.save(path, **({"quality": 95} if form == "cmyk" else {}))
    pixels = read_photo(path).pixels.astype(float)
    with Image.open(small_photo) as picture:
        expected = np.asarray(picture.convert("L").convert("RGB") if form in ("grey", "16 bit") else picture, float)
    assert np.abs(pixels - expected).mean() < 4.0


def test_a_photo_is_turned_as_its_exif_says(small_photo: Path, tmp_path: Path) -> None:
    from sonovista.geometry.image_files import read_photo

    with Image.open(small_photo) as picture:
        exif = picture.getexif()
        exif[0x0112] = 6
        picture.save(tmp_path / "turned.jpg", exif=exif, quality=95)
        expected = np.asarray(picture.rotate(-90, expand=True), float)
    assert np.abs(read_photo(tmp_path / "turned.jpg").pixels.astype(float) - expected).mean() < 4.0
